package pipeline

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"slices"

	"github.com/leat-go/leat/internal/expression"
)

// A suspicion is that a join matches little because of a usual mistake. Every explanation of it is tried on the samples: it
// counts if the join, written so, matches.
type suspicion struct {
	child       *node
	views       []view
	left, right *row
	asIs        *match
	unread      bool
	partitions  int
}

// compute joins the samples by two expressions.
func (s *suspicion) compute(left, right *expression.Program) *match {
	return matchOf(s.views, left, right)
}

// A remedy is a way to write a join, and what is wrong if it is right.
type remedy struct {
	mistake Mistake
	what    string
	// lhs and rhs are the two sides of the condition.
	lhs, rhs string
}

// A tried remedy has shown what it does.
type tried struct {
	remedy
	*match
}

// on returns the condition of the join.
func (r *remedy) on() string { return r.lhs + " == " + r.rhs }

// try joins by a remedy; nil where it can't be computed.
func (s *suspicion) try(r remedy) *tried {
	left, err := expression.Compile(r.lhs, elementScope{s.child.parent})
	if err != nil {
		return nil
	}
	right, err := expression.Compile(r.rhs, elementScope{s.child})
	if err != nil || expression.CheckPair(left, right) != nil {
		return nil
	}
	return &tried{r, s.compute(left, right)}
}

// best returns the remedy that matches most, if it matches so much more than the join as it is that it must be right. Of
// equal ones the one that uses more of the right stream is it, and of these the first.
func (s *suspicion) best(remedies []remedy) (best *tried) {
	for _, r := range remedies {
		if t := s.try(r); t != nil && s.convinces(t) && (best == nil || t.beats(best)) {
			best = t
		}
	}
	return best
}

// beats reports whether a remedy is better than another one.
func (t *tried) beats(other *tried) bool {
	const same = 0.02
	if gain := t.share() - other.share(); gain > same || gain < -same {
		return gain > 0
	}
	return t.used > other.used+other.used/10
}

const (
	// least is the share of matches that a remedy must have.
	least = 0.5
	// much is the share of matches beside which one of at most middling counts as little.
	much, middling = 0.9, 0.7
)

// convinces reports whether a remedy is much better than the join as it is.
func (s *suspicion) convinces(t *tried) bool {
	share, before := t.share(), s.asIs.share()
	if share < least || t.matched < s.enough(t) || t.computed < s.asIs.computed || !t.overlaps() {
		return false
	}
	return share >= 3*before || share >= much && before < middling
}

// enough is how many matches can't be chance. A shift makes two keys equal whatever they are.
func (s *suspicion) enough(t *tried) int {
	if t.mistake == MistakeShift {
		return 3
	}
	return min(2, t.comparable)
}

