package lookup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/observe"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/internal/object"
)

// lateRecords is how many records behind where a key belongs are looked at for elements that come too late.
const lateRecords = 2000

// A keyRange range is what is looked up in a stream: elements whose key by lies between low and high, both included.
type keyRange struct {
	by        int
	low, high expression.Key
	// noLow and noHigh say that there is no such bound: low and high tell the kind of the keys only.
	noLow, noHigh bool
	// names, if there are any, are what the elements' names lie between, too.
	names *nameRange
	// extent is how much is read of what has no bound; nil for all of it.
	extent *extent
	// keep leaves items out; nil for none.
	keep func(*item) bool
}

// A nameRange is two names, and what lies between them.
type nameRange struct{ from, to expression.Key }

// compare says whether an item lies below, in or above the range. passed says that nothing in the range may follow it.
func (k *keyRange) compare(i *item) (order int, passed bool) {
	key := i.key(k.by)
	switch {
	case !k.noLow && expression.Compare(key, k.low) < 0:
		return -1, false
	case !k.noHigh && expression.Compare(key, k.high) > 0:
		return 1, true
	case k.names == nil:
		return 0, false
	case expression.Compare(i.name, k.names.from) < 0:
		return -1, false
	case expression.Compare(i.name, k.names.to) > 0:
		return 1, false
	}
	return 0, false
}

// A slice is what a partition holds of a range of keys, and around it.
type slice struct {
	// items are the elements in the range, in stream order.
	items []*item
	// below and above are the nearest elements outside of it; nil where there are none.
	below, above *item
	// mark is where the first end-of-stream mark behind below lies, if nothing above was before it.
	mark *broker.Position
	// stopsAt is what a run stops at before it is past the range.
	stopsAt error
	// late are elements in the range that are out of order, so that a run doesn't get to them.
	late []*item
	// refused are the records between items that a run stops at.
	refused []broker.Record
	// empty says that nothing was read.
	empty bool
	// cutBelow and cutAbove say that there may be more items, below or above those that were read.
	cutBelow, cutAbove bool
	// left counts the items that were left out.
	left int
}

// A search reads one slice.
type search struct {
	keyRange
	reader    *keyReader
	source    source
	partition int
	found     slice
	// behind is what is wrong behind the element above, which matters only where something comes too late.
	behind error
	after  int // records behind the element above
	ahead  int // items above where those begin of which so many are read
}

// slice looks a range up in a partition, with a new reader of keys.
//
// It goes where the keys lead, as they grow, and reads somewhat more than the range. Where what it comes across isn't
// in order or doesn't lie as it must for that, a file or table is read from its beginning: so the answer is right.
func (k keyRange) slice(ctx context.Context, s source, reader *keyReader, partition int) (*slice, error) {
	slack := s.slack()
	if k.extent != nil {
		slack *= k.extent.times
	}
	for ; ; slack *= 8 {
		r := &search{keyRange: k, reader: reader, source: s, partition: partition}
		r.reader.last = nil
		start, _ := s.bounds(partition)
		from, err := r.begin(ctx, slack)
		if err == nil {
			err = r.read(ctx, from)
		}
		isWhole := from == mill.Place{Offset: start}
		switch {
		case errors.Is(err, file.ErrNotLines), errors.Is(err, errDisorder), err == nil && !isWhole && r.disorder():
			if !s.scan() {
				return nil, err
			}
		case err != nil:
			return nil, err
		case k.noLow:
			r.found.cutBelow = r.found.cutBelow || !isWhole
			return &r.found, nil
		case !isWhole && r.found.below == nil:
			// What lies before the range may be far: long elements, or records that are none.
		default:
			return &r.found, nil
		}
	}
}

// disorder reports whether keys were out of order in what was read, of a source that can be read from its beginning.
func (r *search) disorder() bool {
	out := len(r.found.late) > 0 || r.found.stopsAt != nil && verdictOf(r.found.stopsAt) == observe.OutOfOrder
	return out && r.source.isOneSession()
}

// read reads the slice from an offset on.
func (r *search) read(ctx context.Context, from mill.Place) error {
	r.found.empty = true
	err := r.each(ctx, from)
	var damaged *broker.PositionError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &damaged):
		r.stopAt(undecodable{err})
		return nil
	}
	return err
}

