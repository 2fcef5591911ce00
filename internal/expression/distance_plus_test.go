package expression_test

import (
	"math"
	"testing"
	"time"

	"github.com/leat-go/leat/internal/expression"
)

// A key plus the distance to another is that other one, whatever their kind; what would overflow stops.
func TestPlusUndoesBetween(t *testing.T) {
	noon := time.Date(2026, 11, 29, 12, 0, 0, 1, time.FixedZone("", 3600))
	for name, keys := range map[string][]any{
		"integers":  {int64(math.MinInt64), int64(-5), 0, 7, uint64(math.MaxUint64)},
		"decimals":  {0.1, -0.2, 1e300, 12},
		"infinite":  {math.Inf(1), math.Inf(-1), 3},
		"times":     {noon, noon.Add(-time.Nanosecond), noon.AddDate(2000, 0, 0)},
		"durations": {time.Duration(math.MinInt64), -time.Nanosecond, time.Hour, time.Duration(math.MaxInt64)},
	} {
		for _, x := range keys {
			for _, y := range keys {
				a, b := keyOf(t, x), keyOf(t, y)
				if got := b.Plus(expression.Between(a, b)); expression.Compare(got, a) != 0 && name != "infinite" {
					t.Errorf("%s: %v + (%v - %v) is %v", name, b, a, b, got)
				}
			}
		}
	}
	most := keyOf(t, time.Duration(math.MaxInt64))
	hour, err := expression.DistanceOf(time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if got := most.Plus(hour); expression.Compare(got, most) != 0 {
		t.Errorf("the longest duration and an hour are %v", got)
	}
}

func keyOf(t *testing.T, x any) expression.Key {
	t.Helper()
	k, err := expression.NewKey(expression.ValueOf(x))
	if err != nil {
		t.Fatal(err)
	}
	return k
}
