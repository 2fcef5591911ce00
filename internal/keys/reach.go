package keys

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"

	"github.com/leat-go/leat/internal/engine"
)

// An Arithmetic computes with keys of a kind: D is a difference of two keys. Its differences are exact but for those of
// floating numbers, so that no key overflows.
type Arithmetic[K, D any] struct {
	// Minus returns a - b, and Plus k + d, or the nearest key that there is.
	Minus   func(a, b K) D
	Plus    func(k K, d D) K
	Compare func(a, b D) int
	Negate  func(d D) D
	// Bound reads a bound as a difference. The error says what would be right.
	Bound func(given any) (D, error)
	// Show returns a difference, which isn't negative, as observe.Distance has it.
	Show func(d D) any
	// Against returns what compares b - a with a difference, as Compare of what Minus returns, by a shorter way; nil stands
	// for that.
	Against func(d D) func(a, b K) int
	// Farther is engine.Reach's, by a shorter way than by differences; nil stands for that.
	Farther func(left, before, after K) bool
}

// against returns what compares b - a with a difference.
func (a Arithmetic[K, D]) against(d D) func(from, to K) int {
	if a.Against != nil {
		return a.Against(d)
	}
	return func(from, to K) int { return a.Compare(a.Minus(to, from), d) }
}

// reach returns the reach of the options over keys of a kind.
func (a Arithmetic[K, D]) reach(w *Within) (r engine.Reach[K], err error) {
	if r.Farther = a.Farther; r.Farther == nil {
		r.Farther = func(left, before, after K) bool {
			return a.Compare(a.Minus(after, left), a.Minus(left, before)) >= 0
		}
	}
	r.Mirror = func(left, before K) K { return a.Plus(left, a.Minus(left, before)) }
	r.Between = func(from, to K) any { return a.Show(a.Minus(to, from)) }
	r.Before, r.After = fmt.Sprint(w.Before), fmt.Sprint(w.After)
	var lo, hi D
	below, above := w.bounds()
	if below {
		if lo, err = a.Bound(w.Before); err != nil {
			return r, fmt.Errorf("%v: %w", w, err)
		}
		lo = a.Negate(lo)
		r.Low = a.against(lo)
		r.Start = func(left K) K { return a.Plus(left, lo) }
	}
	if above {
		if hi, err = a.Bound(w.After); err != nil {
			return r, fmt.Errorf("%v: %w", w, err)
		}
		r.High = a.against(hi)
		r.End = func(left K) K { return a.Plus(left, hi) }
	}
	var zero D
	if below && a.Compare(lo, zero) > 0 || above && a.Compare(hi, zero) < 0 {
		// On neither side it begins at the left key: only both bounds say where it is.
		r.Before = strings.TrimPrefix(w.describe(), "within ")
		r.After = r.Before
	}
	if below && above && a.Compare(lo, hi) > 0 {
		return r, fmt.Errorf("%v reaches nothing: it begins above its end; both count away from the left key, "+
			"before to lower keys and after to higher ones, and a negative number to the other side", w)
	}
	return r, nil
}

// A difference is one of integers: a magnitude that 64 bits hold, and a sign.
type difference struct {
	negative  bool
	magnitude uint64
}

func compareDifferences(a, b difference) int {
	switch {
	case a.negative && b.negative:
		return cmp.Compare(b.magnitude, a.magnitude)
	case a.negative:
		return -1
	case b.negative:
		return 1
	}
	return cmp.Compare(a.magnitude, b.magnitude)
}

func negated(d difference) difference {
	d.negative = !d.negative && d.magnitude > 0
	return d
}

// againstSigned compares the difference of two keys with one that mostly is an int64, too.
func againstSigned(d difference) func(a, b int64) int {
	bound := int64(d.magnitude)
	if d.negative {
		bound = -bound
	}
	if bound < 0 != d.negative {
		return func(a, b int64) int { return compareDifferences(minusSigned(b, a), d) }
	}
	return func(a, b int64) int {
		if between := b - a; (between < 0) == (b < a) {
			return cmp.Compare(between, bound)
		}
		return cmp.Compare(b, a) // the difference is beyond an int64
	}
}

