package mill

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/pipeline/internal/storage"
)

// quiet is how long a look at a stream waits for more, where nothing else tells that there is no more.
const quiet = time.Second

// A Look is a stream of a storage in which things are looked up: it is read from anywhere, without a trace, up to what
// is there.
type Look struct {
	input broker.Input
	// numbered says that offsets are of this look only, so that it is read from its beginning.
	numbered bool
	queue    bool
	ends     map[int]int64
}

// Look opens the stream of a node. It must be closed.
func (m *Mill) Look(ctx context.Context, n *Node) (*Look, error) {
	at := n.Stream
	declared := n.Declared()
	if at.Stored.Queue {
		declared.DataTimeout = quiet
	}
	s := m.newStored(at.Storage, []storage.Declared{{Stream: declared, Stored: at.Stored}})
	job := &broker.Job{Name: m.Name, Inputs: []broker.Stream{declared}, Logger: slog.New(slog.DiscardHandler)}
	input, err := s.OpenSource(ctx, job)
	if err != nil {
		return nil, err
	}
	l := &Look{input: input, queue: at.Stored.Queue, ends: map[int]int64{}}
	_, l.numbered = input.(broker.Positioner)
	return l, nil
}

// Partitions returns how many there are.
func (l *Look) Partitions() int { return l.input.Partitions() }

// Close closes the stream.
func (l *Look) Close() error { return l.input.Close() }

// Advise returns what would serve the reading of the stream, if the storage can tell.
func (l *Look) Advise(ctx context.Context) ([]string, error) {
	if a, ok := l.input.(broker.Advisor); ok {
		return a.Advise(ctx)
	}
	return nil, nil
}

// Resume sets the offset of a rewind point that a run has kept to one of this look.
func (l *Look) Resume(ctx context.Context, partition int, kept broker.Rewind) (broker.Rewind, error) {
	p, ok := l.input.(broker.Positioner)
	if !ok {
		return kept, nil
	}
	nodes := []broker.Rewind{kept}
	err := p.Resume(ctx, partition, nodes)
	return nodes[0], err
}

// Bounds returns the first offset of a partition and the one behind its last. They are equal where the stream is empty,
// or can be read from its beginning only.
func (l *Look) Bounds(ctx context.Context, partition int) (start, end int64, err error) {
	if l.numbered {
		return 0, 0, nil
	}
	err = l.Each(ctx, partition, 0, func(record broker.Record, _ bool) (bool, error) {
		start = record.Offset
		return false, nil
	})
	return start, max(start, l.ends[partition]), err
}

// Each calls visit for the records of a partition from an offset on, and for end-of-stream marks, until it returns false
// or there are no more.
func (l *Look) Each(
	ctx context.Context, partition int, from int64, visit func(record broker.Record, mark bool) (bool, error),
) (err error) {
	reader, err := l.input.Reader(ctx, 0, partition, from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	for end := int64(-1); ; {
		records, err := reader.Read(ctx)
		if lagger, ok := reader.(broker.Lagger); ok && end < 0 {
			end = lagger.End()
			l.ends[partition] = end
		}
		switch {
		case errors.Is(err, broker.ErrDataTimeout), err == io.EOF && !l.queue:
			return nil
		case err == io.EOF:
			records = nil
			if more, err := visit(broker.Record{Offset: reader.Next() - 1}, true); err != nil || !more {
				return err
			}
		case err != nil:
			return err
		}
		for i := range records {
			if more, err := visit(records[i], false); err != nil || !more {
				return err
			}
		}
		if end >= 0 && reader.Next() >= end {
			return nil
		}
	}
}

// Last returns up to n records at the end of a partition: of its last session that has elements. There are none where
// the stream can be read from its beginning only.
func (l *Look) Last(ctx context.Context, partition, n int) (records []broker.Record, err error) {
	start, end, err := l.Bounds(ctx, partition)
	if err != nil || end == start {
		return nil, err
	}
	marked := false
	err = l.Each(ctx, partition, max(start, end-2*int64(n)), func(record broker.Record, mark bool) (bool, error) {
		if marked && !mark {
			records, marked = nil, false
		}
		if marked = marked || mark; !mark {
			records = append(records, record)
		}
		return true, nil
	})
	return records[max(0, len(records)-n):], err
}
