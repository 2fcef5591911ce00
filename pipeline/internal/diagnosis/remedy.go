package diagnosis

import (
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/mill"
)

// A remedy is a way to write a join, and what is wrong if it is right.
type remedy struct {
	mistake Mistake
	text    string
	// lhs and rhs are the two sides of the condition.
	lhs, rhs string
	// add is what else the join should say, in lines of YAML, and change does that to what it compares; empty and nil
	// where the condition is all.
	add    string
	change func(*mill.Relation)
}

// rewrite returns the remedy that writes the condition otherwise.
func rewrite(mistake Mistake, text, lhs, rhs string) remedy {
	return remedy{mistake: mistake, text: text, lhs: lhs, rhs: rhs}
}

// A trial remedy has shown what it does.
type trial struct {
	remedy
	*match
}

// on returns the condition of the join.
func (r *remedy) on() string { return r.lhs + " == " + r.rhs }

// finding returns the finding that offers the remedy of a join, without evidence.
func (r *remedy) finding(child *mill.Node) Finding {
	f := Finding{Mistake: r.mistake, Text: r.text, Add: r.add}
	if r.lhs != child.Left.String() || r.rhs != child.Right.String() {
		f.Fix = r.on()
	}
	return f
}

// try joins by a remedy; nil where it can't be computed.
func (j *join) try(r remedy) *trial {
	left, err := expression.Compile(r.lhs, j.child.Parent.Scope())
	if err != nil {
		return nil
	}
	right, err := expression.Compile(r.rhs, j.child.Scope())
	if err != nil || expression.CheckPair(left, right) != nil {
		return nil
	}
	relation := *j.relation
	relation.Left, relation.Right = left, right
	if r.change != nil {
		r.change(&relation)
	}
	return &trial{r, matchOf(j.views, &relation)}
}

// best returns the remedy that matches most, if it matches so much more than the join as it is that it must be right.
// Of equal ones the one that uses more of the right stream is it, and of these the first.
func (j *join) best(remedies []remedy) (best *trial) {
	for _, r := range remedies {
		if t := j.try(r); t != nil && j.convinces(t) && (best == nil || t.beats(best)) {
			best = t
		}
	}
	return best
}

// inOrder returns the remedy that matches most of those with which the keys grow.
func (j *join) inOrder(remedies []remedy) (best *trial) {
	for _, r := range remedies {
		t := j.try(r)
		if t != nil && t.down == 0 && t.computed >= j.asIs.computed && t.matched >= j.asIs.matched && j.keepsPairs(t) &&
			(best == nil || t.beats(best)) {
			best = t
		}
	}
	return best
}

// beats reports whether a remedy is better than another one: it lets more of the left elements find a match, and uses
// more of the right ones.
func (t *trial) beats(other *trial) bool {
	const same = 0.02
	gain := t.share() + t.usedShare() - other.share() - other.usedShare()
	return gain > same
}

const (
	// least is the share of matches that a remedy must have.
	least = 0.5
	// much is the share of matches beside which one below middling counts as little.
	much, middling = 0.9, 0.5
	// hardly is the share of matches of a join that matches hardly anything.
	hardly = 0.1
)

// convinces reports whether a remedy is much better than the join as it is.
func (j *join) convinces(t *trial) bool {
	share, before := t.share(), j.asIs.share()
	if share < least || t.matched < j.enough(t) || t.computed < j.asIs.computed || t.down > j.asIs.down || !t.overlaps() ||
		!j.keepsPairs(t) {
		return false
	}
	return share >= 3*before || share >= before+0.4 && before < middling
}

// keepsPairs reports whether a remedy makes pairs by matching, and not by taking different keys of both sides for one.
func (j *join) keepsPairs(t *trial) bool {
	const some = 1.1
	if t.mistake == Field {
		return t.different[0] >= 3 && t.different[1] >= 3
	}
	for side, n := range t.different {
		if float64(j.asIs.different[side]) <= some*float64(n) {
			return true
		}
	}
	return false
}

// enough is how many matches can't be chance. A shift makes two keys equal whatever they are.
func (j *join) enough(t *trial) int {
	if t.mistake == Shift {
		return 3
	}
	return min(2, t.comparable)
}

// overlaps reports whether the two sides lie in one range, as far as they are numbers.
func (t *trial) overlaps() bool {
	common := t.left.common(t.right)
	if common == nil {
		return false
	}
	both, ok := span(common)
	left, okLeft := span(t.left)
	right, okRight := span(t.right)
	return !ok || !okLeft || !okRight || both >= 0.3*max(left, right)
}

// span returns how far the keys of a range are apart; false where they are no numbers.
func span(r *Range) (float64, bool) {
	from, ok := r.From.Rat()
	to, okToo := r.To.Rat()
	if !ok || !okToo {
		return 0, false
	}
	apart, _ := from.Sub(to, from).Float64() // of exact keys: those of many digits may be one float64
	return apart, true
}