// fartherSigned is Farther of int64.
func fartherSigned(left, before, after int64) bool {
	below, above := left-before, after-left
	if (below < 0) == (left < before) && (above < 0) == (after < left) {
		return above >= below
	}
	return compareDifferences(minusSigned(after, left), minusSigned(left, before)) >= 0
}

// minusSigned is exact: the difference of two int64 may need 65 bits, of which one is the sign.
func minusSigned(a, b int64) difference {
	if a < b {
		return difference{true, uint64(b) - uint64(a)}
	}
	return difference{false, uint64(a) - uint64(b)}
}

func minusUnsigned(a, b uint64) difference {
	if a < b {
		return difference{true, b - a}
	}
	return difference{false, a - b}
}

func plusSigned(k int64, d difference) int64 {
	const shift = 1 << 63 // of signed integers to unsigned ones, in the same order
	return int64(plusUnsigned(uint64(k)^shift, d) ^ shift)
}

func plusUnsigned(k uint64, d difference) uint64 {
	if d.negative {
		return k - min(k, d.magnitude)
	}
	return k + min(math.MaxUint64-k, d.magnitude)
}

// integers returns the arithmetic of integers of keys of a type, which minus subtracts, and to which plus adds; against is its
// Against.
func integers[K any](keys reflect.Type, minus func(a, b K) difference, plus func(K, difference) K,
	against func(difference) func(a, b K) int) Arithmetic[K, difference] {
	return Arithmetic[K, difference]{minus, plus, compareDifferences, negated, func(given any) (difference, error) {
		v := reflect.ValueOf(given)
		switch {
		case v.Type() == durationType && keys != durationType:
			return difference{}, fmt.Errorf("%v is a time.Duration, but the keys are numbers of type %v; "+
				"give a number in their units", given, keys)
		case v.CanInt():
			return minusSigned(v.Int(), 0), nil
		case v.CanUint():
			return minusUnsigned(v.Uint(), 0), nil
		}
		return difference{}, fmt.Errorf("%v is of type %T, but the keys are integers of type %v; "+
			"give an integer in their units, or leat.Any", given, given, keys)
	}, func(d difference) any { return d.magnitude }, against, nil}
}

var durationType = reflect.TypeFor[time.Duration]()

// floats returns the arithmetic of floating numbers, of keys of a type. The infinite are as far from themselves as
// other numbers.
func floats(keys reflect.Type) Arithmetic[float64, float64] {
	minus := func(a, b float64) float64 {
		if a == b {
			return 0
		}
		return a - b
	}
	plus := func(k, d float64) float64 { return k + d }
	negate := func(d float64) float64 { return -d }
	return Arithmetic[float64, float64]{minus, plus, cmp.Compare[float64], negate, func(given any) (f float64, err error) {
		switch v := reflect.ValueOf(given); {
		case v.Type() == durationType:
			return 0, fmt.Errorf("%v is a time.Duration, but the keys are numbers of type %v; give a number in their units",
				given, keys)
		case v.CanInt():
			f = float64(v.Int())
		case v.CanUint():
			f = float64(v.Uint())
		case v.CanFloat():
			f = v.Float()
		default:
			return 0, fmt.Errorf("%v is of type %T, but the keys are numbers of type %v; give a number in their units, "+
				"or leat.Any", given, given, keys)
		}
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return 0, fmt.Errorf("%v is no distance; give a finite number, or leat.Any", given)
		}
		return f, nil
	}, func(d float64) any { return d }, nil, nil}
}

// A span is a difference of instants: seconds, and nanoseconds from 0 to 999,999,999.
type span struct {
	seconds     int64
	nanoseconds int64
}

