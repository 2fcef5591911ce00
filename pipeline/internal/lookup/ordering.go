package lookup

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/internal/extsort"
	"github.com/leat-go/leat/internal/lateness"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/internal/object"
)

// sortsWhole reports whether the stream is put in order as a whole, so that all of it must be read.
func (r *keyReader) sortsWhole() bool { return r.sorting != nil && r.sorting.Below == nil }

// A tolerance says whether sort keys that come one after the other are those of a stream that is put in order.
type tolerance struct {
	sorting *mill.Sorting
	highest expression.Key // the zero key before the first
}

func newTolerance(s *mill.Sorting) *tolerance { return &tolerance{sorting: s} }

// follows reports whether a key isn't further below those before than the lateness.
func (t *tolerance) follows(key expression.Key) bool {
	switch {
	case key.Kind() == expression.Unknown || key.IsNull() || t.sorting.Below == nil:
		return true
	case t.highest.Kind() == expression.Unknown || expression.Compare(key, t.highest) > 0:
		t.highest = key
		return true
	}
	bound, err := t.sorting.Below(t.highest)
	return err != nil || expression.Compare(key, bound) >= 0
}

// beforeLateness returns a place before which nothing lies that belongs behind from once the stream is in order: there keys
// are two latenesses below that at from. With one, an element that lies before it could still be as high as one that lies
// behind; with two it is below all that the search asks for.
func (r *search) beforeLateness(ctx context.Context, from mill.Place, slack int64) (mill.Place, error) {
	key, err := r.sortKeyAt(ctx, from)
	if err != nil || key.Kind() == expression.Unknown {
		return from, err
	}
	for range 2 {
		if key, err = r.reader.sorting.Below(key); err != nil {
			start, _ := r.source.bounds(r.partition)
			return mill.Place{Offset: start}, nil // no key is as low
		}
	}
	before := &search{keyRange: keyRange{by: sortKey, low: key, high: key, noHigh: true}, reader: r.reader, source: r.source,
		partition: r.partition}
	return before.bisect(ctx, slack)
}

// sortKeyAt returns the first sort key from a place on; the zero key where there is none.
func (r *search) sortKeyAt(ctx context.Context, from mill.Place) (key expression.Key, err error) {
	err = r.source.each(ctx, r.partition, from, glance, func(record broker.Record, mark bool) (bool, error) {
		if mark {
			return true, nil
		}
		if i, err := r.reader.read(&record, r.partition); err == nil {
			key = i.sorted
		}
		return key.Kind() == expression.Unknown, nil
	})
	if ctx.Err() == nil && isDamage(err) {
		err = nil // it is come across where the range lies
	}
	return key, err
}

// An ordering puts what a search reads in order, as a run does (R12).
type ordering struct {
	*search
	sorting *mill.Sorting
	waiting *lateness.Buffer[expression.Key, broker.Record]
	first   expression.Key
	isStart bool
	done    bool
}

// each calls the search's visit for the records from a place on.
func (o *ordering) each(ctx context.Context, from mill.Place) error {
	if o.sorting.Below == nil {
		return o.eachWhole(ctx, from)
	}
	start, _ := o.source.bounds(o.partition)
	o.isStart = from == mill.Place{Offset: start}
	o.waiting = lateness.New[expression.Key, broker.Record](expression.Compare, o.sorting.Below)
	err := o.source.each(ctx, o.partition, from, whole, func(record broker.Record, mark bool) (bool, error) {
		if mark {
			if err := o.end(); err != nil || o.done {
				return false, err
			}
			o.waiting = lateness.New[expression.Key, broker.Record](expression.Compare, o.sorting.Below)
			o.isStart = true
			return o.pass(record, true)
		}
		record.Value = bytes.Clone(record.Value)
		if err := o.push(record); err != nil || o.done {
			return false, err
		}
		return true, o.release()
	})
	if err != nil || o.done {
		return err
	}
	return o.end()
}

// end releases all that waits, at the end of a session.
func (o *ordering) end() error {
	o.waiting.End()
	return o.release()
}

// pass calls visit.
func (o *ordering) pass(record broker.Record, mark bool) (more bool, err error) {
	more, err = o.visit(record, mark)
	o.done = o.done || !more
	return more, err
}