func (r *search) visit(record broker.Record, mark bool) (more bool, err error) {
	found := &r.found
	if found.above != nil {
		r.after++
	}
	if mark {
		if found.mark == nil && found.above == nil {
			at := r.source.locate(&record, r.partition)
			found.mark = &at
		}
		r.reader.last = nil // another session begins
		return r.more(), nil
	}
	i, err := r.reader.read(&record, r.partition)
	if err == errLeftOut {
		return r.more(), nil
	}
	found.empty = false
	if err == nil {
		err = r.sameKind(i)
	}
	if err != nil {
		r.refuse(record, err)
		return r.more(), nil
	}
	if i.key(r.by).IsNull() { // it lies nowhere
		if err := r.reader.take(i); err != nil {
			r.refuse(record, err)
		}
		return r.more(), nil
	}
	order, passed := r.compare(i)
	if order <= 0 && r.by == parentKey && r.names == nil && i.matchUp != nil && i.matchUp.isNull {
		// It matches nothing, and only says how far the stream has come.
		if err := r.reader.take(i); err != nil {
			r.refuse(record, err)
		}
		return r.more(), nil
	}
	if err := r.reader.take(i); err != nil {
		if order == 0 && (found.above != nil || len(found.items) == 0) {
			found.late = append(found.late, i)
		}
		r.refuse(record, err)
		return r.more(), nil
	}
	switch {
	case order < 0 && found.above == nil:
		found.below, found.mark = i, nil
	case order == 0 && found.above == nil:
		return r.add(i), nil
	case order > 0 && found.above == nil:
		found.above = i
		return !passed || r.more(), nil
	}
	return r.more(), nil
}

// each calls visit for the records from a place on, in the order in which a run sees them.
func (r *search) each(ctx context.Context, from mill.Place) error {
	if s := r.reader.sorting; s != nil {
		return (&ordering{search: r, sorting: s}).each(ctx, from)
	}
	return r.source.each(ctx, r.partition, from, whole, r.visit)
}

// add adds an item, and reports whether reading on makes sense.
func (r *search) add(i *item) bool {
	found := &r.found
	if r.keep == nil || r.keep(i) {
		found.items = append(found.items, i)
	} else {
		found.left++
	}
	if r.extent == nil {
		return true
	}
	switch order := expression.Compare(i.key(r.by), r.extent.from); {
	case order <= 0 && r.extent.fromStart:
		r.ahead++
	case order <= 0:
		r.trim()
		return true
	default:
		r.ahead++
	}
	kept, enough := len(found.items), cmp.Or(r.extent.enough, r.extent.items)
	isEnough := kept >= enough && r.ahead >= enough || r.ahead >= searched
	found.cutAbove = isEnough && (r.noHigh || r.extent.fromStart)
	return !found.cutAbove
}

// trim leaves out the first items, of which there need be so many only.
func (r *search) trim() {
	found := &r.found
	if n := len(found.items) - r.extent.items; r.noLow && n > r.extent.items {
		found.items = append([]*item(nil), found.items[n:]...)
		found.cutBelow = true
	}
}

// refuse notes a record that a run would stop at.
func (r *search) refuse(record broker.Record, err error) {
	if r.found.above == nil && len(r.found.items) > 0 {
		if element := new(object.Object); r.reader.decode(record.Value, element) == nil {
			record.Value = element.Raw
		}
		r.found.refused = append(r.found.refused, record)
	}
	r.stopAt(err)
}

// stopAt notes what a run would stop at.
func (r *search) stopAt(err error) {
	switch {
	case r.found.stopsAt != nil:
	case r.found.above == nil:
		r.found.stopsAt = err
	case r.behind == nil:
		r.behind = err
	}
	if len(r.found.late) > 0 && r.found.stopsAt == nil {
		r.found.stopsAt = r.behind
	}
}

// more reports whether reading on makes sense: behind the range only for what comes too late.
func (r *search) more() bool {
	if r.found.above == nil {
		return true
	}
	return len(r.found.late) == 0 && r.after < lateRecords
}

// sameKind refuses keys that can't be compared with the range's, as a run does.
func (r *search) sameKind(i *item) error {
	key := i.key(r.by)
	if key.Kind() == r.low.Kind() || key.IsNull() {
		return nil
	}
	return &broker.PositionError{Position: i.at, Err: fmt.Errorf("the key is %s here, %v, but %v is %s", key.Kind(), key,
		r.low, r.low.Kind())}
}

// near returns what a slice has of one key: the items, and the nearest below and above.
func (s *slice) near(by int, key expression.Key) (items []*item, below, above *item) {
	compare := func(i *item, key expression.Key) int { return expression.Compare(i.key(by), key) }
	first, found := slices.BinarySearchFunc(s.items, key, compare)
	end := first
	for found && end < len(s.items) && compare(s.items[end], key) == 0 {
		end++
	}
	below, above = s.below, s.above
	if first > 0 {
		below = s.items[first-1]
	}
	if end < len(s.items) {
		above = s.items[end]
	}
	return s.items[first:end], below, above
}
