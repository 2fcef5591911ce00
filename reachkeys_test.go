package leat_test

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
)

// What is no distance of the keys is told by New, quoted, located, and with what would be right.
func TestBoundsThatAreNone(t *testing.T) {
	const second = time.Second
	floatAt, floatQuote := func(t Trade) float64 { return float64(t.At) }, func(q Quote) float64 { return float64(q.At) }
	unsignedAt, unsignedQuote := func(t Trade) uint8 { return uint8(t.At) }, func(q Quote) uint8 { return uint8(q.At) }
	timeAt, timeQuote := func(t Trade) time.Time { return time.Unix(t.At, 0) }, func(q Quote) time.Time { return time.Unix(q.At, 0) }
	durationAt, durationQuote := func(t Trade) time.Duration { return 0 }, func(q Quote) time.Duration { return 0 }
	join := leat.Join(tradeAt, quoteAt)
	for _, c := range []struct {
		name    string
		options []leat.Option
		want    string
	}{
		{"NaN", []leat.Option{leat.Join(floatAt, floatQuote, leat.Within(math.NaN(), 0))},
			"leat.Within(NaN, 0): NaN is no distance; give a finite number, or leat.Any"},
		{"infinite", []leat.Option{leat.Join(floatAt, floatQuote, leat.Within(0, math.Inf(1)))},
			"leat.Within(0, +Inf): +Inf is no distance; give a finite number, or leat.Any"},
		{"infinite below", []leat.Option{leat.Join(floatAt, floatQuote, leat.Within(math.Inf(-1), 0))},
			"-Inf is no distance"},
		{"NaN for integers", []leat.Option{leat.Join(tradeAt, quoteAt, leat.Within(math.NaN(), 0))},
			"NaN is of type float64, but the keys are integers of type int64; give an integer in their units, or leat.Any"},
		{"a fraction for integers", []leat.Option{leat.Join(tradeAt, quoteAt, leat.Within(1.5, 0))},
			"1.5 is of type float64, but the keys are integers of type int64"},
		{"a text", []leat.Option{leat.Join(tradeAt, quoteAt, leat.Within("1s", 0))},
			"1s is of type string, but the keys are integers of type int64; give an integer in their units, or leat.Any"},
		{"a duration for floats", []leat.Option{leat.Join(floatAt, floatQuote, leat.Within(second, 0))},
			"1s is a time.Duration, but the keys are numbers of type float64; give a number in their units"},
		{"a duration for small numbers", []leat.Option{leat.Join(unsignedAt, unsignedQuote, leat.Within(second, 0))},
			"1s is a time.Duration, but the keys are numbers of type uint8"},
		{"a float for times", []leat.Option{leat.Join(timeAt, timeQuote, leat.Within(0.01, 0))},
			"0.01 is of type float64, but the keys are times; give a time.Duration, such as 2*time.Second"},
		{"a float for durations", []leat.Option{leat.Join(durationAt, durationQuote, leat.Within(0.01, 0))},
			"0.01 is of type float64"},
		{"nothing in reach of times", []leat.Option{leat.Join(timeAt, timeQuote, leat.Within(-second, 0))},
			"leat.Within(-1s, 0) reaches nothing"},
		{"nothing in reach of floats", []leat.Option{leat.Join(floatAt, floatQuote, leat.Within(0.5, -0.75))},
			"leat.Within(0.5, -0.75) reaches nothing"},
		{"nothing in reach at the end", []leat.Option{leat.Join(tradeAt, quoteAt, leat.Within(int64(math.MinInt64), math.MaxInt64-1))},
			"reaches nothing: it begins above its end"},
		{"no distance of equal times", []leat.Option{leat.Join(timeAt, timeQuote, leat.Within(0*second, 0), leat.Unequal())},
			"without a reach no others match; add leat.Within"},
		{"a lateness of NaN", []leat.Option{join, leat.Sort(floatQuote, math.NaN())}, "NaN is no distance"},
		{"a lateness without end", []leat.Option{join, leat.Sort(floatQuote, math.Inf(1))},
			"+Inf is no distance; give a finite number, or leat.Any"},
		{"a lateness below zero", []leat.Option{join, leat.Sort(floatQuote, -0.5)}, "the lateness -0.5 is below zero"},
		{"a time below zero", []leat.Option{join, leat.Sort(timeQuote, -second)}, "the lateness -1s is below zero"},
		{"the least lateness", []leat.Option{join, leat.Sort(quoteAt, int64(math.MinInt64))},
			"the lateness -9223372036854775808 is below zero"},
		{"a lateness of another kind", []leat.Option{join, leat.Sort(quoteAt, "5")},
			"5 is of type string, but the keys are integers of type int64"},
		{"idle below zero", []leat.Option{join, leat.Idle[Quote](-second)}, "-1s is no time to wait; give how long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := memory.New(memory.Stream[Trade]("trades"), memory.Stream[Quote]("quotes"))
			_, err := leat.New(func(Trade, []Quote) {}, append(c.options, leat.Broker(b))...)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "reachkeys_test.go:") {
				t.Errorf("got %v\nwant %s, and where", err, c.want)
			}
		})
	}
}

