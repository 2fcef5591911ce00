package filesort

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/internal/number"
	"github.com/leat-go/leat/pipeline/internal/object"
	"github.com/leat-go/leat/pipeline/internal/words"
)

// A batch is what was read at a time, with the keys.
type batch struct {
	records []broker.Record
	keys    []key
	ordered []byte // the keys' bytes, one behind the other
	err     error  // what reading ended with, behind the records
	done    chan struct{}
}

// A key is that of a record, or why there is none.
type key struct {
	expression.Key
	end int // of its bytes in the batch
	err error
}

// read reads the file, and calls each for one batch after the other. Keys are computed ahead, by as many goroutines as
// there are processors. After the last batch the file is closed.
func (s *sorting) read(ctx context.Context, each func(b *batch) error) error {
	workers := runtime.GOMAXPROCS(0)
	ahead := 2 * workers
	work, inOrder, spare := make(chan *batch, ahead), make(chan *batch, ahead), make(chan *batch, 2*ahead)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(work)
		defer close(inOrder)
		return s.readBatches(ctx, spare, work, inOrder)
	})
	for range workers {
		group.Go(func() error {
			s.computeKeys(work)
			return nil
		})
	}
	group.Go(func() error {
		for b := range inOrder {
			<-b.done
			if err := s.take(b, each); err != nil {
				return err
			}
			select {
			case spare <- b:
			default:
			}
		}
		return nil
	})
	return errors.Join(group.Wait(), s.objects.Close())
}

// readBatches hands on what is read. An error goes behind what was read before it, so that it is told only if nothing
// before it is wrong.
func (s *sorting) readBatches(ctx context.Context, spare <-chan *batch, to ...chan<- *batch) error {
	for {
		b := &batch{done: make(chan struct{}, 1)}
		select {
		case b = <-spare:
			s.objects.Recycle(b.records)
		default:
		}
		b.records, b.err = s.objects.Read(ctx)
		ended := b.err != nil
		read, total := s.objects.Bytes()
		s.Monitor.bytesRead.Store(read)
		s.Monitor.bytesTotal.Store(total)
		for _, out := range to {
			select {
			case out <- b:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if ended {
			return nil
		}
	}
}

// computeKeys computes the keys of batches. A record that is no object ends its batch.
func (s *sorting) computeKeys(work <-chan *batch) {
	compute := s.newKeys()
	for b := range work {
		if s.out.carriage != nil && len(b.records) > 0 && compute.rows == nil {
			compute.rows = s.out.carriage.Rows(s.key.Members())
		}
		b.keys, b.ordered = b.keys[:0], b.ordered[:0]
		for i := range b.records {
			k, err := compute.key(&b.records[i])
			if err != nil {
				b.records, b.err = b.records[:i], err
				break
			}
			if k.err == nil {
				b.ordered = k.AppendOrdered(b.ordered)
			}
			k.end = len(b.ordered)
			b.keys = append(b.keys, k)
		}
		b.done <- struct{}{}
	}
}

// keys computes the keys of records, in one goroutine.
type keys struct {
	path    string
	picker  *object.Picker
	program *expression.Program
	rows    *file.Rows // where records are rows of cells; nil otherwise
	// isCell says that the key is what is in a cell, and nothing computed.
	isCell bool
}

func (s *sorting) newKeys() *keys {
	members := s.key.Members()
	return &keys{
		path: s.path, picker: s.key.Picker(), program: s.key.Program.Clone(),
		isCell: len(members) == 1 && members[0] == s.key.Program.String(),
	}
}

// key returns the key of a record. The error is that of a record that is no object; a row that is one becomes the row that is
// written.
func (c *keys) key(record *broker.Record) (key, error) {
	if c.rows == nil {
		return c.of(record, record.Value)
	}
	row, err := c.rows.Read(record)
	if err != nil {
		return key{}, err
	}
	k, ok := c.ofCell()
	if !ok {
		k, err = c.of(record, c.rows.Members())
	}
	if k.err != nil { // which tells of all members
		var whole []byte
		if whole, err = c.rows.Object(record); err == nil {
			k, err = c.of(record, whole)
		}
	}
	record.Value = row
	return k, err
}

// ofCell returns the key of a row where it is a whole number in a cell, as most are.
func (c *keys) ofCell() (k key, ok bool) {
	if !c.isCell {
		return k, false
	}
	text, ok := c.rows.Cell()
	if !ok {
		return k, false
	}
	whole, length := number.Int(text)
	if length == 0 || length < len(text) || text[0] == '-' {
		return k, false
	}
	k.Key, k.err = expression.NewKey(expression.IntValue(whole))
	return k, true
}

// of returns the key of a record's object, of which other members may be left out.
func (c *keys) of(record *broker.Record, members []byte) (k key, err error) {
	env, err := c.picker.Pick(members)
	if err != nil {
		return k, record.DecodeError(c.path, 0, err)
	}
	k.Key, k.err = c.program.Key(env)
	return k, nil
}

// take hands a batch on once its keys are of one kind, and without what is skipped.
func (s *sorting) take(b *batch, each func(b *batch) error) error {
	for i := range b.keys {
		k := &b.keys[i]
		if k.err == nil && k.Kind() != s.kind {
			k.err = s.checkKind(k.Key)
		}
		if k.err == nil {
			continue
		}
		if err := s.disorder(&b.records[i], fmt.Errorf("the key can't be computed: %w", k.err)); err != nil {
			return err
		}
	}
	if err := each(b); err != nil {
		return err
	}
	s.Monitor.read.Add(int64(len(b.keys)))
	if errors.Is(b.err, io.EOF) {
		return nil
	}
	return b.err
}

// checkKind refuses a key that is of another kind than those before, as a join does.
func (s *sorting) checkKind(k expression.Key) error {
	switch kind := k.Kind(); {
	case k.IsNull():
		return nil
	case s.kind != expression.Unknown:
		return fmt.Errorf("%s is %s here, but was %s before", s.key.Program, kind, s.kind)
	default:
		s.kind = kind
		return nil
	}
}

// disorder does with an element what the policy says.
func (s *sorting) disorder(record *broker.Record, err error) error {
	if !s.SkipDisorder {
		return &broker.PositionError{Position: record.At(s.path, 0), Err: err}
	}
	s.report.Skipped++
	s.Logger.Warn("element skipped", "file", s.path, "at", words.Location(record.At(s.path, 0)), "error", err)
	return nil
}
