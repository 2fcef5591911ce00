package engine_test

import "github.com/leat-go/leat/internal/engine"

// This file is the naive reference of the verdicts, like reference_test.go that of the joins: what becomes of each
// element that was read, looked up in all elements of all streams.

// fates says what becomes of the elements of the tree of which read were read, by node, in the order of tree.nodes. The
// fate of what a call got is matched.
func (t *tree) fates(read []int64) [][]engine.Verdict {
	f := fateFinder{read: map[*tree]int{}}
	var fates [][]engine.Verdict
	for i, n := range t.nodes() {
		f.read[n] = int(read[i])
	}
	f.add(t, nil, 0, &fates)
	return fates
}

// nearest is how far the nearest of some keys is from a key, and whether it is above; of two as near either may be it.
func nearest(key int, others []int) (distance int, above, below bool) {
	distance = 1 << 30
	for _, other := range others {
		d := max(other-key, key-other)
		if d < distance {
			distance, above, below = d, false, false
		}
		if d == distance {
			above, below = above || other > key, below || other <= key
		}
	}
	return distance, above, below
}

const matched = engine.Verdict(-1)

type fateFinder struct{ read map[*tree]int }

func (f *fateFinder) of(n *tree) []item { return n.items[:f.read[n]] }

// add adds the fates of n, the child c of its parent, and those of the nodes below. The parents are those that reach
// a call and those that probe, each with its key.
func (f *fateFinder) add(n *tree, parents []parentKey, c int, fates *[][]engine.Verdict) {
	own := make([]engine.Verdict, len(f.of(n)))
	evaluated, handed := make([]bool, len(own)), make([]bool, len(own))
	for i, it := range f.of(n) {
		complete := n.complete(it)
		if parents == nil {
			evaluated[i], handed[i] = true, complete
		}
		for _, p := range parents {
			if p.probes && p.key == it.Up && it.Up != null {
				evaluated[i], handed[i] = true, handed[i] || p.handed && complete
			}
		}
		switch {
		case handed[i]:
			own[i] = matched
		case parents == nil:
			own[i] = f.master(n, it)
		case evaluated[i]:
			own[i] = engine.Incomplete
		case it.Up == null:
			own[i] = engine.Null
		default:
			own[i] = passedOver(it.Up, parents)
		}
	}
	*fates = append(*fates, own)
	for c, child := range n.children {
		below := make([]parentKey, 0, len(own))
		for i, it := range f.of(n) {
			if it.Down[c] == null {
				continue // it takes no part in the order
			}
			probes := evaluated[i]
			for before := range c {
				probes = probes && len(n.matches(it, before)) > 0
			}
			below = append(below, parentKey{it.Down[c], probes, handed[i]})
		}
		f.add(child, below, c, fates)
	}
}

// parentKey is the key of a parent that probes a child for matches or does not, and reaches a call or does not.
type parentKey struct {
	key            int
	probes, handed bool
}

// master is the verdict about an incomplete master: that on its first child without a match.
func (f *fateFinder) master(n *tree, it item) engine.Verdict {
	c := 0
	for len(n.matches(it, c)) > 0 {
		c++
	}
	if it.Down[c] == null {
		return engine.Null
	}
	below, equal, above := false, false, false
	for _, other := range f.of(n.children[c]) {
		if other.Up == null {
			continue
		}
		below = below || other.Up < it.Down[c]
		equal = equal || other.Up == it.Down[c]
		above = above || other.Up > it.Down[c]
	}
	switch {
	case equal:
		return engine.Incomplete
	case !above:
		return engine.Ended
	case below:
		return engine.Gap
	}
	return engine.Behind
}

// passedOver is the verdict about an element that no parent probed for.
func passedOver(key int, parents []parentKey) engine.Verdict {
	before := -1 // the last parent that probed below key
	after := -1  // the first that probed above
	for i, p := range parents {
		switch {
		case p.probes && p.key < key:
			before = i
		case p.probes && p.key > key && after < 0:
			after = i
		}
	}
	if after < 0 {
		return engine.Ended
	}
	reached, around := before >= 0, false
	for _, p := range parents[before+1 : after] {
		if before >= 0 && p.key == parents[before].key {
			continue
		}
		if p.key < key {
			reached = true
		}
		around = around || p.key == key
	}
	first, last := bypassed(parents, before, after)
	switch {
	case around || first < key && key < last:
		return engine.Incomplete
	case reached:
		return engine.Gap
	}
	return engine.Behind
}

// bypassed returns the first and the last key of the parents between two that probed, but for those with the key of the
// former. Without any, no key is between them.
func bypassed(parents []parentKey, before, after int) (first, last int) {
	first, last = 1<<30, -1<<30
	for _, p := range parents[before+1 : after] {
		if before < 0 || p.key > parents[before].key {
			first, last = min(first, p.key), max(last, p.key)
		}
	}
	return first, last
}
