package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/internal/engine"
)

// An interval join is two streams, each of which may be out of order, joined by a comparison with a tolerance.
type intervalJoin struct {
	left, right []int
	tolerance   int
	unique      bool
}

// compare is what a user's comparison says.
func (j *intervalJoin) compare(left, right int) int {
	switch {
	case left-right > j.tolerance:
		return 1
	case right-left > j.tolerance:
		return -1
	}
	return 0
}

func (j *intervalJoin) tree() *tree {
	tr := &tree{name: "left", children: []*tree{{name: "right", kind: "func", unique: j.unique}}}
	for i, key := range j.left {
		tr.items = append(tr.items, item{ID: i, Down: []int{key}})
	}
	for i, key := range j.right {
		tr.children[0].items = append(tr.children[0].items, item{ID: i, Up: key})
	}
	return tr
}

// run joins the streams. The letters are about what a policy has put aside.
func (j *intervalJoin) run(
	t fatal, policy engine.PolicyKind,
) (calls []string, letters []failed, read []int64, err error) {
	tr := j.tree()
	b := tr.storage()
	tr.fill(t, b)
	spec := tr.spec(b)
	spec.OnDisorder.Kind = policy
	spec.Master.Children[0].NewEdge = engine.FuncEdge(func(left, right any) (int, error) {
		return j.compare(left.(*item).Down[0], right.(*item).Up), nil
	}, j.unique)
	stats := &engine.Stats{}
	err = engine.Run(context.Background(), spec, stats)
	for _, n := range totals(stats) {
		read = append(read, n.Read)
	}
	letters, lettersErr := memory.Elements[failed](b, "failed", 0)
	if lettersErr != nil {
		t.Fatalf("letters: %v", lettersErr)
	}
	return outputs(t, b), letters, read, err
}

// all are the calls of nested loops over the streams as they are.
func (j *intervalJoin) all() (calls []string) {
	for l, left := range j.left {
		var matches []string
		for r, right := range j.right {
			if j.compare(left, right) == 0 {
				matches = append(matches, fmt.Sprint(r))
			}
		}
		if matches != nil {
			calls = append(calls, fmt.Sprintf("%d[%s]", l, strings.Join(matches, " ")))
		}
	}
	return calls
}

// contradicts reports whether the comparison of all elements with all others shows that they are out of order: it
// falls along the left stream, or grows along the right one.
func (j *intervalJoin) contradicts() bool {
	for l, left := range j.left {
		for r, right := range j.right {
			if l > 0 && j.compare(left, right) < j.compare(j.left[l-1], right) ||
				r > 0 && j.compare(left, right) > j.compare(left, j.right[r-1]) {
				return true
			}
		}
	}
	return false
}

func drawIntervalJoin(t *rapid.T) *intervalJoin {
	j := &intervalJoin{
		tolerance: rapid.IntRange(0, 10).Draw(t, "tolerance"),
		unique:    rapid.IntRange(0, 3).Draw(t, "unique") == 0,
	}
	for _, stream := range []*[]int{&j.left, &j.right} {
		key := 0
		for range rapid.IntRange(0, 12).Draw(t, "length") {
			key += rapid.IntRange(0, 20).Draw(t, "step")
			*stream = append(*stream, key)
		}
		for range rapid.IntRange(0, 2).Draw(t, "late") {
			if n := len(*stream); n > 1 {
				from, to := rapid.IntRange(0, n-2).Draw(t, "from"), rapid.IntRange(1, n-1).Draw(t, "to")
				late := (*stream)[from]
				*stream = slices.Insert(slices.Delete(*stream, from, from+1), to, late)
			}
		}
	}
	return j
}

// R7: a run by a comparison that isn't stopped has come to what nested loops come to, where one stream at most is out
// of order, and what stops one is disorder. So it is with what a policy leaves.
func TestR7DisorderOfComparisons(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		j := drawIntervalJoin(t)
		calls, _, read, err := j.run(t, engine.Fail)
		switch {
		case err != nil && !errors.As(err, new(*engine.KeyError)):
			t.Fatalf("run: %v", err)
		case err != nil && !j.unique && !j.contradicts():
			t.Fatalf("%+v: %v, though nothing is out of order", j, err)
		case err == nil:
			j.left, j.right = j.left[:read[0]], j.right[:read[1]]
			checkUnbroken(t, j, calls)
		}
		calls, letters, read, err := j.run(t, engine.DeadLetter)
		if err != nil {
			t.Fatalf("run with letters: %v", err)
		}
		j.left, j.right = j.left[:read[0]], j.right[:read[1]]
		rest := *j
		rest.left, rest.right = slices.Clone(j.left), slices.Clone(j.right)
		for _, l := range slices.Backward(letters) {
			if l.Node == "left" {
				rest.left = slices.Delete(rest.left, int(l.Offset), int(l.Offset)+1)
			} else {
				rest.right = slices.Delete(rest.right, int(l.Offset), int(l.Offset)+1)
			}
		}
		again, _, _, err := rest.run(t, engine.Fail)
		if err != nil || len(again) != len(calls) {
			t.Fatalf("%+v: without what was put aside, %v: %d calls in place of %d, %v", j, letters, len(again), len(calls), err)
		}
	})
}

func checkUnbroken(t *rapid.T, j *intervalJoin, calls []string) {
	if j.unique {
		return // a run doesn't look for a second match
	}
	if !slices.IsSorted(j.left) && !slices.IsSorted(j.right) {
		return // an element of one may hide what the other's would show
	}
	if want := j.all(); !slices.Equal(calls, want) {
		t.Fatalf("%+v:\n got %q\nwant %q", j, calls, want)
	}
}

// R7: a match that comes after its master's group was closed stops the run.
func TestR7LateMatchOfAComparison(t *testing.T) {
	for name, j := range map[string]*intervalJoin{
		"right":                  {left: []int{0, 50, 100}, right: []int{5, 62, 45, 98}, tolerance: 10},
		"left":                   {left: []int{50, 20}, right: []int{45, 98}, tolerance: 10},
		"right of a unique join": {left: []int{50, 100}, right: []int{55, 30, 98}, tolerance: 10, unique: true},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, _, err := j.run(t, engine.Fail)
			var key *engine.KeyError
			var at *broker.PositionError
			if !errors.As(err, &key) || !errors.As(err, &at) || key.Unique || key.Right != (name != "left") {
				t.Errorf("got %v", err)
			}
		})
	}
}