// overlaps reports whether the two sides lie in one range, as far as they are numbers.
func (t *tried) overlaps() bool {
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
func span(r *KeyRange) (float64, bool) {
	from, ok := r.From.Float()
	to, okToo := r.To.Float()
	return to - from, ok && okToo
}

// factors are units within units: of time, of money.
func factors() []float64 { return []float64{1000, 1e6, 1e9, 60, 3600, 86400, 24, 100} }

// scalings are the remedies for keys in different units.
func (s *suspicion) scalings() (remedies []remedy) {
	l, r := s.asIs.left, s.asIs.right
	for _, f := range factors() {
		remedies = append(remedies, s.scaling(f, l, r, true)...)
		remedies = append(remedies, s.scaling(f, r, l, false)...)
	}
	return remedies
}

// scaling returns the remedies for keys of which the greater ones are f times the lesser ones: of the exact keys, and, where
// the ranges begin and end together, of those that the greater ones lie in. Dense keys would hide any mistake in the latter.
func (s *suspicion) scaling(f float64, less, more *KeyRange, leftIsLess bool) (remedies []remedy) {
	if !near(less, more, f) {
		return nil
	}
	number := decimal(new(big.Rat).SetFloat64(f))
	lesser, greater := s.child.left.String(), s.child.right.String()
	names := [2]string{s.child.name, s.child.parent.name}
	if !leftIsLess {
		lesser, greater, names[0], names[1] = greater, lesser, names[1], names[0]
	}
	what := fmt.Sprintf("the keys of %s are %s times those of %s%s", names[0], grouped(number), names[1], unit(f))
	remedies = append(remedies, remedy{MistakeFactor, what, factorOf(lesser) + " * " + number, greater})
	if aligned(less, more, f) {
		remedies = append(remedies, remedy{MistakeFactor, what, lesser, fmt.Sprintf("floor(%s / %s)", factorOf(greater), number)})
	}
	for i := range remedies {
		if r := &remedies[i]; !leftIsLess {
			r.lhs, r.rhs = r.rhs, r.lhs
		}
	}
	return remedies
}

// near reports whether two ranges may lie in each other if the one is taken times f.
func near(less, more *KeyRange, f float64) bool {
	a, ok := less.To.Float()
	b, okToo := more.To.Float()
	return ok && okToo && a*b > 0 && math.Abs(math.Log(a*f/b)) < math.Log(3.5)
}

// aligned reports whether two ranges begin and end together, roughly, if the one is taken times f.
func aligned(less, more *KeyRange, f float64) bool {
	a, _ := span(less)
	b, _ := span(more)
	slack := 0.15 * max(a*f, b)
	for _, ends := range [][2]expression.Key{{less.From, more.From}, {less.To, more.To}} {
		x, _ := ends[0].Float()
		y, _ := ends[1].Float()
		if difference := math.Abs(x*f - y); difference > slack && difference > 0.02*math.Abs(y) {
			return false
		}
	}
	return true
}

// unusual is the remedy for keys in units that are apart by a whole number that the two ranges show.
func (s *suspicion) unusual() *tried {
	l, r := s.asIs.left, s.asIs.right
	a, _ := l.To.Float()
	b, _ := r.To.Float()
	less, more, leftIsLess := l, r, true
	ratio := math.Abs(b / a)
	if ratio < 1 {
		less, more, leftIsLess, ratio = r, l, false, 1/ratio
	}
	whole := math.Round(ratio)
	if !(whole >= 2 && whole < 1e12 && math.Abs(ratio-whole) < 0.01*whole) {
		return nil
	}
	remedies := s.scaling(whole, less, more, leftIsLess)
	found := s.best(remedies[:min(1, len(remedies))])
	if found == nil || found.matched < 10 || found.share() < much {
		return nil
	}
	return found
}

// unit says which units are so far apart.
func unit(f float64) string {
	switch f {
	case 1000:
		return ": milliseconds and seconds?"
	case 1e6:
		return ": microseconds and seconds?"
	case 1e9:
		return ": nanoseconds and seconds?"
	case 60:
		return ": seconds and minutes?"
	case 3600:
		return ": seconds and hours?"
	case 86400:
		return ": seconds and days?"
	}
	return ""
}

// A difference is what keys of the two sides are apart, and how often.
type difference struct {
	left, right expression.Key
	apart       float64
	times       int
}

// shifts are the remedies for keys that are apart by the same everywhere: the differences that most pairs have.
func (s *suspicion) shifts() (remedies []remedy) {
	found := map[float64]*difference{}
	for _, v := range s.asIs.views {
		left, right := distinct(v.leftKeys), distinct(v.rightKeys)
		for _, l := range left[:min(len(left), 30)] {
			for _, r := range right {
				a, okA := l.Float()
				b, okB := r.Float()
				if !okA || !okB || a == b {
					continue
				}
				apart := math.Round((b-a)*1e6) / 1e6
				if found[apart] == nil {
					found[apart] = &difference{left: l, right: r, apart: apart}
				}
				found[apart].times++
			}
		}
	}
	var all []*difference
	for _, d := range found {
		if d.times > 1 {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b *difference) int {
		return cmp.Or(b.times-a.times, cmp.Compare(math.Abs(a.apart), math.Abs(b.apart)), cmp.Compare(b.apart, a.apart))
	})
	for _, d := range all[:min(len(all), 8)] {
		remedies = append(remedies, s.shift(d))
	}
	return remedies
}

func (s *suspicion) shift(d *difference) remedy {
	a, _ := new(big.Rat).SetString(d.left.String())
	b, _ := new(big.Rat).SetString(d.right.String())
	apart, sign := new(big.Rat).Sub(b, a), "+"
	larger, smaller := s.child.name, s.child.parent.name
	if apart.Sign() < 0 {
		apart, sign = apart.Neg(apart), "-"
		larger, smaller = smaller, larger
	}
	what := fmt.Sprintf("the keys of %s are those of %s and %s more", larger, smaller, decimal(apart))
	left := fmt.Sprintf("%s %s %s", termOf(s.child.left.String()), sign, decimal(apart))
	return remedy{MistakeShift, what, left, s.child.right.String()}
}

func distinct(keys []keyed) (found []expression.Key) {
	for _, k := range keys {
		if len(found) == 0 || expression.Compare(found[len(found)-1], k.key) != 0 {
			found = append(found, k.key)
		}
	}
	return found
}

// roundings are the remedies for keys that are near each other, but never equal.
func (s *suspicion) roundings() []remedy {
	left, right := s.child.left.String(), s.child.right.String()
	what := fmt.Sprintf("the keys of %s and %s are near each other, but not equal", s.child.parent.name, s.child.name)
	return []remedy{
		{MistakeRounding, what, "floor(" + left + ")", right},
		{MistakeRounding, what, left, "floor(" + right + ")"},
		{MistakeRounding, what, "floor(" + left + ")", "floor(" + right + ")"},
		{MistakeRounding, what, "round(" + left + ")", "round(" + right + ")"},
	}
}

// spellings are the remedies for texts.
func (s *suspicion) spellings() (remedies []remedy) {
	left, right := s.child.left.String(), s.child.right.String()
	for _, form := range [][2]string{
		{"lower", "differ in capital and small letters"}, {"trim", "have blanks around them"},
	} {
		what := fmt.Sprintf("the keys of %s and %s %s", s.child.parent.name, s.child.name, form[1])
		remedies = append(remedies, remedy{MistakeSpelling, what, form[0] + "(" + left + ")", form[0] + "(" + right + ")"})
	}
	return remedies
}

// conversions are the remedies where one side is text and the other a number.
func (s *suspicion) conversions() (remedies []remedy) {
	texts, numbers := s.child.parent, s.child
	text, number := s.child.left.String(), s.child.right.String()
	textIsLeft := s.left.isText()
	if !textIsLeft {
		texts, numbers, text, number = numbers, texts, number, text
	}
	what := fmt.Sprintf("the keys of %s are text, and those of %s numbers", texts.name, numbers.name)
	for _, form := range []string{"int(%s)", "float(%s)", "date(%s).Unix()", "date(%s).UnixMilli()"} {
		r := remedy{MistakeKinds, what, fmt.Sprintf(form, text), number}
		if !textIsLeft {
			r.lhs, r.rhs = r.rhs, r.lhs
		}
		remedies = append(remedies, r)
	}
	return remedies
}
