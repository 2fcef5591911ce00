package expression

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// numberKey returns the key that a decimal text is.
func numberKey(t testing.TB, text string) Key {
	t.Helper()
	v, ok := ParseNumber(text)
	if !ok {
		t.Fatalf("%s is no number", text)
	}
	return keyOf(v)
}

// TestDistancesOfNumbers: a difference is exact, whatever the digits are.
func TestDistancesOfNumbers(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"0.3", "0.1", "0.2"}, {"9007199254740993", "9007199254740992", "1"}, {"1.50", "1.5", "0"},
		{"-9223372036854775808", "9223372036854775807", "-18446744073709551615"},
		{"1e30", "1", "999999999999999999999999999999"},
	} {
		d := Between(numberKey(t, c.a), numberKey(t, c.b))
		if compareNumbers(d.number, numberKey(t, c.want).value()) != 0 || CompareDistances(d.Negated().Negated(), d) != 0 {
			t.Errorf("%s - %s is %v, want %s", c.a, c.b, d, c.want)
		}
	}
	// The difference has more digits than arithmetic gives a number.
	large, small := numberKey(t, "1e90000"), numberKey(t, "1e-90000")
	if CompareDistances(Between(large, small), Between(large, keyOf(IntValue(0)))) != -1 {
		t.Error("1e90000 - 1e-90000 isn't below 1e90000")
	}
	if d := Between(numberKey(t, "1e2000000000"), numberKey(t, "1e-2000000000")); CompareDistances(d, Distance{}) != 1 {
		t.Errorf("1e2000000000 is %v above 1e-2000000000", d)
	}
	inf := keyOf(floatValue(math.Inf(1)))
	if d := Between(inf, inf); !d.IsZero() {
		t.Errorf("the infinite are %v from themselves", d)
	}
}

// TestDistancesAreThoseOfRationals compares with what math/big says.
func TestDistancesAreThoseOfRationals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := func(name string) (Key, *big.Rat) {
			text := rapid.StringMatching(`-?([0-9]|[0-9]{18,19}|[0-9]{1,25}(\.[0-9]{1,25})?)`).Draw(t, name)
			r, _ := new(big.Rat).SetString(text)
			v, _ := ParseNumber(text)
			return keyOf(v), r
		}
		a, x := number("a")
		b, y := number("b")
		c, z := number("c")
		distance, err := DistanceOf(c.value())
		if err != nil {
			t.Fatal(err)
		}
		if got, want := CompareDistances(Between(a, b), distance), new(big.Rat).Sub(x, y).Cmp(z); got != want {
			t.Errorf("%v - %v compares with %v as %d, want %d", a, b, c, got, want)
		}
		if got, want := Against(distance)(b, a), CompareDistances(Between(a, b), distance); got != want {
			t.Errorf("%v - %v is %d against %v, want %d", a, b, got, c, want)
		}
		isFarther := new(big.Rat).Sub(z, y).Cmp(new(big.Rat).Sub(y, x)) >= 0
		if got := Farther(b, a, c); got != isFarther {
			t.Errorf("%v is as far from %v as %v: %t, want %t", c, b, a, got, isFarther)
		}
	})
}

// TestDistancesOfTimes: spans are those between instants, also where a duration can't be as long.
func TestDistancesOfTimes(t *testing.T) {
	at := func(text string) Key {
		x, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Fatal(err)
		}
		return keyOf(ValueOf(x))
	}
	noon, later := at("2026-11-29T12:00:00Z"), at("2026-11-29T13:00:00.000000001+01:00")
	nanosecond, err := DistanceOf(time.Nanosecond)
	if err != nil {
		t.Fatal(err)
	}
	if d := Between(later, noon); CompareDistances(d, nanosecond) != 0 || d.String() != "1ns" {
		t.Errorf("got %v", d)
	}
	if d := Between(noon, later); CompareDistances(d, nanosecond.Negated()) != 0 || d.String() != "-1ns" {
		t.Errorf("got %v", d)
	}
	first, last := at("0001-01-01T00:00:00Z"), at("9999-12-31T23:59:59Z")
	longest, err := DistanceOf(time.Duration(math.MaxInt64))
	if err != nil {
		t.Fatal(err)
	}
	if CompareDistances(Between(last, first), longest) != 1 ||
		CompareDistances(Between(first, last), longest.Negated()) != -1 {
		t.Error("ten thousand years are no longer than 292")
	}
	shortest, err := DistanceOf(time.Duration(math.MinInt64))
	if err != nil {
		t.Fatal(err)
	}
	least, zero := keyOf(ValueOf(time.Duration(math.MinInt64))), keyOf(ValueOf(time.Duration(0)))
	greatest := keyOf(ValueOf(time.Duration(math.MaxInt64)))
	if CompareDistances(Between(least, zero), shortest) != 0 || CompareDistances(Between(least, greatest), shortest) != -1 {
		t.Error("a difference of durations has gone round")
	}
}

