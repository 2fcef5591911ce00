package brokertest

import (
	"context"
	"errors"
	"testing"

	"github.com/leat-go/leat/broker"
)

func positionChecks() []check {
	return []check{
		{"Position/ComesBack", func(f features) bool { return f.positions }, checkPositions},
		{"Position/OneNumbering", func(f features) bool { return f.positions }, checkNumbering},
	}
}

// A marked rewind point is one that was kept, and what must be read from there.
type marked struct {
	rewind broker.Rewind
	want   []Element
	// seen is how many of these lie below Seen.
	seen int
}

// positions sets the positions of rewind points.
func (r *rig) positions(in broker.Input, nodes []broker.Rewind) {
	r.Helper()
	r.must(wrap(in.(broker.Positioner).Positions(0, nodes), "Positions"))
	for _, n := range nodes {
		if n.Position == "" {
			r.Fatalf("Positions leaves the position of offset %d empty: it must say where that is", n.Offset)
		}
	}
}

// resume opens the source as the next run does, and finds rewind points again, whose offsets mean nothing now.
func (r *rig) resume(nodes []broker.Rewind) broker.Input {
	r.Helper()
	for i := range nodes {
		nodes[i].Offset, nodes[i].Seen, nodes[i].Accounted = nodes[i].Offset+5, nodes[i].Seen+7, nodes[i].Accounted+5
	}
	return r.resumeAt(nodes)
}

// resumeAt is resume with the offsets given.
func (r *rig) resumeAt(nodes []broker.Rewind) broker.Input {
	r.Helper()
	in := r.openSource()
	r.must(r.guard("Resume", func(ctx context.Context) error {
		return wrap(in.(broker.Positioner).Resume(ctx, 0, nodes), "Resume")
	}))
	return in
}

// checkPositions: a position that was kept is found again by the next run, at, behind and between records.
func checkPositions(t testing.TB, h Harness) {
	content := h.stream(1, 1)
	want := content[0][0].Elements
	r := h.rig(t, Setup{Inputs: []Stream{content}}, 0)
	in := r.openSource()
	reader, err := r.reader(in, 0, 0, 0)
	r.must(err)
	records, err := reader.records(-1)
	r.must(err)
	all := []marked{{broker.Rewind{}, want, 0}}
	for i := 0; i < len(records); i += 5 {
		at, last := records[i].Offset, min(i+3, len(records)-1)
		all = append(all,
			marked{broker.Rewind{Offset: at, Seen: records[last].Offset + 1, Accounted: at}, want[i:], last + 1 - i},
			marked{broker.Rewind{Offset: at, Behind: true, Seen: at + 1, Accounted: at + 1}, want[i:], 1},
			marked{broker.Rewind{Offset: at + 1, Seen: at + 1, Accounted: at + 1}, want[i+1:], 0})
	}
	end := reader.Next()
	all = append(all, marked{broker.Rewind{Offset: end, Seen: end, Accounted: end}, nil, 0})
	for i := range all {
		all[i].rewind.Node = "node"
		nodes := []broker.Rewind{all[i].rewind}
		r.positions(in, nodes)
		all[i].rewind = nodes[0]
	}
	r.close(reader)
	r.close(in)
	r.reopen()
	for _, m := range all {
		r.expectResumed(m)
	}
}

// expectResumed goes on at a rewind point, also where its offset is 0: the session may have ended before anything was
// read.
func (r *rig) expectResumed(m marked) {
	r.Helper()
	nodes := []broker.Rewind{m.rewind}
	r.expectRead(m, r.resume(nodes), nodes[0])
	nodes = []broker.Rewind{m.rewind}
	nodes[0].Offset, nodes[0].Seen, nodes[0].Accounted = 0, 0, 0
	r.expectRead(m, r.resumeAt(nodes), nodes[0])
}

func (r *rig) expectRead(m marked, in broker.Input, got broker.Rewind) {
	r.Helper()
	behind := m.rewind.Behind
	if got.Behind != behind {
		r.Fatalf("Resume makes Behind %v of %v, although the record at the position is there", got.Behind, behind)
	}
	reader, err := r.reader(in, 0, 0, got.Offset)
	r.must(err)
	records, err := reader.expect(m.want)
	if err != nil {
		r.Fatalf("the next run goes on at a position that was kept, %s: %v", m.rewind.Position, err)
	}
	seen := 0
	for i := range records {
		if records[i].Offset < got.Seen {
			seen++
		}
	}
	if seen != m.seen {
		r.Fatalf("the next run finds again how far was looked, %s: %d records lie below Seen, not %d",
			m.rewind.Position, seen, m.seen)
	}
	r.close(reader)
	r.close(in)
}

// checkNumbering: nodes that read one stream agree on the offsets of its records, also where they go on at different
// ones.
func checkNumbering(t testing.TB, h Harness) {
	content := h.stream(1, 1)
	r := h.rig(t, Setup{Inputs: []Stream{content}}, 0, 0)
	in := r.openSource()
	reader, err := r.reader(in, 0, 0, 0)
	r.must(err)
	records, err := reader.records(-1)
	r.must(err)
	nodes := make([]broker.Rewind, 2)
	for i, at := range []int64{records[3].Offset, records[9].Offset} {
		nodes[i] = broker.Rewind{Node: "node", Offset: at, Seen: at, Accounted: at}
	}
	r.positions(in, nodes)
	r.close(reader)
	r.close(in)
	r.reopen()
	in = r.resume(nodes)
	var offsets [2][]int64
	for _, node := range []int{1, 0} {
		reader, err := r.reader(in, node, 0, nodes[node].Offset)
		r.must(err)
		records, err := reader.expect(content[0][0].Elements[3+6*node:])
		r.must(err)
		for _, record := range records {
			offsets[node] = append(offsets[node], record.Offset)
		}
		r.close(reader)
	}
	for i, offset := range offsets[1] {
		if offsets[0][6+i] != offset {
			r.must(errors.New("nodes that read one stream agree on the offsets of its records, wherever they go on"))
		}
	}
	r.close(in)
}
