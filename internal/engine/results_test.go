package engine

import "testing"

// Results keep the memory of commits that are now large and now small, and let go of it when only small ones come.
func TestResultsShrink(t *testing.T) {
	var r results
	commit := func(items int) (shrunk bool) {
		for range items {
			r.items, r.bytes = append(r.items, result{}), append(r.bytes, "result"...)
		}
		shrunk = r.shrink()
		r.reset()
		return shrunk
	}
	for range 2 * keptIdle {
		if commit(100*keptItems) || commit(1) {
			t.Fatal("let go of memory that the next commit needs")
		}
	}
	for i := 2; i < keptIdle; i++ {
		if commit(1) {
			t.Fatalf("let go of memory at the small commit %d", i)
		}
	}
	if !commit(1) || cap(r.items) > keptItems {
		t.Fatalf("keeps memory for %d results", cap(r.items))
	}
}
