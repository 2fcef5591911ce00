package expression

import (
	"testing"
	"time"
)

// A distance that is rounded up is one that people would write, and never below what it was.
func TestRoundUp(t *testing.T) {
	for _, c := range []struct{ distance, want any }{
		{0, "0"}, {7, "7"}, {27, "27"}, {100, "100"}, {101, "110"}, {271, "280"}, {99_000_001, "100000000"},
		{0.0271, "0.028"}, {0.5, "0.5"}, {1e-9, "0.000000001"},
		{time.Duration(0), "0s"}, {27 * time.Millisecond, "27ms"}, {27_300 * time.Microsecond, "28ms"},
		{1500 * time.Millisecond, "1.5s"}, {61 * time.Second, "1m1s"}, {61*time.Minute + 1, "1h2m0s"},
		{25*time.Hour + 1, "26h0m0s"}, {123 * time.Nanosecond, "130ns"},
	} {
		d, err := DistanceOf(c.distance)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.RoundUp(); got.String() != c.want || CompareDistances(got, d) < 0 {
			t.Errorf("%v becomes %v, want %v", d, got, c.want)
		}
	}
}
