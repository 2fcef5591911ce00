package lookup

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/mill"
)

// errDisorder says that keys fall along a stream, so that none can be found by bisecting it.
var errDisorder = errors.New("keys fall along the stream")

// looks is how many elements all over a file are looked at, whether keys grow along it, before it is bisected.
const looks = 32

// begin returns a place the slack or more before the first element of the range, or the beginning.
func (r *search) begin(ctx context.Context, slack int64) (from mill.Place, err error) {
	if r.noLow && (r.extent == nil || r.extent.fromStart) || r.reader.sortsWhole() {
		from.Offset, _ = r.source.bounds(r.partition)
		return from, nil
	}
	if from, err = r.bisect(ctx, slack); err != nil || r.reader.sorting == nil || r.by == sortKey {
		return from, err
	}
	return r.beforeLateness(ctx, from, slack)
}

// bisect returns a place the slack or more before the first element of the range, or the beginning, in a stream that is in
// order or nearly so.
func (r *search) bisect(ctx context.Context, slack int64) (from mill.Place, err error) {
	if s := r.source.seeker(); s != nil {
		from.Position, err = (&seeking{search: r, seeker: s}).begin(ctx, int(slack))
		return from, err
	}
	from.Offset, err = (&bisection{search: r}).begin(ctx, slack)
	return from, err
}

// A keyAt is the key of the first element at or behind an offset.
type keyAt struct {
	offset int64
	key    expression.Key
	sorted expression.Key // where the stream is put in order
}

// A bisection looks for where a key lies. The keys that it has seen tell whether keys grow.
type bisection struct {
	*search
	seen []keyAt
}

// begin returns an offset that lies the slack or more before the first element of the range, or at the beginning.
func (b *bisection) begin(ctx context.Context, slack int64) (int64, error) {
	start, high := b.source.bounds(b.partition)
	low := start
	if b.source.isOneSession() {
		if err := b.lookAllOver(ctx, start, high); err != nil {
			return 0, err
		}
	}
	for high-low > slack {
		middle := low + (high-low)/2
		found, err := b.firstKey(ctx, middle, high)
		switch {
		case err != nil:
			return 0, err
		case found == nil:
			high = middle
		case expression.Compare(found.key, b.low) < 0:
			low = found.offset + 1
		default:
			high = middle
		}
	}
	if b.falls() {
		return 0, errDisorder
	}
	return max(start, low-slack), nil
}

// lookAllOver looks at elements all over a partition.
func (b *bisection) lookAllOver(ctx context.Context, start, end int64) error {
	for i := range int64(looks) {
		if _, err := b.firstKey(ctx, start+(end-start)/looks*i, end); err != nil {
			return err
		}
	}
	return nil
}

// firstKey returns the first element of a range of offsets whose keys can be computed; nil if there is none.
func (b *bisection) firstKey(ctx context.Context, from, to int64) (found *keyAt, err error) {
	err = b.source.each(ctx, b.partition, mill.Place{Offset: from}, glance, func(record broker.Record, mark bool) (bool, error) {
		if record.Offset >= to {
			return false, nil
		}
		if mark {
			return true, nil
		}
		i, err := b.reader.read(&record, b.partition)
		if err != nil || i.key(b.by).IsNull() {
			return true, nil // only the elements around the range matter, and null takes no part in the order
		}
		found = &keyAt{i.offset, i.key(b.by), i.sorted}
		return false, nil
	})
	if found != nil {
		b.seen = append(b.seen, *found)
	}
	if ctx.Err() == nil && isDamage(err) {
		err = nil // it matters where the range lies, and is come across there
	}
	return found, err
}

// falls reports whether a later one of the keys that were seen is less, where that can be told: a topic's sessions may
// each begin anew.
func (b *bisection) falls() bool {
	if !b.source.isOneSession() {
		return false
	}
	slices.SortFunc(b.seen, func(a, b keyAt) int { return cmp.Compare(a.offset, b.offset) })
	if b.reader.sorting != nil {
		order := newTolerance(b.reader.sorting)
		return slices.ContainsFunc(b.seen, func(k keyAt) bool { return !order.follows(k.sorted) })
	}
	return !slices.IsSortedFunc(b.seen, func(a, b keyAt) int { return expression.Compare(a.key, b.key) })
}
