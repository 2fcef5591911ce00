package engine_test

import (
	"slices"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/internal/engine"
)

// This file says what a random run of campaign_test.go must come to: by the naive reference, over what is in the
// storage.

// A row is a record of a stream: an item, or what can't be decoded.
type row struct {
	item    item
	garbage bool
}

// A lane is one partition: its streams, of which a part is in the storage, and how far its session has come.
type lane struct {
	partition int
	shape     *tree
	// rows are those of the session at hand by stream, of which the first have are in the storage, behind base entries of
	// sessions before. marked says that the session's mark is there, too.
	rows   map[string][]row
	have   map[string]int
	base   map[string]int
	marked map[string]bool
	// from is the first master that was not handed over.
	from int
	// runs counts those that have worked on the session.
	runs int
	// over says that the session is over for the join; what is left of it is passed over.
	over bool
	// plan is what the function does.
	plan plan
	// want are the results of each run, handed what the function has got, by node, and failed the masters that it
	// failed for.
	want           [][]string
	handed, failed map[position]bool
}

// A position is where an element is.
type position struct {
	node   string
	offset int64
}

// A plan says at which masters the function fails, and at which it ends the session, with a result beside that or
// without; -1 for none.
type plan struct {
	fails     map[int]bool
	end       int
	withValue bool
}

// view returns the tree with what is in the storage, all of it with all: what each node accepts.
func (l *lane) view(t *tree, isMaster, all bool) *tree {
	rows := l.rows[t.streamName()]
	if !all {
		rows = rows[:l.have[t.streamName()]]
	}
	view := *t
	view.items, view.children = nil, nil
	view.isLive, view.timedOut, view.ended = !all, !all, l.marked[t.streamName()]
	for _, r := range rows {
		if !r.garbage && view.accepts(r.item, isMaster, len(t.children)) {
			view.items = append(view.items, r.item)
		}
	}
	for _, child := range t.children {
		view.children = append(view.children, l.view(child, false, all))
	}
	return &view
}

// accepts says whether an item is in order behind those that the node has (R1, R7, R7a).
func (t *tree) accepts(it item, isMaster bool, children int) bool {
	up := t.last(func(it item) int { return it.Up })
	if !isMaster && it.Up != null && (it.Up < up || t.unique && it.Up == up && t.repeats(it)) {
		return false
	}
	for c := range children {
		if down := func(it item) int { return it.Down[c] }; it.Down[c] != null && it.Down[c] < t.last(down) {
			return false
		}
	}
	return true
}

// repeats says whether the node has an item with the key of another, and its match key.
func (t *tree) repeats(it item) bool {
	return slices.ContainsFunc(t.items, func(other item) bool {
		return other.Up == it.Up && (!t.by || other.ByUp == it.ByUp && it.ByUp != null)
	})
}

// last returns the last key of the node's items that isn't null; null, which is below all others, where there is none.
func (t *tree) last(key func(item) int) int {
	for _, it := range slices.Backward(t.items) {
		if k := key(it); k != null {
			return k
		}
	}
	return null
}

// expect works out what a run over what is in the storage must come to, and whether the function ends the session.
func (l *lane) expect(b *memory.Broker, w *windowing, onError engine.PolicyKind) (ended bool) {
	view := l.view(l.shape, true, false)
	var results []string
	for _, masters := range view.callsFrom(l.from, w.byKey, w.count) {
		l.from = masters[len(masters)-1].ID + 1
		view.eachBelow(masters, func(node *tree, it item) { l.handed[l.placeOf(b, node, it.ID)] = true })
		if onError != engine.Retry && slices.ContainsFunc(masters, func(it item) bool { return l.plan.fails[it.ID] }) {
			for _, it := range masters {
				l.failed[l.placeOf(b, view, it.ID)] = true
			}
			continue
		}
		ended = slices.ContainsFunc(masters, func(it item) bool { return it.ID == l.plan.end })
		if !ended || l.plan.withValue {
			results = append(results, view.renderAll(masters))
		}
		if ended {
			break
		}
	}
	l.want = append(l.want, results)
	return ended
}

// eachBelow calls visit for items of a node and all that they are joined with.
func (t *tree) eachBelow(items []item, visit func(node *tree, it item)) {
	for _, it := range items {
		visit(t, it)
		for c, child := range t.children {
			child.eachBelow(t.matches(it, c), visit)
		}
	}
}

// placeOf returns where an item of the session at hand is in the storage.
func (l *lane) placeOf(b *memory.Broker, node *tree, id int) position {
	entries, err := b.Entries(node.streamName(), l.partition)
	if err != nil {
		panic(err)
	}
	return position{node.name, entries[l.base[node.streamName()]+id].Record.Offset}
}

// isOver says whether a run has left the session behind, as far as its master's place tells: where nothing but the data
// timeout has ended it, that is not behind the mark.
func (l *lane) isOver(b *memory.Broker, master broker.Rewind) bool {
	stream := l.shape.streamName()
	if !l.marked[stream] || master.NextSession {
		return master.NextSession
	}
	entries, err := b.Entries(stream, l.partition)
	if err != nil {
		panic(err)
	}
	return master.Offset > entries[l.base[stream]+l.have[stream]].Record.Offset
}

// mayCall says whether another call would be possible in the session if all of it were there.
func (l *lane) mayCall() bool {
	return len(l.view(l.shape, true, true).callsFrom(l.from, false, 1)) > 0
}

// mayForget says whether a run may not know which items of a node, or of one above it, the one before has handed over.
func (t *tree) mayForget(n *tree) bool {
	if !slices.Contains(t.nodes(), n) {
		return false
	}
	return !t.isPlain() || slices.ContainsFunc(t.children, func(c *tree) bool { return c.mayForget(n) })
}

// mayHold says whether a node may hold an item that no parent's has taken, or one that only such an item leads to.
func (t *tree) mayHold(n *tree) bool {
	if t != n && !slices.Contains(t.nodes(), n) {
		return false
	}
	if t.take != engine.TakeAll || t.unequal || t.by || t.unique && !t.isPlain() {
		return true
	}
	return slices.ContainsFunc(t.children, func(c *tree) bool { return c.mayHold(n) })
}
