package leattest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/leattest"
)

// liveFills runs the mill of the example in a bubble; steps get the test that they may fail.
func liveFills(t *testing.T, steps func(t testing.TB, b *leattest.Broker)) (failed []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		failed = failures(t, func(t testing.TB) {
			b := leattest.New(t, leattest.Stream[Trade](nil), leattest.Stream[Quote](nil), leattest.Result[Fill]())
			b.Live(newFills, func() { steps(t, b) })
		})
	})
	return failed
}

// Each thing that isn't as a test expects is told with what was fed and, where results are missing, with the stream
// that the mill waits for.
func TestExpectTellsWhatIsWrong(t *testing.T) {
	quote, later := Quote{1, "A", 5}, Quote{3, "A", 6}
	trade := Trade{At: 2, Ticker: "A"}
	for _, c := range []struct {
		name  string
		steps func(b *leattest.Broker)
		texts []string
	}{
		{"missing", func(b *leattest.Broker) {
			leattest.Feed(b, []Quote{quote})
			leattest.Feed(b, []Trade{trade})
			leattest.Expect(b, []Fill{{2, 5}})
		}, []string{
			"leattest.Expect: got 0 new results of leattest_test.Fill, want 1\n  missing:    {At:2 Bid:5}\n",
			"fed before: leattest_test.Quote {At:1 Ticker:A Bid:5}, leattest_test.Trade {At:2 Ticker:A}\n",
			`mill "fill" waits for the next element of Quote`,
		}},
		{"not expected", func(b *leattest.Broker) {
			leattest.Feed(b, []Quote{quote, later})
			leattest.Feed(b, []Trade{trade})
			leattest.Expect[Fill](b, nil)
		}, []string{"got 1 new result of leattest_test.Fill, want 0\n  not wanted: {At:2 Bid:5}\n"}},
		{"another", func(b *leattest.Broker) {
			leattest.Feed(b, []Quote{quote, later})
			leattest.Feed(b, []Trade{{0, "A"}, trade})
			leattest.Expect(b, []Fill{{0, 0}, {2, 6}})
		}, []string{"as wanted:  {At:0 Bid:0}\n  not wanted: {At:2 Bid:5}\n  missing:    {At:2 Bid:6}\n"}},
		{"much was fed", func(b *leattest.Broker) {
			leattest.Feed(b, make([]Quote, 100))
			leattest.End[Quote](b)
			leattest.Expect(b, []Fill{{}})
		}, []string{"fed before: 96 more, leattest_test.Quote", ", the end of leattest_test.Quote\n"}},
		{"ended twice", func(b *leattest.Broker) {
			leattest.End[Quote](b)
			leattest.End[Quote](b)
		}, []string{"leattest.End: the stream of leattest_test.Quote has ended in this session already"}},
		{"no such stream", func(b *leattest.Broker) { leattest.Expect[Count](b, nil) },
			[]string{"leattest.Expect: there is no stream that mills write of leattest_test.Count"}},
		{"not fed", func(b *leattest.Broker) { leattest.End[Fill](b) },
			[]string{"leattest.End: there is no stream that the test feeds of leattest_test.Fill"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := liveFills(t, func(_ testing.TB, b *leattest.Broker) { c.steps(b) })
			expectTexts(t, got, c.texts...)
		})
	}
}

// Outside of a bubble nobody knows how far a mill has come, while it runs.
func TestExpectNeedsABubble(t *testing.T) {
	expectFailure(t, func(t testing.TB) {
		b := leattest.New(t, leattest.Stream[Trade](nil), leattest.Stream[Quote](nil), leattest.Result[Fill]())
		b.Live(newFills, func() { leattest.Expect[Fill](b, nil) })
	}, "leattest.Expect: how far the mill has come is known only in a bubble", "synctest.Test")
}

// Behind a run Expect needs no bubble, and is about what has come since the last one, of all partitions or of one.
func TestExpectIsAboutNewResults(t *testing.T) {
	b := leattest.New(t,
		leattest.Stream(steps[:2], leattest.ReadAs[NextLocation]()),
		leattest.Stream(steps[1:], leattest.Partition(1)),
		leattest.Result[Speed](),
	)
	b.Run(newMill)
	leattest.Expect(b, way[1:], leattest.Partition(1))
	leattest.Expect(b, way[:1])
	leattest.Expect[Speed](b, nil)
	leattest.Feed(b, steps[:2], leattest.Partition(1))
	b.Run(newMill)
	leattest.Expect(b, []*Speed{&way[0]})
}

// Results wanted go through the codec: a time has lost its zone's name in those that a mill has written.
func TestExpectComparesWhatIsWritten(t *testing.T) {
	type Seen struct{ At time.Time }
	at := time.Date(2026, 11, 29, 10, 0, 0, 0, time.FixedZone("CET", 3600))
	b := leattest.New(t, leattest.Stream([]Visit{{"x"}}), leattest.Result[Seen]())
	b.Run(func(storage leat.Option) (*leat.Mill, error) {
		return leat.New(func(Visit) Seen { return Seen{at} }, storage, leat.Name("seen"))
	})
	leattest.Expect(b, []Seen{{at}})
}

// A stream that a test has ended goes on in the next session, and the others do in this one.
func TestEndEndsOneStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := leattest.New(t, leattest.Stream[Trade](nil), leattest.Stream[Quote](nil), leattest.Result[Fill]())
		b.Live(newFills, func() {
			leattest.Feed(b, []Quote{{1, "A", 5}})
			leattest.End[Quote](b)
			leattest.Feed(b, []Quote{{2, "A", 6}}) // of the next session
			leattest.Feed(b, []Trade{{2, "A"}, {3, "A"}})
			leattest.Expect(b, []Fill{{2, 5}, {3, 5}})
		})
		leattest.Feed(b, []Trade{{4, "A"}})
		b.Run(newFills)
		leattest.Expect(b, []Fill{{4, 6}})
	})
	expectFailure(t, func(t testing.TB) {
		b := leattest.New(t, leattest.Stream[Visit](nil), leattest.DataTimeout(time.Second))
		leattest.End[Visit](b)
	}, "leattest.End: with leattest.DataTimeout streams end by the time alone")
}
