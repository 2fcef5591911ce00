package mill

import (
	"sort"
	"strings"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/description"
)

// A Relation says which elements of a node are candidates of an element of its parent (R2): those whose right key is
// within reach of the left key, with equal match keys. It is what an edge compares, for those who compare without a run.
type Relation struct {
	Left, Right *expression.Program
	// Low and High bound right key - left key, both included; nil where there is no bound. Both are zero for equal keys.
	Low, High *expression.Distance
	// Unequal says that equal keys are no candidates.
	Unequal bool
	// By are the match keys.
	By []MatchKey
}

// IsPoint reports whether only equal keys are within reach.
func (r *Relation) IsPoint() bool {
	return r.Low != nil && r.High != nil && r.Low.IsZero() && r.High.IsZero()
}

// Order returns -1, 0 or 1 as a right key lies below, in or above the reach of a left key. Keys of kinds that have no
// distances are within reach where they are equal.
func (r *Relation) Order(left, right expression.Key) int {
	if r.IsPoint() || left.Kind() != right.Kind() || !expression.HasDistances(left) {
		return expression.Compare(right, left)
	}
	d := expression.Between(right, left)
	switch {
	case r.Low != nil && expression.CompareDistances(d, *r.Low) < 0:
		return -1
	case r.High != nil && expression.CompareDistances(d, *r.High) > 0:
		return 1
	}
	return 0
}

// Within returns where those begin and end that are within reach of a left key, of a number of right keys in order.
func (r *Relation) Within(left expression.Key, number int, right func(i int) expression.Key) (from, to int) {
	from = sort.Search(number, func(i int) bool { return r.Order(left, right(i)) >= 0 })
	to = from + sort.Search(number-from, func(i int) bool { return r.Order(left, right(from+i)) > 0 })
	return from, to
}

// Clone returns a relation for another goroutine, or for the other side of a comparison.
func (r *Relation) Clone() *Relation {
	c := *r
	c.Left, c.Right, c.By = r.Left.Clone(), r.Right.Clone(), nil
	for _, pair := range r.By {
		c.By = append(c.By, MatchKey{pair.Left.Clone(), pair.Right.Clone()})
	}
	return &c
}

// IsOfEqualKeys reports whether equal keys are all that it takes to be a candidate.
func (r *Relation) IsOfEqualKeys() bool { return r.IsPoint() && len(r.By) == 0 }

// LeftMatchKey returns the values of the match keys of an element of the parent, as a text that is equal where they are;
// empty where there are no match keys. It is false where one is null, which matches nothing, or can't be computed.
func (r *Relation) LeftMatchKey(element any) (value string, ok bool) {
	return r.matchKey(element, func(m MatchKey) *expression.Program { return m.Left })
}

// RightMatchKey is LeftMatchKey for an element of the node.
func (r *Relation) RightMatchKey(element any) (value string, ok bool) {
	return r.matchKey(element, func(m MatchKey) *expression.Program { return m.Right })
}

// ByMatchKey returns things of the node by the values of the match keys of their elements, in their order; without those
// whose match keys match nothing. All are under the empty value where there are no match keys.
func ByMatchKey[T any](r *Relation, all []T, element func(T) any) map[string][]T {
	if len(r.By) == 0 {
		return map[string][]T{"": all}
	}
	groups := map[string][]T{}
	for _, one := range all {
		if value, ok := r.RightMatchKey(element(one)); ok {
			groups[value] = append(groups[value], one)
		}
	}
	return groups
}

func (r *Relation) matchKey(element any, side func(MatchKey) *expression.Program) (value string, ok bool) {
	if len(r.By) == 0 {
		return "", true
	}
	var text strings.Builder
	for _, pair := range r.By {
		key, err := side(pair).Key(element)
		if err != nil || key.IsNull() {
			return "", false
		}
		encoded, err := key.Bytes()
		if err != nil {
			return "", false
		}
		text.WriteString(key.Kind().String())
		text.WriteByte(0)
		text.Write(encoded)
		text.WriteByte(0)
	}
	return text.String(), true
}

// How describes what the node's join says beside its keys, as a plan has it; empty where that is nothing.
func (n *Node) How() string { return n.options.String() }

// Relation returns what the node's edge to its parent compares.
func (n *Node) Relation() *Relation {
	r := &Relation{Left: n.Left, Right: n.Right, Unequal: n.Join.Unequal, By: n.By}
	w := n.Join.Within
	if w == nil {
		w = &description.Within{}
	}
	if !w.Before.Any {
		low := w.Before.Distance.Negated()
		r.Low = &low
	}
	if !w.After.Any {
		r.High = &w.After.Distance
	}
	return r
}

// Bounds returns how far a right key may be below the left one, and above it, as the pipeline file has it; nil where the
// reach doesn't begin at the left key on either side, or has no end on one.
func (n *Node) Bounds() []string {
	r := n.Relation()
	zero := expression.Distance{}
	if r.IsPoint() || r.Low != nil && expression.CompareDistances(*r.Low, zero) > 0 ||
		r.High != nil && expression.CompareDistances(*r.High, zero) < 0 {
		return nil
	}
	texts := []string{"any", "any"}
	if r.Low != nil {
		texts[0] = r.Low.Negated().String()
	}
	if r.High != nil {
		texts[1] = r.High.String()
	}
	return texts
}
