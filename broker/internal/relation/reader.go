package relation

import (
	"context"
	"database/sql"
	"errors"
	"io"
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
	// textBytes is about how much of a page's text lies in one piece.
	textBytes = 64 << 10
	// idle is how long a reader that nobody reads from keeps its statement open.
	idle = time.Second
	// firstBackoff and lastBackoff are the pauses between two tries to read.
	firstBackoff, lastBackoff = 50 * time.Millisecond, 5 * time.Second
)

// A reader reads a stream in pages of rows, each from behind the last row that it has read. A page is a statement of its
// own, so that no snapshot stays open. Where rows must be sorted, which takes a look at all of them, the statement stays
// open from page to page, as long as somebody reads and it is in nobody's way.
type reader struct {
	job    *Job
	input  *input
	stream *stream
	tail   ordered.Tail

	// mu is held while a statement is used: whoever leaves the reader alone for long loses it.
	mu     sync.Mutex
	conn   *sql.Conn // nil while there is none
	rows   *sql.Rows // nil while no statement is open
	end    context.CancelFunc
	held   bool // the statement stays open behind a page
	timer  *time.Timer
	closed bool
	row    row

	// at is where reading goes on; drained says that there was nothing behind it when the database had the version.
	at      ordered.Position
	drained bool
	version int64
	next    int64
	fetch   int
	// since is when somebody began to wait for rows.
	since time.Time
	// size is how many bytes the last page had.
	size  int
	ahead ordered.Ahead
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
		return nil, r.job.errorf("Read was called after Close")
	}
	if r.timer != nil {
		r.timer.Stop()
	}
	r.since = time.Now()
	for backoff := firstBackoff; ; backoff = min(2*backoff, lastBackoff) {
		records, err := r.read(ctx)
		switch {
		case err == nil || err == io.EOF || errors.Is(err, broker.ErrDataTimeout):
			r.measure(ctx, r.drained || err == io.EOF)
			if r.rows != nil {
				r.timer = time.AfterFunc(idle, r.release)
			}
			return records, err
		case ctx.Err() != nil:
			r.drop()
			return nil, ctx.Err()
		}
		r.drop()
		var final finalError
		if errors.As(err, &final) || !r.job.Database.IsPassing(err) {
			return nil, &broker.PositionError{Position: broker.Position{Stream: r.stream.Stream.Name, Offset: r.next},
				Err: r.stream.explain(err)}
		}
		r.job.Logger.Warn("reading was interrupted, going on", "stream", r.stream.Stream.Name, "error", err, "pause",
			backoff)
		if err := wait.For(ctx, backoff); err != nil {
			return nil, err
		}
	}
}

// measure finds out how much is left, unless somebody only looks.
func (r *reader) measure(ctx context.Context, drained bool) {
	if r.job.Looking {
		return
	}
	r.tail.Read(r.next, drained, func(limit int64) (int64, error) { return r.input.count(ctx, r.stream, r.at, limit) })
}

// read reads once.
func (r *reader) read(ctx context.Context) ([]broker.Record, error) {
	for {
		if r.rows == nil {
			if r.isOver() {
				r.drop()
				return nil, io.EOF
			}
			if err := r.open(ctx); err != nil {
				return nil, err
			}
		}
		stop := context.AfterFunc(ctx, r.end)
		records, err := r.page(ctx)
		stop()
		if err != nil {
			return nil, err
		}
		if r.drained = len(records) < r.fetch; r.drained || !r.held {
			if err := r.closeRows(); err != nil {
				return nil, err
			}
		}
		if len(records) > 0 {
			r.fetch = min(lastFetch, max(1, fetchBytes*len(records)/max(r.size, 1)), 4*r.fetch)
			return records, nil
		}
		r.measure(ctx, r.drained)
		r.checkAhead(ctx)
	}
}

// checkAhead tells the log, once, where no row was read though there are some.
func (r *reader) checkAhead(ctx context.Context) {
	st := r.stream
	if r.job.Looking {
		return
	}
	r.ahead.Look(r.at, ordered.AheadTeller{
		Stream: st.Stream.Name, Logger: r.job.Logger, Told: &st.toldAhead,
		Last: func() (ordered.Key, error) {
			if !st.Stream.Follow {
				return st.end, nil
			}
			return st.highest(ctx, r.conn)
		},
		IsBelow: func(a, b ordered.Key) (bool, error) { return st.isBelow(ctx, r.conn, a, b) },
	})
}

