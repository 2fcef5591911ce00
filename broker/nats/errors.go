package nats

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leat-go/leat/broker/internal/server"
)

// Errors of the server that the client has no names for.
const (
	codeUnavailable     jetstream.ErrorCode = 10008 // the cluster has no leader
	codeNoResources     jetstream.ErrorCode = 10023
	codeRaft            jetstream.ErrorCode = 10041
	codeStreamOffline   jetstream.ErrorCode = 10118
	codeStoreFailed     jetstream.ErrorCode = 10077
	codeBatchDisabled   jetstream.ErrorCode = 10174
	codeBatchIncomplete jetstream.ErrorCode = 10176
	codeBatchTooLarge   jetstream.ErrorCode = 10199
	codeTooManyBatches  jetstream.ErrorCode = 10210
	codeOverlap         jetstream.ErrorCode = 10065
)

// hasCode reports whether an error is one that JetStream has answered with.
func hasCode(err error, codes ...jetstream.ErrorCode) bool {
	var refused jetstream.JetStreamError
	if !errors.As(err, &refused) || refused.APIError() == nil {
		return false
	}
	for _, code := range codes {
		if refused.APIError().ErrorCode == code {
			return true
		}
	}
	return false
}

// isPassing reports whether an error is one that goes away by itself: the connection or the server does.
func isPassing(err error) bool {
	for _, passing := range []error{natsgo.ErrTimeout, natsgo.ErrNoResponders, natsgo.ErrDisconnected,
		natsgo.ErrReconnectBufExceeded, natsgo.ErrConnectionReconnecting, natsgo.ErrStaleConnection,
		context.DeadlineExceeded, jetstream.ErrNoHeartbeat, jetstream.ErrNoStreamResponse, jetstream.ErrServerShutdown} {
		if errors.Is(err, passing) {
			return true
		}
	}
	return isAway(err)
}

// isAwayAtStart reports whether an error at the start of a run is one that goes away by itself. A server that has no
// JetStream doesn't get it: it has it before it takes connections.
func isAwayAtStart(err error) bool {
	var network *net.OpError
	switch {
	case errors.Is(err, natsgo.ErrNoResponders), hasCode(err, jetstream.JSErrCodeJetStreamNotEnabled):
		return false
	case errors.Is(err, natsgo.ErrNoServers), errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET),
		errors.As(err, &network):
		return true
	}
	return isPassing(err)
}

// isAway reports whether JetStream has answered that it can't do it at the moment.
func isAway(err error) bool {
	return hasCode(err, jetstream.JSErrCodeJetStreamNotEnabled, codeUnavailable, codeRaft, codeStreamOffline)
}

// bare is an error of the client without "nats: ", which this package's errors begin with.
type bare struct{ error }

func (b bare) Error() string { return strings.TrimPrefix(b.error.Error(), "nats: ") }
func (b bare) Unwrap() error { return b.error }

// explainConnect says of an error at connecting what would mend it. It names no password.
func (b *Broker) explainConnect(c *server.Contact, err error) error {
	_, addresses, _ := b.servers()
	at := "connecting to " + strings.Join(addresses, ", ")
	err = bare{err}
	switch {
	case errors.Is(err, natsgo.ErrAuthorization), errors.Is(err, natsgo.ErrAuthExpired),
		errors.Is(err, natsgo.ErrAuthRevoked), errors.Is(err, natsgo.ErrAccountAuthExpired):
		return fmt.Errorf("nats: %s: %w: user, password or credentials are wrong, or missing: %s", at, err,
			c.Password("they are in the url, or given by nats.User or nats.Credentials"))
	case errors.Is(err, natsgo.ErrSecureConnRequired):
		return fmt.Errorf("nats: %s: %w: the server wants TLS: tls: true in a pipeline file, nats.TLS in Go", at, err)
	case errors.Is(err, natsgo.ErrSecureConnWanted):
		return fmt.Errorf("nats: %s: %w: the server has no TLS; leave nats.TLS out, or tls in a pipeline file", at, err)
	case errors.Is(err, natsgo.ErrNoServers):
		return fmt.Errorf("nats: nobody answers at %s: %w; nats-server -js starts a server with JetStream",
			strings.Join(addresses, ", "), err)
	}
	return fmt.Errorf("nats: %s: %w%s", at, err, server.Remedy(err, "nats.TLS"))
}

// explain says of an error of JetStream what would mend it.
func explain(stream string, err error) error {
	if err == nil {
		return nil
	}
	remedy := ""
	err = bare{err}
	switch {
	case errors.Is(err, natsgo.ErrPermissionViolation):
		remedy = "; permit the user that subject in the server's configuration; the documentation of package broker/nats " +
			"lists all that a run takes"
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, natsgo.ErrNoResponders),
		hasCode(err, jetstream.JSErrCodeJetStreamNotEnabled):
		remedy = "; start the server with JetStream: nats-server -js, or jetstream {} in its configuration"
	case hasCode(err, jetstream.JSErrCodeJetStreamNotEnabledForAccount):
		remedy = "; the server has JetStream, but not for the user's account: jetstream: enabled in its configuration"
	case hasCode(err, codeBatchDisabled):
		remedy = "; somebody has taken allow_atomic from the stream's configuration"
	case hasCode(err, jetstream.JSErrCodeStreamNotFound):
		remedy = "; it was deleted, or lay in the memory of a server that was started again"
	case hasCode(err, codeNoResources, codeStoreFailed):
		remedy = "; the limits of the stream, of the account or of the server are reached, or its disk is full"
	case hasCode(err, jetstream.JSErrCodeStreamMessageExceedsMaximum):
		remedy = "; the stream's max_msg_size or the server's max_payload is too low"
	}
	if stream == "" {
		return fmt.Errorf("nats: %w%s", err, remedy)
	}
	return fmt.Errorf("nats: stream %s: %w%s", stream, err, remedy)
}
