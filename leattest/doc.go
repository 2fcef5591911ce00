// Package leattest tests mills: it feeds them from slices of structs, gives their results as slices, and has things go
// wrong.
//
// A mill can be tested as it runs in production if what makes it takes its storage as an option:
//
//	func newMill(storage leat.Option) (*leat.Mill, error) {
//		return leat.New(speed, storage,
//			leat.Join(
//				func(l Location) int64 { return l.Time + 10 },
//				func(r NextLocation) int64 { return r.Time },
//			),
//		)
//	}
//
// The program calls newMill(leat.Broker(kafka.New(...))), and a test runs it on a [Broker] in memory:
//
//	func TestSpeed(t *testing.T) {
//		b := leattest.New(t,
//			leattest.Stream([]Location{{0, 0, 0}, {10, 3, 4}, {20, 3, 14}}, leattest.ReadAs[NextLocation]()),
//			leattest.Result[Speed](),
//		)
//		b.Run(newMill)
//		want := []Speed{{0, 10, 5}, {10, 20, 10}}
//		if got := leattest.Results[Speed](b); !slices.Equal(got, want) {
//			t.Errorf("got %v, want %v", got, want)
//		}
//	}
//
// Streams are told apart by their element types. Elements go through the codec of their stream, JSON unless [Codec]
// sets another, so that names in tags are tested, too. The stream ends behind the elements given; [Feed] adds those of
// the next session. An error fails the test at the line that called Run; [Broker.Try] returns it instead. A mill that
// reads from one storage and writes to another gets the Broker for both: leat.From(b), leat.To(b).
//
// # Live streams and time
//
// [Broker.Live] runs the mill beside the steps of a test, inside a bubble of testing/synctest. There, synctest.Wait
// returns when the mill can do no more by now: what it has come to is committed, what it still waits for isn't. And the
// clock is the bubble's: time.Sleep moves it on at once, windows by the clock close when their time has come. It starts
// at midnight, when windows of minutes, seconds or hours begin.
//
//	func TestTimeWindow(t *testing.T) {
//		synctest.Test(t, func(t *testing.T) {
//			b := leattest.New(t, leattest.Stream[Visit](nil), leattest.Result[Count]())
//			b.Live(newMill, func() {
//				leattest.Feed(b, []Visit{{"home"}, {"shop"}})
//				synctest.Wait()
//				// The window is open: there are no results.
//				time.Sleep(20 * time.Second)
//				synctest.Wait()
//				// Now there is one.
//			})
//			// Here the stream has ended, and the last window is closed.
//		})
//	}
//
// # Crashes
//
// A mill's process may be killed at any moment. Results and positions are one commit, so nothing is lost or doubled, as
// long as the function is safe to be repeated: called again with the elements since the last commit, in a new process.
// [Resumes] tests that, with a crash before and after each commit:
//
//	leattest.Resumes(t, newMill,
//		leattest.Stream(locations, leattest.ReadAs[NextLocation]()),
//		leattest.Result[Speed](),
//	)
//
// [Crashes] is the same as a loop, for functions that do more than return results. [Broker.CrashBeforeCommit],
// [Broker.CrashAfterCommit], [Broker.AbortCommit], [FailRead] and [Broker.Revoke] have a single thing go wrong.
// [FeedRecords] feeds what can't be decoded.
package leattest
