package broker_test

import (
	"slices"
	"testing"

	"github.com/leat-go/leat/broker"
)

// TestLists checks that lists hold what was added, and that no list's memory is another's: a function may keep its
// lists, change them and append to them.
func TestLists(t *testing.T) { eachDeclaration(t, testLists) }

func testLists(t *testing.T, stream broker.Stream) {
	values, pointers := stream.Lists(false), stream.Lists(true)
	var kept, want [][]int
	next := 0
	for _, n := range []int{1, 0, 25, 3, 400, 10_000, 1, 127, 128, 129} {
		var list []int
		values.Begin(n)
		pointers.Begin(n)
		for range n {
			number := next
			list = append(list, number)
			values.Add(&number)
			pointers.Add(&number)
			next++
		}
		got := values.End().([]int)
		for i, p := range pointers.End().([]*int) {
			if *p != list[i] {
				t.Fatalf("pointer to %d, want %d", *p, list[i])
			}
		}
		_ = append(got, -1)
		kept, want = append(kept, got), append(want, list)
	}
	for i := range kept {
		if !slices.Equal(kept[i], want[i]) {
			t.Errorf("list %d: got %v, want %v", i, kept[i], want[i])
		}
	}
}

// TestListsOfNothing has elements without a size.
func TestListsOfNothing(t *testing.T) {
	lists := broker.NewStream[struct{}]("nothing").Lists(false)
	lists.Begin(3)
	for range 3 {
		lists.Add(&struct{}{})
	}
	if n := len(lists.End().([]struct{})); n != 3 {
		t.Errorf("got %d elements, want 3", n)
	}
}
