package diagnosis

import (
	"fmt"
	"slices"
	"sort"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/observe"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/internal/sample"
)

// A view is two parts of the streams of a join that belong to each other: their beginnings, or their ends.
type view struct {
	left, right *sample.Part
	// fromStart says that nothing comes before the right part, and toEnd that nothing comes behind it.
	fromStart, toEnd bool
}

// viewsOf returns what can be compared of two partitions.
func viewsOf(left, right *sample.Sample) []view {
	views := []view{{&left.Head, &right.Head, true, right.Whole}}
	if left.Whole && right.Whole {
		return views
	}
	end := func(s *sample.Sample) *sample.Part {
		if s.Whole {
			return &s.Head
		}
		return &s.Tail
	}
	if l, r := end(left), end(right); len(l.Elements) > 0 && len(r.Elements) > 0 {
		views = append(views, view{l, r, right.Whole, true})
	}
	return views
}

// A match is what comes of joining the views of a join by two expressions.
type match struct {
	views       []matchedView
	left, right *Range
	// computed counts the keys of both sides.
	computed, comparable, matched int
	// used counts the right elements that some left element finds, of rights at all, and pairs all that are found.
	used, rights, pairs int
	// different counts the different keys of the left and of the right side.
	different [2]int
	// down counts the steps along the streams to lesser keys.
	down int
}

type matchedView struct {
	view
	leftKeys, rightKeys []sample.Keyed
}

// share returns which share of the comparable left elements finds a match.
func (m *match) share() float64 {
	if m.comparable == 0 {
		return 0
	}
	return float64(m.matched) / float64(m.comparable)
}

// usedShare returns which share of the right elements some left element finds.
func (m *match) usedShare() float64 {
	if m.rights == 0 {
		return 0
	}
	return float64(m.used) / float64(m.rights)
}

// rightMeets reports whether most of the right elements between the first and the last left ones are found.
func (m *match) rightMeets() bool {
	between := 0
	for _, v := range m.views {
		if len(v.leftKeys) == 0 {
			continue
		}
		first, last := v.leftKeys[0], v.leftKeys[len(v.leftKeys)-1]
		from, _ := slices.BinarySearchFunc(v.rightKeys, first, sample.CompareKeyed)
		behind := func(i int) bool { return sample.CompareKeyed(v.rightKeys[i], last) > 0 }
		between += sort.Search(len(v.rightKeys), behind) - from
	}
	return m.used >= 3 && 2*m.used > between
}

// matchOf joins some views.
func matchOf(views []view, left, right *expression.Program) *match {
	left, right = left.Clone(), right.Clone()
	m := &match{}
	for _, v := range views {
		mv := matchedView{view: v}
		var downLeft, downRight int
		mv.leftKeys, downLeft = v.left.Keys(left)
		mv.rightKeys, downRight = v.right.Keys(right)
		m.down += downLeft + downRight
		m.left, m.right = m.left.widen(rangeOf(mv.leftKeys)), m.right.widen(rangeOf(mv.rightKeys))
		m.computed += len(mv.leftKeys) + len(mv.rightKeys)
		mv.each(func(left sample.Keyed, index int, found, comparable bool) {
			if comparable {
				m.comparable++
			}
			if found {
				m.matched++
				m.pairs += equals(mv.rightKeys[index:], left)
			}
		})
		m.rights += len(mv.rightKeys)
		m.different[0] += different(mv.leftKeys)
		m.different[1] += different(mv.rightKeys)
		for _, key := range mv.rightKeys {
			if _, found := slices.BinarySearchFunc(mv.leftKeys, key, sample.CompareKeyed); found {
				m.used++
			}
		}
		m.views = append(m.views, mv)
	}
	return m
}

// equals counts the keys at the beginning of some that are equal to one, of which none is less.
func equals(keys []sample.Keyed, to sample.Keyed) int {
	return sort.Search(len(keys), func(i int) bool { return sample.CompareKeyed(keys[i], to) > 0 })
}

