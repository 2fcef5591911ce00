package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/postgres/internal/pgoutput"
	"github.com/leat-go/leat/internal/wait"
)

const (
	// beat is the pause between two statuses, at most. The server gives a reader up that is silent for wal_sender_timeout,
	// a minute if nothing else is said.
	beat = 5 * time.Second
	// acknowledgePause is the pause between two statuses that acknowledge something.
	acknowledgePause = time.Second
	// silence is how long the server may say nothing, though each status asks it to.
	silence = time.Minute
	// changesBatch and changesBytes are how many records, and bytes of them, a Read returns at most.
	changesBatch, changesBytes = 1000, 1 << 20
	// holderPause is the pause before the slot is tried again after its holder was ended.
	holderPause = 50 * time.Millisecond
	// lookPause is the pause between two looks at how much of the log the slot holds back, and lookTime how long one may
	// take.
	lookPause, lookTime = 10 * time.Second, 5 * time.Second
)

// A changeReader reads a stream of changes as the server sends them, and again from the last transaction where the
// connection is lost. It holds no more than what Read returns and a small buffer: the server's log is the queue.
type changeReader struct {
	changes *changes

	// mu is held while the link is used: a timer sends statuses while nobody reads.
	mu     sync.Mutex
	link   *link // nil while there is none
	timer  *time.Timer
	closed bool
	// own is the server's process of the last link, which may be there still.
	own string

	// at is the last transaction with changes in the stream that was read, in part or as a whole, and next the offset of
	// the next change.
	at   *transaction
	next int64
	// resumeAt is the place in the log that a new link begins at.
	resumeAt pgoutput.LSN
	// begun is the transaction that is being received; nil between two.
	begun *pgoutput.Begin
	// index is the number of its next change.
	index int64
	// goal is where the server's log ended when the data timeout was over; 0 before.
	goal     pgoutput.LSN
	parser   pgoutput.Parser
	elements *elementMaker
	// batch is what the next Read returns.
	batch []broker.Record
	bytes int
	// end is what End returns. looked is when the slot was looked at last.
	end    atomic.Int64
	looked time.Time
}

func newChangeReader(c *changes, at *transaction, from int64) *changeReader {
	r := &changeReader{changes: c, at: at, next: from, resumeAt: at.commit, elements: newElementMaker(c)}
	r.end.Store(-1)
	return r
}

// Next implements broker.Reader.
func (r *changeReader) Next() int64 { return r.next }

// Read implements broker.Reader.
func (r *changeReader) Read(ctx context.Context) ([]broker.Record, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, errors.New("postgres: Read was called after Close")
	}
	records, err := r.persist(ctx, r.read)
	if r.link != nil {
		r.timer = time.AfterFunc(beat, r.beat)
	}
	return records, err
}

// await makes a link.
func (r *changeReader) await(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, err := r.persist(ctx, func(ctx context.Context) ([]broker.Record, error) { return nil, r.connect(ctx) })
	if r.link != nil {
		r.timer = time.AfterFunc(beat, r.beat)
	}
	return err
}

// persist reads again where the connection is lost. REQUIRES: mu is held.
func (r *changeReader) persist(ctx context.Context, read func(context.Context) ([]broker.Record, error)) ([]broker.Record,
	error) {
	if r.timer != nil {
		r.timer.Stop()
	}
	backoff := firstBackoff
	for {
		records, err := read(ctx)
		switch {
		case err == nil || errors.Is(err, broker.ErrDataTimeout):
			return records, err
		case ctx.Err() != nil:
			return nil, ctx.Err()
		}
		r.drop()
		err = r.changes.explain(err)
		if !isPassing(err) || isFinal(err) {
			return nil, &broker.PositionError{Position: broker.Position{Stream: r.changes.stream.Name, Offset: r.next}, Err: err}
		}
		if err := r.changes.connector.contact.Pause(ctx, interrupted, err, backoff, "stream", r.changes.stream.Name); err != nil {
			return nil, err
		}
		backoff = min(2*backoff, lastBackoff)
	}
}

