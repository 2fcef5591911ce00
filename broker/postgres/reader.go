package postgres

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/ordered"
)

const (
	// firstFetch is how many rows a reader fetches first; after that it is as many as have about fetchBytes, up to
	// lastFetch.
	firstFetch, lastFetch = 100, 2000
	fetchBytes            = 1 << 20
	// batchSize is how many records a Read returns at most, and maxSpare how many empty lists of them are kept.
	batchSize, maxSpare = 512, 8
	// firstText and lastText are how much memory is made at a time for elements, at first and later.
	firstText, lastText = 4 << 10, 64 << 10
	// poll is the pause between two looks at a followed stream that has nothing new, by all its readers together.
	poll = 100 * time.Millisecond
	// idle is how long a reader that nobody reads from keeps its cursor, whose snapshot keeps the server from cleaning
	// up.
	idle = 5 * time.Second
	// interrupted is what the log says where a connection is lost.
	interrupted = "reading was interrupted, going on"
)

// A reader reads a stream by a cursor, in pieces of rows, and again from the last row where the connection is lost.
type reader struct {
	input     *input
	stream    *stream
	partition int
	tail      ordered.Tail

	// mu is held while a cursor is used: whoever leaves the reader alone for long loses it.
	mu      sync.Mutex
	session *session // nil while there is none
	cursor  *cursor  // nil while the session has none open
	timer   *time.Timer
	closed  bool

	// at is where reading goes on, and until the key that the cursor goes up to, or went where drained.
	at      ordered.Position
	until   ordered.Key
	drained bool
	ahead   ordered.Ahead
	next    int64
	fetch   int
	// text has room for the next elements behind those that were returned.
	text []byte
	// values are those of the last row's key.
	values [][]byte
	keys   keyMaker
	// spare are lists of records that were recycled.
	spare [][]broker.Record
}

// End implements broker.Lagger. Of what is left it counts no more than a hundred thousand rows.
func (r *reader) End() int64 { return r.tail.End() }

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
			r.measure(ctx, r.drained || err == io.EOF)
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
		if err := r.input.connector.contact.Pause(ctx, interrupted, err, backoff, "stream", r.stream.stream.Name); err != nil {
			return nil, err
		}
		backoff = min(2*backoff, lastBackoff)
	}
}

// measure finds out how much is left, unless somebody only looks.
func (r *reader) measure(ctx context.Context, drained bool) {
	if r.input.looking {
		return
	}
	r.tail.Read(r.next, drained, func(limit int64) (int64, error) {
		return r.input.count(ctx, r.stream, r.partition, r.at, limit)
	})
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
		if r.cursor == nil {
			if err := r.open(ctx, since); err != nil {
				return nil, err
			}
		}
		records, done, err := r.records(ctx)
		if err != nil {
			return nil, err
		}
		if done {
			if err := r.cursor.commit(ctx); err != nil {
				r.drop() // the next read makes another one
			}
			r.cursor, r.drained = nil, true
		}
		if len(records) > 0 {
			return records, nil
		}
		r.measure(ctx, r.drained)
		r.checkAhead(ctx)
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
	rows := t.selectRows() + " WHERE " + where + t.belongs(r.partition) + t.ordered("")
	if r.cursor, err = r.session.openCursor(ctx, rows, parameters...); err != nil {
		return t.explainRead(err)
	}
	r.drained = false
	return nil
}

// records reads rows and numbers them. done says that there are no more behind them.
func (r *reader) records(ctx context.Context) (records []broker.Record, done bool, err error) {
	records = r.list()
	size := 0
	at, next := r.at, r.next
	defer func() {
		if err != nil { // rows that came before the connection was lost are read again
			r.at, r.next = at, next
		}
	}()
	done, err = r.cursor.read(ctx, batchSize, r.fetch, func(row [][]byte) error {
		offset, err := r.number(ctx, row)
		if err != nil {
			return finalError{err}
		}
		value, err := r.element(row)
		if err != nil {
			return finalError{err}
		}
		records = append(records, broker.Record{Offset: offset, Value: value})
		size += len(value)
		return nil
	})
	switch {
	case isFinal(err):
		return nil, false, err
	case err != nil:
		return nil, false, r.stream.explainRead(err)
	}
	if n := len(records); n > 0 {
		r.fetch = min(lastFetch, max(1, fetchBytes*n/max(size, 1)), 4*r.fetch)
	}
	return records, done, nil
}

// element returns a row as an element. Elements lie side by side; what was returned stays where it is.
func (r *reader) element(row [][]byte) (value []byte, err error) {
	if size := r.stream.elementSize(row); cap(r.text)-len(r.text) < size {
		r.text = make([]byte, 0, max(size, min(lastText, max(firstText, 2*cap(r.text)))))
	}
	begin := len(r.text)
	if r.text, err = r.stream.appendElement(r.text, row); err != nil {
		return nil, err
	}
	return r.text[begin:len(r.text):len(r.text)], nil
}

// list returns an empty list of records.
func (r *reader) list() []broker.Record {
	if last := len(r.spare) - 1; last >= 0 {
		records := r.spare[last]
		r.spare = r.spare[:last]
		return records
	}
	return make([]broker.Record, 0, min(batchSize, r.fetch))
}

// Recycle implements broker.Recycler.
func (r *reader) Recycle(records []broker.Record) {
	if cap(records) >= batchSize && len(r.spare) < maxSpare {
		clear(records)
		r.spare = append(r.spare, records[:0])
	}
}

// number returns the offset of the next row.
func (r *reader) number(ctx context.Context, row [][]byte) (int64, error) {
	r.values = r.stream.appendKey(r.values[:0], row)
	k, err := r.keys.key(r.values)
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

// checkAhead tells the log, once, where no row was read though there are some.
func (r *reader) checkAhead(ctx context.Context) {
	if r.input.looking {
		return
	}
	r.ahead.Look(r.at, ordered.AheadTeller{
		Stream: r.stream.stream.Name, Logger: r.input.connector.logger, Told: &r.stream.toldAhead,
		Last:    func() (ordered.Key, error) { return r.until, nil },
		IsBelow: func(a, b ordered.Key) (bool, error) { return r.isBelow(ctx, a, b) },
	})
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
	r.cursor.close()
	_ = r.session.close()
	r.session, r.cursor = nil, nil
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
