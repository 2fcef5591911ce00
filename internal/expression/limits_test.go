package expression_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/leat-go/leat/internal/expression"
)

// extremes is what numbers look like at their ends: infinities and NaN, which only floating fields have, and numbers
// that are only passed on.
var extremes = values{
	"inf": math.Inf(1), "minus": math.Inf(-1), "nan": math.NaN(), "most": math.MaxFloat64, "tiny": math.SmallestNonzeroFloat64,
	"one": 1.0, "zero": 0.0, "third": json.RawMessage("0.3"), "big": json.RawMessage("123456789012345678901234567890"),
	"beyond": json.RawMessage("1e99999999999999999999"), "below": json.RawMessage("-" + strings.Repeat("7", 100_001)),
	"far": json.RawMessage("1e1000000000"), "near": json.RawMessage("-1e-1000000000"), "least": math.MinInt64,
	"single": float32(math.Inf(-1)),
}

// TestInfinities computes with them as float64 does.
func TestInfinities(t *testing.T) {
	for source, want := range map[string]string{
		"inf > most": "true", "minus < -most": "true", "inf == inf": "true", "inf == minus": "false", "inf > big ** 100": "true",
		"minus < near": "true", "far < inf": "true", "inf + 1 == inf": "true", "1 - inf == minus": "true", "inf * -2 == minus": "true",
		"1 / inf == 0": "true", "inf / 2 == inf": "true", "abs(minus) == inf": "true", "-inf == minus": "true", "floor(inf) == inf": "true",
		"round(minus) == minus": "true", "inf ** 2 == inf": "true", "inf ** -1 == 0": "true", "max(1, inf) == inf": "true",
		"min([1, minus]) == minus": "true", "sum([inf, 1]) == inf": "true", "sort([inf, 1, minus])[1]": "1", "5 % inf": "5",
		"inf in [1, inf]": "true", "nan == nan": "false", "nan != nan": "true", "nan == 1": "false", "nan in [nan]": "false",
		"len(uniq([nan, nan, inf, inf]))": "3", "[nan] == [nan]": "false", "type(inf)": `"float"`, "single == minus": "true",
		"far == far": "true", "beyond == beyond": "true", "beyond == 1": "false", "below != below": "false", "beyond ?? 1": "1e99999999999999999999",
		"[beyond][0]": "1e99999999999999999999", "{a: beyond}": `{"a":1e99999999999999999999}`,
		"string(beyond)": `"1e99999999999999999999"`, "least": "-9223372036854775808", "-least": "9223372036854775808",
		"least / -1": "9223372036854775808", "least % -1": "0", "least % 10": "-8", "least - 1": "-9223372036854775809",
		"abs(least)": "9223372036854775808", "least * least": "85070591730234615865843651857942052864", "most - most": "0",
		"tiny * 2 / 2 == tiny": "true", "tiny > 0": "true", "far * near": "-1", "floor(near)": "-1", "ceil(near)": "0",
		"round(near)": "0", "int(near)": "0", "far > big": "true", "near < 0": "true", "near > minus": "true", "far - far": "0",
		"0 * far": "0", "far ** 2 > far": "true", "third * 3 == 0.9": "true", "third / 3 == 0.1": "true",
	} {
		expectJSON(t, source, extremes, want)
	}
}

// TestWhatIsTooMuch has what can't be computed, or written.
func TestWhatIsTooMuch(t *testing.T) {
	for source, want := range map[string]string{
		"inf": "the result is +Inf, which JSON has no number for", "nan": "the result is NaN, which JSON has no number for",
		"[1, [inf]]": "the result is +Inf", "{a: -inf}": "the result is -Inf", "string(inf)": "the result is +Inf",
		"toJSON([nan])": "the result is NaN", "inf - inf": "the result is NaN", "0 * inf": "the result is NaN",
		"nan < 1": "nan can't be compared: the result is not a number (NaN)", "1 >= nan": "nan can't be compared",
		"sort([1, nan])": "what is to be sorted has no order", "max(nan, 1)": "the result is not a number (NaN)",
		"median([nan])": "the result is not a number (NaN)", "beyond + 1": "a number with so many digits can only be passed on",
		"1 - beyond": "can only be passed on", "beyond * 0": "can only be passed on", "1 / beyond": "can only be passed on",
		"beyond % 2": "can only be passed on", "2 % beyond": "can only be passed on", "beyond ** 2": "can only be passed on",
		"-beyond": "can only be passed on", "abs(below)": "can only be passed on", "floor(beyond)": "can only be passed on",
		"round(below)": "can only be passed on", "int(beyond)": "can only be passed on", "beyond < 1": "can't be compared: a number with so many",
		"sort([beyond, 1])": "what is to be sorted has no order: a number with so many digits", "sum([beyond])": "can only be passed on",
		"mean([1, below])": "can only be passed on", "max(beyond)": "can only be passed on", "median([below])": "can only be passed on",
		"bitand(beyond, 1)": "beyond is a number, not a whole number of 64 bits", "1..beyond": "beyond is a number, not a whole number",
		"groupBy([1], beyond)": "which can name a group", "far + 1": "the number gets too large", "1 - far": "the number gets too large",
		"near + 1": "the number gets too large", "far / 3": "the number gets too large", "far % 7": "the number gets too large",
		"far ** far": "the number gets too large", "far ** 0.5": "beyond the range of floating numbers", "most ** 1.5": "beyond the range",
		"(1 / 3) ** 1000000": "the number gets too large", "reduce(1..100, #acc * #acc, 1 / 3)": "the number gets too large",
		"reduce(1..100, #acc * #acc, 3)": "the number gets too large", "zero ** -1": "division by zero", "1 / zero": "division by zero: zero is 0",
		"one % zero": "division by zero: zero is 0", "(-one) ** 0.5": "NaN", "mean([inf, minus])": "NaN",
		"reduce(1..100000, [#acc], 1) | flatten()": "the list is nested too deeply",
	} {
		expectError(t, source, extremes, want)
	}
}

