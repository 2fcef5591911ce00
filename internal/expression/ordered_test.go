package expression_test

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/internal/expression"
)

// anyKey draws a key of any kind: of numbers, those that are near each other, too, and quotients.
func anyKey(t *rapid.T, label string) expression.Key {
	var v expression.Value
	switch rapid.IntRange(0, 11).Draw(t, label+" kind") {
	case 0:
		v = expression.TextValue(rapid.StringOfN(rapid.RuneFrom([]rune("ab\x00é")), 0, 20, -1).Draw(t, label))
	case 1:
		zone := time.FixedZone("", rapid.IntRange(-3600, 3600).Draw(t, label+" zone"))
		at := time.Unix(rapid.Int64Range(-2, 2).Draw(t, label), rapid.Int64Range(0, 3).Draw(t, label+" nanoseconds"))
		v = expression.ValueOf(at.In(zone))
	case 2:
		v = expression.ValueOf(time.Duration(rapid.Int64().Draw(t, label)))
	case 3:
		v = expression.BoolValue(rapid.Bool().Draw(t, label))
	case 4:
		floats := []float64{math.Inf(1), math.Inf(-1), 0.1, 1e300, -1e-300, 1 << 63}
		v = expression.ValueOf(rapid.SampledFrom(floats).Draw(t, label))
	case 5:
		v = expression.UintValue(rapid.Uint64().Draw(t, label))
	case 6, 7:
		quotient, err := evaluate(t, "x / y", number(t, label+" x"), rapid.SampledFrom([]string{
			"3", "-7", "300", "3000000000000000000000000000001", "0.6",
		}).Draw(t, label+" y"))
		if err != nil {
			t.Skip("the quotient is out of range")
		}
		v = quotient
	case 8:
		// Decimals that agree with 1 / 3 in more digits than are written as such.
		text := "0." + "3333333333333333333333333333333333333333333333"[:rapid.IntRange(35, 46).Draw(t, label+" digits")]
		v, _ = expression.ParseNumber(text + rapid.SampledFrom([]string{"", "2", "4", "0000001"}).Draw(t, label+" end"))
	default:
		v, _ = expression.ParseNumber(number(t, label))
	}
	key, err := expression.NewKey(v)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestBytesAreInTheOrderOfKeys: of two keys the lower has the lower bytes, and equal ones have equal bytes (R14).
func TestBytesAreInTheOrderOfKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyKey(t, "a"), anyKey(t, "b")
		if a.Kind() != b.Kind() {
			return // no stream has both
		}
		aBytes, bBytes := a.AppendOrdered(nil), b.AppendOrdered(nil)
		if got, want := bytes.Compare(aBytes, bBytes), expression.Compare(a, b); got != want {
			t.Errorf("%v and %v: the order of % x and % x is %d, want %d", a, b, aBytes, bBytes, got, want)
		}
	})
}

// TestBytesOfKeysFarAway: what no memory would hold as digits has its place, and null is the last.
func TestBytesOfKeysFarAway(t *testing.T) {
	var last []byte
	for _, text := range []string{
		"-1e50000000000", "-18446744073709551616", "-18446744073709551615.5", "-1", "-1e-300", "-1e-50000000000", "0",
		"1e-50000000000", "1e-255", "1e-254", "1e-253", "1e-1", "1", "18446744073709551615.5", "18446744073709551616",
		"123456789012345678901234567890123456789012345.25", "123456789012345678901234567890123456789012345.5",
		"1e50000000000",
	} {
		v, ok := expression.ParseNumber(text)
		key, err := expression.NewKey(v)
		if !ok || err != nil {
			t.Fatal(text, err)
		}
		next := key.AppendOrdered(nil)
		if bytes.Compare(last, next) >= 0 {
			t.Errorf("%s isn't above the number before it", text)
		}
		last = next
	}
	for _, v := range []expression.Value{expression.TextValue("\xFF"), expression.ValueOf(time.Now())} {
		key, err := expression.NewKey(v)
		if err != nil || bytes.Compare(key.AppendOrdered(nil), expression.Key{}.AppendOrdered(nil)) >= 0 {
			t.Errorf("%v isn't below null", key)
		}
	}
}

// TestBytesOfQuotients: a quotient that isn't a decimal has its place among decimals of any length (R14).
func TestBytesOfQuotients(t *testing.T) {
	threes := strings.Repeat("3", 60)
	ascending := [][2]string{
		{"-1", "3"}, {"-0." + threes, "1"}, {"0.3", "1"}, {"0." + threes[:40], "1"}, {"0." + threes, "1"}, {"1", "3"},
		{"0." + threes + "4", "1"}, {"0." + threes[:40] + "4", "1"}, {"0.4", "1"}, {threes, "7"}, {threes + "1", "70"},
	}
	var last []byte
	for _, quotient := range ascending {
		v, err := evaluate(t, "x / y", quotient[0], quotient[1])
		if err != nil {
			t.Fatal(err)
		}
		key, err := expression.NewKey(v)
		if err != nil {
			t.Fatal(err)
		}
		next := key.AppendOrdered(nil)
		if bytes.Compare(last, next) >= 0 {
			t.Errorf("%s isn't above the number before it", quotient)
		}
		last = next
	}
}

// TestMinus: distances below a key, for each kind that has any.
func TestMinus(t *testing.T) {
	at := time.Date(2026, 11, 29, 3, 0, 0, 0, time.UTC)
	for _, c := range []struct{ key, distance, want any }{
		{int64(5), int64(7), int64(-2)},
		{at, time.Minute, at.Add(-time.Minute)},
		{time.Hour, time.Minute, 59 * time.Minute},
		{"text", int64(1), nil},
		{at, int64(1), nil},
		{time.Duration(math.MinInt64), time.Duration(1), nil},
	} {
		key, errKey := expression.NewKey(expression.ValueOf(c.key))
		distance, errDistance := expression.NewKey(expression.ValueOf(c.distance))
		if errKey != nil || errDistance != nil {
			t.Fatal(errKey, errDistance)
		}
		got, err := key.Minus(distance)
		if c.want == nil {
			if err == nil {
				t.Errorf("%v - %v is %v, want an error", key, distance, got)
			}
			continue
		}
		want, errWant := expression.NewKey(expression.ValueOf(c.want))
		if err != nil || errWant != nil || expression.Compare(got, want) != 0 {
			t.Errorf("%v - %v is %v, %v, want %v", key, distance, got, err, want)
		}
	}
}
