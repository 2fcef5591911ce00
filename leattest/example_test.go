package leattest_test

import (
	"math"
	"slices"
	"testing"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/leattest"
)

// The elements and the function, as they are in the program.
type (
	Location struct {
		Time int64   `json:"time"`
		X    float64 `json:"x"`
		Y    float64 `json:"y"`
	}
	NextLocation Location
	Speed        struct {
		From  int64   `json:"time_from"`
		To    int64   `json:"time_to"`
		Speed float64 `json:"speed"`
	}
)

func speed(prev Location, next []NextLocation) Speed {
	n := next[0]
	return Speed{prev.Time, n.Time, math.Hypot(n.X-prev.X, n.Y-prev.Y)}
}

// newMill makes the mill. The program calls it with leat.Broker(kafka.New(...)).
func newMill(storage leat.Option) (*leat.Mill, error) {
	return leat.New(speed, storage,
		leat.Join(
			func(l Location) int64 { return l.Time + 10 },
			func(r NextLocation) int64 { return r.Time },
		),
	)
}

// testSpeed would be called TestSpeed outside of this documentation.
func testSpeed(t *testing.T) {
	for name, test := range map[string]struct {
		locations []Location
		want      []Speed
	}{
		"steps":       {[]Location{{0, 0, 0}, {10, 3, 4}, {20, 3, 14}}, []Speed{{0, 10, 5}, {10, 20, 10}}},
		"a gap":       {[]Location{{0, 0, 0}, {20, 3, 4}, {30, 3, 4}}, []Speed{{20, 30, 0}}},
		"no location": {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			b := leattest.New(t,
				leattest.Stream(test.locations, leattest.ReadAs[NextLocation]()),
				leattest.Result[Speed](),
			)
			b.Run(newMill)
			if got := leattest.Results[Speed](b); !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func Example() {
	pass(testSpeed)
	// Output:
	// PASS
}
