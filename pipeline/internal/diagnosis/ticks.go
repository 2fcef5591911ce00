package diagnosis

import (
	"cmp"
	"math"
	"math/big"
	"slices"
	"time"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/sample"
)

// A numeric is the keys of a join, where they are numbers, as whole multiples of one unit, the ticks, from an origin
// on: what is looked for in them is looked for in integers. Whatever is found is tried on the keys themselves before it
// is offered.
type numeric struct {
	views []numericView
	// perOne is how many ticks make one. Where a key isn't a whole number of them, it is the one below.
	perOne *big.Rat
	// origin is what tick 0 is, in ticks: 0, or where keys are too far from 0 for that, a multiple of mostSpan.
	origin *big.Int
	// farthest is the greatest distance of a key from 0, in ticks.
	farthest float64
	// times says that the keys are instants or durations, in seconds.
	times bool
}

// A numericView is a view with different keys, in order.
type numericView struct {
	left, right      []int64
	fromStart, toEnd bool
}

const (
	// mostTicks bounds ticks, so that their differences, sums and halves fit into int64.
	mostTicks = int64(1) << 61
	// mostSpan is how far keys may lie apart, in ticks, where they are counted from an origin. It is a power of ten, so
	// that what is a multiple of a lesser one from the origin on is a multiple of it from 0 on.
	mostSpan = int64(1e18)
)

// numeric returns the keys as ticks; nil where some are neither numbers nor times.
//
// Ticks are so small that every key is a multiple of them. Where keys that have so many digits don't fit into an int64,
// they are counted from an origin near them, as nanoseconds since 1970 may have to be; and where they lie too far apart
// for that, ticks are as small as they can be. That still tells a shift that somebody would write: it is a multiple of
// them.
func (m *match) numeric() *numeric {
	keys := m.rats()
	if len(keys) == 0 {
		return nil
	}
	n := &numeric{perOne: commonDenominator(keys), origin: new(big.Int), times: m.left.From.Kind() != expression.Number}
	least, greatest := slices.MinFunc(keys, (*big.Rat).Cmp), slices.MaxFunc(keys, (*big.Rat).Cmp)
	bound := big.NewInt(mostTicks)
	if n.perOne.Sign() == 0 || n.whole(least).CmpAbs(bound) > 0 || n.whole(greatest).CmpAbs(bound) > 0 {
		n.moveOrigin(least, greatest)
	}
	for _, key := range []*big.Rat{least, greatest} {
		far, _ := new(big.Float).SetInt(n.whole(key)).Float64()
		n.farthest = max(n.farthest, math.Abs(far))
	}
	for _, v := range m.views {
		n.views = append(n.views, numericView{n.ticks(v.leftKeys), n.ticks(v.rightKeys), v.fromStart, v.toEnd})
	}
	return n
}

// rats returns all keys of a match; none where some are neither numbers nor times, or not all of one kind.
func (m *match) rats() (keys []*big.Rat) {
	for _, v := range m.views {
		for _, k := range slices.Concat(v.leftKeys, v.rightKeys) {
			r, ok := ratOf(k.Key)
			if !ok || k.Key.Kind() != m.right.From.Kind() {
				return nil
			}
			keys = append(keys, r)
		}
	}
	return keys
}

// ratOf returns a number, or a time in seconds.
func ratOf(key expression.Key) (*big.Rat, bool) {
	if seconds, ok := key.Seconds(); ok {
		return seconds, true
	}
	return key.Rat()
}

// commonDenominator returns the least number that makes integers of all keys; 0 where it is beyond all that helps.
func commonDenominator(keys []*big.Rat) *big.Rat {
	common, bound := big.NewInt(1), big.NewInt(mostSpan)
	for _, key := range keys {
		if rest := new(big.Int).Mod(common, key.Denom()); rest.Sign() != 0 {
			divisor := new(big.Int).GCD(nil, nil, common, key.Denom())
			common.Mul(common, rest.Div(key.Denom(), divisor))
		}
		if common.Cmp(bound) > 0 {
			return new(big.Rat)
		}
	}
	return new(big.Rat).SetInt(common)
}

// moveOrigin puts the origin near the keys, and makes ticks greater where they lie too far apart, powers of ten then.
func (n *numeric) moveOrigin(least, greatest *big.Rat) {
	span, bound := new(big.Rat).Sub(greatest, least), new(big.Rat).SetInt64(mostSpan)
	if n.perOne.Sign() == 0 || new(big.Rat).Mul(span, n.perOne).Cmp(bound) > 0 {
		digits := len(new(big.Int).Quo(span.Num(), span.Denom()).String())
		n.perOne.Quo(bound, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)))
	}
	unit := big.NewInt(mostSpan)
	n.origin.Div(n.whole(least), unit)
	n.origin.Mul(n.origin, unit)
}

// whole returns a key in ticks, from 0 on.
func (n *numeric) whole(key *big.Rat) *big.Int {
	ticks := new(big.Rat).Mul(key, n.perOne)
	return new(big.Int).Div(ticks.Num(), ticks.Denom())
}

// ticks returns the different ticks of keys that are in order.
func (n *numeric) ticks(keys []sample.Keyed) (ticks []int64) {
	for _, k := range keys {
		r, _ := ratOf(k.Key)
		ticks = append(ticks, new(big.Int).Sub(n.whole(r), n.origin).Int64())
	}
	return slices.Compact(ticks)
}

