package mill

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"strings"
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
	// at is the storage, which knows where the pipeline file has what its errors name.
	at *stored
	// seeker is the input where records are found by positions; nil where that is by offsets.
	seeker broker.Seeker
	queue  bool
	// ends are the offsets behind the partitions' last records, and lasts the positions of these in a queue.
	ends  map[int]int64
	lasts map[int]string
}

// A Place is where reading begins: at an offset, or at a position where there are no offsets that last. The zero value is
// the beginning.
type Place struct {
	Offset   int64
	Position string
}

// Look opens the stream of a node. The logger is told of a storage that is waited for; nil stands for [slog.Default]. It
// must be closed.
func (m *Mill) Look(ctx context.Context, n *Node, logger *slog.Logger) (*Look, error) {
	at := n.Stream
	declared := n.Declared()
	if at.Stored.Queue {
		declared.DataTimeout = quiet
	}
	s := m.newStored(at.Storage, []storage.Declared{{Stream: declared, Stored: at.Stored}})
	job := &broker.Job{Name: m.Name, Inputs: []broker.Stream{declared}, Looking: true, Logger: cmp.Or(logger, slog.Default())}
	input, err := s.OpenSource(ctx, job)
	if err != nil {
		return nil, err
	}
	l := &Look{input: input, at: s.(*stored), queue: at.Stored.Queue, ends: map[int]int64{}, lasts: map[int]string{}}
	l.seeker, _ = input.(broker.Seeker)
	return l, nil
}

// Locate says where the pipeline file has the stream, of an error that came of the look.
func (l *Look) Locate(err error) error { return l.at.locate(err) }

// Seeker returns what finds records by their positions; nil where they have offsets that last.
func (l *Look) Seeker() broker.Seeker { return l.seeker }