// TestKeysAreInOrder sorts keys of every kind: those of one kind by their values, and those of different kinds, which
// no join compares, in some order that is always the same.
func TestKeysAreInOrder(t *testing.T) {
	sorted := [][]expression.Key{
		{{}}, {key(t, false)}, {key(t, true)},
		{key(t, math.Inf(-1))}, {key(t, json.Number("-1e400"))}, {key(t, math.MinInt64), key(t, exact("-9223372036854775808"))},
		{key(t, json.Number("-0.5"))}, {key(t, 0), key(t, json.Number("-0.00")), key(t, math.Copysign(0, -1))},
		{key(t, math.SmallestNonzeroFloat64)}, {key(t, 0.1), key(t, float32(0.1)), key(t, json.Number("1e-1"))},
		{key(t, exact("1/3"))}, {key(t, json.Number("0.3333333333333333333333333333333334"))}, {key(t, 1), key(t, uint8(1)), key(t, exact("3/3"))},
		{key(t, uint64(math.MaxUint64))}, {key(t, json.Number("1e30")), key(t, 1e30)}, {key(t, math.Inf(1))},
		{key(t, "")}, {key(t, "1")}, {key(t, "a")}, {key(t, "é")},
		{key(t, noon)}, {key(t, noon.Add(1))}, {key(t, noon.Sub(noon))}, {key(t, noon.Add(1).Sub(noon))},
	}
	for i, as := range sorted {
		for j, bs := range sorted {
			for _, a := range as {
				for _, b := range bs {
					want := 0
					if i < j {
						want = -1
					} else if i > j {
						want = 1
					}
					if got := expression.Compare(a, b); got != want {
						t.Errorf("Compare(%v, %v) = %d, want %d", a, b, got, want)
					}
				}
			}
		}
	}
}

// TestNumbersOfKeys returns keys as Go's numbers.
func TestNumbersOfKeys(t *testing.T) {
	for _, c := range []struct {
		value any
		rat   string
		float float64
	}{
		{7, "7", 7}, {json.Number("0.10"), "1/10", 0.1}, {exact("1/3"), "1/3", 1.0 / 3}, {0.1, "1/10", 0.1},
		{json.Number("1e30"), "1000000000000000000000000000000", 1e30}, {math.Inf(1), "", math.Inf(1)},
		{json.Number("1e400"), "1" + strings.Repeat("0", 400), math.Inf(1)}, {json.Number("1e1000000"), "", math.Inf(1)},
		{json.Number("1e-1000000"), "", 0}, {json.Number("123456789012345678901234567890.5"), "246913578024691357802469135781/2", 123456789012345678901234567890.5},
		{exact("123456789012345678901234567891/7"), "123456789012345678901234567891/7", 123456789012345678901234567891.0 / 7},
		{exact("9007199254740993/9007199254740992"), "9007199254740993/9007199254740992", 1},
	} {
		k := key(t, c.value)
		if f, ok := k.Float(); !ok || f != c.float {
			t.Errorf("%v is the float64 %v, %v", c.value, f, ok)
		}
		if r, ok := k.Rat(); ok != (c.rat != "") || ok && r.RatString() != c.rat {
			t.Errorf("%v is the rational %v, %v", c.value, r, ok)
		}
	}
	for _, other := range []any{"7", true, noon} {
		if r, ok := key(t, other).Rat(); ok || r != nil {
			t.Errorf("%v is the rational %v", other, r)
		}
	}
}
