package engine_test

import (
	"math"
	"slices"

	"github.com/leat-go/leat/internal/engine"
)

// This file is the naive reference of what is certain (R3a): over the items that have come so far, it says of each
// master whether any that may still come could change its matches. Items are judged in the order of their streams.

// A judgement says whether an item is complete.
type judgement int

const (
	isOpen judgement = iota // what comes may decide it
	isComplete
	isIncomplete
)

// judge says whether it is certain that an item is complete. With timedOut its streams have ended by the data timeout:
// then it is complete with the matches that there are, and open where it has none only because of that.
func (t *tree) judge(it item, timedOut bool) judgement {
	left := func(c int) int {
		if it.Down[c] == null || t.children[c].by && it.ByDown[c] == null {
			return math.MaxInt // it matches nothing
		}
		return it.Down[c]
	}
	if t.lacks(left) {
		return isIncomplete
	}
	for c, child := range t.children {
		found, certain := t.look(it, c, timedOut)
		switch {
		case len(found) == 0 && !certain, !certain && !timedOut:
			return isOpen
		case child.need == engine.NeedAbsent && len(found) > 0, child.need == engine.NeedOne && len(found) == 0:
			return isIncomplete
		}
	}
	return isComplete
}

// look returns the matches of a parent's item at the child c of its node, those that are to be absent, too, and whether
// they are certain.
func (t *tree) look(parent item, c int, timedOut bool) (found []item, certain bool) {
	child, left := t.children[c], parent.Down[c]
	if left == null || child.by && parent.ByDown[c] == null {
		return nil, true
	}
	least := -unbounded
	var candidates []item
	for _, it := range child.items {
		if it.Up == null {
			continue
		}
		if child.isSettled(left, least, candidates) {
			break
		}
		if least = 2 * it.Up; child.isSettled(left, least, candidates) {
			break
		}
		if distance := it.Up - left; distance < child.lo || distance > child.hi || child.by && it.ByUp == null {
			least += child.step()
			continue
		}
		switch child.judge(it, timedOut) {
		case isOpen:
			return child.taken(left, candidates), false
		case isComplete:
			if (!child.by || it.ByUp == parent.ByDown[c]) && !(child.unequal && it.Up == left) {
				candidates = append(candidates, it)
			}
		}
		least += child.step()
	}
	return child.taken(left, candidates), child.isClosed() || child.isSettled(left, least, candidates)
}

// know sets what the join knows at a master.
func (t *tree) know(master item) {
	if t.knowsAt != nil {
		t.foresee(t.knowsAt(master))
	}
}

// isClosed says that no item will come any more that is complete: the stream has ended, or that of a node below has where a
// match is needed, and its items are behind all that comes (R5). The join knows of the latter if it has asked that node.
func (t *tree) isClosed() bool {
	return t.ended || t.lacks(func(c int) int { return t.last(func(it item) int { return it.Down[c] }) })
}

// lacks says that the join knows of a child which needs a match that none will come for the left keys from those given on.
func (t *tree) lacks(least func(c int) int) bool {
	for c, child := range t.children {
		if t.knows && child.need == engine.NeedOne && child.isClosed() && !child.mayMatch(least(c)) {
			return true
		}
	}
	return false
}

// mayMatch says whether an item of the node that has come may match a left key of at least least.
func (t *tree) mayMatch(least int) bool {
	return slices.ContainsFunc(t.items, func(it item) bool {
		from, to := max(least, it.Up-t.hi), it.Up-t.lo
		return it.Up != null && !(t.by && it.ByUp == null) && from <= to && !(t.unequal && from == it.Up && to == it.Up) &&
			t.judge(it, false) != isIncomplete
	})
}

// step is how much, in halves, a key is at least above the one before.
func (t *tree) step() int {
	if t.unique && !t.by {
		return 1
	}
	return 0
}

// isSettled says that no item with a key of at least least / 2 changes what is taken of the candidates of a left key:
// keys may lie between whole numbers, so that it looks at halves.
func (t *tree) isSettled(left, least int, candidates []item) bool {
	left, candidates = 2*left, slices.Clone(candidates)
	for i := range candidates {
		candidates[i].Up *= 2
	}
	from, to := max(least, left+max(2*t.lo, -40)), left+min(2*t.hi, 80)
	for key := from; key <= to; key++ {
		if t.unequal && key == left || t.unique && t.by && contains(candidates, key) {
			continue
		}
		if t.need == engine.NeedAbsent && len(candidates) > 0 {
			continue
		}
		before := t.taken(left, candidates)
		after := t.taken(left, append(candidates[:len(candidates):len(candidates)], item{ID: -1, Up: key}))
		if len(before) != len(after) || before[len(before)-1].ID != after[len(after)-1].ID {
			return false
		}
	}
	return true
}

func contains(items []item, key int) bool {
	for _, it := range items {
		if it.Up == key {
			return true
		}
	}
	return false
}
