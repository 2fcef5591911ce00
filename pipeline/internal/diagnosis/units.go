package diagnosis

import (
	"fmt"
	"math"
	"strconv"

	"github.com/leat-go/leat/internal/expression"
)

// factors are units within units: of time, of money.
func factors() []int64 { return []int64{1000, 1e6, 1e9, 60, 3600, 86400, 24, 100} }

// scalings are the remedies for keys in different units. Where much of the right stream meets as it is, the ranges must
// be as far apart as the units.
func (j *join) scalings() (remedies []remedy) {
	l, r := j.asIs.left, j.asIs.right
	meets := j.asIs.rightMeets()
	for _, f := range factors() {
		if !meets || aligned(l, r, float64(f)) {
			remedies = append(remedies, j.scaling(f, l, r, true)...)
		}
		if !meets || aligned(r, l, float64(f)) {
			remedies = append(remedies, j.scaling(f, r, l, false)...)
		}
	}
	return remedies
}

// scaling returns the remedies for keys of which the greater ones are f times the lesser ones: of the exact keys, and,
// where the ranges begin and end together, of those that the greater ones lie in. Dense keys would hide any mistake in
// the latter.
func (j *join) scaling(f int64, less, more *Range, leftIsLess bool) (remedies []remedy) {
	if !mayMeet(less, more, float64(f)) {
		return nil
	}
	number := strconv.FormatInt(f, 10)
	lesser, greater := j.child.Left.String(), j.child.Right.String()
	names := [2]string{j.child.Name, j.child.Parent.Name}
	if !leftIsLess {
		lesser, greater, names[0], names[1] = greater, lesser, names[1], names[0]
	}
	what := fmt.Sprintf("the keys of %s are %s times those of %s%s", names[0], grouped(number), names[1], unit(f))
	remedies = append(remedies, rewrite(Factor, what, factorOf(lesser)+" * "+number, greater))
	if aligned(less, more, float64(f)) {
		remedies = append(remedies, rewrite(Factor, what, lesser, fmt.Sprintf("floor(%s / %s)", factorOf(greater), number)))
	}
	for i := range remedies {
		if r := &remedies[i]; !leftIsLess {
			r.lhs, r.rhs = r.rhs, r.lhs
		}
	}
	return remedies
}

// mayMeet reports whether two ranges may lie in each other if the one is taken times f.
func mayMeet(less, more *Range, f float64) bool {
	a, ok := less.To.Float()
	b, okToo := more.To.Float()
	return ok && okToo && a*b > 0 && math.Abs(math.Log(a*f/b)) < math.Log(3.5)
}

// aligned reports whether two ranges begin and end together, roughly, if the one is taken times f.
func aligned(less, more *Range, f float64) bool {
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

// unusual is the remedy for keys in units that are apart by any whole number: one by which many keys of the one side
// divide those of the other.
func (j *join) unusual() *trial {
	n := j.numeric()
	if n == nil || n.origin.Sign() != 0 {
		return nil // quotients are those of keys that are counted from 0
	}
	l, r := j.asIs.left, j.asIs.right
	a, _ := l.To.Float()
	b, _ := r.To.Float()
	less, more, leftIsLess := l, r, true
	if math.Abs(a) > math.Abs(b) {
		less, more, leftIsLess = r, l, false
	}
	var remedies []remedy
	for _, factor := range n.quotients(leftIsLess) {
		remedies = append(remedies, j.scaling(factor, less, more, leftIsLess)...)
	}
	var exact []remedy
	for _, r := range remedies {
		if leftIsLess && r.rhs == j.child.Right.String() || !leftIsLess && r.lhs == j.child.Left.String() {
			exact = append(exact, r)
		}
	}
	found := j.best(exact)
	if found == nil || found.matched < 10 || found.share() < 0.7 || !found.isNoChance(math.Log(float64(len(exact)))) {
		return nil
	}
	return found
}

// quotients returns the whole numbers that keys of the greater side are most often apart by from some of the lesser
// side.
func (n *numeric) quotients(leftIsLess bool) []int64 {
	times := map[int64]int{}
	for _, v := range n.views {
		less, more := v.left, v.right
		if !leftIsLess {
			less, more = more, less
		}
		for _, divisor := range spread(less, 48) {
			for _, key := range more {
				if divisor != 0 && key%divisor == 0 && key/divisor > 1 {
					times[key/divisor]++
				}
			}
		}
	}
	return counted(times, 16)
}

// unit says which units are so far apart.
func unit(f int64) string {
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
