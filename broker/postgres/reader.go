package postgres

import (
	"context"
	"errors"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/ordered"
	"github.com/leat-go/leat/internal/wait"
)

const (
	// firstFetch is how many rows a reader fetches first; after that it is as many as have about fetchBytes, up to
	// lastFetch.
	firstFetch, lastFetch = 100, 2000
	fetchBytes            = 1 << 20
	// textBytes is how much memory is made at a time for the elements of small rows.
	textBytes = 64 << 10
	// poll is the pause between two looks at a followed stream that has nothing new, by all its readers together.
	poll = 100 * time.Millisecond
	// idle is how long a reader that nobody reads from keeps its cursor, whose snapshot keeps the server from cleaning
	// up.
	idle = 5 * time.Second
)

// A reader reads a stream by a cursor, in pieces of rows, and again from the last row where the connection is lost.
type reader struct {
	input     *input
	stream    *stream
	partition int

	// mu is held while a cursor is used: whoever leaves the reader alone for long loses it.
	mu      sync.Mutex
	session *session // nil while there is none
	cursor  bool     // whether the session has one open
	timer   *time.Timer
	closed  bool

	// at is where reading goes on, and until the key that the cursor goes up to, or went where drained.
	at      ordered.Position
	until   ordered.Key
	drained bool
	next    int64
	fetch   int
	// average is how large the elements were that were fetched last.
	average int
}

// Next implements broker.Reader.
func (r *reader) Next() int64 { return r.next }

// Read implements broker.Reader.
func (r *reader) Read(ctx context.Context) ([]broker.Record, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, errors.New("postgres: Read was called after Close")
	}
	if r.timer != nil {
		r.timer.Stop()
	}
	backoff := firstBackoff
	for {
		records, err := r.read(ctx)
		switch {
		case err == nil || err == io.EOF || err == broker.ErrDataTimeout:
			if r.session != nil && r.session.IsClosed() {
				r.drop()
			}
			if r.session != nil {
				r.timer = time.AfterFunc(idle, r.release)
			}
			return records, err
		case ctx.Err() != nil:
			r.drop()
			return nil, ctx.Err()
		case !isPassing(err) || isFinal(err):
			r.drop()
			return nil, &broker.PositionError{Position: broker.Position{Stream: r.stream.stream.Name, Offset: r.next},
				Err: err}
		}
		r.drop()
		r.input.connector.logger.Warn("reading was interrupted, going on", "stream", r.stream.stream.Name,
			"error", err, "pause", backoff)
		if wait.For(ctx, backoff) != nil {
			return nil, ctx.Err()
		}
		backoff = min(2*backoff, lastBackoff)
	}
}

// A finalError is found by the reader, so that trying again makes no sense.
type finalError struct{ error }

func (f finalError) Unwrap() error { return f.error }

func isFinal(err error) bool {
	var final finalError
	return errors.As(err, &final)
}

// read reads once.
func (r *reader) read(ctx context.Context) ([]broker.Record, error) {
	for since := time.Now(); ; {
		if !r.cursor {
			if err := r.open(ctx, since); err != nil {
				return nil, err
			}
		}
		records, done, err := r.records(ctx)
		if err != nil {
			return nil, err
		}
		if done {
			if err := r.session.run(ctx, "COMMIT"); err != nil {
				r.drop() // the next read makes another one
			}
			r.cursor, r.drained = false, true
		}
		if len(records) > 0 {
			return records, nil
		}
	}
}

