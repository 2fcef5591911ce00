package lookup

import (
	"context"
	"slices"
	"sort"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/observe"
	"github.com/leat-go/leat/pipeline/internal/mill"
)

// This file says what a parent's elements match at a child, whatever the join says: by R2, over what was looked up.

// Unknown is the verdict where what would decide lies further away than explain looks, see [searched].
const Unknown observe.Verdict = "unknown"

// below looks up what a subtree's items need of a child, and what that needs further down; nothing where all of their keys
// are null. Where the reach has no bound, it looks further away until all have what they take.
func (s *Streams) below(ctx context.Context, at *subtree, child, partition int) (*subtree, error) {
	n := at.node.Children[child]
	if len(at.keys(child)) == 0 {
		return &subtree{node: n, by: parentKey, relation: relationOf(n), slice: &slice{}, elsewhere: -1}, nil
	}
	left := at.keyRange(child)
	keys := limited(reachOf(relationOf(n), left), n, left.low)
	if keys.extent != nil && len(n.By) > 0 {
		keys.keep = func(right *item) bool {
			return slices.ContainsFunc(at.needed, func(i *item) bool { return i.matchDown[child].equals(right.matchUp) })
		}
	}
	for {
		below, err := s.lookUp(ctx, n, keys, nil, partition)
		if err != nil {
			return nil, err
		}
		below.needed = slices.DeleteFunc(slices.Clone(below.items), func(right *item) bool {
			return !slices.ContainsFunc(at.needed, func(i *item) bool { return below.isCandidate(i, child, right) })
		})
		if err := s.follow(ctx, below, partition); err != nil {
			return nil, err
		}
		isOpen := slices.ContainsFunc(at.needed, func(i *item) bool { return below.isOpen(i, child) })
		if !isOpen || !keys.extent.grow() {
			return below, s.findAlike(ctx, at, below, child, partition)
		}
	}
}

// limited limits what is read of a range that has no bound. from is the least left key.
func limited(keys keyRange, n *mill.Node, from expression.Key) keyRange {
	if keys.noLow || keys.noHigh {
		low := keyRange{low: from, high: from}
		if reach := reachOf(relationOf(n), low); !reach.noHigh && expression.Compare(reach.high, from) < 0 {
			from = reach.high
		} else if !reach.noLow && expression.Compare(reach.low, from) > 0 {
			from = reach.low
		}
		keys.extent = newExtent(from, keys.noLow && n.Join.Take == engine.TakeFirst && n.Join.Need != engine.NeedAbsent)
		if keys.noLow {
			keys.low = from
		}
	}
	return keys
}

// isNull reports whether an item of the parent has no key for the node, or no match key, so that it matches nothing (R7a).
func (t *subtree) isNull(left *item, child int) bool {
	m := left.matchDown[child]
	return left.down[child].IsNull() || m != nil && m.isNull
}

// isCandidate reports whether an item is a candidate of one of the parent, complete or not.
func (t *subtree) isCandidate(left *item, child int, right *item) bool {
	key := left.down[child]
	return !t.isNull(left, child) && !right.up.IsNull() && t.relation.Order(key, right.up) == 0 &&
		left.matchDown[child].equals(right.matchUp) && !(t.relation.Unequal && expression.Compare(key, right.up) == 0)
}

// inReach returns the items within reach of one of the parent, whatever their match keys.
func (t *subtree) inReach(left *item, child int) []*item {
	if left.down[child].IsNull() {
		return nil
	}
	from, to := t.relation.Within(left.down[child], len(t.items), func(i int) expression.Key { return t.items[i].up })
	return t.items[from:to]
}

// candidates returns the candidates of an item of the parent, complete or not.
func (t *subtree) candidates(left *item, child int) (found []*item) {
	for _, right := range t.inReach(left, child) {
		if t.isCandidate(left, child, right) {
			found = append(found, right)
		}
	}
	return found
}

