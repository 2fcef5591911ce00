package diagnosis

import (
	"fmt"

	"github.com/leat-go/leat/internal/engine"
)

// A mend is what is known of how to mend a join: a remedy, or, where there is none, the mistake.
type mend struct {
	remedy  *trial
	mistake Mistake
	text    string
	// near is what takes near keys for equal ones; nil where there are none.
	near *trial
}

// mend returns what would mend the join; nothing where nothing is known to, or it needs no mending.
func (j *join) mend() (m mend) {
	if j.asIs.left == nil || j.asIs.right == nil {
		return m
	}
	leftIsText, rightIsText := j.left.isText(), j.right.isText()
	if leftIsText && rightIsText && j.asIs.down > 0 {
		if m.remedy = j.inOrder(j.spellings()); m.remedy != nil {
			return m
		}
	}
	if j.asIs.share() >= middling || j.child.Join.Need == engine.NeedAbsent {
		return m // what must be absent is seldom there, on purpose
	}
	switch {
	case leftIsText != rightIsText:
		if m.remedy = j.best(j.conversions()); m.remedy == nil {
			m.remedy = j.otherMember()
		}
	case leftIsText:
		if m.remedy = j.best(j.spellings()); m.remedy == nil {
			m.remedy = j.otherMember()
		}
	case !j.relation.IsPoint():
		m.remedy = j.mendReach()
	case j.left.number > 0:
		return j.mendNumbers()
	case j.child.Stream.Name != j.child.Parent.Stream.Name:
		if m.remedy = j.best(j.shifts()); m.remedy == nil {
			m.remedy = j.drift()
		}
	}
	return m
}

// mendReach returns what would mend a join with a reach, apart from another reach. A wide one holds something by chance
// whatever the keys are, so that other units and members are looked for only where hardly anything, or nothing, can
// match.
func (j *join) mendReach() *trial {
	if j.left.number > 0 && j.asIs.share() < hardly {
		if t := j.best(j.scalings()); t != nil {
			return t
		}
	}
	if j.left.number > 0 && j.common() == nil {
		if t := j.otherMember(); t != nil {
			return t
		}
	}
	return j.drift()
}

// mendNumbers returns what would mend a join of numbers. Where much of what the right stream has meets, the join is
// right, and most of the left stream matches nothing on purpose; but for keys in other units, of which some meet
// anyhow.
func (j *join) mendNumbers() (m mend) {
	tries := []func() *trial{
		func() *trial { return j.best(j.scalings()) },
	}
	var near *nearness
	n := j.numeric()
	if n != nil && n.counts() {
		tries = append(tries, j.otherMember) // whatever the other side has meets a count
	}
	// A stream that is joined to itself is shifted on purpose.
	if n != nil && j.child.Stream.Name != j.child.Parent.Stream.Name {
		tries = append(tries, func() *trial { return j.best(j.shifts()) })
	}
	if n != nil && !j.asIs.rightMeets() {
		tries = append(tries, func() (found *trial) {
			found, near = j.rounding()
			return found
		}, j.unusual, j.otherMember, j.drift)
	}
	for _, try := range tries {
		if m.remedy = try(); m.remedy != nil {
			return m
		}
	}
	if near == nil {
		return m
	}
	m.mistake = Rounding
	m.text = fmt.Sprintf("%d of %d keys of %s are near one of %s, but not equal to it, and no rounding makes them equal, "+
		"as some would be rounded up and others down: %s", near.near, near.comparable, j.child.Parent.Name, j.child.Name,
		j.numeric().lies(near, j.child.Name))
	m.near = j.tolerance()
	return m
}

// rounding returns the likeliest way to round that mends the join; near says that the keys lie near each other, and
// how.
func (j *join) rounding() (found *trial, near *nearness) {
	remedies, near := j.roundings()
	for _, r := range remedies {
		if found = j.best([]remedy{r}); found != nil {
			break
		}
	}
	return found, near
}

// counts reports whether the keys of one side are a mere count of its elements, which is seldom what streams are joined
// by.
func (n *numeric) counts() bool {
	one := n.one()
	if n.origin.Sign() != 0 || one == 0 {
		return false
	}
	for _, keys := range [][]int64{n.all((*numericView).leftTicks), n.all((*numericView).rightTicks)} {
		if len(keys) > 1 && keys[0] >= 0 && keys[0] <= one && keys[len(keys)-1]-keys[0] == one*int64(len(keys)-1) {
			return true
		}
	}
	return false
}
