package filesort

import (
	"bytes"
	"context"
	"fmt"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/internal/lateness"
)

// late sorts with a lateness (R12): an element goes out when a key that far above its own was read.
func (s *sorting) late(ctx context.Context) error {
	return s.out.write(ctx, func(o *outlet) error {
		l := &lateSorting{sorting: s, outlet: o}
		l.waiting = lateness.New[expression.Key, []byte](expression.Compare, l.below)
		err := s.read(ctx, func(b *batch) error {
			if err := l.add(b); err != nil {
				return err
			}
			return o.flush() // somebody may wait for what is released
		})
		if err != nil {
			return err
		}
		l.waiting.End()
		return l.release()
	})
}

// lateSorting is sorting with a lateness.
type lateSorting struct {
	*sorting
	*outlet
	waiting  *lateness.Buffer[expression.Key, []byte]
	size     int64 // of what waits, in bytes
	greatest expression.Key
}

// below returns the key that lies the lateness below another.
func (l *lateSorting) below(k expression.Key) (expression.Key, error) {
	return l.lateness.Below(l.key.Program, k)
}

// add adds the elements of a batch to those that wait, and writes what is released.
func (l *lateSorting) add(b *batch) error {
	for i := range b.keys {
		k := &b.keys[i]
		if k.err != nil {
			continue
		}
		value := b.records[i].Value
		if k.IsNull() {
			l.report.Null++
			l.report.Elements++
			if err := l.put(value); err != nil {
				return err
			}
			continue
		}
		late, err := l.waiting.Push(k.Key, bytes.Clone(value))
		if err == nil && late {
			err = fmt.Errorf("key %v comes after %v was written: it is late by more than the lateness, %s", k.Key,
				l.waiting.Last(), l.within)
		}
		if err != nil {
			if err := l.disorder(&b.records[i], err); err != nil {
				return err
			}
			continue
		}
		if err := l.admit(k.Key, len(value)); err != nil {
			return err
		}
	}
	return nil
}

// waitingSize is what an element that waits takes beside its bytes.
const waitingSize = 160

// admit counts an element that waits, and writes what is released by it.
func (l *lateSorting) admit(k expression.Key, size int) error {
	l.report.Elements++
	l.size += int64(size) + waitingSize
	if l.greatest.Kind() != expression.Unknown && expression.Compare(k, l.greatest) < 0 {
		l.report.Disordered++
	} else {
		l.greatest = k
	}
	if err := l.release(); err != nil {
		return err
	}
	if l.size > l.Memory {
		return fmt.Errorf("%s: the elements that come within %s of each other, %d, take more than %d bytes of memory: "+
			"allow more, or sort the file as a whole, which needs a temporary file", l.path, l.within, l.waiting.Len(), l.Memory)
	}
	return nil
}

// release writes what is released.
func (l *lateSorting) release() error {
	for {
		value, ok := l.waiting.Next()
		if !ok {
			return nil
		}
		l.size -= int64(len(value)) + waitingSize
		if err := l.put(value); err != nil {
			return err
		}
	}
}
