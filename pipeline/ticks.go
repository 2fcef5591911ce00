package pipeline

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/leat-go/leat/internal/expression"
)

// A numeric is the keys of a join, where they are numbers, as whole multiples of one decimal unit: what is looked for in them
// is looked for in integers.
type numeric struct {
	views []numericView
	// perOne is how many ticks make one.
	perOne *big.Int
}

// A numericView is a view with different keys, in order.
type numericView struct {
	left, right      []int64
	fromStart, toEnd bool
}

// mostTicks bounds ticks, so that their differences, sums and halves fit into int64.
const mostTicks = int64(1) << 61

// numeric returns the keys as ticks; nil where some aren't numbers, or have too many digits for it.
func (m *match) numeric() *numeric {
	n := &numeric{perOne: big.NewInt(1)}
	for _, v := range m.views {
		for _, keys := range [][]keyed{v.leftKeys, v.rightKeys} {
			for _, k := range keys {
				if !n.widen(k.key) {
					return nil
				}
			}
		}
	}
	for _, v := range m.views {
		left, okLeft := n.ticks(v.leftKeys)
		right, okRight := n.ticks(v.rightKeys)
		if !okLeft || !okRight {
			return nil
		}
		n.views = append(n.views, numericView{left: left, right: right, fromStart: v.fromStart, toEnd: v.toEnd})
	}
	return n
}

// mostPerOne bounds the decimals that ticks have.
const mostPerOne = 1_000_000_000_000

// widen makes ticks so small that a key is a multiple of them.
func (n *numeric) widen(key expression.Key) bool {
	r, ok := key.Rat()
	if !ok {
		return false
	}
	rest := new(big.Int).Mod(n.perOne, r.Denom())
	if rest.Sign() != 0 {
		common := new(big.Int).GCD(nil, nil, n.perOne, r.Denom())
		n.perOne.Mul(n.perOne, new(big.Int).Div(r.Denom(), common))
	}
	return n.perOne.IsInt64() && n.perOne.Int64() <= mostPerOne
}

// ticks returns the different ticks of keys that are in order.
func (n *numeric) ticks(keys []keyed) (ticks []int64, ok bool) {
	for _, k := range keys {
		r, _ := k.key.Rat()
		whole := new(big.Int).Mul(r.Num(), new(big.Int).Div(n.perOne, r.Denom()))
		if !whole.IsInt64() || whole.Int64() > mostTicks || whole.Int64() < -mostTicks {
			return nil, false
		}
		if t := whole.Int64(); len(ticks) == 0 || ticks[len(ticks)-1] != t {
			ticks = append(ticks, t)
		}
	}
	return ticks, true
}

// amount returns ticks as a number.
func (n *numeric) amount(ticks int64) *big.Rat {
	return new(big.Rat).SetFrac(big.NewInt(ticks), n.perOne)
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

// density returns which share of the multiples of a unit the keys take where they lie close; it overstates rather than not.
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
