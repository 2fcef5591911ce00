package pipeline_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A filteredTree is a random join tree among whose elements others lie, which where leaves out: the oracle doesn't know
// of them.
type filteredTree struct {
	*nearTree
	// with are the streams as they are written.
	with drawnStreams
	// filtered says of which streams elements are left out.
	filtered []bool
}

func drawFilteredTree(t *rapid.T) *filteredTree {
	r := &filteredTree{nearTree: drawNearTree(t)}
	r.with.names = r.names
	for _, elements := range r.elements {
		isFiltered := rapid.IntRange(0, 3).Draw(t, "filtered") > 0
		r.filtered = append(r.filtered, isFiltered)
		with := slices.Clone(elements)
		for range rapid.IntRange(0, 4).Draw(t, "others") {
			if isFiltered {
				// They are out of order, have no key or one of another kind, as they please.
				other := rapid.SampledFrom([]string{`{"is":"other"}`, `{"is":"other","t":99}`, `{"is":"other","t":-99}`,
					`{"is":null,"t":true}`, `{"is":"other","t":"z","k":[]}`}).Draw(t, "other")
				with = slices.Insert(with, rapid.IntRange(0, len(with)).Draw(t, "at"), other)
			}
		}
		r.with.elements = append(r.with.elements, with)
	}
	return r
}

func (r *filteredTree) write(t *rapid.T, dir string) { r.with.write(t, dir) }

func (r *filteredTree) String() string { return r.with.String() }

func (r *filteredTree) yaml() string {
	text := r.nearTree.yaml()
	for i, name := range r.names {
		if r.filtered[i] {
			text = strings.Replace(text, "{file: "+name+".jsonl}",
				"{file: "+name+".jsonl, where: \"(is ?? 'one') == 'one' and (id ?? 'none') != 'none'\"}", 1)
		}
	}
	return text
}

// TestWhereRandomTrees leaves out elements of any streams of random join trees, and compares every byte with what the
// oracle makes of the streams without them.
func TestWhereRandomTrees(t *testing.T) {
	eachTree(t, drawFilteredTree, runTree)
}

// TestCaptureRandomTreesWithWhere captures a range of the masters of such trees: what it finds, and what a run of what was
// saved gives, is as if the other elements weren't there.
func TestCaptureRandomTreesWithWhere(t *testing.T) {
	dir := t.TempDir()
	cases, matched := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		cases++
		r := drawFilteredTree(t)
		keys := r.keysOfMaster()
		if r.instants || len(keys) == 0 {
			return
		}
		r.write(t, dir)
		first := rapid.IntRange(0, len(keys)-1).Draw(t, "first")
		from, to := keys[first], keys[rapid.IntRange(first, len(keys)-1).Draw(t, "last")]
		_, got := runCaptured(t, r, dir, decimalOf(from), decimalOf(to))
		r.elements[0] = r.between(from, to)
		want := r.results()
		if want != got {
			t.Fatalf("%s%v from %v to %v\ngot\n%swant\n%s", r.yaml(), r, from, to, got, want)
		}
		if want != "" {
			matched++
		}
	})
	mustHaveResults(t, cases, matched)
}
