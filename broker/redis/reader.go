package redis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/ordered"
)

const (
	// firstCount is how many entries a reader fetches first; after that it is as many as have about fetchBytes, up to
	// lastCount.
	firstCount, lastCount = 100, 2000
	fetchBytes            = 1 << 20
	// block is how long a reader waits for an entry in one command.
	block = 5 * time.Second
)

// A reader reads a stream in pieces, and goes on where the connection is lost.
type reader struct {
	*link
	stream *stream
	closed bool

	// from is the lowest id that the next entry may have; zero for the beginning.
	from  id
	next  int64
	count int
	// fetched holds entries that were fetched and not returned yet: those behind a mark.
	fetched []entry
	end     atomic.Int64
}

// Next implements broker.Reader.
func (r *reader) Next() int64 { return r.next }

// End implements broker.Lagger. It counts entries that are deleted by XDEL before they are read, until they are passed.
func (r *reader) End() int64 { return r.end.Load() }

// Close implements broker.Reader.
func (r *reader) Close() error {
	r.closed = true
	r.link.close()
	return nil
}

// Read implements broker.Reader.
func (r *reader) Read(ctx context.Context) ([]broker.Record, error) {
	if r.closed {
		return nil, errors.New("redis: Read was called after Close")
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	records, err := r.read(ctx)
	switch {
	case err == nil || err == io.EOF || err == broker.ErrDataTimeout:
		return records, err
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return nil, &broker.PositionError{Position: broker.Position{Stream: r.stream.Name, Offset: r.next},
		Err: r.stream.explainRead(err)}
}

// read returns what was fetched, or fetches more, and waits until there is something.
func (r *reader) read(ctx context.Context) ([]broker.Record, error) {
	for since := time.Now(); len(r.fetched) == 0; {
		if err := r.fetch(ctx); err != nil {
			return nil, err
		}
		if len(r.fetched) > 0 {
			break
		}
		pause := block
		if d := r.stream.DataTimeout; d > 0 {
			if pause = min(pause, d-time.Since(since)); pause < time.Millisecond {
				return nil, broker.ErrDataTimeout
			}
		}
		if err := r.wait(ctx, pause); err != nil {
			return nil, err
		}
	}
	return r.records()
}

// wait waits until an entry is added, or for as long as a pause.
func (r *reader) wait(ctx context.Context, pause time.Duration) error {
	last := "0-0"
	if r.from != (id{}) {
		last = r.from.before().String()
	}
	return r.patiently(ctx, "reading", func(c *goredis.Client) error {
		err := c.XRead(ctx, &goredis.XReadArgs{Streams: []string{r.stream.Name, last}, Count: 1, Block: pause}).Err()
		if errors.Is(err, goredis.Nil) {
			return nil
		}
		return err
	})
}

// A state is that of a stream at the moment of a fetch.
type state struct {
	// first is the id of the first entry, and length the number of entries; zero where there are none.
	first  id
	length int64
	// added counts the entries that were ever added, and is negative where the server doesn't count them; deleted
	// is the highest id that was removed by XDEL.
	added   int64
	deleted string
}

// fetch fetches the next entries, if there are any, together with what the stream is like at that moment.
func (r *reader) fetch(ctx context.Context) error {
	var answer []any
	var info *goredis.XInfoStream
	err := r.patiently(ctx, "reading", func(c *goredis.Client) error {
		pipe := c.TxPipeline()
		entries := pipe.Do(ctx, "XRANGE", r.stream.Name, r.from.String(), "+", "COUNT", r.count)
		about := pipe.XInfoStream(ctx, r.stream.Name)
		_, err := pipe.Exec(ctx)
		switch {
		case goredis.IsExecAbortError(err):
			return cmp.Or(mayRead(ctx, c, r.stream.Name), err)
		case err != nil && !isMissing(err):
			return err
		}
		if answer, err = entries.Slice(); err != nil {
			return err
		}
		info, err = about.Result()
		if isMissing(err) {
			info, err = nil, nil
		}
		return err
	})
	if err != nil {
		return err
	}
	s, err := stateOf(info)
	if err != nil {
		return err
	}
	fetched := make([]entry, len(answer))
	bytes := 0
	for i := range answer {
		if fetched[i], err = readEntry(answer[i]); err != nil {
			return err
		}
		for _, text := range fetched[i].fields {
			bytes += len(text)
		}
	}
	if err := r.account(s, len(fetched)); err != nil {
		return err
	}
	if len(fetched) > 0 {
		r.count = min(lastCount, max(1, fetchBytes*len(fetched)/max(bytes, 1)), 4*r.count)
	}
	r.fetched = fetched
	return nil
}

// mayRead returns why a stream can't be read, which a transaction doesn't tell.
func mayRead(ctx context.Context, c *goredis.Client, key string) error {
	if err := c.XInfoStream(ctx, key).Err(); err != nil {
		return err
	}
	return c.XRangeN(ctx, key, "-", "+", 1).Err()
}

// stateOf reads the answer to XINFO STREAM; nil where the stream doesn't exist.
func stateOf(info *goredis.XInfoStream) (s state, err error) {
	if info == nil {
		return s, nil
	}
	s.length, s.added, s.deleted = info.Length, info.EntriesAdded, info.MaxDeletedEntryID
	if s.deleted == "" {
		s.added = -1 // the server is older than 7.0
	}
	if s.length > 0 {
		s.first, err = readID(info.FirstEntry.ID)
	}
	return s, err
}

// account finds out whether entries were removed before they were read, and notes how many were ever added before those
// that were fetched.
//
// Trimming removes the first entries. So where the stream begins at the position or before it, all that were
// trimmed were read. Where it begins behind the position, all that are there are unread, and as many must be as
// were added since:
//
//	added 9 until the position, 14 in all; there are 5: only such were removed that were read
//	added 9 until the position, 14 in all; there are 3: two were removed that weren't
func (r *reader) account(s state, fetched int) error {
	o := &r.stream.ordinals
	before := o.addedBefore(r.next)
	areGone := s.length == 0 || s.first.compare(r.from) > 0 // those that were read
	switch {
	case r.from == (id{}):
		if s.added >= 0 && before < 0 {
			o.set(r.next, s.added-s.length)
		}
	case s.added < 0:
		if areGone && s.length > 0 && !r.stream.skipRemoved {
			return fmt.Errorf("all entries up to %v are gone, and servers before 7.0 don't tell whether others have gone "+
				"with them before they were read: let streams be trimmed later, or give the stream redis.SkipRemoved, or "+
				"skip_removed: true",
				r.from.before())
		}
	case before >= 0 && (s.added < before || areGone && s.added-before != s.length):
		if err := r.removed(s, before); err != nil {
			return err
		}
	}
	if fetched < r.count && s.added >= 0 {
		o.set(r.next, s.added-int64(fetched)) // there are no others behind them
	}
	r.setEnd(s, fetched)
	return nil
}

// removed says what has become of entries that weren't read.
func (r *reader) removed(s state, before int64) error {
	text := fmt.Sprintf("entries behind %v were removed before they were read, %d of them, by trimming (XTRIM, or XADD "+
		"with MAXLEN or MINID)", r.from.before(), s.added-before-s.length)
	deleted, err := readID(s.deleted)
	switch {
	case s.added < before:
		text = fmt.Sprintf("the stream was deleted and made anew, or its server has lost entries: %d were added until the "+
			"position, %v, and there are %d now", before, r.from.before(), s.added)
	case err == nil && deleted.compare(r.from) >= 0:
		text += " or by XDEL"
	}
	if r.stream.skipRemoved {
		r.logger.Warn(text+"; going on", "stream", r.stream.Name)
		r.stream.ordinals.set(r.next, s.added-s.length)
		return nil
	}
	return errors.New(text + ": let it be trimmed later; to go on with what is there, give the stream " +
		"redis.SkipRemoved, or skip_removed: true, or the mill another name")
}

// setEnd notes where the stream ends, if that is known.
func (r *reader) setEnd(s state, fetched int) {
	end := r.next + int64(fetched)
	before := r.stream.ordinals.addedBefore(r.next)
	switch {
	case fetched < r.count:
	case before >= 0 && s.added >= 0:
		end = max(end, r.next+s.added-before)
	default:
		end = -1
	}
	r.end.Store(end)
}

// records makes records of what was fetched, up to a mark, and numbers them.
func (r *reader) records() ([]broker.Record, error) {
	records := make([]broker.Record, 0, len(r.fetched))
	for i, e := range r.fetched {
		value, mark := e.value()
		if mark && len(records) > 0 {
			r.fetched = r.fetched[i:]
			return records, nil
		}
		offset, err := r.stream.numbering.Number(ordered.Key{e.id.String()}, r.next, isBelow)
		if err != nil {
			return nil, err
		}
		r.from, r.next = e.id.after(), offset+1
		if end := r.end.Load(); end >= 0 && end < r.next {
			r.end.Store(r.next)
		}
		if mark {
			r.fetched = r.fetched[i+1:]
			return nil, io.EOF
		}
		records = append(records, broker.Record{Offset: offset, Value: value, Time: e.id.time()})
	}
	r.fetched = nil
	return records, nil
}

// isBelow compares the ids of two entries.
func isBelow(a, b ordered.Key) (bool, error) {
	left, err := readID(a[0])
	if err != nil {
		return false, err
	}
	right, err := readID(b[0])
	return left.compare(right) < 0, err
}
