package postgres

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/ordered"
	"github.com/leat-go/leat/internal/wait"
)

// A horizon is how far a followed stream may be read, for all its readers: one of those that wait for more looks for
// it, and tells the others. It is safe for concurrent use.
type horizon struct {
	// turn is held by the one that looks.
	turn chan struct{}

	mu  sync.Mutex
	key ordered.Key
	// moved is closed when key is set, and replaced.
	moved chan struct{}
	// heldSince is since when rows that can be seen wait for the end of transactions; the zero time where none do.
	heldSince time.Time
}

func newHorizon() *horizon { return &horizon{turn: make(chan struct{}, 1), moved: make(chan struct{})} }

// now returns the key up to which rows may be read, nil for none, and what is closed when there is another one.
func (h *horizon) now() (ordered.Key, <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.key, h.moved
}

// withheld tells whether rows can be seen that may not be read yet, and since when.
func (h *horizon) withheld() (records int64, since time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.heldSince.IsZero() {
		return 0, time.Time{}
	}
	return 1, h.heldSince
}

func (h *horizon) hold(since time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.heldSince = since
}

func (h *horizon) move(to ordered.Key) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.key = to
	close(h.moved)
	h.moved = make(chan struct{})
}

// beyond waits for a horizon that is another one than a key up to which everything was read; nil where nothing was. ctx
// may have a deadline, beyond which nothing is looked for any more. session is a connection for looking.
func (h *horizon) beyond(
	ctx context.Context, read ordered.Key, t *table, logger *slog.Logger, session func() (*session, error),
) (ordered.Key, error) {
	for {
		key, moved := h.now()
		if key != nil && !key.Equal(read) {
			return key, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-moved:
		case h.turn <- struct{}{}:
			err := h.look(ctx, read, t, logger, session)
			<-h.turn
			if err != nil {
				return nil, err
			}
		}
	}
}

// look looks for rows beyond the horizon, until there are some that may be read. REQUIRES: the turn is held.
func (h *horizon) look(
	ctx context.Context, read ordered.Key, t *table, logger *slog.Logger, session func() (*session, error),
) error {
	s, err := session()
	if err != nil {
		return err
	}
	for {
		if key, _ := h.now(); key != nil && !key.Equal(read) {
			return nil // whoever had the turn before has found it
		}
		highest, err := t.highest(ctx, s)
		if err != nil {
			return err
		}
		if highest != nil && !highest.Equal(read) {
			h.hold(time.Now())
			err := t.settle(ctx, s, logger)
			h.hold(time.Time{})
			if err != nil {
				return err
			}
			h.move(highest)
			return nil
		}
		if err := wait.For(ctx, poll); err != nil {
			return err
		}
	}
}

// findUntil finds the key up to which rows may be read: the session's end, or the horizon of a followed stream. since
// is when the reader began to wait.
func (r *reader) findUntil(ctx context.Context, since time.Time) (err error) {
	t, logger := r.stream.table, r.input.connector.logger
	if !t.stream.Follow {
		if r.until != nil {
			return nil // of a cursor before
		}
		if !r.stream.settled.Load() && !r.input.looking {
			s, err := r.connected(ctx)
			if err == nil {
				err = t.settle(ctx, s, logger)
			}
			if err != nil {
				return err
			}
			r.stream.settled.Store(true)
		}
		r.until = r.stream.end
		return nil
	}
	waiting := ctx
	if d := t.stream.DataTimeout; d > 0 {
		var cancel context.CancelFunc
		waiting, cancel = context.WithDeadline(ctx, since.Add(d))
		defer cancel()
	}
	var read ordered.Key
	if r.drained {
		read = r.until
	}
	until, err := r.stream.horizon.beyond(waiting, read, t, logger, func() (*session, error) { return r.connected(ctx) })
	switch {
	case err == nil:
		r.until = until
	case waiting.Err() != nil && ctx.Err() == nil:
		return broker.ErrDataTimeout
	}
	return err
}

// connected returns the reader's connection.
func (r *reader) connected(ctx context.Context) (s *session, err error) {
	if r.session == nil {
		r.session, err = r.input.connector.connect(ctx)
	}
	return r.session, err
}
