package kafka

import (
	"testing"

	"pgregory.net/rapid"
)

// A list from the pool has room for what was asked, is at most a quarter larger, and is empty: nothing shows of those
// who had it before.
func TestRecordPool(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var pool recordPool
		for range rapid.IntRange(1, 20).Draw(t, "lists") {
			n := rapid.IntRange(1, 5000).Draw(t, "n")
			slab := pool.GetRecords(n)
			if len(slab) != 0 || cap(slab) < n || cap(slab) > n+n/4+1 {
				t.Fatalf("for %d records there is a list of %d, capacity %d", n, len(slab), cap(slab))
			}
			for _, r := range slab[:cap(slab)] {
				if r.Value != nil {
					t.Fatal("a list holds what somebody has put there")
				}
			}
			for i := range slab[:n] {
				slab[:n][i].Value = []byte("x")
			}
			clear(slab[:n])
			pool.PutRecords(slab[:cap(slab)])
		}
	})
}
