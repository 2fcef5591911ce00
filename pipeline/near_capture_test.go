package pipeline_test

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// between returns the elements of the master whose keys lie between two.
func (r *nearTree) between(from, to *big.Rat) (elements []string) {
	for _, element := range r.elements[0] {
		if key := r.key(parse(element)); key != nil && key.Cmp(from) >= 0 && key.Cmp(to) <= 0 {
			elements = append(elements, element)
		}
	}
	return elements
}

// TestCaptureRandomTreesOfNearKeys captures a range of the masters of random join trees with reaches, takes, needs and
// match keys, runs what was saved, and compares every byte with what the oracle makes of these masters and all the other
// elements.
func TestCaptureRandomTreesOfNearKeys(t *testing.T) {
	dir := t.TempDir()
	cases, matched, left := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		cases++
		r := drawNearTree(t)
		if r.instants {
			return // texts in several zones, which masters are asked for by, aren't in the order of the instants
		}
		keys := r.keysOfMaster()
		if len(keys) == 0 {
			return
		}
		r.write(t, dir)
		first := rapid.IntRange(0, len(keys)-1).Draw(t, "first")
		from, to := keys[first], keys[rapid.IntRange(first, len(keys)-1).Draw(t, "last")]
		slice, got := runCaptured(t, r, dir, decimalOf(from), decimalOf(to))
		r.elements[0] = r.between(from, to)
		want := r.results()
		if want != got {
			t.Fatalf("%s%v from %v to %v\ngot\n%swant\n%s", r.yaml(), r, from, to, got, want)
		}
		if want != "" {
			matched++
		}
		for i, stream := range slice.Streams[1:] {
			left += len(r.elements[i+1]) - stream.Elements
		}
	})
	mustHaveResults(t, cases, min(matched, left))
}

// decimalOf writes a key in steps of a tenth as it is asked for.
func decimalOf(key *big.Rat) string { return new(big.Rat).Quo(key, big.NewRat(10, 1)).FloatString(20) }

func (r *nearTree) keysOfMaster() (keys []*big.Rat) {
	for _, element := range r.elements[0] {
		if key := r.key(parse(element)); key != nil {
			keys = append(keys, key)
		}
	}
	return keys
}
