package leattest_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/leattest"
)

type (
	Visit struct{ Page string }
	Count struct{ Visits int }
)

func count(visits []Visit) Count { return Count{len(visits)} }

// newCounter makes a mill that counts the visits of every 20 seconds.
func newCounter(storage leat.Option) (*leat.Mill, error) {
	return leat.New(count, storage, leat.WindowEvery(20*time.Second))
}

// testCounter would be called TestCounter outside of this documentation.
func testCounter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := leattest.New(t, leattest.Stream[Visit](nil), leattest.Result[Count]())
		expect := func(want ...Count) {
			t.Helper()
			synctest.Wait() // until the mill has done all that it can do by now
			if got := leattest.Results[Count](b); !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		}
		b.Live(newCounter, func() {
			leattest.Feed(b, []Visit{{"home"}, {"shop"}})
			expect()
			time.Sleep(20 * time.Second) // takes no time in a bubble
			expect(Count{2})
			leattest.Feed(b, []Visit{{"home"}})
			expect(Count{2})
		})
		expect(Count{2}, Count{1}) // the stream has ended, so the last window is closed
	})
}

func Example_live() {
	pass(testCounter)
	// Output:
	// PASS
}
