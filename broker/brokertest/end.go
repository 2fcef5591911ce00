package brokertest

import (
	"testing"

	"github.com/leat-go/leat/broker"
)

func endChecks() []check {
	atOnce := func(f features) bool { return f.sink && !f.atEnd }
	atEnd := func(f features) bool { return f.atEnd }
	return []check{
		{"End/Sessions", atOnce, checkSessions},
		{"End/EmptySession", isSink, checkEmptySession},
		{"AtEnd/StoppedRunLeavesNothing", atEnd, checkStopped},
		{"AtEnd/AllPartitionsOrNothing", func(f features) bool { return f.atEnd && f.partitions > 1 }, checkAllEnds},
	}
}

// checkSessions: an end puts a mark behind the results, in every output, and the next session comes behind it.
func checkSessions(t testing.TB, h Harness) {
	r := h.sinkRig(t)
	want := h.sheet()
	out, closeAll := r.openSink()
	for p := range h.partitions() {
		c := r.round(want, 0, p)
		c.End = true
		want.end(p)
		r.must(r.commit(out, c))
	}
	r.expectVisible(want, "End puts a mark behind the results of its commit, in every output")
	r.must(r.commit(out, r.ends(want, 1)...))
	r.expectVisible(want, "a session without results is a mark behind a mark")
	r.must(r.commit(out, r.rounds(want, 2)...))
	r.expectVisible(want, "the results of the next session come behind the mark")
	closeAll()
}

// checkEmptySession: a session may end without any result.
func checkEmptySession(t testing.TB, h Harness) {
	r := h.sinkRig(t)
	want := h.sheet()
	out, closeAll := r.openSink()
	r.must(r.commit(out, r.ends(want, 0)...))
	closeAll()
	r.expectVisible(want, "a session that ends without results leaves an empty output with its mark")
}

// checkStopped: with AtEnd, nothing of a run that doesn't end is visible, and what was there before stays.
func checkStopped(t testing.TB, h Harness) {
	r := h.sinkRig(t)
	out, closeAll := r.openSink()
	r.must(r.commit(out, r.rounds(h.sheet(), 0)...))
	closeAll()
	r.expectVisible(h.sheet(), "with the guarantee AtEnd nothing of a run that was stopped before its end is visible")

	want := h.sheet()
	out, closeAll = r.openSink()
	r.must(r.commit(out, r.rounds(want, 1)...))
	r.must(r.commit(out, r.ends(want, 2)...))
	closeAll()
	r.expectVisible(want, "a run after one that was stopped starts anew: only its own results are visible")

	out, closeAll = r.openSink()
	r.must(r.commit(out, r.rounds(h.sheet(), 3)...))
	closeAll()
	r.expectVisible(want, "a run that was stopped before its end leaves the results of an earlier one as they are")
}

// checkAllEnds: with AtEnd, the end of some partitions isn't the end.
func checkAllEnds(t testing.TB, h Harness) {
	r := h.sinkRig(t)
	written := h.sheet()
	out, closeAll := r.openSink()
	r.must(r.commit(out, r.rounds(written, 0)...))
	r.must(r.commit(out, broker.Commit{Partition: 0, Progress: r.progress(1, 0), End: true}))
	r.expectVisible(h.sheet(), "with the guarantee AtEnd nothing is visible before all partitions have ended")
	closeAll()
	r.expectVisible(h.sheet(), "with the guarantee AtEnd nothing is visible where not all partitions have ended")
}