// push has a record wait. One that has no key, or is late, is dealt with at once.
func (o *ordering) push(record broker.Record) error {
	key, err := o.keyOf(&record)
	switch {
	case errors.As(err, new(undecodable)):
		_, err = o.pass(record, false)
		return err
	case err == nil:
	case errors.Is(err, engine.NullKey):
		highest, ok := o.waiting.Highest()
		if !ok {
			_, err = o.pass(record, false)
			return err
		}
		key = highest
	default:
		o.refuse(record, o.refusal(&record, err))
		return nil
	}
	if o.first.Kind() == expression.Unknown {
		o.first = key
	}
	last, released := o.waiting.Released()
	late, err := o.waiting.Push(key, record)
	switch {
	case err != nil:
		o.refuse(record, o.refusal(&record, err))
	case late && released && o.isSound(key):
		o.refuse(record, o.refusal(&record, fmt.Errorf("%v comes later than the lateness allows, after %v was released", key,
			last)))
		o.noteLate(&record)
	}
	return nil
}

// noteLate notes an element of the range that comes too late for it.
func (o *ordering) noteLate(record *broker.Record) {
	i, err := o.reader.read(record, o.partition)
	if err != nil || i.key(o.by).IsNull() {
		return
	}
	if order, _ := o.compare(i); order == 0 {
		o.found.late = append(o.found.late, i)
		o.stopAt(o.behind)
	}
}

// isSound reports whether all with a key lie behind the place where reading began.
func (o *ordering) isSound(key expression.Key) bool {
	if o.isStart || o.first.Kind() == expression.Unknown {
		return true
	}
	below, err := o.sorting.Below(key)
	return err == nil && expression.Compare(below, o.first) > 0
}

// release calls visit for what is released.
func (o *ordering) release() error {
	for {
		record, ok := o.waiting.Next()
		if !ok || o.done {
			return nil
		}
		if !o.isSound(o.waiting.Last()) {
			continue
		}
		if _, err := o.pass(record, false); err != nil {
			return err
		}
	}
}

// keyOf returns the sort key of a record.
func (o *ordering) keyOf(record *broker.Record) (key expression.Key, err error) {
	element := &object.Object{}
	if err := o.reader.decode(record.Value, element); err != nil {
		return key, undecodable{err}
	}
	if err := o.reader.takesPart(element); err != nil {
		return key, undecodable{err} // visit says which
	}
	return o.sorting.Key(element)
}

// refusal is what a run says of a record that can't be put in order.
func (o *ordering) refusal(record *broker.Record, err error) error {
	return &broker.PositionError{Position: o.source.locate(record, o.partition), Err: fmt.Errorf("sorted %s: %w",
		o.reader.node.Sort.Text, err)}
}

// eachWhole calls visit for all records, in order, with as much memory as sorting takes.
func (o *ordering) eachWhole(ctx context.Context, from mill.Place) (err error) {
	sorter := extsort.New(extsort.Options{})
	defer func() { err = errors.Join(err, sorter.Close()) }()
	var highest []byte
	var places broker.Places
	err = o.source.each(ctx, o.partition, from, whole, func(record broker.Record, mark bool) (bool, error) {
		if mark {
			return true, nil
		}
		key, err := o.keyOf(&record)
		switch {
		case errors.As(err, new(undecodable)):
			_, err = o.pass(record, false)
			return !o.done, err
		case errors.Is(err, engine.NullKey):
		case err != nil:
			o.refuse(record, o.refusal(&record, err))
			return true, nil
		default:
			ordered := key.AppendOrdered(nil)
			if bytes.Compare(ordered, highest) <= 0 {
				return true, sorter.Push(ctx, ordered, packed(&record, &places))
			}
			highest = ordered
		}
		return true, sorter.Push(ctx, highest, packed(&record, &places))
	})
	if err == nil && !o.done {
		err = sorter.Sort(ctx)
	}
	for err == nil && !o.done {
		var value []byte
		value, err = sorter.Next()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			_, err = o.pass(unpacked(value, &places), false)
		}
	}
	return err
}

// packed returns a record as bytes, with its location.
func packed(r *broker.Record, places *broker.Places) []byte {
	b := binary.AppendVarint(nil, r.Offset)
	b = binary.AppendVarint(b, int64(r.Line))
	b = binary.AppendVarint(b, int64(r.Column))
	b = binary.AppendVarint(b, places.Number(r.In))
	return append(b, r.Value...)
}

func unpacked(b []byte, places *broker.Places) (r broker.Record) {
	take := func() int64 {
		n, size := binary.Varint(b)
		b = b[size:]
		return n
	}
	r.Offset, r.Line, r.Column = take(), int(take()), int(take())
	r.In = places.Of(take())
	r.Value = bytes.Clone(b)
	return r
}
