package diagnosis

import (
	"fmt"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/mill"
)

// tolerance is the remedy for elements that have near ones on the other side, but none with their very key, or none
// within the reach: a reach that holds the nearest of 99 of 100. It is nil where keys have no distances, or where that
// would hold much of the streams.
func (j *join) tolerance() *trial {
	before, after := j.sides()
	s := summary(j.asIs.nearest(before, after))
	if s == nil || s.P99.IsZero() {
		return nil
	}
	r := j.within(s.P99.RoundUp(), before, after)
	r.text = "near ones are there"
	t := j.try(r)
	if t == nil || t.matched < 3 || t.share() < much || j.isWide(s.P99) {
		return nil
	}
	return t
}

// sides says on which sides of a left key matches may lie.
func (j *join) sides() (before, after bool) {
	low, high := j.relation.Low, j.relation.High
	if j.relation.IsPoint() {
		return true, true
	}
	zero := expression.Distance{}
	before = low == nil || expression.CompareDistances(*low, zero) < 0
	after = high == nil || expression.CompareDistances(*high, zero) > 0
	return before, after
}

// isWide reports whether a distance is much beside the range of the keys: so far from everything there is something.
func (j *join) isWide(d expression.Distance) bool {
	common := j.common()
	if common == nil {
		return true
	}
	const little = 0.1
	all, ok := distance(common.From, common.To)
	return !ok || d.Float() > little*all.Float()
}

// within returns the remedy that gives the join a reach. A join of equal keys takes the nearest then, since there was one
// key to match before; one that has a reach goes on to take what it does.
func (j *join) within(d expression.Distance, before, after bool) remedy {
	r := remedy{mistake: Gaps, lhs: j.child.Left.String(), rhs: j.child.Right.String()}
	low, high := d.Negated(), d
	switch {
	case before && after:
		r.add = fmt.Sprintf("within: %v", d)
	case before:
		r.add, high = fmt.Sprintf("within: {before: %v, after: 0}", d), expression.Distance{}
	default:
		r.add, low = fmt.Sprintf("within: {before: 0, after: %v}", d), expression.Distance{}
	}
	if j.relation.IsPoint() && j.child.Join.Take == engine.TakeAll && j.child.Join.Need != engine.NeedAbsent {
		r.add += "\ntake: nearest"
	}
	r.change = func(relation *mill.Relation) { relation.Low, relation.High = &low, &high }
	return r
}