// read receives until there are records, and nothing more is at hand.
func (r *changeReader) read(ctx context.Context) ([]broker.Record, error) {
	if r.isCopied() {
		return r.readCopied(ctx)
	}
	if err := r.connect(ctx); err != nil {
		return nil, err
	}
	// A read that waits ends at once when ctx does.
	conn := r.link.conn.Conn()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Now()) })
	defer stop()
	r.goal = 0
	for since := time.Now(); ctx.Err() == nil; {
		if len(r.batch) > 0 && (!r.link.buffered() || len(r.batch) >= changesBatch || r.bytes >= changesBytes) {
			return r.take(), nil
		}
		data, err := r.link.receive(ctx, r.deadline(since))
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err == errNothing:
			err = r.wait(ctx, since)
		case err == nil:
			err = r.handle(ctx, data)
		}
		if err == nil {
			err = r.acknowledge()
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, ctx.Err()
}

// deadline returns until when a read may wait.
func (r *changeReader) deadline(since time.Time) time.Time {
	if len(r.batch) > 0 {
		return time.Now().Add(time.Second) // the rest of a message
	}
	until := time.Now().Add(acknowledgePause)
	if d := r.changes.stream.DataTimeout; d > 0 && since.Add(d).Before(until) {
		return later(since.Add(d), time.Now().Add(holderPause))
	}
	return until
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// wait says what it means that nothing has come.
func (r *changeReader) wait(ctx context.Context, since time.Time) error {
	if time.Since(r.link.heard) > silence {
		return fmt.Errorf("the server has said nothing for %v", silence)
	}
	d := r.changes.stream.DataTimeout
	if d == 0 || time.Since(since) < d || r.begun != nil || len(r.batch) > 0 {
		return nil
	}
	// The server may be at work on what lies between here and the end of its log.
	if r.goal == 0 {
		s, err := r.changes.connector.connect(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = s.close() }()
		end, err := s.texts(ctx, "SELECT pg_current_wal_flush_lsn()::text")
		if err != nil {
			return err
		}
		if r.goal, err = pgoutput.ParseLSN(end[0]); err != nil {
			return err
		}
	}
	if r.resumeAt < r.goal {
		return r.link.status(r.changes.timeline.acknowledged())
	}
	return broker.ErrDataTimeout
}

// take returns the batch.
func (r *changeReader) take() []broker.Record {
	records := r.batch
	r.batch, r.bytes = nil, 0
	r.elements.buffer = nil
	return records
}

// acknowledge sends a status where it is time for one.
func (r *changeReader) acknowledge() error {
	since := time.Since(r.link.sent)
	if since < acknowledgePause && since < r.changes.beat {
		return nil
	}
	if !r.link.copied && time.Since(r.looked) >= lookPause {
		r.looked = time.Now()
		r.changes.look()
	}
	acknowledged := r.changes.timeline.acknowledged()
	if acknowledged <= r.link.acknowledged && since < r.changes.beat {
		return nil
	}
	return r.link.status(acknowledged)
}

// beat sends a status while nobody reads.
func (r *changeReader) beat() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.link == nil {
		return
	}
	if err := r.acknowledge(); err != nil {
		r.drop() // the next read makes another one, or says what is wrong
		return
	}
	r.timer.Reset(r.changes.beat)
}

// connect makes a link where there is none. REQUIRES: mu is held.
func (r *changeReader) connect(ctx context.Context) (err error) {
	if r.link != nil {
		return nil
	}
	l, err := r.changes.connector.replicate(ctx)
	if err != nil {
		return err
	}
	if err := r.begin(ctx, l); err != nil {
		l.close()
		return err
	}
	r.link, r.begun, r.index = l, nil, 0
	return nil
}

// begin begins to receive by a link, and ends whoever reads by the slot.
func (r *changeReader) begin(ctx context.Context, l *link) error {
	for {
		slot, err := r.changes.slotFor(ctx, r, l)
		if err != nil {
			return err
		}
		err = l.start(ctx, slot, r.changes.publication, r.resumeAt)
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != "55006" {
			if err == nil && !l.copied {
				r.changes.claim()
			}
			return err
		}
		if err := r.changes.endHolder(ctx); err != nil {
			return err
		}
		if err := wait.For(ctx, holderPause); err != nil {
			return err
		}
	}
}

