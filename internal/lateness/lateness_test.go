package lateness

import (
	"cmp"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

type numbered struct{ key, number int }

// release returns everything that is released now.
func release(b *Buffer[int, numbered]) (out []numbered) {
	for {
		e, ok := b.Next()
		if !ok {
			return out
		}
		out = append(out, e)
	}
}

// TestRelease compares with R12, said naively: an element is released when a key that is the lateness or more above it
// was read, one that comes below a released one is late, and what comes out is the stable order of all that isn't late.
func TestRelease(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		distance := rapid.IntRange(0, 10).Draw(t, "lateness")
		b := New[int, numbered](cmp.Compare[int], func(key int) (int, error) { return key - distance, nil })
		var out, taken []numbered
		waits := map[numbered]bool{}
		highest := -1 << 30
		for number, key := range rapid.SliceOf(rapid.IntRange(0, 30)).Draw(t, "keys") {
			e := numbered{key, number}
			wantLate := slices.ContainsFunc(out, func(before numbered) bool { return before.key > key })
			late, err := b.Push(key, e)
			if err != nil || late != wantLate {
				t.Fatalf("%v is late: %v, want %v, %v", e, late, wantLate, err)
			}
			if late {
				if b.Last() <= key {
					t.Fatalf("%v is late, but %d went out last", e, b.Last())
				}
				continue
			}
			highest = max(highest, key)
			taken, waits[e] = append(taken, e), true
			for _, e := range release(b) {
				delete(waits, e)
				out = append(out, e)
			}
			for e := range waits {
				if e.key+distance <= highest {
					t.Fatalf("%v waits, although %d was read", e, highest)
				}
			}
			for _, e := range out {
				if e.key+distance > highest {
					t.Fatalf("%v went out, although only %d was read", e, highest)
				}
			}
			if b.Len() != len(waits) {
				t.Fatalf("%d wait, want %d", b.Len(), len(waits))
			}
		}
		b.End()
		out = append(out, release(b)...)
		slices.SortStableFunc(taken, func(a, b numbered) int { return a.key - b.key })
		if !slices.Equal(out, taken) {
			t.Fatalf("got %v, want %v", out, taken)
		}
	})
}

// TestNoKeyBelow: an element whose bound can't be computed isn't taken.
func TestNoKeyBelow(t *testing.T) {
	fails := errors.New("out of range")
	b := New[int, int](cmp.Compare[int], func(int) (int, error) { return 0, fails })
	if _, err := b.Push(1, 1); !errors.Is(err, fails) || b.Len() != 0 {
		t.Errorf("%v, %d wait", err, b.Len())
	}
}