// amount returns a number of ticks, such as a distance of keys, as a number.
func (n *numeric) amount(ticks int64) *big.Rat {
	return new(big.Rat).Quo(new(big.Rat).SetInt64(ticks), n.perOne)
}

// text writes an amount as a message does: a number, or a span of time.
func (n *numeric) text(amount *big.Rat) string {
	if !n.times {
		return decimal(amount)
	}
	nanoseconds := new(big.Rat).Mul(amount, big.NewRat(1e9, 1))
	if !nanoseconds.IsInt() || !nanoseconds.Num().IsInt64() {
		return decimal(amount) + "s"
	}
	return time.Duration(nanoseconds.Num().Int64()).String()
}

// one returns how many ticks make one; 0 where that is no whole number.
func (n *numeric) one() int64 {
	if !n.perOne.IsInt() {
		return 0
	}
	return n.perOne.Num().Int64() // at most mostSpan
}

// rest returns the function for how far a key lies above a multiple of a unit.
func (n *numeric) rest(unit int64) func(key int64) int64 {
	phase := new(big.Int).Mod(n.origin, big.NewInt(unit)).Int64()
	return func(key int64) int64 {
		rest := (key%unit + phase) % unit
		if rest < 0 {
			rest += unit
		}
		return rest
	}
}

// below returns the function for the greatest multiple of a unit that isn't above a key.
func (n *numeric) below(unit int64) func(key int64) int64 {
	rest := n.rest(unit)
	return func(key int64) int64 { return key - rest(key) }
}

// nearest returns the function for the multiple of a unit that is nearest to a key, away from zero where there are two.
func (n *numeric) nearest(unit int64) func(key int64) int64 {
	rest, half := n.rest(unit), unit-unit/2
	isNegative := func(key int64) bool { return new(big.Int).Add(n.origin, big.NewInt(key)).Sign() < 0 }
	return func(key int64) int64 {
		above := rest(key)
		if above > half || above == half && (unit%2 != 0 || !isNegative(key)) {
			return key - above + unit
		}
		return key - above
	}
}

// all returns all different ticks of one side.
func (n *numeric) all(side func(*numericView) []int64) (ticks []int64) {
	for i := range n.views {
		ticks = append(ticks, side(&n.views[i])...)
	}
	slices.Sort(ticks)
	return slices.Compact(ticks)
}

func (v *numericView) leftTicks() []int64  { return v.left }
func (v *numericView) rightTicks() []int64 { return v.right }

// A fit is what comes of joining ticks.
type fit struct{ comparable, matched, used int }

// share returns which share of the comparable left keys finds a match.
func (f fit) share() float64 {
	if f.comparable == 0 {
		return 0
	}
	return float64(f.matched) / float64(f.comparable)
}

// and returns what two parts come to together.
func (f fit) and(other fit) fit {
	return fit{f.comparable + other.comparable, f.matched + other.matched, f.used + other.used}
}

// shifted joins the views with something added to the left keys.
func (n *numeric) shifted(by int64) (f fit) {
	for i := range n.views {
		f = f.and(n.views[i].shifted(by))
	}
	return f
}

// shifted joins a view with something added to the left keys.
func (v *numericView) shifted(by int64) (f fit) {
	at := 0
	for _, left := range v.left {
		left += by
		for at < len(v.right) && v.right[at] < left {
			at++
		}
		found := at < len(v.right) && v.right[at] == left
		if found {
			f.matched++
		}
		if (v.fromStart || at > 0 || found) && (v.toEnd || at < len(v.right)) {
			f.comparable++
		}
	}
	f.used = f.matched
	return f
}

// spread returns some of many, evenly.
func spread(ticks []int64, most int) (some []int64) {
	if len(ticks) <= most {
		return ticks
	}
	for i := range most {
		some = append(some, ticks[i*(len(ticks)-1)/(most-1)])
	}
	return some
}

// lattice returns the greatest number that all differences are multiples of; zero where there is one key at most.
func lattice(ticks []int64) (unit int64) {
	for i := 1; i < len(ticks); i++ {
		unit = gcd(unit, ticks[i]-ticks[0])
	}
	return unit
}

// gcd returns the greatest common divisor; that of zero and a number is the number.
func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return max(a, -a)
}

// usualStep returns the median of the steps between keys; zero where there are none.
func usualStep(ticks []int64) int64 {
	var steps []int64
	for i := 1; i < len(ticks); i++ {
		steps = append(steps, ticks[i]-ticks[i-1])
	}
	if len(steps) == 0 {
		return 0
	}
	slices.Sort(steps)
	return steps[len(steps)/2]
}

// density returns which share of the multiples of a unit the keys take where they lie close; it overstates rather than
// not.
func density(ticks []int64, unit int64) float64 {
	if len(ticks) < 2 || unit == 0 {
		return 1
	}
	span := float64(ticks[len(ticks)-1]-ticks[0]) / float64(unit)
	overall := float64(len(ticks)) / (span + 1)
	return min(1, max(overall, float64(unit)/float64(usualStep(ticks))))
}

// counted returns the keys of a map with the greatest counts, of equal ones the least.
func counted(times map[int64]int, most int) (keys []int64) {
	for key, n := range times {
		if n > 1 {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b int64) int {
		return cmp.Or(times[b]-times[a], cmp.Compare(max(a, -a), max(b, -b)), cmp.Compare(b, a))
	})
	return keys[:min(len(keys), most)]
}
