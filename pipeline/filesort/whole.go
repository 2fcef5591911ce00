package filesort

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/leat-go/leat/internal/extsort"
)

// whole sorts the file as a whole.
func (s *sorting) whole(ctx context.Context) (err error) {
	sorter := extsort.New(extsort.Options{Memory: s.Memory})
	defer func() { err = errors.Join(err, sorter.Close()) }()
	var greatest []byte
	err = s.read(ctx, func(b *batch) error {
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
	if err != nil {
		return err
	}
	if err := sorter.Sort(ctx); err != nil {
		return err
	}
	s.report.Spilled = sorter.Spilled()
	return s.out.write(ctx, func(o *outlet) error {
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
	})
}