// Elements whose keys are at their index in a list.
type (
	leftAt  struct{ N int }
	rightAt struct{ N int }
)

// reached joins left keys with right ones, and returns the indexes of the right ones that each left one has.
func reached[K any](t *testing.T, left, right []K, options ...leat.JoinOption) (found [][]int, err error) {
	t.Helper()
	b := memory.New(memory.Stream[leftAt]("lefts"), memory.Stream[rightAt]("rights"))
	for i := range left {
		if err := memory.Append(b, "lefts", 0, leftAt{i}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range right {
		if err := memory.Append(b, "rights", 0, rightAt{i}); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"lefts", "rights"} {
		if err := b.End(name); err != nil {
			t.Fatal(err)
		}
	}
	mill, err := leat.New(
		func(_ leftAt, rights []rightAt) {
			var indexes []int
			for _, r := range rights {
				indexes = append(indexes, r.N)
			}
			found = append(found, indexes)
		},
		leat.Join(func(l leftAt) K { return left[l.N] }, func(r rightAt) K { return right[r.N] },
			append(options, leat.Optional())...),
		leat.Broker(b), leat.Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	return found, mill.Run(t.Context())
}

// takes are the options that take one match, with what takes it of the distances of all matches, in order.
var takes = map[string]struct {
	options []leat.JoinOption
	of      func(distances []*big.Int) int
}{
	"first": {[]leat.JoinOption{leat.First()}, func([]*big.Int) int { return 0 }},
	"last":  {[]leat.JoinOption{leat.Last()}, func(distances []*big.Int) int { return len(distances) - 1 }},
	"nearest": {[]leat.JoinOption{leat.Nearest()}, func(distances []*big.Int) (best int) {
		for i, d := range distances {
			if c := d.CmpAbs(distances[best]); c < 0 || c == 0 && d.Sign() <= 0 {
				best = i
			}
		}
		return best
	}},
}

// expectReached compares what is reached with what numbers without an end have: those from lo to hi away.
func expectReached[K any](t *testing.T, keys []K, exact func(K) *big.Int, before, after any, lo, hi *big.Int) {
	t.Helper()
	within := leat.Within(before, after)
	var all [][]int
	var distances [][]*big.Int
	for _, left := range keys {
		var indexes []int
		var away []*big.Int
		for i, right := range keys {
			d := new(big.Int).Sub(exact(right), exact(left))
			if (lo == nil || d.Cmp(lo) >= 0) && (hi == nil || d.Cmp(hi) <= 0) {
				indexes, away = append(indexes, i), append(away, d)
			}
		}
		all, distances = append(all, indexes), append(distances, away)
	}
	expect := func(name string, want [][]int, options ...leat.JoinOption) {
		t.Helper()
		if got, err := reached(t, keys, keys, append(options, within)...); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s within %v before and %v after: got %v, %v; want %v", name, before, after, got, err, want)
		}
	}
	if lo != nil && hi != nil {
		expect("all", all)
	}
	for name, take := range takes {
		if name == "last" && hi == nil {
			continue
		}
		want := slices.Clone(all)
		for i := range want {
			if len(want[i]) > 0 {
				want[i] = []int{want[i][take.of(distances[i])]}
			}
		}
		expect(name, want, take.options...)
	}
}

// R2: a reach is exact up to the ends of each kind of keys. None of it overflows.
func TestReachesAtTheEndsOfKeys(t *testing.T) {
	n := big.NewInt
	signed := []int64{math.MinInt64, math.MinInt64 + 1, math.MinInt64 + 3, -1, 0, 2, math.MaxInt64 - 2, math.MaxInt64, math.MaxInt64}
	for _, bound := range []int64{0, 2, math.MaxInt64} {
		expectReached(t, signed, n, bound, bound, n(-bound), n(bound))
		expectReached(t, signed, n, -1, bound+min(1, math.MaxInt64-bound), n(1), n(bound+min(1, math.MaxInt64-bound)))
		expectReached(t, signed, n, bound, leat.Any, n(-bound), nil)
		expectReached(t, signed, n, leat.Any, bound, nil, n(bound))
	}
	most := new(big.Int).SetUint64(math.MaxUint64)
	expectReached(t, signed, n, uint64(math.MaxUint64), uint64(math.MaxUint64), new(big.Int).Neg(most), most)
	expectReached(t, signed, n, uint64(math.MaxUint64)-1, 0, new(big.Int).Neg(new(big.Int).Sub(most, n(1))), n(0))

	unsigned := []uint64{0, 1, 1, 3, math.MaxInt64, math.MaxInt64 + 1, math.MaxUint64 - 2, math.MaxUint64}
	wide := func(k uint64) *big.Int { return new(big.Int).SetUint64(k) }
	expectReached(t, unsigned, wide, 2, 2, n(-2), n(2))
	expectReached(t, unsigned, wide, 3, -1, n(-3), n(-1))
	expectReached(t, unsigned, wide, uint64(math.MaxUint64), uint64(math.MaxUint64), new(big.Int).Neg(most), most)

	small := []int8{-128, -127, -1, 0, 126, 127}
	expectReached(t, small, func(k int8) *big.Int { return n(int64(k)) }, 1000, 1000, n(-1000), n(1000))
	expectReached(t, small, func(k int8) *big.Int { return n(int64(k)) }, 1, 1, n(-1), n(1))

	lengths := []time.Duration{math.MinInt64, math.MinInt64 + 5, 0, math.MaxInt64 - 5, math.MaxInt64}
	expectReached(t, lengths, func(k time.Duration) *big.Int { return n(int64(k)) }, 5*time.Nanosecond, time.Duration(math.MaxInt64),
		n(-5), n(math.MaxInt64))

	times := []time.Time{time.Unix(-1<<60, 0), time.Unix(-1<<60, 1), {}, time.Unix(0, -1), time.Unix(0, 0),
		time.Unix(1<<60, 999_999_999), time.Unix(1<<60+1, 0)}
	exact := func(k time.Time) *big.Int {
		return new(big.Int).Add(new(big.Int).Mul(n(k.Unix()), n(1e9)), n(int64(k.Nanosecond())))
	}
	expectReached(t, times, exact, time.Nanosecond, time.Nanosecond, n(-1), n(1))
	expectReached(t, times, exact, time.Duration(math.MaxInt64), time.Duration(math.MaxInt64), n(-math.MaxInt64), n(math.MaxInt64))
}

// R7: infinite keys have a place in the order, and are near none but themselves; NaN is an error with its place.
func TestReachesOfFloatsWithoutNumbers(t *testing.T) {
	inf := math.Inf(1)
	keys := []float64{-inf, -inf, -math.MaxFloat64, 0, 1, math.MaxFloat64, inf}
	for _, c := range []struct {
		options []leat.JoinOption
		want    string
	}{
		{[]leat.JoinOption{leat.Within(1, 1)}, "[[0 1] [0 1] [2] [3 4] [3 4] [5] [6]]"},
		{[]leat.JoinOption{leat.Within(math.MaxFloat64, 0), leat.Last()}, "[[1] [1] [2] [3] [4] [5] [6]]"},
		{[]leat.JoinOption{leat.Within(leat.Any, leat.Any), leat.Nearest(), leat.Unequal()}, "[[2] [2] [3] [4] [3] [4] [5]]"},
	} {
		if got, err := reached(t, keys, keys, c.options...); err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("got %v, %v; want %s", got, err, c.want)
		}
	}
	nan := []float64{1, math.NaN()}
	for _, isRight := range []bool{false, true} {
		left, right, where, side := nan, []float64{1, 5}, "lefts", "left"
		if isRight {
			left, right, where, side = right, left, "rights", "right"
		}
		_, err := reached(t, left, right, leat.Within(1, 1))
		var at *broker.PositionError
		if !errors.As(err, &at) || at.Position.Stream != where || at.Position.Offset != 1 ||
			!strings.Contains(err.Error(), "the "+side+" key can't be computed: it is NaN") {
			t.Errorf("got %v", err)
		}
	}
}