// different counts the different keys of some that are in order.
func different(keys []sample.Keyed) (n int) {
	for i := range keys {
		if i == 0 || sample.CompareKeyed(keys[i-1], keys[i]) != 0 {
			n++
		}
	}
	return n
}

func rangeOf(keys []sample.Keyed) *Range {
	if len(keys) == 0 {
		return nil
	}
	return &Range{keys[0].Key, keys[len(keys)-1].Key}
}

// each calls visit for every left key, with its index among the right keys, whether it is there, and whether it can't
// be where nothing was read.
func (v *matchedView) each(visit func(left sample.Keyed, index int, found, comparable bool)) {
	for _, key := range v.leftKeys {
		index, found := slices.BinarySearchFunc(v.rightKeys, key, sample.CompareKeyed)
		behindFirst := v.fromStart || index > 0 || found
		visit(key, index, found, behindFirst && (v.toEnd || index < len(v.rightKeys)))
	}
}

// An Unmatched says why a number of left elements find no match; text tells of the first.
type Unmatched struct {
	Verdict observe.Verdict
	Count   int
	Text    string
}

// UnmatchedWhere says where the keys of elements without a match lie, beside those of the right stream.
func UnmatchedWhere(v observe.Verdict) string {
	switch v {
	case observe.Behind:
		return "before its beginning"
	case observe.Ended:
		return "behind its end"
	}
	return "in gaps"
}

// unmatched says why left elements find no match.
func (j *join) unmatched() (reasons []Unmatched) {
	if j.left.isText() != j.right.isText() {
		return nil // a run refuses to compare them
	}
	for _, v := range j.asIs.views {
		v.each(func(left sample.Keyed, index int, found, comparable bool) {
			if found || !comparable {
				return
			}
			verdict, text := v.absence(j.child, left, index)
			i := slices.IndexFunc(reasons, func(r Unmatched) bool { return r.Verdict == verdict })
			if i < 0 {
				reasons = append(reasons, Unmatched{Verdict: verdict, Text: text})
				i = len(reasons) - 1
			}
			reasons[i].Count++
		})
	}
	return reasons
}

// absence says what there is instead of a left key.
func (v *matchedView) absence(child *mill.Node, left sample.Keyed, index int) (observe.Verdict, string) {
	no := fmt.Sprintf("%v (%s) is not in %s", left.Key, v.left.Location(left.Index), child.Name)
	neighbour := func(at int) string {
		k := v.rightKeys[at]
		return fmt.Sprintf("%v (%s)", k.Key, v.right.Location(k.Index))
	}
	switch {
	case len(v.rightKeys) == 0:
		return observe.Ended, no + ", which has no keys"
	case index == 0:
		return observe.Behind, fmt.Sprintf("%s, which begins at %s", no, neighbour(0))
	case index == len(v.rightKeys):
		return observe.Ended, fmt.Sprintf("%s, which ends at %s", no, neighbour(index-1))
	}
	return observe.Gap, fmt.Sprintf("%s, which jumps from %s to %s", no, neighbour(index-1), neighbour(index))
}

// across joins all partitions with all: what meets so, and doesn't otherwise, is keyed differently.
func (j *join) across() *match {
	together := view{&sample.Part{}, &sample.Part{}, true, true}
	seen := map[*sample.Part]bool{}
	for _, v := range j.views {
		for _, side := range []struct{ all, one *sample.Part }{{together.left, v.left}, {together.right, v.right}} {
			if !seen[side.one] {
				side.all.Elements = append(side.all.Elements, side.one.Elements...)
				side.all.Positions = append(side.all.Positions, side.one.Positions...)
			}
			seen[side.one] = true
		}
		together.fromStart, together.toEnd = together.fromStart && v.fromStart, together.toEnd && v.toEnd
	}
	return matchOf([]view{together}, j.child.Left, j.child.Right)
}

// missing returns the first left element that finds no match; nil if there is none.
func (j *join) missing() (element any) {
	for _, v := range j.asIs.views {
		v.each(func(left sample.Keyed, _ int, found, comparable bool) {
			if element == nil && comparable && !found {
				element = v.left.Elements[left.Index]
			}
		})
	}
	return element
}
