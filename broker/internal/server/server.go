// Package server is what storages that connect to a server share: waiting for one that is away when a run begins, and
// telling which errors of a connection no waiting mends, and which servers are too old.
package server

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"
)

const (
	// startLimit is how long a server may be away when a run begins, and lookLimit when somebody only looks, and waits.
	startLimit   = time.Minute
	lookLimit    = 5 * time.Second
	firstBackoff = 50 * time.Millisecond
	lastBackoff  = 5 * time.Second
)

// A HandshakeError is one of TLS while connecting. A server that doesn't speak it closes the connection, or waits for
// more, so that the error within may be one of any connection.
type HandshakeError struct{ Err error }

func (e HandshakeError) Error() string { return "TLS: " + e.Err.Error() }
func (e HandshakeError) Unwrap() error { return e.Err }

// Remedy is what mends an error of a connection, behind a semicolon; empty where that isn't known. option is the one
// that takes certificates in Go.
func Remedy(err error, option string) string {
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	switch {
	case IsUnknownHost(err):
		return "; no machine has that name: give another host in the url"
	case errors.As(err, &authority):
		return "; give the certificate of the server's CA: tls: {ca: FILE} in a pipeline file, " + option + " in Go"
	case errors.As(err, &host):
		return "; the url must have the host that the certificate is made out to"
	case IsAboutTLS(err):
		return "; see the certificates of both sides: tls: {ca, cert, key} in a pipeline file, " + option + " in Go"
	}
	return ""
}

// IsBelow reports whether a server's version, such as 2.11.4, is below one; a version that can't be read isn't.
func IsBelow(version string, major, minor int) bool {
	var haveMajor, haveMinor int
	if _, err := fmt.Sscanf(version, "%d.%d", &haveMajor, &haveMinor); err != nil {
		return false
	}
	return haveMajor < major || haveMajor == major && haveMinor < minor
}

// IsUnknownHost reports whether a host has no address.
func IsUnknownHost(err error) bool {
	var lookup *net.DNSError
	return errors.As(err, &lookup) && lookup.IsNotFound
}

// IsAboutTLS reports whether one side doesn't trust the other's certificate, or doesn't speak TLS.
func IsAboutTLS(err error) bool {
	var certificate *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	return errors.As(err, &certificate) || errors.As(err, &authority) || errors.As(err, &host) ||
		errors.As(err, &invalid) || errors.As(err, &record) || IsAlert(err)
}

// IsAlert reports whether the other side has ended TLS by an alert, as a server does that misses a certificate.
func IsAlert(err error) bool {
	var alert tls.AlertError
	var remote *net.OpError // what crypto/tls makes of an alert; the type within is its own
	return errors.As(err, &alert) || errors.As(err, &remote) && remote.Op == "remote error"
}