// open opens a cursor over what there is to read, and waits until there is something. It is io.EOF at the end of the
// session.
func (r *reader) open(ctx context.Context, since time.Time) (err error) {
	if !r.stream.stream.Follow && (r.drained || r.stream.end == nil) {
		r.drop()
		return io.EOF
	}
	t := r.stream.table
	switch err := r.findUntil(ctx, since); {
	case errors.Is(err, broker.ErrDataTimeout):
		return broker.ErrDataTimeout
	case err != nil:
		return t.explainRead(err)
	}
	where, parameters := t.compare("<=", 1), append(ordered.Key{}, r.until...)
	if r.at.At != nil {
		where += " AND " + t.compare(above(r.at), 1+len(parameters))
		parameters = append(parameters, r.at.At...)
	}
	if _, err := r.connected(ctx); err != nil {
		return err
	}
	if err := r.session.run(ctx, "BEGIN READ ONLY"); err != nil {
		return t.explainRead(err)
	}
	declare := "DECLARE leat_rows NO SCROLL CURSOR FOR " + t.selectRows() + " WHERE " + where + t.belongs(r.partition) +
		t.ordered("")
	if _, err = r.session.rows(ctx, declare, parameters...); err != nil {
		return t.explainRead(err)
	}
	r.cursor, r.drained = true, false
	return nil
}

// records fetches rows and numbers them. done says that there are no more behind the cursor.
func (r *reader) records(ctx context.Context) (records []broker.Record, done bool, err error) {
	var text []byte
	size := 0
	at, next := r.at, r.next
	defer func() {
		if err != nil { // rows that came before the connection was lost are fetched again
			r.at, r.next = at, next
		}
	}()
	err = r.session.each(ctx, "FETCH FORWARD "+strconv.Itoa(r.fetch)+" FROM leat_rows", func(row [][]byte) error {
		offset, err := r.number(ctx, row[len(r.stream.columns):])
		if err != nil {
			return finalError{err}
		}
		if cap(text)-len(text) < r.average {
			text = make([]byte, 0, max(min(textBytes, r.average*r.fetch), r.average)) // what is full stays where it is
		}
		begin := len(text)
		if text, err = r.stream.appendElement(text, row); err != nil {
			return finalError{err}
		}
		records = append(records, broker.Record{Offset: offset, Value: text[begin:len(text):len(text)]})
		size += len(text) - begin
		return nil
	})
	switch {
	case isFinal(err):
		return nil, false, err
	case err != nil:
		return nil, false, r.stream.explainRead(err)
	}
	done = len(records) < r.fetch
	if n := len(records); n > 0 {
		r.average = size/n + 1
		r.fetch = min(lastFetch, max(1, fetchBytes*n/max(size, 1)), 4*r.fetch)
	}
	return records, done, nil
}

// number returns the offset of the next row, by the values of its key.
func (r *reader) number(ctx context.Context, values [][]byte) (int64, error) {
	k, err := keyOf(values)
	if err != nil {
		return 0, err
	}
	if r.at.After && k.Equal(r.at.At) {
		return 0, errors.New("two rows have the same " + identifiers(names(r.stream.order)) +
			", so that their order isn't known: order by more columns")
	}
	offset, err := r.stream.numberings[r.partition].Number(k, r.next,
		func(a, b ordered.Key) (bool, error) { return r.isBelow(ctx, a, b) })
	if err != nil {
		return 0, err
	}
	r.at, r.next = ordered.Position{At: k, After: true}, offset+1
	return offset, nil
}

// isBelow asks the database, which knows how texts are sorted.
func (r *reader) isBelow(ctx context.Context, a, b ordered.Key) (bool, error) {
	s, err := r.input.connector.connect(ctx)
	if err != nil {
		return false, err
	}
	defer func() { _ = s.close() }()
	t := r.stream.table
	var left, right []string
	for i, c := range t.order {
		left = append(left, castParameter(1+i, c))
		right = append(right, castParameter(1+len(a)+i, c))
	}
	all, err := s.texts(ctx, "SELECT "+rowOf(left)+" < "+rowOf(right), append(append(ordered.Key{}, a...), b...)...)
	return err == nil && all[0] == "t", err
}

// release closes the cursor of a reader that nobody reads from.
func (r *reader) release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop()
}

// drop closes the cursor. REQUIRES: mu is held.
func (r *reader) drop() {
	_ = r.session.close()
	r.session, r.cursor = nil, false
}

// Close implements broker.Reader.
func (r *reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.timer != nil {
		r.timer.Stop()
	}
	r.closed = true
	r.drop()
	return nil
}