// Backlog returns how much there is behind a rewind point of a stream that can't be read without a trace; nil for others.
func (l *Look) Backlog(ctx context.Context, partition int, kept *broker.Rewind) (*broker.Backlog, error) {
	if b, ok := l.input.(broker.Backlogger); ok {
		return b.Backlog(ctx, 0, partition, kept)
	}
	return nil, nil
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

// Bounds returns the first offset of a partition and the one behind its last. They are equal where the stream is empty,
// or has no offsets that last.
func (l *Look) Bounds(ctx context.Context, partition int) (start, end int64, err error) {
	if l.seeker != nil {
		return 0, 0, nil
	}
	err = l.Each(ctx, partition, Place{}, func(record broker.Record, _ bool) (bool, error) {
		start = record.Offset
		return false, nil
	})
	return start, max(start, l.ends[partition]), err
}

// A Visitor gets a record, or an end-of-stream mark, and says whether it wants the next.
type Visitor func(record broker.Record, mark bool) (more bool, err error)

// Each calls visit for the records of a partition from a place on, and for end-of-stream marks, until it returns false
// or there are no more.
func (l *Look) Each(ctx context.Context, partition int, from Place, visit Visitor) (err error) {
	if l.seeker != nil {
		if from.Offset, err = l.seeker.Seek(ctx, 0, partition, from.Position); err != nil {
			return err
		}
	}
	over, err := l.isOver(ctx, partition)
	if err != nil {
		return err
	}
	reader, err := l.input.Reader(ctx, 0, partition, from.Offset)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	for {
		records, err := reader.Read(ctx)
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
		if isOver, err := over(reader); isOver || err != nil {
			return err
		}
	}
}

// Remaining returns the first records from an offset on, up to a mark, and how many there are in all, marks among them; -1
// where the storage doesn't tell.
func (l *Look) Remaining(
	ctx context.Context, partition int, from int64,
) (first []broker.Record, all int64, err error) {
	reader, err := l.input.Reader(ctx, 0, partition, from)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	for marks := int64(0); ; marks++ {
		first, err = reader.Read(ctx)
		switch {
		case errors.Is(err, broker.ErrDataTimeout):
			return nil, marks, nil
		case err == io.EOF:
			continue
		case err != nil:
			return nil, 0, err
		}
		if lagger, ok := reader.(broker.Lagger); ok && lagger.End() >= 0 {
			return first, marks + int64(len(first)) + lagger.End() - reader.Next(), nil
		}
		return first, -1, nil
	}
}

// End returns the offset behind the last record or mark of a partition; 0 where the storage doesn't tell without reading.
func (l *Look) End(ctx context.Context, partition int) (int64, error) {
	if ender, ok := l.input.(broker.Ender); ok {
		return ender.End(ctx, 0, partition)
	}
	return 0, nil
}

// LastValues returns the values of the last record's position, as [Values] does; empty where there is no record. REQUIRES:
// there is a Seeker.
func (l *Look) LastValues(ctx context.Context, partition int) (string, error) {
	last, err := l.seeker.Before(ctx, 0, partition, "", 1)
	return Values(last), err
}

// isOver returns what says of a reader, behind each Read, whether it has come to the end of what was there at first.
func (l *Look) isOver(ctx context.Context, partition int) (func(broker.Reader) (bool, error), error) {
	if l.seeker == nil {
		end := int64(-1)
		if ender, ok := l.input.(broker.Ender); ok {
			var err error
			if end, err = ender.End(ctx, 0, partition); err != nil {
				return nil, err
			}
			l.ends[partition] = end
		}
		return func(reader broker.Reader) (bool, error) {
			if lagger, ok := reader.(broker.Lagger); ok && end < 0 {
				end = lagger.End()
				l.ends[partition] = end
			}
			return end >= 0 && reader.Next() >= end, nil
		}, nil
	}
	if !l.queue {
		return func(broker.Reader) (bool, error) { return false, nil }, nil // there is an end
	}
	if l.lasts[partition] == "" {
		last, err := l.seeker.Before(ctx, 0, partition, "", 1)
		if err != nil {
			return nil, err
		}
		l.lasts[partition] = last
	}
	return func(reader broker.Reader) (bool, error) {
		at, err := l.seeker.PositionOf(0, partition, reader.Next()-1)
		return at == l.lasts[partition], err
	}, nil
}

// Last returns up to n records at the end of a partition: of its last session that has elements. Offsets may be far apart,
// so that it goes back further where there are too few behind a place.
func (l *Look) Last(ctx context.Context, partition, n int) (records []broker.Record, err error) {
	for back := 2 * n; ; back *= 8 {
		from, err := l.beforeEnd(ctx, partition, back)
		if err != nil {
			return nil, err
		}
		isSession := false // behind a mark
		marked := false
		records = nil
		err = l.Each(ctx, partition, from, func(record broker.Record, mark bool) (bool, error) {
			if marked && !mark {
				records, marked, isSession = nil, false, true
			}
			if marked = marked || mark; !mark {
				records = append(records, record)
			}
			return true, nil
		})
		start, _, boundsErr := l.Bounds(ctx, partition)
		if err = errors.Join(err, boundsErr); err != nil || len(records) >= n || isSession || from == (Place{Offset: start}) {
			return records[max(0, len(records)-n):], err
		}
	}
}

// beforeEnd returns a place about n records before the end of a partition.
func (l *Look) beforeEnd(ctx context.Context, partition, n int) (from Place, err error) {
	if l.seeker != nil {
		from.Position, err = l.seeker.Before(ctx, 0, partition, "", n)
		return from, err
	}
	start, end, err := l.Bounds(ctx, partition)
	return Place{Offset: max(start, end-int64(n))}, err
}

// At returns how people find a record that was read since the last Each began: where it lies, and the values that its
// position has where there are no offsets that last.
func (l *Look) At(record *broker.Record, stream string, partition int) broker.Position {
	at := record.At(stream, partition)
	if l.seeker == nil {
		return at
	}
	if values := l.Values(partition, record.Offset); values != "" {
		at.Offset, at.At = -1, values
	}
	return at
}

// Values returns the values of a record's position, as the function Values does.
func (l *Look) Values(partition int, offset int64) string {
	position, err := l.seeker.PositionOf(0, partition, offset)
	if err != nil {
		return ""
	}
	return Values(position)
}

// Values returns the values of a position that consists of such, as (2026-11-29, 17); empty where it doesn't.
func Values(position string) string {
	var ordered struct {
		At []string `json:"at"`
	}
	if err := json.Unmarshal([]byte(position), &ordered); err != nil || len(ordered.At) == 0 {
		return ""
	}
	return "(" + strings.Join(ordered.At, ", ") + ")"
}