// drop ends the link. REQUIRES: mu is held.
func (r *changeReader) drop() {
	if r.link == nil {
		return
	}
	r.own = r.link.pid()
	if !r.link.copied {
		r.changes.leave(r.own)
	}
	r.link.close()
	r.link = nil
}

// Close implements broker.Reader.
func (r *changeReader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.timer != nil {
		r.timer.Stop()
	}
	r.closed = true
	r.drop()
	r.changes.release(r)
	return nil
}

// handle handles what the server has sent.
func (r *changeReader) handle(ctx context.Context, data []byte) error {
	switch {
	case len(data) >= 18 && data[0] == 'k':
		if r.begun == nil {
			r.passed(pgoutput.LSN(binary.BigEndian.Uint64(data[1:])))
			if end := r.changes.logEnd.Load(); end > 0 && uint64(r.resumeAt) >= end { // there was nothing more
				r.end.Store(r.next)
			}
		}
		if data[17] == 1 {
			return r.link.status(r.changes.timeline.acknowledged())
		}
		return nil
	case len(data) > 25 && data[0] == 'w':
		r.end.Store(-1) // there may be more, and nobody knows how much
		message, err := r.parser.Parse(data[25:])
		if err != nil {
			return finalError{err}
		}
		return r.message(ctx, message)
	}
	return finalError{fmt.Errorf("the server has sent %d bytes that are no message of replication", len(data))}
}

// passed says that all transactions up to a place in the log were received.
func (r *changeReader) passed(lsn pgoutput.LSN) {
	r.changes.timeline.receive(lsn)
	r.resumeAt = max(r.resumeAt, lsn)
}

func (r *changeReader) message(ctx context.Context, message any) error {
	switch m := message.(type) {
	case *pgoutput.Begin:
		r.begun, r.index, r.resumeAt = m, 0, m.Commit
	case *pgoutput.Commit:
		r.begun = nil
		r.passed(m.End)
	case *pgoutput.Relation:
		return r.elements.relation(ctx, m)
	case *pgoutput.Change:
		return r.change(m)
	case *pgoutput.Truncate:
		return r.truncate(m)
	}
	return nil
}

// change adds the records of a change to the batch.
func (r *changeReader) change(c *pgoutput.Change) error {
	if r.begun == nil {
		return finalError{errors.New("a change comes outside of a transaction")}
	}
	t, err := r.elements.layout(c.Relation)
	if err != nil {
		return err
	}
	if moved := c.Op == pgoutput.Update && r.changes.relation.changes.rows && t.moves(c); moved {
		err = r.add(t, func(record *broker.Record) error { return r.elements.tombstone(record, t, c.Old) })
		if err != nil {
			return err
		}
	}
	return r.add(t, func(record *broker.Record) error { return r.elements.change(record, t, c, r.begun) })
}

// add adds a record of a change, unless it was read before, or is one of a table that the stream doesn't have.
func (r *changeReader) add(t *layout, fill func(record *broker.Record) error) error {
	index := r.index
	r.index++
	if !t.wanted {
		return nil
	}
	at, err := r.changes.timeline.number(r.at, r.begun, r.next, index)
	if err != nil {
		return err
	}
	r.at = at
	offset := at.first + index
	if offset < r.next {
		return nil
	}
	record := broker.Record{Offset: offset, Time: r.begun.Time}
	if err := fill(&record); err != nil {
		return finalError{err}
	}
	r.batch, r.next = append(r.batch, record), offset+1
	r.bytes += len(record.Value) + len(record.Key)
	return nil
}

// truncate adds a record for each table that a TRUNCATE has emptied.
func (r *changeReader) truncate(m *pgoutput.Truncate) error {
	for _, relation := range m.Relations {
		t, err := r.elements.layout(relation)
		if err != nil {
			return err
		}
		if r.changes.relation.changes.rows {
			if t.wanted {
				r.changes.logger.Warn("a table was emptied by TRUNCATE, which names no rows: a stream of rows passes it over",
					"stream", r.changes.stream.Name, "table", t.name(), "lsn", r.begun.Commit.String())
			}
			continue
		}
		err = r.add(t, func(record *broker.Record) error {
			r.elements.truncate(record, t, r.begun)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
