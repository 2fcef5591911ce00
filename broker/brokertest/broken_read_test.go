package brokertest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/leat-go/leat/broker"
)

// A bentReader replaces methods of a reader.
type bentReader struct {
	broker.Reader
	read func(ctx context.Context, inner broker.Reader) ([]broker.Record, error)
	next func(inner broker.Reader) int64
}

func (r *bentReader) Read(ctx context.Context) ([]broker.Record, error) {
	if r.read == nil {
		return r.Reader.Read(ctx)
	}
	return r.read(ctx, r.Reader)
}

func (r *bentReader) Next() int64 {
	if r.next == nil {
		return r.Reader.Next()
	}
	return r.next(r.Reader)
}

func readBend(read func(ctx context.Context, inner broker.Reader) ([]broker.Record, error)) bend {
	return bend{reader: func(inner broker.Reader) broker.Reader { return &bentReader{Reader: inner, read: read} }}
}

// anHour is for ever, as far as a check can wait.
const anHour = time.Hour

func brokenReaders() []broken {
	return slices.Concat(brokenOrder(), brokenMarks(), brokenWaits(), []broken{
		{"Next behind one record too many", "Read/GoesOnAtNext", "Next is the offset behind what Read returned last",
			bend{reader: func(inner broker.Reader) broker.Reader {
				return &bentReader{Reader: inner, next: func(inner broker.Reader) int64 { return inner.Next() + 3 }}
			}}},
		{"the end of the partition too early", "Read/EndOfThePartition", "behind the end", brokenEnd(-1)},
		{"the end of the partition too late", "Read/EndOfThePartition", "must be equal", brokenEnd(1)},
		{"a probe that sees nothing", "Wait/Probe", "doesn't say that there is a record", brokenProbe(0)},
		{"a probe that sees too much", "Wait/Probe", "must return what it was given", brokenProbe(1)},
		{"buffers used again", "Read/RecordsStayAsTheyAre", "the caller's", brokenBuffers()},
		{"the whole stream read ahead", "Read/BoundedReadAhead", "must be bounded", brokenReadAhead()},
	})
}

func brokenOrder() []broken {
	return []broken{
		{"elements in the wrong order", "Read/OrderAndMarks", "element 0 is",
			readBend(func(ctx context.Context, inner broker.Reader) ([]broker.Record, error) {
				records, err := inner.Read(ctx)
				if n := len(records); n > 1 {
					records[0].Value, records[n-1].Value = records[n-1].Value, records[0].Value
				}
				return records, err
			})},
		{"an offset twice", "Read/OrderAndMarks", "offsets grow",
			readBend(func(ctx context.Context, inner broker.Reader) ([]broker.Record, error) {
				records, err := inner.Read(ctx)
				if n := len(records); n > 1 {
					records[1].Offset = records[0].Offset
				}
				return records, err
			})},
	}
}

func brokenMarks() []broken {
	return []broken{
		{"no EOF at a mark", "Read/OrderAndMarks", "nothing keeps it waiting",
			readBend(func(ctx context.Context, inner broker.Reader) ([]broker.Record, error) {
				records, err := inner.Read(ctx)
				if err == io.EOF {
					<-ctx.Done()
					err = ctx.Err()
				}
				return records, err
			})},
		{"marks passed over", "Read/OrderAndMarks", "nothing keeps it waiting",
			readBend(func(ctx context.Context, inner broker.Reader) ([]broker.Record, error) {
				records, err := inner.Read(ctx)
				for err == io.EOF {
					records, err = inner.Read(ctx)
				}
				return records, err
			})},
		{"no EOF where a stream is empty", "Read/EmptyStream", "an empty stream gives io.EOF at once",
			readBend(func(ctx context.Context, inner broker.Reader) ([]broker.Record, error) {
				records, err := inner.Read(ctx)
				if err == io.EOF && inner.Next()%1000 == 1 {
					<-ctx.Done()
					err = ctx.Err()
				}
				return records, err
			})},
		{"EOF beside records", "Read/OrderAndMarks", "first the records, then io.EOF alone",
			readBend(func(ctx context.Context, inner broker.Reader) ([]broker.Record, error) {
				records, err := inner.Read(ctx)
				if err == nil && len(records) < 7 {
					err = io.EOF
				}
				return records, err
			})},
		{"no records and no error", "Read/OrderAndMarks", "must wait for at least one record",
			readBend(func(context.Context, broker.Reader) ([]broker.Record, error) { return nil, nil })},
		{"Next before the mark", "Read/OrderAndMarks", "where Next stood after io.EOF", brokenNext()},
	}
}

