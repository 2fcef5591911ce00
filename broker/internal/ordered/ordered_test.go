package ordered_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/ordered"
)

// A table is a sorted list of numbers, each a row.
type table []int

func (rows table) Between(_ context.Context, from, to ordered.Position) (n int64, err error) {
	for _, row := range rows {
		if !isBelow(row, from) && isBelow(row, to) {
			n++
		}
	}
	return n, nil
}

func (rows table) Exists(_ context.Context, k ordered.Key) (bool, error) {
	return slices.Contains(rows, number(k)), nil
}

// isBelow reports whether a row is before a position.
func isBelow(row int, p ordered.Position) bool {
	switch {
	case p.At == nil:
		return false
	case p.After:
		return row <= number(p.At)
	}
	return row < number(p.At)
}

func number(k ordered.Key) int {
	n, err := strconv.Atoi(k[0])
	if err != nil {
		panic(err)
	}
	return n
}

// newNumbering returns the numbering of a table that is read from what from names.
func newNumbering(from string) *ordered.Numbering {
	return ordered.NewNumbering(ordered.Origin{By: []string{"row"}, From: from}, "rename it back")
}

func key(row int) ordered.Key { return ordered.Key{strconv.Itoa(row)} }

func keysInOrder(a, b ordered.Key) (bool, error) { return number(a) < number(b), nil }

// from returns the rows from a position on.
func (rows table) from(p ordered.Position) table {
	i := slices.IndexFunc(rows, func(row int) bool { return !isBelow(row, p) })
	if i < 0 {
		return nil
	}
	return rows[i:]
}

// read numbers the rows that a reader gets from an offset on.
func (rows table) read(t *rapid.T, n *ordered.Numbering, offset int64) map[int]int64 {
	offsets := map[int]int64{}
	next := offset
	for _, row := range rows.from(n.Position(offset)) {
		at, err := n.Number(key(row), next, keysInOrder)
		if err != nil {
			t.Fatal(err)
		}
		offsets[row], next = at, at+1
	}
	return offsets
}

// A node's rewind point as rows: those of which reading goes on, and those up to which it has seen and accounted for.
type point struct{ next, seen, accounted int }

// TestResume stops a run anywhere, deletes and adds rows, and goes on, several times over: each node must go on with the
// first row that it needs, must have seen what it had seen, and all nodes must give a row the same offset.
func TestResume(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := table(rapid.SliceOfNDistinct(rapid.IntRange(0, 30), 1, 12, rapid.ID[int]).Draw(t, "rows"))
		slices.Sort(rows)
		n := newNumbering("rows")
		points := make([]point, rapid.IntRange(1, 3).Draw(t, "nodes"))
		starts := make([]int64, len(points))
		for session := range 3 {
			nodes := make([]broker.Rewind, len(points))
			pointers := make([]*broker.Rewind, len(points))
			for i := range nodes {
				nodes[i], points[i] = stop(t, rows, rows.read(t, n, starts[i]), starts[i], points[i])
				pointers[i] = &nodes[i]
			}
			if err := n.Describe(pointers, nil); err != nil {
				t.Fatal(err)
			}
			rows = change(t, rows, session)
			n = resume(t, rows, nodes)
			byRow := map[int]int64{}
			for i := range nodes {
				starts[i] = nodes[i].Offset
				check(t, rows, n, &nodes[i], points[i], byRow)
			}
		}
	})
}

// stop draws where a node stops.
func stop(t *rapid.T, rows table, offsets map[int]int64, start int64, before point) (broker.Rewind, point) {
	here := slices.DeleteFunc(slices.Clone(rows), func(row int) bool { _, ok := offsets[row]; return !ok })
	taken := rapid.IntRange(0, len(here)).Draw(t, "taken")
	seen := rapid.IntRange(taken, len(here)).Draw(t, "seen")
	accounted := rapid.IntRange(taken, seen).Draw(t, "accounted")
	at := func(n, row int) (int64, int) {
		if n == 0 {
			return start, row
		}
		return offsets[here[n-1]] + 1, here[n-1] + 1
	}
	var r broker.Rewind
	var p point
	r.Offset, p.next = at(taken, before.next)
	r.Seen, p.seen = at(seen, before.next)
	r.Accounted, p.accounted = at(accounted, before.next)
	r.Node = fmt.Sprint(start)
	return r, p
}

