package leattest_test

import (
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
		b.Live(newCounter, func() {
			leattest.Feed(b, []Visit{{"home"}, {"shop"}})
			leattest.Expect[Count](b, nil)
			time.Sleep(20 * time.Second) // takes no time in a bubble
			leattest.Expect(b, []Count{{2}})
			leattest.Feed(b, []Visit{{"home"}})
			leattest.Expect[Count](b, nil)
		})
		leattest.Expect(b, []Count{{1}}) // the stream has ended, so the last window is closed
	})
}

func Example_live() {
	pass(testCounter)
	// Output:
	// PASS
}
