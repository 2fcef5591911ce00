package keys

import (
	"bytes"
	"cmp"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The bytes of keys are in the order of the keys: a restart, and a sort of a whole stream, compare them.
func TestOrderedBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.OneOf(rapid.Int64(), rapid.Int64Range(-2, 2))
		a, b := whole.Draw(t, "a"), whole.Draw(t, "b")
		if got := bytes.Compare(appendSigned(nil, a), appendSigned(nil, b)); got != cmp.Compare(a, b) {
			t.Fatalf("%d and %d: %d", a, b, got)
		}
		float := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1)}))
		x, y := float.Draw(t, "x"), float.Draw(t, "y")
		if got := bytes.Compare(appendFloat(nil, x), appendFloat(nil, y)); got != cmp.Compare(x, y) {
			t.Fatalf("%v and %v: %d", x, y, got)
		}
		v, w := time.Unix(a>>16, b%1e9), time.Unix(b>>16, a%1e9)
		if got := bytes.Compare(appendTime(nil, v), appendTime(nil, w)); got != v.Compare(w) {
			t.Fatalf("%v and %v: %d", v, w, got)
		}
	})
}
