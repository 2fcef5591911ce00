package diagnosis

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// numericOf returns keys as ticks, for tests of what is computed from them.
func numericOf(origin int64, left, right []int64) *numeric {
	return &numeric{
		views:  []numericView{{left, right, true, true}},
		perOne: big.NewRat(1, 1), origin: big.NewInt(origin),
	}
}

// TestSurprise: the bound is never above the true tail of the binomial distribution, and grows with what is seen.
func TestSurprise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "n")
		k := rapid.IntRange(0, n).Draw(t, "k")
		p := rapid.Float64Range(0.01, 0.99).Draw(t, "p")
		tail := 0.0
		for i := k; i <= n; i++ {
			binomial, _ := new(big.Float).SetInt(new(big.Int).Binomial(int64(n), int64(i))).Float64()
			tail += binomial * math.Pow(p, float64(i)) * math.Pow(1-p, float64(n-i))
		}
		if got := surprise(k, n, p); got > -math.Log(tail)+1e-9 {
			t.Fatalf("%v is above %v", got, -math.Log(tail))
		}
	})
	if surprise(3, 10, 0.5) != 0 || surprise(10, 10, 0.5) <= surprise(9, 10, 0.5) {
		t.Errorf("%v, %v, %v", surprise(3, 10, 0.5), surprise(9, 10, 0.5), surprise(10, 10, 0.5))
	}
}

// TestRoundingOfTicks: ticks are rounded as the keys that they stand for are, whatever their origin is.
func TestRoundingOfTicks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		origin := rapid.Int64Range(-3, 3).Draw(t, "origin") * mostSpan
		unit := rapid.Int64Range(2, 1000).Draw(t, "unit")
		tick := rapid.Int64Range(-100_000, 100_000).Draw(t, "tick")
		n := numericOf(origin, nil, nil)
		key := new(big.Int).Add(big.NewInt(origin), big.NewInt(tick))
		floor, rest := new(big.Int).DivMod(key, big.NewInt(unit), new(big.Int))
		below := floor.Mul(floor, big.NewInt(unit))
		if n.rest(unit)(tick) != rest.Int64() || n.below(unit)(tick) != below.Sub(below, n.origin).Int64() {
			t.Fatalf("rest %d, below %d, want %d, %d", n.rest(unit)(tick), n.below(unit)(tick), rest, below)
		}
		nearest := n.nearest(unit)(tick)
		apart := max(nearest-tick, tick-nearest)
		if (nearest-n.below(unit)(tick))%unit != 0 || 2*apart > unit {
			t.Fatalf("the nearest multiple of %d to %d is %d", unit, tick, nearest)
		}
		if away := nearest > tick; 2*apart == unit && away != (key.Sign() >= 0) {
			t.Fatalf("halfway, %d is rounded to %d: towards zero", tick, nearest)
		}
	})
}

// TestShiftedMatchesNaively: joining ticks with something added counts what a look at all pairs counts.
func TestShiftedMatchesNaively(t *testing.T) {
	keys := rapid.Custom(func(t *rapid.T) []int64 {
		keys := rapid.SliceOfN(rapid.Int64Range(0, 30), 0, 12).Draw(t, "keys")
		slices.Sort(keys)
		return slices.Compact(keys)
	})
	rapid.Check(t, func(t *rapid.T) {
		v := numericView{keys.Draw(t, "left"), keys.Draw(t, "right"), rapid.Bool().Draw(t, "start"), rapid.Bool().Draw(t,
			"end")}
		by := rapid.Int64Range(-10, 10).Draw(t, "by")
		var want fit
		for _, left := range v.left {
			key := left + by
			if slices.Contains(v.right, key) {
				want.matched++
			}
			isBehindFirst := v.fromStart || len(v.right) > 0 && v.right[0] <= key
			isBeforeLast := v.toEnd || len(v.right) > 0 && v.right[len(v.right)-1] >= key
			if isBehindFirst && isBeforeLast {
				want.comparable++
			}
		}
		want.used = want.matched
		if got := v.shifted(by); got != want {
			t.Fatalf("%+v, want %+v", got, want)
		}
	})
}

// TestExpressionsOfRemedies: numbers and operands are written so that an expression means what is meant.
func TestExpressionsOfRemedies(t *testing.T) {
	for of, want := range map[string][2]string{
		"a.t":          {"a.t", "a.t"},
		"a.t + 1":      {"a.t + 1", "(a.t + 1)"},
		"a.t * 2":      {"a.t * 2", "a.t * 2"},
		"a.t / 2":      {"a.t / 2", "(a.t / 2)"},
		"a.t ?? 1":     {"(a.t ?? 1)", "(a.t ?? 1)"},
		"floor(a.t)":   {"floor(a.t)", "floor(a.t)"},
		"a.x ? 1 : 2":  {"(a.x ? 1 : 2)", "(a.x ? 1 : 2)"},
		"-a.t":         {"(-a.t)", "(-a.t)"},
		"a.t ** 2 - 1": {"a.t ** 2 - 1", "(a.t ** 2 - 1)"},
	} {
		if got := [2]string{termOf(of), factorOf(of)}; got != want {
			t.Errorf("%s: %q, want %q", of, got, want)
		}
	}
	for r, want := range map[string]string{"3": "3", "-7/2": "-3.5", "1/1000000000": "0.000000001", "1/3": "0.333333333"} {
		number, _ := new(big.Rat).SetString(r)
		if got := decimal(number); got != want {
			t.Errorf("%s: %s, want %s", r, got, want)
		}
	}
	for number, want := range map[string]string{
		"1": "1", "999": "999", "1000": "1,000", "1234567": "1,234,567", "1000.5": "1000.5",
	} {
		if got := grouped(number); got != want {
			t.Errorf("%s: %s, want %s", number, got, want)
		}
	}
}

// TestReplacedMember: a key names another member where it named one, and nothing else of it changes.
func TestReplacedMember(t *testing.T) {
	for key, want := range map[string]string{
		"a.t":               "a.u",
		"a.t + 10":          "a.u + 10",
		`floor(a["t"] / 2)`: "floor(a.u / 2)",
		"a.time":            "a.u", // t only begins the name
		"a.t.ms":            "a.u",
	} {
		if got := replaceMember(key, "a", []string{"t"}, "a.u"); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
}

// TestNumbersInTexts: what is a number written as a text, and how texts grow.
func TestNumbersInTexts(t *testing.T) {
	for text, want := range map[string]bool{
		"7": true, "-7.5": true, "007": true, "1e3": false, "": false, "-": false, ".5": false, "1.2.3": false, "٧": false,
		"3/2": false,
	} {
		if _, ok := numberIn(text); ok != want {
			t.Errorf("%q: %v", text, ok)
		}
	}
}