// complete returns those of some items that are complete.
func (t *subtree) complete(items []*item) (complete []*item) {
	for _, i := range items {
		if !t.incomplete[i] {
			complete = append(complete, i)
		}
	}
	return complete
}

// taken returns the matches of an item of the parent (R2).
func (t *subtree) taken(left *item, child int) []*item {
	all := t.complete(t.candidates(left, child))
	if len(all) == 0 || t.node.Join.Need == engine.NeedAbsent {
		return all
	}
	switch t.node.Join.Take {
	case engine.TakeFirst:
		return all[:1]
	case engine.TakeLast:
		return all[len(all)-1:]
	case engine.TakeNearest:
		i := nearestOf(left.down[child], all)
		return all[i : i+1]
	}
	return all
}

// nearestOf returns the index of the item nearest to a key; of two as near as each other the one before, and of equal keys
// the last one below the key, or at it, and the first one above.
func nearestOf(key expression.Key, all []*item) int {
	after := sort.Search(len(all), func(i int) bool { return expression.Compare(all[i].up, key) > 0 })
	switch {
	case after == 0:
		return 0
	case after == len(all):
		return after - 1
	}
	before, above := expression.Between(key, all[after-1].up), expression.Between(all[after].up, key)
	if expression.CompareDistances(above, before) < 0 {
		return after
	}
	return after - 1
}

// spoils reports whether an item of the parent is incomplete because of what it has at the node, or hasn't.
func (t *subtree) spoils(left *item, child int) bool {
	switch t.node.Join.Need {
	case engine.NeedNone:
		return false
	case engine.NeedAbsent:
		return len(t.taken(left, child)) > 0
	}
	return len(t.taken(left, child)) == 0
}

// isOpen reports whether what an item of the parent matches may be decided by what wasn't looked at.
func (t *subtree) isOpen(left *item, child int) bool {
	cutBelow, cutAbove := t.cut(left, child)
	if !cutBelow && !cutAbove || t.isNull(left, child) {
		return false
	}
	all := t.complete(t.candidates(left, child))
	if len(all) == 0 {
		return true
	}
	if t.node.Join.Need == engine.NeedAbsent {
		return false
	}
	key := left.down[child]
	switch t.node.Join.Take {
	case engine.TakeLast:
		return cutAbove
	case engine.TakeFirst:
		return cutBelow
	case engine.TakeNearest:
		nearest := all[nearestOf(key, all)].up
		if expression.Compare(nearest, key) <= 0 {
			return cutAbove && t.mayBeNearer(key, nearest, t.items[len(t.items)-1].up)
		}
		return cutBelow && t.mayBeNearer(key, nearest, t.items[0].up)
	}
	return true
}

// cut reports whether there may be more within reach of an item of the parent, below or above what was looked at.
func (t *subtree) cut(left *item, child int) (below, above bool) {
	n := len(t.items)
	isPast := n > 0 && !left.down[child].IsNull() && t.relation.Order(left.down[child], t.items[n-1].up) > 0
	return t.cutBelow, t.cutAbove && !isPast
}

// mayBeNearer reports whether what lies beyond the last key that was looked at on the other side may be as near to a key
// as the nearest that was found.
func (t *subtree) mayBeNearer(key, nearest, last expression.Key) bool {
	return expression.CompareDistances(magnitude(key, last), magnitude(key, nearest)) <= 0
}

// magnitude returns how far two keys are apart.
func magnitude(a, b expression.Key) expression.Distance {
	if expression.Compare(a, b) < 0 {
		a, b = b, a
	}
	return expression.Between(a, b)
}

// around returns the items next to the reach of one of the parent; nil where there are none, or where the reach has no
// bound.
func (t *subtree) around(left *item, child int) (below, above *item) {
	key := left.down[child]
	from, to := t.relation.Within(key, len(t.items), func(i int) expression.Key { return t.items[i].up })
	below, above = t.below, t.above
	if from > 0 {
		below = t.items[from-1]
	}
	if to < len(t.items) {
		above = t.items[to]
	}
	return below, above
}

