package postgres

import (
	"cmp"
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/ordered"
	"github.com/leat-go/leat/internal/wait"
)

// heldLimit is how many of the rows that wait for the end of a transaction are counted.
const heldLimit = 100_000

// A horizon is how far a followed stream may be read, for all its readers: one of those that wait for more looks for
// it, and tells the others. It is safe for concurrent use.
type horizon struct {
	// turn is held by the one that looks.
	turn chan struct{}

	mu  sync.Mutex
	key ordered.Key
	// moved is closed when key is set, and replaced.
	moved chan struct{}
	// held are the rows that can be seen and wait for the end of transactions.
	held held
}

// held are rows that wait for the end of transactions. The zero value is none.
type held struct {
	since time.Time
	// by names the transaction, and rows says how many they are in each partition, once that was looked at.
	by   string
	rows []int64
}

func newHorizon() *horizon { return &horizon{turn: make(chan struct{}, 1), moved: make(chan struct{})} }

// now returns the key up to which rows may be read, nil for none, and what is closed when there is another one.
func (h *horizon) now() (ordered.Key, <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.key, h.moved
}

// withheld tells which rows of a partition can be seen that may not be read yet.
func (h *horizon) withheld(partition int) broker.Withheld {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.held.since.IsZero() {
		return broker.Withheld{}
	}
	w := broker.Withheld{Records: 1, Since: h.held.since, Unit: "row", By: cmp.Or(h.held.by, holder{}.String())}
	if partition < len(h.held.rows) {
		w.Records = h.held.rows[partition]
	}
	return w
}

// hold notes that rows wait from now on, unless some do already, and returns since when.
func (h *horizon) hold() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.held.since.IsZero() {
		h.held.since = time.Now()
	}
	return h.held.since
}

// describe notes what is known of the rows that wait.
func (h *horizon) describe(by string, rows []int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.held.by, h.held.rows = by, rows
}

// release notes that none wait.
func (h *horizon) release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.held = held{}
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
func (st *stream) beyond(
	ctx context.Context, read ordered.Key, logger *slog.Logger, session func() (*session, error),
) (ordered.Key, error) {
	h := st.horizon
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
			err := st.look(ctx, read, logger, session)
			h.release()
			<-h.turn
			if err != nil {
				return nil, err
			}
		}
	}
}

// look looks for rows beyond the horizon, until there are some that may be read. REQUIRES: the turn is held.
func (st *stream) look(
	ctx context.Context, read ordered.Key, logger *slog.Logger, session func() (*session, error),
) error {
	s, err := session()
	if err != nil {
		return err
	}
	var due time.Time
	for {
		if key, _ := st.horizon.now(); key != nil && !key.Equal(read) {
			return nil // whoever had the turn before has found it
		}
		highest, err := st.highest(ctx, s)
		if err != nil {
			return err
		}
		if highest != nil && !highest.Equal(read) {
			if err := st.awaitWriters(ctx, s, read, logger); err != nil {
				return err
			}
			st.horizon.move(highest)
			return nil
		}
		if due, err = st.lookBehind(ctx, s, read, logger, due); err != nil {
			return err
		}
		if err := wait.For(ctx, poll); err != nil {
			return err
		}
	}
}

// awaitWriters waits until the rows that can be seen may be read; everything up to a key was, nil for nothing.
func (st *stream) awaitWriters(ctx context.Context, s *session, read ordered.Key, logger *slog.Logger) error {
	since := st.horizon.hold()
	defer st.horizon.release()
	return st.settle(ctx, s, func(transaction string) { st.tell(ctx, s, transaction, read, since, logger) })
}

// lookBehind notes rows behind an open transaction, where they are ordered by these. due is when it is told of them again,
// zero where none were there at the last look.
func (st *stream) lookBehind(
	ctx context.Context, s *session, read ordered.Key, logger *slog.Logger, due time.Time,
) (time.Time, error) {
	there, err := st.holdsBack(ctx, s)
	if err != nil || !there {
		st.horizon.release()
		return time.Time{}, err
	}
	since, now := st.horizon.hold(), time.Now()
	switch {
	case due.IsZero():
		due = now.Add(noticed)
	case now.After(due):
		due = now.Add(patience)
		transactions, err := s.texts(ctx, oldestOpen)
		if err != nil {
			return due, err
		}
		st.tell(ctx, s, strings.Join(transactions, ""), read, since, logger)
	}
	return due, nil
}

// tell says who holds the stream back, and what: at first whoever looks at the run, and after a while the log.
func (st *stream) tell(
	ctx context.Context, s *session, transaction string, read ordered.Key, since time.Time, logger *slog.Logger,
) {
	from := ordered.Position{At: read, After: read != nil}
	by := s.holder(ctx, transaction)
	var rows []int64
	for p := range st.partitionCount() {
		n, err := finder{s, st, p}.count(ctx, from, heldLimit)
		if err != nil {
			return // as where the connection is lost, which whoever looks finds out, too
		}
		rows = append(rows, n)
	}
	st.horizon.describe(by.String(), rows)
	if time.Since(since) < patience {
		return
	}
	about := append([]any{"stream", st.stream.Name, "transaction", transaction, "waiting",
		time.Since(since).Round(time.Second).String()}, by.about(st.grantee)...)
	logger.Warn("a transaction holds back a stream: it may still add rows before those that are there; "+
		"its end, or pg_terminate_backend(pid), lets the stream go on", about...)
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
				err = r.stream.awaitWriters(ctx, s, r.at.At, logger)
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
	until, err := r.stream.beyond(waiting, read, logger, func() (*session, error) { return r.connected(ctx) })
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
