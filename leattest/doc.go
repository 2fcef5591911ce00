// Package leattest tests mills. It feeds them from slices of structs, returns their results as slices, and injects
// faults.
//
// Write a function that makes the mill and takes its storage as an option. A test then runs the mill as production
// does:
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
// A stream is known by its element type. Elements go through the codec of their stream, JSON unless [Codec] sets
// another, so that names in tags are tested, too. The stream ends behind the elements given; [Feed] adds those of the
// next session. An error fails the test at the line that called Run; [Broker.Try] returns it instead. A mill that reads
// from one storage and writes to another gets the Broker for both: leat.From(b), leat.To(b).
//
// # Live streams and time
//
// [Broker.Live] runs the mill beside the steps of a test, inside a bubble of testing/synctest. There, [Expect] waits
// until the mill can do no more for now, and says which results have come since, and that no others have: so a test
// states what the mill hands over when, and for which element it waits. [End] ends one stream before the others. A
// function that has no results notes its calls itself, and the test calls synctest.Wait before it looks at them.
//
// The clock is the bubble's: time.Sleep moves it on at once, and windows by the clock close when their time has come.
// It starts at midnight, when windows of minutes, seconds or hours begin.
//
//	func TestTimeWindow(t *testing.T) {
//		synctest.Test(t, func(t *testing.T) {
//			b := leattest.New(t, leattest.Stream[Visit](nil), leattest.Result[Count]())
//			b.Live(newMill, func() {
//				leattest.Feed(b, []Visit{{"home"}, {"shop"}})
//				leattest.Expect[Count](b, nil) // the window is open
//				time.Sleep(20 * time.Second)
//				leattest.Expect(b, []Count{{2}})
//			})
//			leattest.Expect[Count](b, nil) // the stream has ended, and the last window was closed
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
// [Broker.CrashAfterCommit], [Broker.AbortCommit], [FailRead] and [Broker.Revoke] inject a single fault. [FeedRecords]
// feeds records as they are, for example ones that can't be decoded.
package leattest