// TestDistancesThatAreNone checks which bounds are refused.
func TestDistancesThatAreNone(t *testing.T) {
	for _, given := range []any{"5", nil, true, math.NaN(), math.Inf(1), json.Number("1e200000"), time.Time{}} {
		if d, err := DistanceOf(given); err == nil {
			t.Errorf("%v is the distance %v", given, d)
		}
	}
	number, err := DistanceOf(json.Number("0.1"))
	if err != nil || number.Kind() != Number || number.String() != "0.1" {
		t.Errorf("got %v, %v", number, err)
	}
	zero, err := DistanceOf(0)
	if unit, unitErr := Unit(zero, number); err != nil || unitErr != nil || unit != Number {
		t.Errorf("got %v, %v, %v", unit, err, unitErr)
	}
	second, err := DistanceOf(time.Second)
	if _, unitErr := Unit(second, number); err != nil || unitErr == nil {
		t.Errorf("a reach is from a second to 0.1: %v, %v", err, unitErr)
	}
}

// TestMeasured checks which keys have distances in a unit: kinds are known only when a key is there.
func TestMeasured(t *testing.T) {
	program, err := CompileStruct("x", reflect.TypeFor[struct {
		X any `json:"x"`
	}]())
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	for _, c := range []struct {
		key  Value
		err  error
		unit Kind
		want string
	}{
		{IntValue(5), nil, Number, ""}, {IntValue(5), nil, Unknown, ""}, {NullValue(), nil, Number, ""},
		{ValueOf(time.Second), nil, Duration, ""}, {ValueOf(0.5), nil, Number, ""},
		{IntValue(5), nil, Duration, "x is a number, but the reach is given as a duration"},
		{ValueOf(time.Second), nil, Number, "x is a duration, but the reach is given as a number"},
		{ValueOf(time.Time{}), nil, Number, "x is a time, but the reach is given as a number"},
		{TextValue("a"), nil, Unknown, "x is text, and texts have no distances"},
		{BoolValue(true), nil, Unknown, "x is true or false, and has no distances"},
		{numberKey(t, "1e200000").value(), nil, Number, "x: there are no distances to 1e200000: the number gets too large"},
		{Value{}, broken, Number, "broken"},
	} {
		_, err := Measured(program, func(any) (Key, error) { return keyOf(c.key), c.err }, c.unit)(nil)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%v: %v", c.key, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%v: %v, want %s", c.key, err, c.want)
		}
	}
}

// TestMatchValues: those of equal keys are equal, and no others, however numbers are written.
func TestMatchValues(t *testing.T) {
	keys := []Key{keyOf(TextValue("1")), keyOf(BoolValue(true)), keyOf(ValueOf(time.Duration(1))), keyOf(ValueOf(time.Unix(1, 0))),
		keyOf(ValueOf(time.Unix(1, 0).In(time.FixedZone("", 3600)))), keyOf(ValueOf(1.0)), keyOf(ValueOf(big.NewRat(4, 2))),
		keyOf(ValueOf(big.NewRat(1, 3)))}
	for _, text := range []string{"1", "1.0", "1e0", "1.00000000000000000000000000", "10e-1", "-1", "0", "-0.0", "2", "0.5",
		"5e-1", "9223372036854775807", "9223372036854775807.00000", "9223372036854775808", "9223372036854775808.0", "1e30",
		"1000000000000000000000000000000", "-9223372036854775808", "-9223372036854775808.0"} {
		keys = append(keys, numberKey(t, text))
	}
	third, err := div(IntValue(1), IntValue(3))
	if err != nil {
		t.Fatal(err)
	}
	keys = append(keys, keyOf(third))
	for _, a := range keys {
		for _, b := range keys {
			if got, want := a.MatchValue() == b.MatchValue(), Compare(a, b) == 0; got != want {
				t.Errorf("%v and %v are equal: %v, want %v", a, b, got, want)
			}
		}
	}
}
