package keys

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// TestShortWays: what compares int64 keys without a difference in between says what exact arithmetic says, beyond an int64, too.
func TestShortWays(t *testing.T) {
	keys := rapid.OneOf(rapid.Int64(), rapid.Int64Range(-3, 3), rapid.Int64Range(math.MinInt64, math.MinInt64+3),
		rapid.Int64Range(math.MaxInt64-3, math.MaxInt64))
	exact := func(a, b int64) *big.Int { return new(big.Int).Sub(big.NewInt(a), big.NewInt(b)) }
	rapid.Check(t, func(t *rapid.T) {
		left, before, after, bound := keys.Draw(t, "left"), keys.Draw(t, "before"), keys.Draw(t, "after"), keys.Draw(t, "bound")
		if got, want := fartherSigned(left, before, after), exact(after, left).Cmp(exact(left, before)) >= 0; got != want {
			t.Errorf("%d is as far from %d as %d: %t, want %t", after, left, before, got, want)
		}
		got := againstSigned(minusSigned(bound, 0))(left, after)
		if want := exact(after, left).Cmp(big.NewInt(bound)); got != want {
			t.Errorf("%d - %d against %d is %d, want %d", after, left, bound, got, want)
		}
	})
}
