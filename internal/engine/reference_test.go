package engine_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/leat-go/leat/internal/engine"
)

// This file is the naive reference: rules R2 to R4 by nested loops, word by word, over slices.

// item is an element of every stream of the tests. Its keys are numbers, which the edges under test turn into other
// types.
type item struct {
	ID     int   `json:"id"`
	Up     int   `json:"up"`    // right key, to the parent
	Down   []int `json:"down"`  // left keys, to each child
	ByUp   int   `json:"by_up"` // match keys
	ByDown []int `json:"by_down"`
	Window int   `json:"window"`
	Sort   int   `json:"sort"`
}

// null is a key that is null: it matches nothing, and takes no part in the order (R7a).
const null = -1 << 20

// tree is a join tree with the elements of its streams.
type tree struct {
	name     string
	stream   string // name if it is empty; several nodes may have one
	items    []item
	children []*tree
	kind     string // of the keys to the parent
	unique   bool
	nulls    bool // some keys are null
	lo, hi   int  // the reach
	take     engine.Take
	need     engine.Need
	unequal  bool
	by       bool // there is a match key
	idles    bool // the stream may be idle
	// sort puts the stream in order; nil where it is.
	sort *sorting
	// stored is the stream as it lies in the storage, where the join is to see it in another order, or without some items;
	// nil elsewhere.
	stored []item

	// ended says that the stream has its end mark. isLive says that some haven't: what may still come counts, unless they
	// are timedOut.
	ended, isLive, timedOut bool
	// knows says that the join has found out which streams below have ended, and knowsAt, at the master's node, for which
	// masters it has; nil where it is the same for all.
	knows   bool
	knowsAt func(master item) bool
}

// unbounded is a reach's end without a bound.
const unbounded = 1 << 40

func (t *tree) streamName() string { return cmp.Or(t.stream, t.name) }

// candidates are the candidates of a parent's item at the child c of its node (R2).
func (t *tree) candidates(parent item, c int) (found []item) {
	child := t.children[c]
	if parent.Down[c] == null || child.by && parent.ByDown[c] == null {
		return nil
	}
	for _, it := range child.items {
		distance := it.Up - parent.Down[c]
		switch {
		case it.Up == null, child.by && it.ByUp != parent.ByDown[c]:
		case distance < child.lo || distance > child.hi, child.unequal && distance == 0:
		case child.complete(it):
			found = append(found, it)
		}
	}
	return found
}

// matches are the matches of a parent's item at the child c of its node (R2); none where these must be absent.
func (t *tree) matches(parent item, c int) []item {
	if t.children[c].need == engine.NeedAbsent {
		return nil
	}
	if t.isLive {
		t.know(parent)
		found, _ := t.look(parent, c, t.timedOut)
		return found
	}
	return t.children[c].taken(parent.Down[c], t.candidates(parent, c))
}

// taken are those of the candidates of a left key that the node takes.
func (t *tree) taken(left int, candidates []item) []item {
	if len(candidates) == 0 || t.take == engine.TakeAll {
		return candidates
	}
	best := candidates[0]
	for _, it := range candidates[1:] {
		if t.take == engine.TakeLast || t.take == engine.TakeNearest && isNearer(left, it, best) {
			best = it
		}
	}
	return []item{best}
}

// isNearer says whether an item is to be taken instead of one before it.
func isNearer(left int, it, before item) bool {
	d, e := it.Up-left, before.Up-left
	return max(d, -d) < max(e, -e) || d == e && d <= 0
}

func (t *tree) complete(it item) bool {
	for c, child := range t.children {
		n := len(t.candidates(it, c))
		if child.need == engine.NeedOne && n == 0 || child.need == engine.NeedAbsent && n > 0 {
			return false
		}
	}
	return true
}

// completeItems are the items that are complete.
func (t *tree) completeItems() (items []item) {
	for _, it := range t.items {
		if t.complete(it) {
			items = append(items, it)
		}
	}
	return items
}

// countWithout counts for each node below t, of items of t that are handed over, those without a match that need none,
// and goes on with what they match.
func (t *tree) countWithout(items []item, counts map[*tree]int64) {
	for c, child := range t.children {
		var below []item
		seen := map[int]bool{}
		for _, it := range items {
			matches := t.matches(it, c)
			if len(matches) == 0 && child.need == engine.NeedNone {
				counts[child]++
			}
			for _, m := range matches {
				if !seen[m.ID] {
					seen[m.ID], below = true, append(below, m)
				}
			}
		}
		child.countWithout(below, counts)
	}
}

// render writes an item with all that it is joined with.
func (t *tree) render(it item) string {
	var s strings.Builder
	fmt.Fprint(&s, it.ID)
	for c := range t.children {
		s.WriteByte('[')
		for i, m := range t.matches(it, c) {
			if i > 0 {
				s.WriteByte(' ')
			}
			s.WriteString(t.children[c].render(m))
		}
		s.WriteByte(']')
	}
	return s.String()
}

// calls are the calls of the function (R3), each as the rendered masters that it gets; with windowed those of the
// windows (R4), with count those of windows of so many.
func (t *tree) calls(windowed bool, count int) (calls []string) {
	for _, masters := range t.callsFrom(0, windowed, count) {
		calls = append(calls, t.renderAll(masters))
	}
	return calls
}

// callsFrom are the masters of the calls from a master on.
func (t *tree) callsFrom(from int, windowed bool, count int) (calls [][]item) {
	var window []item
	flush := func() {
		if len(window) > 0 {
			calls = append(calls, window)
		}
		window = nil
	}
	first := slices.IndexFunc(t.items, func(it item) bool { return it.ID >= from })
	if first < 0 {
		return nil
	}
	for i, it := range t.items[first:] {
		if windowed && i > 0 && it.Window != t.items[first+i-1].Window {
			flush()
		}
		if t.isLive {
			t.know(it)
			judged := t.judge(it, t.timedOut)
			if judged == isOpen {
				break
			}
			if judged == isIncomplete {
				continue
			}
		} else if !t.complete(it) {
			continue
		}
		window = append(window, it)
		if !windowed && len(window) >= max(count, 1) {
			flush()
		}
	}
	flush()
	return calls
}

func (t *tree) renderAll(masters []item) string {
	texts := make([]string, len(masters))
	for i, master := range masters {
		texts[i] = t.render(master)
	}
	return strings.Join(texts, ",")
}

// String describes the tree with its items.
func (t *tree) String() string {
	var s strings.Builder
	for _, n := range t.nodes() {
		fmt.Fprintf(&s, "%s %s [%d %d] take %d need %d unequal %v by %v unique %v, %d children, ended %v\n",
			n.name, n.kind, n.lo, n.hi, n.take, n.need, n.unequal, n.by, n.unique, len(n.children), n.ended)
		for _, it := range n.items {
			fmt.Fprintf(&s, "\t%+v\n", it)
		}
	}
	return s.String()
}