// nearMiss says why an item of the parent has no match at the node.
func (t *subtree) nearMiss(left *item, child int) observe.Verdict {
	switch {
	case t.isNull(left, child):
		return observe.Null
	case len(t.candidates(left, child)) > 0:
		return observe.Incomplete
	case t.elsewhere >= 0:
		return OtherPartition
	case t.stopsAt != nil:
		return verdictOf(t.stopsAt)
	}
	if cutBelow, cutAbove := t.cut(left, child); cutBelow || cutAbove {
		return Unknown
	}
	below, above := t.around(left, child)
	inReach := t.inReach(left, child)
	hasBelow := below != nil || len(inReach) > 0 || t.left > 0
	if n := len(inReach); above == nil && n > 0 && t.endsReach(left.down[child], inReach[n-1].up) {
		above = inReach[n-1]
	}
	isPast := above != nil && (t.mark == nil || above != t.above)
	switch {
	case !isPast && t.live() && t.mark == nil:
		return Waiting
	case !isPast:
		return observe.Ended
	case hasBelow:
		return observe.Gap
	}
	return observe.Behind
}

// endsReach reports whether a right key that is no match, since it is equal to the left one, says that nothing more lies
// within reach.
func (t *subtree) endsReach(left, right expression.Key) bool {
	return t.relation.Unequal && t.relation.High != nil && t.relation.High.IsZero() && expression.Compare(left, right) == 0
}

// An alike is the nearest of a node's items with the match keys of one of the parent, on both sides.
type alike struct {
	below, above *item
	// cutBelow and cutAbove say that there may be one further away than explain looks.
	cutBelow, cutAbove bool
}

// findAlike looks for the nearest items with the match keys of those that have no candidates.
func (s *Streams) findAlike(ctx context.Context, at, below *subtree, child, partition int) (err error) {
	below.alike = map[*item]*alike{}
	n := below.node
	if len(n.By) == 0 || n.Join.Need == engine.NeedAbsent {
		return nil
	}
	for _, left := range at.needed {
		if len(below.alike) == detailed {
			return nil
		}
		if below.isNull(left, child) || len(below.candidates(left, child)) > 0 {
			continue
		}
		key, a := left.down[child], &alike{}
		reach := reachOf(below.relation, keyRange{low: key, high: key})
		if !reach.noLow {
			a.below, a.cutBelow, err = s.nearestAlike(ctx, below, left, child, partition, reach.low, -1)
		}
		if err == nil && !reach.noHigh {
			a.above, a.cutAbove, err = s.nearestAlike(ctx, below, left, child, partition, reach.high, 1)
		}
		if err != nil {
			return err
		}
		below.alike[left] = a
	}
	return nil
}

// nearestAlike returns the nearest item with the match keys of one of the parent on a side of its reach, which ends at a
// key; isCut says that there may be one further away.
func (s *Streams) nearestAlike(ctx context.Context, below *subtree, left *item, child, partition int, end expression.Key,
	side int) (nearest *item, isCut bool, err error) {
	keys := keyRange{by: parentKey, low: end, high: end, noLow: side < 0, noHigh: side > 0, extent: newExtent(end, false)}
	keys.extent.enough = 1
	keys.keep = func(right *item) bool {
		return below.relation.Order(left.down[child], right.up) == side && left.matchDown[child].equals(right.matchUp)
	}
	for {
		found, err := s.lookUp(ctx, below.node, keys, nil, partition)
		if err != nil {
			return nil, false, err
		}
		switch n := len(found.items); {
		case n > 0 && side < 0:
			return found.items[n-1], false, nil
		case n > 0:
			return found.items[0], false, nil
		case !found.cutBelow && !found.cutAbove:
			return nil, false, nil
		case side > 0, !keys.extent.grow():
			return nil, true, nil
		}
	}
}
