package engine_test

import (
	"reflect"
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

// windowing is how masters are grouped: by key, by count, which stands for the clock, too, or not at all.
type windowing struct {
	byKey bool
	count int
}

// A possibility is what a run over what is in the storage comes to.
type possibility struct {
	results        []string
	from           int
	handed, failed []position
	// ended says that the function ends the session.
	ended bool
}

// possible works out what a run may come to. It is one thing, but where a stream below a node that needs no element has
// ended: the join finds that out when an element asks for it, and the run after a crash may have none that does, and then
// leaves masters open that the one before wouldn't have. So there is one for each first and last master at which it knows.
func (l *lane) possible(b *memory.Broker, w *windowing, onError engine.PolicyKind) []possibility {
	least := l.possibility(b, w, onError, func(item) bool { return false })
	most := l.possibility(b, w, onError, func(item) bool { return true })
	possible := []possibility{least}
	if reflect.DeepEqual(least, most) {
		return possible
	}
	masters := l.have[l.shape.streamName()]
	for first := l.from; first < masters; first++ {
		for last := first; last < masters; last++ {
			possible = append(possible, l.possibility(b, w, onError, func(master item) bool {
				return first <= master.ID && master.ID <= last
			}))
		}
	}
	return possible
}

// possibility works out what a run comes to that knows of ends below at some masters.
func (l *lane) possibility(b *memory.Broker, w *windowing, onError engine.PolicyKind, knowsAt func(item) bool) possibility {
	view := l.view(l.shape, true, false)
	view.knowsAt = knowsAt
	o := possibility{from: l.from}
	for _, masters := range view.callsFrom(l.from, w.byKey, w.count) {
		o.from = masters[len(masters)-1].ID + 1
		view.eachBelow(masters, func(node *tree, it item) { o.handed = append(o.handed, l.placeOf(b, node, it.ID)) })
		if onError != engine.Retry && slices.ContainsFunc(masters, func(it item) bool { return l.plan.fails[it.ID] }) {
			for _, it := range masters {
				o.failed = append(o.failed, l.placeOf(b, view, it.ID))
			}
			continue
		}
		o.ended = slices.ContainsFunc(masters, func(it item) bool { return it.ID == l.plan.end })
		if !o.ended || l.plan.withValue {
			o.results = append(o.results, view.renderAll(masters))
		}
		if o.ended {
			break
		}
	}
	return o
}

// A trace is what a run leaves behind that tells which possibility has come, beside its results.
type trace struct {
	// letters are the masters that letters say the function has failed for; nil where there are no such letters. told are the
	// elements that reports are about.
	letters, told map[position]bool
	// next is the offset below which the run has dealt with all masters.
	next int64
	// isSound says whether the session is over, or isn't, as it would be.
	isSound func(possibility) bool
}

// fits says whether a possibility has left a trace.
func (l *lane) fits(o possibility, tr *trace) bool {
	if tr.letters != nil && len(tr.letters) != len(l.failed)+len(o.failed) {
		return false
	}
	return tr.isSound(o) &&
		!slices.ContainsFunc(o.failed, func(at position) bool { return tr.letters != nil && !tr.letters[at] }) &&
		!slices.ContainsFunc(o.handed, func(at position) bool {
			return at.node == l.shape.name && (tr.told[at] || at.offset >= tr.next)
		})
}

// settle notes which possibility has come: of those that have the results of all sessions, and the trace, that which has come
// farthest; where none has the trace, the first with the results.
func (l *lane) settle(possible []possibility, got [][]string, tr *trace) possibility {
	came := -1
	for i, o := range possible {
		switch {
		case !slices.EqualFunc(got, append(slices.Clone(l.want), o.results, nil), slices.Equal):
		case came < 0, l.fits(o, tr) && (!l.fits(possible[came], tr) || o.from > possible[came].from):
			came = i
		}
	}
	o := possible[max(came, 0)]
	l.want, l.from = append(l.want, o.results), o.from
	for _, at := range o.handed {
		l.handed[at] = true
	}
	for _, at := range o.failed {
		l.failed[at] = true
	}
	return o
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

// mayCall says whether another call would be possible in the session, from a master on, if all of it were there.
func (l *lane) mayCall(from int) bool {
	return len(l.view(l.shape, true, true).callsFrom(from, false, 1)) > 0
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
