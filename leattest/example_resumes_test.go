package leattest_test

import (
	"testing"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/leattest"
)

type (
	Payment struct{ Order, Cents int }
	Item    struct{ Order, Cents int }
	Due     struct{ Order, Cents int }
)

// newDues makes a mill that tells what is left to be paid of an order. Would its function keep the sum of all orders in
// a variable, the test would fail: a variable is lost with the process.
func newDues(storage leat.Option) (*leat.Mill, error) {
	return leat.New(func(p Payment, items []Item) Due {
		due := Due{p.Order, -p.Cents}
		for _, item := range items {
			due.Cents += item.Cents
		}
		return due
	}, storage, leat.Name("dues"),
		leat.Join(func(p Payment) int { return p.Order }, func(i Item) int { return i.Order }))
}

// testDues would be called TestDues outside of this documentation.
func testDues(t *testing.T) {
	leattest.Resumes(t, newDues,
		leattest.Stream([]Payment{{1, 100}, {2, 250}, {4, 50}}),
		leattest.Stream([]Item{{1, 60}, {1, 40}, {2, 300}, {3, 10}, {4, 50}}),
		leattest.Result[Due](),
	)
}

func ExampleResumes() {
	pass(testDues)
	// Output:
	// PASS
}
