package rabbitmq

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/leat-go/leat/broker/internal/server"
	"github.com/leat-go/leat/broker/rabbitmq/internal/wire"
)

// A failure is an error with what would mend it.
type failure struct {
	text string
	err  error
}

func (f *failure) Error() string { return f.text }
func (f *failure) Unwrap() error { return f.err }

// described puts together what has happened, and what would mend it.
func described(what string, err error, remedy string) error {
	text := "rabbitmq: " + what + ": " + err.Error()
	if remedy != "" {
		text += "; " + remedy
	}
	return &failure{text, err}
}

// explain says of an error at connecting what would mend it. It names user, virtual host and address, never the
// password.
func (c *connector) explain(address string, err error) error {
	var refused *wire.Error
	remedy := ""
	switch {
	case errors.As(err, &refused):
		remedy = c.explainRefusal(refused.Code)
	case isAboutTLS(err), server.IsUnknownHost(err):
		remedy = connecting(err, "rabbitmq-stream://")
	case errors.Is(err, syscall.ECONNREFUSED):
		remedy = "nobody listens there: the server may be away, its stream plugin off (rabbitmq-plugins enable " +
			"rabbitmq_stream), or its stream port, 5552 if nothing else is set, another one"
	}
	return described(fmt.Sprintf("connecting as %s to virtual host %q at %s", c.config.User, c.config.VirtualHost,
		address), err, remedy)
}

// isAboutTLS reports whether a connection has failed by TLS.
func isAboutTLS(err error) bool {
	var handshake server.HandshakeError
	return errors.As(err, &handshake) || server.IsAboutTLS(err)
}

// connecting says what mends an error of TLS or of a host's name. plain is what the url of a port without TLS begins with.
func connecting(err error, plain string) string {
	if remedy := server.Remedy(err, "rabbitmq.TLS"); remedy != "" {
		return strings.TrimPrefix(remedy, "; ")
	}
	return "the url of a port that doesn't speak TLS begins with " + plain
}

func (c *connector) explainRefusal(code wire.Code) string {
	switch code {
	case wire.AuthenticationFailure:
		return fmt.Sprintf("the user or the password is wrong: %s; rabbitmqctl add_user makes a user, and rabbitmqctl "+
			"change_password %s sets its password", c.contact.Password("both are in the url"), c.config.User)
	case wire.LoopbackOnly:
		return "rabbitmqctl add_user makes a user that may connect from elsewhere"
	case wire.VirtualHostRefused:
		return fmt.Sprintf("the url's last part is its name; rabbitmqctl list_vhosts shows what there is, and rabbitmqctl "+
			"set_permissions -p %s %s '.*' '.*' '.*' lets the user in", c.config.VirtualHost, c.config.User)
	}
	return ""
}

// unavailable is what may be the matter with a stream that exists, but nobody leads.
const unavailable = "the server doesn't know who leads it; that passes while it starts, and where it doesn't, the " +
	"documentation of package rabbitmq says why, and what mends it: see \"Servers that are killed\""

// explainRead says of an error while a stream is read what would mend it.
func explainRead(stream string, config wire.Config, err error) error {
	remedy := ""
	switch {
	case wire.Is(err, wire.AccessRefused):
		remedy = permission(config, "read", stream)
	case wire.Is(err, wire.StreamDoesNotExist):
		remedy = "its queue must have the type stream (x-queue-type); where it is a super stream, name its partitions"
	case wire.Is(err, wire.StreamNotAvailable):
		remedy = unavailable
	}
	return described("stream "+stream, err, remedy)
}

// explainWrite says of an error while a stream is written what would mend it.
func explainWrite(stream string, config wire.Config, err error) error {
	remedy := ""
	switch {
	case wire.Is(err, wire.AccessRefused):
		remedy = permission(config, "configure, write and read", stream)
	case wire.Is(err, wire.PreconditionFailed):
		remedy = "a queue of that name is there, which isn't a stream: give the stream another name, or declare it by " +
			"rabbitmq.Queue, {queue: " + stream + "} in a pipeline file"
	case wire.Is(err, wire.StreamDoesNotExist):
		remedy = "it was deleted meanwhile, and the next run makes it anew"
	case wire.Is(err, wire.StreamNotAvailable):
		remedy = unavailable
	}
	return described("stream "+stream, err, remedy)
}

// permission says how a user gets a right.
func permission(config wire.Config, right, stream string) string {
	return fmt.Sprintf("the user needs the right to %s it: rabbitmqctl set_permissions -p %s %s CONFIGURE WRITE READ, "+
		"each a regular expression that matches %s", right, config.VirtualHost, config.User, stream)
}
