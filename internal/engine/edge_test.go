package engine_test

import (
	"cmp"
	"errors"
	"testing"

	"github.com/leat-go/leat/internal/engine"
)

// comparing returns an edge that compares ints as they are, but fails for the pair given.
func comparing(unique bool, fails [2]int) engine.Edge {
	return engine.FuncEdge(func(left, right any) (int, error) {
		if [2]int{left.(int), right.(int)} == fails {
			return 0, errUnknown
		}
		return cmp.Compare(left.(int), right.(int)), nil
	}, unique)()
}

var errUnknown = errors.New("the order isn't known")

func byKeys(unique bool) engine.Edge {
	key := func(e any) (int, error) { return e.(int), nil }
	return engine.KeyEdge(key, key, cmp.Compare[int], unique)()
}

// steps are calls of an edge: "left 5" sets the left key, and so on.
func steps(t *testing.T, e engine.Edge, steps ...any) (err error) {
	t.Helper()
	for i := 0; i < len(steps); i++ {
		if err != nil {
			t.Fatalf("before step %v: %v", steps[i], err)
		}
		switch steps[i] {
		case "left":
			i++
			_, err = e.SetLeft(steps[i])
		case "right":
			i++
			_, err = e.SetRight(steps[i])
		case "undo left":
			e.UndoLeft()
		case "undo right":
			e.UndoRight()
		case "add":
			e.Add()
		case "pass over":
			e.PassOver(nil)
		}
	}
	return err
}

// R1: an element that is dropped since another edge finds it out of order leaves no trace in this one.
func TestR1UndoneKeysLeaveNoTrace(t *testing.T) {
	cases := []struct {
		name  string
		steps []any
		order int // of left and right
	}{
		{"left, before any right", []any{"left", 5, "left", 9, "undo left", "left", 6, "right", 6}, 0},
		{"the first left, with a key below zero behind it", []any{"left", 5, "undo left", "left", -3, "right", -3}, 0},
		{"left, above the right", []any{"left", 5, "right", 7, "left", 9, "undo left", "left", 7}, 0},
		{"left, below the right", []any{"left", 5, "right", 7, "left", 6, "undo left", "left", 5}, -1},
		{"the first right", []any{"left", 5, "right", 8, "undo right", "right", 5}, 0},
		{"the first right, with a left behind it", []any{"left", 5, "right", 8, "undo right", "left", 6, "right", 5}, 1},
		{"right, after one that was added", []any{"left", 5, "right", 5, "add", "right", 9, "undo right", "right", 6}, -1},
	}
	for _, c := range cases {
		for kind, e := range map[string]engine.Edge{"keys": byKeys(false), "comparison": comparing(false, [2]int{})} {
			t.Run(kind+"/"+c.name, func(t *testing.T) {
				if err := steps(t, e, c.steps...); err != nil {
					t.Fatal(err)
				}
				for range 2 { // the second time as the first: it has no side effect
					if got := e.Compare(); cmp.Compare(got, 0) != c.order {
						t.Errorf("the order is %d, want %d", got, c.order)
					}
				}
			})
		}
	}
}

// R7: where the user's comparison fails, the element is out of order, whichever element before it is compared with.
func TestR7ComparisonsThatFail(t *testing.T) {
	cases := []struct {
		name   string
		unique bool
		fails  [2]int
		steps  []any
		right  bool // whose key is wrong
	}{
		{"left with right", false, [2]int{6, 8}, []any{"left", 5, "right", 8, "left", 6}, false},
		{"left with one that was passed over", false, [2]int{6, 3},
			[]any{"left", 5, "right", 3, "pass over", "right", 8, "left", 6}, false},
		{"left with a candidate", false, [2]int{6, 5}, []any{"left", 5, "right", 5, "add", "right", 8, "left", 6}, false},
		{"right with left", false, [2]int{5, 6}, []any{"left", 5, "right", 6}, true},
		{"right with a left that one was above", false, [2]int{5, 9},
			[]any{"left", 5, "right", 8, "left", 8, "right", 9}, true},
		{"right with a left that has its only match", true, [2]int{5, 7},
			[]any{"left", 5, "right", 5, "add", "left", 6, "right", 7}, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if err := steps(t, comparing(c.unique, [2]int{}), c.steps...); err != nil {
				t.Fatalf("without the failure: %v", err)
			}
			var wrong *engine.KeyError
			err := steps(t, comparing(c.unique, c.fails), c.steps...)
			if !errors.As(err, &wrong) || wrong.Right != c.right || !errors.Is(err, errUnknown) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

// A verdict is no reason to end a run: where the comparison fails for one, the pair counts as not equal.
func TestVerdictsOfComparisonsThatFail(t *testing.T) {
	e := comparing(false, [2]int{6, 5})
	if err := steps(t, e, "left", 5, "right", 5); err != nil {
		t.Fatal(err)
	}
	e.NoteIncomplete()
	if err := steps(t, e, "right", 8); err != nil {
		t.Fatal(err)
	}
	if got := e.Miss(true, nil); got != engine.Incomplete {
		t.Errorf("5 has the verdict %v, want incomplete: the 5 on the other side is", got)
	}
	if err := steps(t, e, "left", 6); err != nil {
		t.Fatal(err)
	}
	if got := e.Miss(true, nil); got != engine.Gap {
		t.Errorf("6 has the verdict %v, want gap", got)
	}
}