func compareSpans(a, b span) int {
	return cmp.Or(cmp.Compare(a.seconds, b.seconds), cmp.Compare(a.nanoseconds, b.nanoseconds))
}

func newSpan(seconds, nanoseconds int64) span {
	if nanoseconds < 0 {
		seconds, nanoseconds = seconds-1, nanoseconds+1e9
	}
	return span{seconds, nanoseconds}
}

// duration returns the span as a time.Duration, or the longest one.
func (d span) duration() any {
	if d.seconds >= math.MaxInt64/int64(time.Second) {
		return time.Duration(math.MaxInt64)
	}
	return time.Duration(d.seconds)*time.Second + time.Duration(d.nanoseconds)
}

// instants are the arithmetic of times, by the wall clock.
func instants() Arithmetic[time.Time, span] {
	minus := func(x, y time.Time) span {
		seconds := x.Unix() - y.Unix()
		switch isLess := x.Unix() < y.Unix(); {
		case isLess && seconds > 0:
			return span{seconds: math.MinInt64}
		case !isLess && seconds < 0:
			return span{seconds: math.MaxInt64}
		}
		return newSpan(seconds, int64(x.Nanosecond()-y.Nanosecond()))
	}
	plus := func(k time.Time, d span) time.Time {
		return time.Unix(k.Unix()+d.seconds, int64(k.Nanosecond())+d.nanoseconds).In(k.Location())
	}
	negate := func(d span) span { return newSpan(-d.seconds, -d.nanoseconds) }
	return Arithmetic[time.Time, span]{minus, plus, compareSpans, negate, func(given any) (span, error) {
		d, ok := given.(time.Duration)
		if !ok && !isZero(given) {
			return span{}, fmt.Errorf("%v is of type %T, but the keys are times; give a time.Duration, "+
				"such as 2*time.Second, or leat.Any", given, given)
		}
		return newSpan(int64(d/time.Second), int64(d%time.Second)), nil
	}, span.duration, nil, nil}
}

// isZero reports whether a bound is the number zero.
func isZero(bound any) bool {
	v := reflect.ValueOf(bound)
	return (v.CanInt() || v.CanUint() || v.CanFloat()) && v.IsZero()
}

// Edge returns a constructor of edges with the options, over keys that have an arithmetic. It is an error if the
// options don't fit the keys.
func (a Arithmetic[K, D]) Edge(left, right func(any) (K, error), compare func(a, b K) int,
	o *Options) (func() engine.Edge, error) {
	switch {
	case o.isPlain():
		return engine.KeyEdge(left, right, compare, o.Unique), nil
	case o.Within.isPoint():
		return equalKeys(left, right, compare, o)
	}
	reach, err := a.reach(o.Within)
	if err != nil {
		return nil, err
	}
	return engine.ReachEdge(engine.ReachSpec[K]{Left: left, Right: right, Compare: compare, Reach: reach,
		By: matchKeys(o.By), Unique: o.Unique}), nil
}

// equalKeys returns a constructor of edges that join equal keys, with options that the plain ones don't have.
func equalKeys[K any](left, right func(any) (K, error), compare func(a, b K) int,
	o *Options) (func() engine.Edge, error) {
	if o.Unequal {
		return nil, errors.New("leat.Unequal leaves out equal keys, and without a reach no others match; add leat.Within")
	}
	same := func(left, right K) int { return compare(right, left) }
	return engine.ReachEdge(engine.ReachSpec[K]{Left: left, Right: right, Compare: compare,
		Reach: engine.Reach[K]{Low: same, High: same}, By: matchKeys(o.By), Unique: o.Unique}), nil
}

// texts returns an error for texts with a reach: they have no distances.
func texts(w *Within) error {
	if w.isPoint() {
		return nil
	}
	return fmt.Errorf("%v: the keys are texts, which have no distances; return numbers or times from the key functions, "+
		"or leave it out", w)
}
