package extsort

import (
	"bytes"
	"math/bits"
)

// A tree merges sources as a tree of losers does: each inner node holds the source that has lost the comparison there,
// so that a new element of the winner is compared once on each level on its way up. Of equal keys that of the earlier
// source comes first.
type tree struct {
	sources []source
	ended   []bool
	// losers holds the inner nodes, the root's at 1; the leaf of source i is below node (i + len(sources)) / 2.
	losers []int
	winner int
	begun  bool
}

// newTree returns a source of the elements of all sources, of which there is at least one.
func newTree(sources []source) (*tree, error) {
	t := &tree{sources: sources, ended: make([]bool, len(sources)), losers: make([]int, len(sources))}
	for i := range sources {
		if err := t.advance(i); err != nil {
			return nil, err
		}
	}
	t.winner = t.play(1)
	return t, nil
}

// advance goes on to a source's next element.
func (t *tree) advance(i int) error {
	ok, err := t.sources[i].next()
	t.ended[i] = !ok
	return err
}

// play returns the winner below a node, and notes the losers.
func (t *tree) play(node int) int {
	if node >= len(t.sources) {
		return node - len(t.sources)
	}
	left, right := t.play(2*node), t.play(2*node+1)
	if t.before(right, left) {
		left, right = right, left
	}
	t.losers[node] = right
	return left
}

// before reports whether the element of source a comes before that of b.
func (t *tree) before(a, b int) bool {
	if t.ended[a] || t.ended[b] {
		return !t.ended[a]
	}
	x, y := t.sources[a].head(), t.sources[b].head()
	if x.high == y.high && x.low == y.low {
		order := compareBehind(x, y)
		return order < 0 || order == 0 && a < b
	}
	return x.beginsBelow(y)
}

// beginsBelow reports whether the first bytes of a key are below those of another.
func (x *head) beginsBelow(y *head) bool {
	_, borrow := bits.Sub64(x.low, y.low, 0)
	_, borrow = bits.Sub64(x.high, y.high, borrow)
	return borrow > 0
}

// before reports whether the key of x is below that of y.
func before(x, y *head) bool {
	if x.high == y.high && x.low == y.low {
		return compareBehind(x, y) < 0
	}
	return x.beginsBelow(y)
}

// compareBehind compares keys that have the same first bytes.
func compareBehind(x, y *head) int {
	if x.size <= inEntry || y.size <= inEntry {
		return int(x.size) - int(y.size)
	}
	return bytes.Compare(x.rest, y.rest)
}

func (t *tree) head() *head { return t.sources[t.winner].head() }

// next implements source. The winner's source goes on only when its element isn't needed any more.
func (t *tree) next() (bool, error) {
	if t.begun {
		if err := t.advance(t.winner); err != nil {
			return false, err
		}
		for node := (t.winner + len(t.sources)) / 2; node > 0; node /= 2 {
			if t.before(t.losers[node], t.winner) {
				t.losers[node], t.winner = t.winner, t.losers[node]
			}
		}
	}
	t.begun = true
	return !t.ended[t.winner], nil
}