func brokenWaits() []broken {
	return []broken{
		{"new records not noticed", "Wait/NewRecordsArrive", "as soon as it is there",
			readBend(func(ctx context.Context, inner broker.Reader) ([]broker.Record, error) {
				soon, cancel := context.WithTimeout(ctx, pause/2)
				defer cancel()
				records, err := inner.Read(soon)
				if err == context.DeadlineExceeded {
					<-ctx.Done()
					err = ctx.Err()
				}
				return records, err
			})},
		{"Read ignores its context", "Wait/ReadIsCancelled", "within a second",
			readBend(func(ctx context.Context, inner broker.Reader) ([]broker.Record, error) {
				long, cancel := context.WithTimeout(context.WithoutCancel(ctx), anHour)
				defer cancel()
				return inner.Read(long)
			})},
		{"Read returns EOF when cancelled", "Wait/ReadIsCancelled", "the context's error",
			readBend(func(ctx context.Context, inner broker.Reader) ([]broker.Record, error) {
				records, err := inner.Read(ctx)
				if ctx.Err() != nil {
					err = io.EOF
				}
				return records, err
			})},
		{"EOF at a data timeout", "Wait/DataTimeout", "must be broker.ErrDataTimeout",
			readBend(func(ctx context.Context, inner broker.Reader) ([]broker.Record, error) {
				records, err := inner.Read(ctx)
				if errors.Is(err, broker.ErrDataTimeout) {
					err = io.EOF
				}
				return records, err
			})},
	}
}

// brokenNext doesn't count the mark.
func brokenNext() bend {
	return bend{reader: func(inner broker.Reader) broker.Reader {
		var before int64
		return &bentReader{Reader: inner,
			read: func(ctx context.Context, inner broker.Reader) ([]broker.Record, error) {
				before = inner.Next()
				records, err := inner.Read(ctx)
				if err == nil {
					before = inner.Next()
				}
				return records, err
			},
			next: func(broker.Reader) int64 { return before },
		}
	}}
}

// brokenBuffers returns values in a buffer that the next Read writes over.
func brokenBuffers() bend {
	return bend{reader: func(inner broker.Reader) broker.Reader {
		buffer := make([]byte, 1<<20)
		return &bentReader{Reader: inner, read: func(ctx context.Context, inner broker.Reader) ([]broker.Record, error) {
			records, err := inner.Read(ctx)
			used := 0
			for i := range records {
				n := copy(buffer[used:], records[i].Value)
				records[i].Value = buffer[used : used+n]
				used += n
			}
			return records, err
		}}
	}}
}

// A shiftedEnd is off by some.
type shiftedEnd struct {
	broker.Reader
	by int64
}

func (r *shiftedEnd) End() int64 { return r.Reader.(broker.Lagger).End() + r.by }

func brokenEnd(by int64) bend {
	return bend{reader: func(inner broker.Reader) broker.Reader { return &shiftedEnd{inner, by} }}
}

// A shiftedProbe says always that there are so many records.
type shiftedProbe struct {
	broker.Reader
	by int64
}

func (r *shiftedProbe) End() int64 { return r.Reader.(broker.Lagger).End() }

func (r *shiftedProbe) Probe(_ context.Context, next int64) (int64, error) { return next + r.by, nil }

func brokenProbe(by int64) bend {
	return bend{reader: func(inner broker.Reader) broker.Reader { return &shiftedProbe{inner, by} }}
}

// brokenReadAhead copies the session before it returns the first batch.
func brokenReadAhead() bend {
	return bend{reader: func(inner broker.Reader) broker.Reader {
		var all []broker.Record
		var end error
		return &bentReader{Reader: inner, read: func(ctx context.Context, inner broker.Reader) ([]broker.Record, error) {
			for end == nil {
				var records []broker.Record
				records, end = inner.Read(ctx)
				for _, r := range records {
					r.Value = bytes.Clone(r.Value)
					all = append(all, r)
				}
			}
			if len(all) == 0 {
				return nil, end
			}
			first := all[:1]
			all = all[1:]
			return first, nil
		}}
	}}
}