// isOver reports whether the session has ended.
func (r *reader) isOver() bool {
	return !r.stream.Stream.Follow && (r.drained || r.stream.end == nil)
}

// open makes a statement of what there is to read. At the end of a followed table it waits until that has changed.
func (r *reader) open(ctx context.Context) (err error) {
	if r.conn == nil {
		if r.conn, err = r.job.Database.Connect(ctx, false); err != nil {
			return err
		}
		r.version = 0 // it is this connection's
	}
	if err := r.await(ctx); err != nil {
		return err
	}
	statement, parameters, err := r.stream.Page(r.at, r.stream.end)
	if err != nil {
		return finalError{err}
	}
	if r.held = false; !r.stream.Served {
		if r.held, err = r.job.Database.MayHold(ctx, r.conn); err != nil {
			return err
		}
	}
	if !r.held {
		statement += " LIMIT ?"
		parameters = append(parameters, r.fetch)
	}
	reading, end := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, end)
	defer stop()
	rows, err := r.conn.QueryContext(reading, statement, parameters...)
	if err != nil {
		end()
		return err
	}
	r.rows, r.end, r.drained = rows, end, false
	return nil
}

// await waits at the end of a followed table until it may have grown. It notes the version before the rows are read, so
// that what comes while they are read isn't missed.
func (r *reader) await(ctx context.Context) error {
	if !r.stream.Stream.Follow {
		return nil
	}
	for {
		version, err := r.job.Database.Version(ctx, r.conn)
		if err != nil {
			return err
		}
		if !r.drained || version != r.version {
			r.version = version
			return nil
		}
		if d := r.stream.Stream.DataTimeout; d > 0 && time.Since(r.since) >= d {
			return broker.ErrDataTimeout
		}
		if err := wait.For(ctx, r.job.Database.Poll()); err != nil {
			return err
		}
	}
}

// page reads some rows of the open statement and numbers them.
func (r *reader) page(ctx context.Context) (records []broker.Record, err error) {
	r.size = 0
	at, next := r.at, r.next
	defer func() {
		if err != nil { // rows that came before the connection was lost are read again
			records, r.at, r.next = nil, at, next
		}
	}()
	var text []byte
	for len(records) < r.fetch && r.rows.Next() {
		if err := r.rows.Scan(r.row.into...); err != nil {
			return nil, err
		}
		begin := len(text)
		if text, err = r.stream.appendElement(text, r.row.values); err != nil {
			return nil, finalError{err}
		}
		offset, err := r.number(ctx, r.row.values)
		if err != nil {
			return nil, err
		}
		records = append(records, broker.Record{Offset: offset, Value: text[begin:len(text):len(text)]})
		if r.size += len(text) - begin; len(text) > textBytes {
			text = nil // what was read stays where it is
		}
	}
	return records, r.rows.Err()
}

// number returns the offset of a row.
func (r *reader) number(ctx context.Context, values []any) (int64, error) {
	k, err := r.stream.key(values)
	if err != nil {
		return 0, err
	}
	if r.at.After && k.Equal(r.at.At) {
		return 0, finalError{errors.New("two rows have the same " + r.stream.KeyList("") + ", so that their order isn't " +
			"known: order by more columns")}
	}
	offset, err := r.stream.numbering.Number(k, r.next, func(a, b ordered.Key) (below bool, err error) {
		err = r.job.withConn(ctx, func(conn *sql.Conn) error { // the reader's may be in use
			below, err = r.stream.isBelow(ctx, conn, a, b)
			return err
		})
		return below, err
	})
	if err != nil {
		return 0, finalError{err}
	}
	r.at, r.next = ordered.Position{At: k, After: true}, offset+1
	return offset, nil
}

// release closes the statement of a reader that nobody reads from.
func (r *reader) release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.closeRows()
}

// closeRows closes the statement. One that has more rows than a page is interrupted, and its connection given up: to close
// it may mean to read all of them. REQUIRES: mu is held.
func (r *reader) closeRows() error {
	if r.rows == nil {
		return nil
	}
	interrupted := r.held && !r.drained
	if interrupted {
		r.end()
	}
	err := r.rows.Close()
	r.end()
	r.rows = nil
	if interrupted {
		_ = r.conn.Close()
		r.conn = nil
		return nil
	}
	return err
}

// drop closes statement and connection. REQUIRES: mu is held.
func (r *reader) drop() {
	_ = r.closeRows()
	if r.conn != nil {
		_ = r.conn.Close()
		r.conn = nil
	}
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
