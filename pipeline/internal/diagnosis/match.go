package diagnosis

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/observe"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/internal/sample"
	"github.com/leat-go/leat/pipeline/internal/words"
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

// A match is what comes of joining the views of a join by a relation.
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

// A matchedView is a view with its keys, in order.
type matchedView struct {
	view
	relation            *mill.Relation
	leftKeys, rightKeys []sample.Keyed
	// groups are the right keys by the values of their match keys; all under the empty one where there are no match keys.
	groups map[string][]sample.Keyed
}

// A looked is what a view has for one left element.
type looked struct {
	left sample.Keyed
	// group are the right keys with its match keys, in order, and from and to bound those within reach.
	group    []sample.Keyed
	from, to int
	// pairs counts its candidates. comparable says that there can't be one where nothing was read.
	pairs      int
	comparable bool
}

func (l *looked) found() bool { return l.pairs > 0 }

// above returns where those of the group begin whose keys lie above the left key.
func (l *looked) above() int {
	return sort.Search(len(l.group), func(i int) bool { return sample.CompareKeyed(l.group[i], l.left) > 0 })
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

// result says what a run gives.
func (m *match) result(left string) string {
	text := fmt.Sprintf("%d of %s of %s find a match", m.matched, words.Count(m.comparable, "element"), left)
	if float64(m.pairs) >= 1.1*float64(m.matched) && m.matched > 0 {
		text += fmt.Sprintf(", %.3g on average", float64(m.pairs)/float64(m.matched))
	}
	return text
}

// matchOf joins some views.
func matchOf(views []view, relation *mill.Relation) *match {
	relation = relation.Clone()
	m := &match{}
	for _, v := range views {
		mv := matchedView{view: v, relation: relation}
		var downLeft, downRight int
		mv.leftKeys, downLeft = v.left.Keys(relation.Left)
		mv.rightKeys, downRight = v.right.Keys(relation.Right)
		mv.groups = mill.ByMatchKey(relation, mv.rightKeys, func(k sample.Keyed) any { return v.right.Elements[k.Index] })
		m.down += downLeft + downRight
		m.left, m.right = m.left.widen(rangeOf(mv.leftKeys)), m.right.widen(rangeOf(mv.rightKeys))
		m.computed += len(mv.leftKeys) + len(mv.rightKeys)
		used := map[int]bool{}
		for l := range mv.each {
			if l.comparable {
				m.comparable++
			}
			if l.found() {
				m.matched++
				m.pairs += l.pairs
				for _, key := range l.group[l.from:l.to] {
					used[key.Index] = true
				}
			}
		}
		m.used += len(used)
		m.rights += len(mv.rightKeys)
		m.different[0] += different(mv.leftKeys)
		m.different[1] += different(mv.rightKeys)
		m.views = append(m.views, mv)
	}
	return m
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

// each yields what there is for every left key.
func (v *matchedView) each(yield func(looked) bool) {
	for _, key := range v.leftKeys {
		if !yield(v.look(key)) {
			return
		}
	}
}

// look looks for a left key's candidates.
func (v *matchedView) look(left sample.Keyed) looked {
	l := looked{left: left}
	if value, ok := v.relation.LeftMatchKey(v.left.Elements[left.Index]); ok {
		l.group = v.groups[value]
	}
	l.from, l.to = v.within(l.group, left)
	l.pairs = l.to - l.from
	if v.relation.Unequal {
		for _, right := range l.group[l.from:l.to] {
			if sample.CompareKeyed(right, left) == 0 {
				l.pairs--
			}
		}
	}
	from, to := l.from, l.to
	if len(v.relation.By) > 0 {
		from, to = v.within(v.rightKeys, left)
	}
	begun := v.fromStart || v.relation.Low != nil && from > 0
	over := v.toEnd || v.relation.High != nil && to < len(v.rightKeys)
	l.comparable = l.found() || begun && over
	return l
}

// within returns the bounds of the keys within reach of a left key, of some in order.
func (v *matchedView) within(keys []sample.Keyed, left sample.Keyed) (from, to int) {
	return v.relation.Within(left.Key, len(keys), func(i int) expression.Key { return keys[i].Key })
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
		for l := range v.each {
			if l.found() || !l.comparable {
				continue
			}
			verdict, text := v.absence(j.child, &l)
			i := slices.IndexFunc(reasons, func(r Unmatched) bool { return r.Verdict == verdict })
			if i < 0 {
				reasons = append(reasons, Unmatched{Verdict: verdict, Text: text})
				i = len(reasons) - 1
			}
			reasons[i].Count++
		}
	}
	return reasons
}

// absence says what there is instead of a match.
func (v *matchedView) absence(child *mill.Node, l *looked) (observe.Verdict, string) {
	from, to := v.within(v.rightKeys, l.left)
	verdict := observe.Gap
	switch {
	case to == 0 && len(v.rightKeys) > 0:
		verdict = observe.Behind
	case from == len(v.rightKeys):
		verdict = observe.Ended
	}
	at := fmt.Sprintf("%v (%s)", l.left.Key, v.left.Location(l.left.Index))
	switch {
	case len(v.rightKeys) == 0:
		return verdict, fmt.Sprintf("%s is not in %s, which has no keys", at, child.Name)
	case len(l.group) == 0:
		return verdict, fmt.Sprintf("%s has its match key nowhere in %s", at, child.Name)
	case !v.relation.IsOfEqualKeys():
		return verdict, v.farther(child, l, at)
	}
	no, index := fmt.Sprintf("%s is not in %s", at, child.Name), l.from
	switch verdict {
	case observe.Behind:
		return verdict, fmt.Sprintf("%s, which begins at %s", no, v.neighbour(l.group[0]))
	case observe.Ended:
		return verdict, fmt.Sprintf("%s, which ends at %s", no, v.neighbour(l.group[index-1]))
	}
	return verdict, fmt.Sprintf("%s, which jumps from %s to %s", no, v.neighbour(l.group[index-1]),
		v.neighbour(l.group[index]))
}

func (v *matchedView) neighbour(k sample.Keyed) string {
	return fmt.Sprintf("%v (%s)", k.Key, v.right.Location(k.Index))
}

// farther says how far from the reach the nearest elements lie that have the match keys.
func (v *matchedView) farther(child *mill.Node, l *looked, at string) string {
	var nearest []string
	above := l.above()
	for _, side := range []struct {
		index int
		word  string
	}{{above - 1, "before"}, {above, "after"}} {
		if side.index < 0 || side.index >= len(l.group) {
			continue
		}
		k := l.group[side.index]
		text := v.neighbour(k)
		if d, ok := distance(l.left.Key, k.Key); ok && !d.IsZero() {
			text += fmt.Sprintf(", %v %s", d, side.word)
		}
		nearest = append(nearest, text)
	}
	with := ""
	if len(v.relation.By) > 0 {
		with = " with its match key"
	}
	return fmt.Sprintf("%s has none within reach; the nearest in %s%s: %s", at, child.Name, with,
		strings.Join(nearest, ", and "))
}

// distance returns how far two keys are apart; false where their kinds have no distances.
func distance(a, b expression.Key) (d expression.Distance, ok bool) {
	if a.Kind() != b.Kind() || !expression.HasDistances(a) || !expression.HasDistances(b) {
		return d, false
	}
	if expression.Compare(a, b) < 0 {
		a, b = b, a
	}
	return expression.Between(a, b), true
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
	return matchOf([]view{together}, j.relation)
}

// missing returns the first left element that finds no match; nil if there is none.
func (j *join) missing() any {
	for _, v := range j.asIs.views {
		for l := range v.each {
			if l.comparable && !l.found() {
				return v.left.Elements[l.left.Index]
			}
		}
	}
	return nil
}
