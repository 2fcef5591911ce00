package leattest_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/leattest"
)

// newUntil makes a mill whose function ends the session at a parcel.
func newUntil(last int, options ...leat.Option) leattest.NewMill {
	return func(storage leat.Option) (*leat.Mill, error) {
		return leat.New(func(p Parcel) (Due, error) {
			if p.Number == last {
				return Due{Order: p.Number, Cents: p.Grams}, leat.EndOfStream
			}
			return Due{Order: p.Number, Cents: p.Grams}, nil
		}, append(options, storage, leat.Name("until"))...)
	}
}

// R6, R8: a session that the function ends is over, whichever commit the mill dies at: the next run begins behind its
// mark.
func TestEndByTheFunctionResumes(t *testing.T) {
	parcels := []Parcel{{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}}
	for _, concurrency := range []int{1, 3} {
		for last := 1; last <= len(parcels); last++ {
			t.Run(fmt.Sprintf("at %d, concurrency %d", last, concurrency), func(t *testing.T) {
				mill := newUntil(last, leat.Concurrency(concurrency))
				streams := []leattest.Option{leattest.Stream(parcels), leattest.Result[Due]()}
				leattest.Resumes(t, mill, streams...)
				for b := range leattest.Crashes(t, streams...) {
					b.Run(mill)
					leattest.Feed(b, []Parcel{{last, 9}, {last, 8}})
					b.Run(mill)
					var want []Due
					for _, p := range parcels[:last] {
						want = append(want, Due{p.Number, p.Grams})
					}
					check(t, leattest.Sessions[Due](b), [][]Due{want, {{last, 9}}})
				}
			})
		}
	}
}

// R5: what comes behind a data timeout is joined by the next run, whichever commit the mill dies at.
func TestDataTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams := []leattest.Option{
			leattest.Stream([]Payment{{1, 100}, {2, 250}, {3, 5}}),
			leattest.Stream([]Item{{1, 60}, {1, 40}}),
			leattest.Result[Due](), leattest.DataTimeout(time.Second),
		}
		leattest.Resumes(t, newDues, streams...)
		for b := range leattest.Crashes(t, streams...) {
			b.Run(newDues)
			leattest.Feed(b, []Payment{{4, 50}})
			leattest.Feed(b, []Item{{2, 300}, {4, 50}})
			b.Run(newDues)
			check(t, leattest.Sessions[Due](b), [][]Due{{{1, 0}}, {{2, 50}, {4, 0}}})
		}
		expectFailure(t, func(t testing.TB) { leattest.New(t, leattest.DataTimeout(-1)) }, "DataTimeout(-1ns)")
	})
}
