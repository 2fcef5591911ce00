package monitor

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// An Address is where a page is served. Make one with [ParseAddress].
type Address struct {
	host, port string
}

// ParseAddress reads an address such as "localhost:8080". Without a host, as in ":8080", it is that of the own machine
// only: to be reached from elsewhere, an address is named, "0.0.0.0:8080" for all that the machine has. Port 0 lets the
// system choose one.
func ParseAddress(text string) (Address, error) {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return Address{}, fmt.Errorf("the address %q isn't one like \"localhost:8080\": %v", text, reason(err))
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		return Address{}, fmt.Errorf("the address %q has no port from 0 to 65535, as \"localhost:8080\" has", text)
	}
	if host == "" {
		host = "localhost"
	}
	return Address{host, port}, nil
}

// reason leaves out of an address error the address.
func reason(err error) string {
	var wrong *net.AddrError
	if errors.As(err, &wrong) {
		return wrong.Err
	}
	return err.Error()
}

// answers reports whether a request with this Host header is meant for this address. A page elsewhere can have its own
// name point at this machine and so read what only this machine may (DNS rebinding); but the browser then sends that
// name. Whoever asks by an IP address or by a name that the user knows this machine by means it.
func (a Address) answers(header string) bool {
	host := header
	if h, _, err := net.SplitHostPort(header); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return true
	}
	if host == "localhost" || host == strings.ToLower(a.host) {
		return true
	}
	machine, err := os.Hostname()
	return err == nil && host == strings.ToLower(machine)
}

// String returns host and port.
func (a Address) String() string { return net.JoinHostPort(a.host, a.port) }
