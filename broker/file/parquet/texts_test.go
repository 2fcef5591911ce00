package parquet

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"
)

// Dates and times are written as package time writes them by a layout.
func TestTimesAreThoseOfALayout(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	edges := []int64{0, -1, 1, 86_399, 86_400, -86_400, firstSecond, firstSecond - 1, lastSecond, lastSecond + 1}
	for _, unit := range []int64{1e3, 1e6, 1e9} {
		n := &node{logical: logical{kind: timestamp, unit: unit, instant: true}}
		check := func(v int64) {
			want := n.logical.timeOf(v).Format("2006-01-02T15:04:05.999999999") + "Z"
			if got := string(n.appendTime(nil, v)); got != want {
				t.Errorf("%d with %d in a second is %s, want %s", v, unit, got, want)
			}
		}
		for _, seconds := range edges {
			if seconds < math.MaxInt64/unit && seconds > math.MinInt64/unit {
				check(seconds * unit)
				check(seconds*unit + 1)
				check(seconds*unit + unit/2)
			}
		}
		for range 20_000 {
			check(random.Int64() >> random.IntN(40))
			check(-random.Int64() >> random.IntN(40))
		}
	}
	n := &node{logical: logical{kind: date}}
	for day := int64(-800_000); day < 3_000_000; day += 1 + random.Int64N(50) {
		want := n.logical.timeOf(day).Format(time.DateOnly)
		if got := string(n.appendTime(nil, day)); got != want {
			t.Errorf("day %d is %s, want %s", day, got, want)
		}
	}
}

// Numbers are written in their shortest form.
func TestNumbersAreShortest(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	check := func(f float64) {
		form := byte('f')
		if size := math.Abs(f); size != 0 && (size < 1e-6 || size >= 1e21) {
			form = 'e'
		}
		want := strconv.FormatFloat(f, form, -1, 64)
		if got := string(appendFloat(nil, f, 64)); got != want {
			t.Errorf("%v is %s, want %s", math.Float64bits(f), got, want)
		}
	}
	for _, f := range []float64{0, math.Copysign(0, -1), 1, 0.1, 0.0001, 0.00005, 1e11, 99_999_999_999.9999, 1e15,
		0.30000000000000004} {
		check(f)
	}
	for range 200_000 {
		digits := random.Int64() >> random.IntN(63)
		f := float64(digits) / math.Pow10(random.IntN(8))
		check(f)
		check(-math.Nextafter(f, 0))
		check(math.Float64frombits(random.Uint64() &^ (1 << 62)))
	}
}
