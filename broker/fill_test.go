package broker_test

import (
	"slices"
	"testing"

	"github.com/leat-go/leat/broker"
)

// TestFiller checks that each kind of variable holds what was added last, and nothing once it is emptied.
func TestFiller(t *testing.T) { eachDeclaration(t, testFiller) }

// eachDeclaration runs a test with a stream that was declared for T, and with one that was declared for *T.
func eachDeclaration(t *testing.T, test func(*testing.T, broker.Stream)) {
	t.Run("T", func(t *testing.T) { test(t, broker.NewStream[int]("numbers")) })
	t.Run("*T", func(t *testing.T) { test(t, broker.NewStream[*int]("numbers")) })
}

func testFiller(t *testing.T, stream broker.Stream) {
	one, two := 1, 2
	var value int
	var pointer *int
	for _, f := range []broker.Filler{stream.Filler(&value), stream.Filler(&pointer)} {
		f.Add(&one)
		f.Add(&two)
	}
	if value != 2 || pointer != &two {
		t.Errorf("got %d and %p, want 2 and %p", value, pointer, &two)
	}
	stream.Filler(&value).Begin(0)
	stream.Filler(&pointer).Begin(0)
	if value != 0 || pointer != nil {
		t.Errorf("emptied: %d, %p", value, pointer)
	}
}

// TestFillerOfLists checks that lists hold what was added since they were begun, whatever a function has put into the
// variables, and nothing old behind their ends.
func TestFillerOfLists(t *testing.T) { eachDeclaration(t, testFillerOfLists) }

func testFillerOfLists(t *testing.T, stream broker.Stream) {
	var values []int
	var pointers []*int
	fillValues, fillPointers := stream.Filler(&values), stream.Filler(&pointers)
	for _, n := range []int{1, 0, 25, 3, 400, 2, 0, 7} {
		fillValues.Begin(n)
		fillPointers.Begin(n)
		var want []int
		for i := range n {
			number := i + 1
			want = append(want, number)
			fillValues.Add(&number)
			fillPointers.Add(&number)
		}
		var got []int
		for _, p := range pointers {
			got = append(got, *p)
		}
		if !slices.Equal(values, want) || !slices.Equal(got, want) {
			t.Fatalf("%d elements: got %v and %v", n, values, got)
		}
		behind := slices.ContainsFunc(values[n:cap(values)], func(v int) bool { return v != 0 })
		if behind || slices.ContainsFunc(pointers[n:cap(pointers)], func(p *int) bool { return p != nil }) {
			t.Fatalf("%d elements: old ones are held behind them", n)
		}
		values, pointers = []int{-1}, nil
	}
	if allocations := testing.AllocsPerRun(100, func() {
		fillValues.Begin(1)
		fillValues.Add(&values[0])
	}); allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}

// TestFillerOfOtherType checks that a variable that can't hold the elements is refused.
func TestFillerOfOtherType(t *testing.T) { eachDeclaration(t, testFillerOfOtherType) }

func testFillerOfOtherType(t *testing.T, stream broker.Stream) {
	defer func() {
		const want = "broker: Stream.Filler: a *string can't hold elements of type int"
		if got := recover(); got != want {
			t.Errorf("got %v, want %s", got, want)
		}
	}()
	stream.Filler(new(string))
}
