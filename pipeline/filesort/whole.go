package filesort

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/internal/extsort"
)

// whole sorts the file as a whole. What is nearly in order is written as it comes, to an output that can be read again where
// something comes later that belongs before it.
func (s *sorting) whole(ctx context.Context) (err error) {
	options := extsort.Options{Memory: s.Memory}
	var out *outlet
	if file.Rereads(s.out.output) {
		options.Ahead = func(value []byte) error { return out.put(value) }
	}
	sorter := extsort.New(options)
	defer func() { err = errors.Join(err, sorter.Close()) }()
	err = s.out.write(ctx, func(o *outlet) error {
		out = o
		if err := s.push(ctx, sorter); err != nil {
			return err
		}
		if err := sorter.Sort(ctx); err != nil || sorter.Displaced() {
			return err
		}
		return putAll(o, sorter)
	})
	if err == nil && sorter.Displaced() {
		err = s.writeAgain(ctx, sorter)
	}
	s.report.Spilled = sorter.Spilled()
	return err
}

// writeAgain writes what has been written, and what belongs in between.
func (s *sorting) writeAgain(ctx context.Context, sorter *extsort.Sorter) error {
	written, first, between, err := s.out.again(ctx)
	if err != nil {
		return err
	}
	if err := sorter.Merge(ctx, written, first, between); err != nil {
		return err
	}
	return s.out.write(ctx, func(o *outlet) error { return putAll(o, sorter) })
}

// push reads the file, and pushes its elements with their keys.
func (s *sorting) push(ctx context.Context, sorter *extsort.Sorter) error {
	var greatest []byte
	return s.read(ctx, func(b *batch) error {
		begin := 0
		for i := range b.keys {
			k := &b.keys[i]
			ordered := b.ordered[begin:k.end]
			begin = k.end
			switch {
			case k.err != nil:
				continue
			case k.IsNull():
				s.report.Null++
			case bytes.Compare(ordered, greatest) < 0:
				s.report.Disordered++
			default:
				greatest = append(greatest[:0], ordered...)
			}
			if err := sorter.Push(ctx, ordered, b.records[i].Value); err != nil {
				return err
			}
			s.report.Elements++
		}
		return nil
	})
}

// putAll puts what a sorter returns into an outlet.
func putAll(o *outlet, sorter *extsort.Sorter) error {
	for {
		value, err := sorter.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := o.put(value); err != nil {
			return err
		}
	}
}