// change deletes rows, and adds some behind all others.
func change(t *rapid.T, rows table, session int) table {
	rows = slices.DeleteFunc(slices.Clone(rows), func(int) bool { return rapid.IntRange(0, 4).Draw(t, "deleted") == 0 })
	for i := range rapid.IntRange(0, 4).Draw(t, "added") {
		rows = append(rows, 100*(session+1)+i)
	}
	return rows
}

// resume begins a run with what was kept: the positions, and offsets that mean nothing now but for their order.
func resume(t *rapid.T, rows table, nodes []broker.Rewind) *ordered.Numbering {
	n := newNumbering("rows")
	all := make([]ordered.Resumed, len(nodes))
	for i := range nodes {
		var err error
		if all[i], err = n.Read(&nodes[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.Resume(t.Context(), rows, all); err != nil {
		t.Fatal(err)
	}
	return n
}

// check reads on from a rewind point.
func check(t *rapid.T, rows table, n *ordered.Numbering, r *broker.Rewind, want point, byRow map[int]int64) {
	offsets := rows.read(t, n, r.Offset)
	for _, row := range rows {
		offset, read := offsets[row]
		if read != (row >= want.next) {
			t.Fatalf("row %d of %v is read: %v, and the next row was %d", row, rows, read, want.next)
		}
		if !read {
			continue
		}
		if other, ok := byRow[row]; ok && other != offset {
			t.Fatalf("row %d has the offsets %d and %d", row, other, offset)
		}
		byRow[row] = offset
		if (offset < r.Seen) != (row < want.seen) || (offset < r.Accounted) != (row < want.accounted) {
			t.Fatalf("row %d at %d: seen up to %d, accounted up to %d; want rows below %d and %d", row, offset, r.Seen,
				r.Accounted, want.seen, want.accounted)
		}
	}
}

// TestEndedSession goes on behind the last row of a finite stream.
func TestEndedSession(t *testing.T) {
	n := newNumbering("rows")
	ended := broker.Rewind{Node: "n", Offset: 1, Seen: 1, Accounted: 1, NextSession: true}
	if err := n.Describe([]*broker.Rewind{&ended}, key(7)); err != nil {
		t.Fatal(err)
	}
	r, err := n.Read(&ended)
	if err != nil {
		t.Fatal(err)
	}
	n = newNumbering("rows")
	if err := n.Resume(t.Context(), table{1, 3, 7, 8, 9}, []ordered.Resumed{r}); err != nil {
		t.Fatal(err)
	}
	if p := n.Position(ended.Offset); ended.NextSession || !p.After || number(p.At) != 7 {
		t.Errorf("goes on at %v, still to pass over: %v", p, ended.NextSession)
	}
}

// TestReadRefuses says what can't be gone on from.
func TestReadRefuses(t *testing.T) {
	for _, text := range []string{"", "{", `{"at":["1","2"]}`, `{"at":["1"],"by":["other"]}`, `{"by":["other"]}`,
		`{"at":["1"],"in":"others"}`, `{"in":"others"}`} {
		if r, err := newNumbering("rows").Read(&broker.Rewind{Node: "n", Position: text}); err == nil {
			t.Errorf("%q is %v", text, r)
		}
		if p, err := newNumbering("rows").ReadPosition(text); err == nil && text != "" {
			t.Errorf("%q is looked up as %v", text, p)
		}
	}
}

// TestReadFrom reads what was kept for the same table, for one that isn't known, and whatever a query goes on from.
func TestReadFrom(t *testing.T) {
	for text, from := range map[string]string{
		`{"at":["1"]}`: "rows", `{"at":["1"],"in":"rows"}`: "rows", `{"at":["1"],"from":"others"}`: "",
	} {
		r, err := newNumbering(from).Read(&broker.Rewind{Node: "n", Position: text})
		if err != nil || !r.At.Equal(key(1)) {
			t.Errorf("%q of %q is %v, %v", text, from, r, err)
		}
	}
}

// TestLateRow refuses a row that comes behind one that is after it.
func TestLateRow(t *testing.T) {
	n := newNumbering("rows")
	if _, err := n.Number(key(5), 0, keysInOrder); err != nil {
		t.Fatal(err)
	}
	if offset, err := n.Number(key(4), 0, keysInOrder); err == nil {
		t.Errorf("a row that comes too late has the offset %d", offset)
	}
	if offset, err := n.Number(key(6), 0, keysInOrder); err != nil || offset != 1 {
		t.Errorf("a row whose forerunner is deleted has the offset %d, %v", offset, err)
	}
}
