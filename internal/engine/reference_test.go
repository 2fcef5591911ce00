package engine_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// This file is the naive reference: rules R2 to R4 by nested loops, word by word, over slices.

// item is an element of every stream of the tests. Its keys are numbers, which the edges under test turn into other
// types.
type item struct {
	ID     int   `json:"id"`
	Up     int   `json:"up"`   // right key, to the parent
	Down   []int `json:"down"` // left keys, to each child
	Window int   `json:"window"`
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
}

func (t *tree) streamName() string { return cmp.Or(t.stream, t.name) }

// matches are the matches of a parent's item at the child c of its node (R2).
func (t *tree) matches(parent item, c int) (matching []item) {
	child := t.children[c]
	for _, it := range child.items {
		if it.Up == parent.Down[c] && it.Up != null && child.complete(it) {
			matching = append(matching, it)
		}
	}
	return matching
}

func (t *tree) complete(it item) bool {
	for c := range t.children {
		if len(t.matches(it, c)) == 0 {
			return false
		}
	}
	return true
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
		if !t.complete(it) {
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
