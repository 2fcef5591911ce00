package lookup

import (
	"context"
	"slices"
	"sort"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/mill"
)

// candidates looks up what a subtree's items may match at a child: what is within reach of one of them with its match
// keys (R2). Where the child has no children of its own, that is no more than the one that each item takes, so that
// little is left of a reach without a bound.
func (s *Streams) candidates(ctx context.Context, at *subtree, child, partition int) (*subtree, error) {
	n := at.node.Children[child]
	relation := relationOf(n)
	if len(at.keys(child)) == 0 {
		return &subtree{node: n, by: parentKey, relation: relation, slice: &slice{}, elsewhere: -1}, nil
	}
	if relation.IsOfEqualKeys() {
		return s.lookUp(ctx, n, at.keyRange(child), nil, partition)
	}
	found, err := s.lookUp(ctx, n, reachOf(relation, at.keyRange(child)), nil, partition)
	if err != nil {
		return nil, err
	}
	needed := map[*item]bool{}
	groups := mill.ByMatchKey(relation, found.items, func(i *item) any { return i.element })
	for _, left := range at.needed {
		value, ok := relation.LeftMatchKey(left.element)
		if left.down[child].IsNull() || !ok {
			continue
		}
		for _, right := range taken(n, relation, left.down[child], groups[value]) {
			needed[right] = true
		}
	}
	found.items = slices.DeleteFunc(found.items, func(i *item) bool { return !needed[i] })
	found.needed = found.items
	return found, nil
}

// relationOf returns what a node's join compares, for one goroutine; nil for the master.
func relationOf(n *mill.Node) *mill.Relation {
	if n.Parent == nil {
		return nil
	}
	return n.Relation().Clone()
}

// reachOf returns the range of a node's keys that is within reach of a range of its parent's.
func reachOf(r *mill.Relation, left keyRange) keyRange {
	reach := keyRange{by: parentKey, low: left.low, high: left.high}
	if r.IsPoint() {
		return reach
	}
	var err error
	if reach.noLow = r.Low == nil; !reach.noLow {
		if reach.low, err = r.Low.Negated().Below(left.low); err != nil {
			reach.low, reach.noLow = left.low, true // beyond what keys can be, where nothing lies
		}
	}
	if reach.noHigh = r.High == nil; !reach.noHigh {
		if reach.high, err = r.High.Negated().Below(left.high); err != nil {
			reach.high, reach.noHigh = left.high, true
		}
	}
	return reach
}

// within returns those of some items in the order of their keys that are candidates of a left key, but for equal ones,
// where these are none.
func within(r *mill.Relation, left expression.Key, group []*item) (candidates []*item) {
	from, to := r.Within(left, len(group), func(i int) expression.Key { return group[i].up })
	if !r.Unequal {
		return group[from:to]
	}
	for _, i := range group[from:to] {
		if expression.Compare(i.up, left) != 0 {
			candidates = append(candidates, i)
		}
	}
	return candidates
}

// taken returns what a left key needs of its candidates in a group: of a node without children those that it may take,
// and else all, since only a complete one is taken.
func taken(n *mill.Node, r *mill.Relation, left expression.Key, group []*item) []*item {
	all := within(r, left, group)
	if len(n.Children) > 0 || len(all) == 0 {
		return all
	}
	last := len(all) - 1
	switch {
	case n.Join.Take == engine.TakeLast, n.Join.Need == engine.NeedAbsent:
		return all[last:]
	case n.Join.Take == engine.TakeFirst:
		return all[:1]
	case n.Join.Take == engine.TakeNearest:
		after := sort.Search(len(all), func(i int) bool { return expression.Compare(all[i].up, left) > 0 })
		return all[max(0, after-1):min(len(all), after+1)]
	}
	return all
}
