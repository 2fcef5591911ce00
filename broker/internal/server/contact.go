package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/wait"
)

// A Contact is that of a job with a server: whether it is lost, which is told in the log and to whoever looks at the run.
// It is safe for concurrent use.
type Contact struct {
	product, address string
	logger           *slog.Logger
	outages          *broker.Outages
	access           broker.Access
	looking          bool
	// lost is since when it is lost, in nanoseconds since 1970; zero while it isn't.
	lost atomic.Int64
}

// NewContact returns the contact with a server, such as PostgreSQL at localhost:5432, that isn't lost.
func NewContact(job *broker.Job, product, address string) *Contact {
	return &Contact{product: product, address: address, logger: job.Logger, outages: job.Outages, access: job.Access,
		looking: job.Looking}
}

func (c *Contact) name() string { return c.product + " at " + c.address }

// Lost notes that the server doesn't do what it was asked, and will be asked again.
func (c *Contact) Lost(err error) {
	c.outages.Begin(c.name(), err) // first: who reaches the server meanwhile leaves no outage behind
	c.lost.CompareAndSwap(0, time.Now().UnixNano())
}

// Reached notes that it does. It is cheap where that is no news.
func (c *Contact) Reached() {
	if c.lost.Load() != 0 && c.lost.Swap(0) != 0 {
		c.outages.End(c.name())
	}
}

// Pause notes that the server is lost, and waits until it is time to try again. The log says what was interrupted. Where
// somebody only looks, and has waited for a few seconds, it returns an error that says so.
func (c *Contact) Pause(ctx context.Context, interrupted string, err error, pause time.Duration, about ...any) error {
	c.Lost(err)
	if since := c.lost.Load(); c.looking && since != 0 && time.Since(time.Unix(0, since))+pause > lookLimit {
		return c.waited(err)
	}
	c.logger.Warn(interrupted, append(about, "error", err, "pause", pause)...)
	return wait.For(ctx, pause)
}

// Again waits until it is time to try again to reach the server, and says so in the log.
func (c *Contact) Again(ctx context.Context, err error, pause time.Duration) error {
	return c.Pause(ctx, c.product+" can't be reached, trying again", err, pause)
}

// Await calls try, which opens something on the server when a run begins, again and again while the server is away, for
// up to a minute: after a power cut both start at once. It logs what it waits for, so that whoever has mistaken the
// address sees it. Where somebody only looks, it is a few seconds, and logged once.
//
// It returns try's error at once where isPassing reports false of it, where nobody knows the host, which is misspelt
// most often, and where TLS has failed. Where ctx ends first, the error is ctx's and that of the last try.
func (c *Contact) Await(ctx context.Context, isPassing func(error) bool, try func() error) error {
	limit, during := startLimit, "a minute"
	if c.looking {
		limit, during = lookLimit, "a few seconds"
	}
	backoff := firstBackoff
	for begun := time.Now(); ; {
		err := try()
		var handshake HandshakeError
		switch {
		case err == nil:
			c.Reached()
			return nil
		case ctx.Err() != nil || !isPassing(err) || IsUnknownHost(err) || IsAboutTLS(err) || errors.As(err, &handshake):
			return err
		case time.Since(begun)+backoff > limit:
			return c.waited(err)
		}
		c.Lost(err)
		if !c.looking || backoff == firstBackoff {
			c.logger.Warn(c.product+" can't be reached, trying again for up to "+during, "error", err, "pause", backoff)
		}
		if ended := wait.For(ctx, backoff); ended != nil {
			return fmt.Errorf("%w while the server was waited for: %w", ended, err)
		}
		backoff = min(2*backoff, lastBackoff)
	}
}

func (c *Contact) waited(err error) error {
	return fmt.Errorf("%w; %s has been waited for: start it, or change its address: %s", err, c.product, c.Address())
}

// Address says what holds the server's address, for errors.
func (c *Contact) Address() string { return cmp.Or(c.access.Address, "it is in the url") }

// Password says what holds the user's password, for errors; otherwise is where the storage's own options have it.
func (c *Contact) Password(otherwise string) string { return cmp.Or(c.access.Password, otherwise) }
