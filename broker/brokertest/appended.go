package brokertest

import (
	"testing"

	"github.com/leat-go/leat/broker"
)

func appendedChecks() []check {
	grows := func(f features) bool { return f.source && f.grows }
	leavesRest := func(f features) bool { return grows(f) && !f.unbounded }
	return []check{
		{"Session/AppendedBehindItsEnd", grows, func(t testing.TB, h Harness) { checkAppended(t, h, false) }},
		{"Session/AppendedBehindItsRest", leavesRest, func(t testing.TB, h Harness) { checkAppended(t, h, true) }},
	}
}

// checkAppended: what is appended between two sessions is read by the next one, all of it and nothing else, whether a
// node had read the session before to its end or, where leavesRest, that had ended before.
func checkAppended(t testing.TB, h Harness, leavesRest bool) {
	want := elements(1000, 20)
	r := h.rig(t, Setup{Inputs: []Stream{{{{Elements: want, Ended: true}}}}}, 0)
	node := broker.Rewind{Node: "node"}
	for session := range 3 {
		in := r.nextSession(&node)
		reader, err := r.reader(in, 0, 0, node.Offset)
		r.must(err)
		records, err := reader.records(len(want))
		if err != nil {
			t.Fatalf("session %d goes on behind the one before, and %d elements were appended: %v", session+1, len(want), err)
		}
		got, err := reader.decoded(records)
		r.must(err)
		if d := differs(got, want); d != "" {
			t.Fatalf("session %d goes on behind the one before, and other elements were appended: %s", session+1, d)
		}
		isLast := session == 2 || session == 1 && !h.OneSession // nobody has ended what was appended
		if isLast {
			r.close(reader)
			r.close(in)
			return
		}
		node = r.endSession(reader, records, leavesRest)
		nodes := []broker.Rewind{node}
		if _, ok := in.(broker.Positioner); ok {
			r.positions(in, nodes)
		}
		node = nodes[0]
		r.close(reader)
		r.close(in)
		want = elements(int64(2000+1000*session), 3)
		r.grow(want)
		r.reopen()
	}
}

// endSession returns the rewind point behind a session: behind its end, or behind its first three elements with the rest
// to be passed over.
func (r *rig) endSession(reader *tested, records []broker.Record, leavesRest bool) broker.Rewind {
	r.Helper()
	at := records[2].Offset + 1
	if !leavesRest {
		_, err := reader.expect(nil)
		r.must(err)
		at = reader.Next()
	}
	return broker.Rewind{Node: "node", Offset: at, Seen: at, Accounted: at, NextSession: leavesRest}
}

// nextSession opens the source for a session, and goes to the rewind point that the one before has left, if there was
// one, as the engine does.
func (r *rig) nextSession(node *broker.Rewind) (in broker.Input) {
	r.Helper()
	if node.Position == "" {
		in = r.openSource()
	} else {
		nodes := []broker.Rewind{*node}
		in = r.resume(nodes)
		*node = nodes[0]
	}
	if node.NextSession {
		r.passRest(in, node)
	}
	return in
}

// passRest reads up to the mark that a node had not reached.
func (r *rig) passRest(in broker.Input, node *broker.Rewind) {
	r.Helper()
	reader, err := r.reader(in, 0, 0, node.Offset)
	r.must(err)
	_, err = reader.records(-1)
	r.must(err)
	node.Offset, node.NextSession = reader.Next(), false
	r.close(reader)
}

// grow appends elements between two runs.
func (r *rig) grow(more []Element) {
	if r.Grow != nil {
		r.Grow(0, 0, more...)
		return
	}
	r.Append(0, 0, more...)
}
