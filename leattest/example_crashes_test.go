package leattest_test

import (
	"maps"
	"testing"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/leattest"
)

type Parcel struct{ Number, Grams int }

// newWeights makes a mill that writes to a database, here a map. Written is each parcel's weight under its number,
// which may be repeated; adding it to a sum might not.
func newWeights(storage leat.Option, database map[int]int) (*leat.Mill, error) {
	return leat.New(func(p Parcel) { database[p.Number] = p.Grams }, storage, leat.Name("weights"))
}

// testWeights would be called TestWeights outside of this documentation.
func testWeights(t *testing.T) {
	want := map[int]int{7: 500, 8: 1200, 9: 30}
	for b := range leattest.Crashes(t, leattest.Stream([]Parcel{{7, 500}, {8, 1200}, {9, 30}})) {
		database := map[int]int{}
		b.Run(func(storage leat.Option) (*leat.Mill, error) { return newWeights(storage, database) })
		if !maps.Equal(database, want) {
			t.Errorf("%v: the database holds %v, want %v", b, database, want)
		}
	}
}

func ExampleCrashes() {
	pass(testWeights)
	// Output:
	// PASS
}
