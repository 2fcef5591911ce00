package ordered

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestKeyBlocks does to blocks what it does to a map.
func TestKeyBlocks(t *testing.T) {
	offset := rapid.OneOf(rapid.Int64Range(0, 20), rapid.Int64Range(blockSize-3, 2*blockSize+3), rapid.Int64Range(0, 5000))
	rapid.Check(t, func(t *rapid.T) {
		got, want := newKeyBlocks(), map[int64]Key{}
		lastBelow := func(offset, from int64) (last Key) {
			for _, o := range slices.Sorted(maps.Keys(want)) {
				if from <= o && o < offset {
					last = want[o]
				}
			}
			return last
		}
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				o := offset.Draw(t, "offset")
				key := Key(rapid.SliceOfN(rapid.SampledFrom([]string{"", "a", "aa", fmt.Sprint(o)}), 1, 3).Draw(t, "key"))
				got.set(o, key)
				want[o] = key
			},
			"get": func(t *rapid.T) {
				if o := offset.Draw(t, "offset"); !got.get(o).Equal(want[o]) {
					t.Fatalf("%d is %v, want %v", o, got.get(o), want[o])
				}
			},
			"has": func(t *rapid.T) {
				o, key := offset.Draw(t, "offset"), Key(rapid.SliceOfN(rapid.SampledFrom([]string{"", "a", "aa"}), 1, 3).Draw(t, "key"))
				there, equal := got.has(o, key)
				if there != (want[o] != nil) || equal != (there && want[o].Equal(key)) {
					t.Fatalf("%d is %v: has %v says %v, %v", o, want[o], key, there, equal)
				}
			},
			"last below": func(t *rapid.T) {
				o, from := offset.Draw(t, "offset"), offset.Draw(t, "from")
				if last := got.lastBelow(o, from); !last.Equal(lastBelow(o, from)) {
					t.Fatalf("below %d from %d is %v, want %v", o, from, last, lastBelow(o, from))
				}
			},
			"forget": func(t *rapid.T) {
				from, before := offset.Draw(t, "from"), offset.Draw(t, "before")
				if last := got.forget(from, before); !last.Equal(lastBelow(before, from)) {
					t.Fatalf("forgot %v last, want %v", last, lastBelow(before, from))
				}
				maps.DeleteFunc(want, func(o int64, _ Key) bool { return from <= o && o < before })
			},
		})
	})
}
