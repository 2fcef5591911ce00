package engine_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/engine"
)

// This file is the naive reference of R13, over slices, for any tree: what is certain by R3a goes on, and what waits for a
// stream that has had nothing for long enough goes on without. Each item is judged once, in the order of its stream, so that
// what comes later changes nothing. It is told when items come and time passes, and where a restart begins.

// An idleJoin is the join of one partition.
type idleJoin struct {
	nodes []*idleNode // in the order of the tree
	now   time.Duration
	// steps counts what comes, so that it is known what was there when.
	steps int
	// next is the first master that isn't dealt with, and window those that are in the open window.
	next      int
	byKey     bool
	count     int
	window    []item
	windowKey int
	hasWindow bool
	calls     []idleCall
}

// An idleCall is a call, with the first and the last of its masters.
type idleCall struct {
	text        string
	first, last int
}

// An idleNode is a node, whose tree holds the items that have come in order.
type idleNode struct {
	tree     *tree
	children []*idleNode
	idles    bool
	// since is when somebody began to wait for an item; negative where nobody does.
	since time.Duration
	fates map[int]*idleFate
	// given are the items of the parent that have gone on early, and undone those of which a restart knows nothing.
	given, undone []given
	// came says at which step each item came, by ID.
	came map[int]int

	// arrivals are the items as they have come, waiting those that wait to be in order, and floors the keys below which items
	// are late because the stream was idle. refused are the IDs of those that are late to be in order.
	arrivals, waiting []item
	floors            []idleFloor
	refused           map[int]bool
}

// An idleFate is what has become of an item: texts are what it matches at the children that were asked.
type idleFate struct {
	judged judgement
	texts  []string
}

// given is an item of the parent, by ID, that has gone on without, with what it took then. Where until is above zero, it counts
// for what had come by then: a restart deals with the parent's item again.
type given struct {
	step, id, left, by, until int
	taken                     []item
}

type idleFloor struct{ from, key int }

func newIdleJoin(tr *tree) *idleJoin {
	j := &idleJoin{}
	j.add(tr)
	return j
}

func (j *idleJoin) add(tr *tree) *idleNode {
	n := &idleNode{tree: tr, idles: tr.idles, since: -1, fates: map[int]*idleFate{}, came: map[int]int{},
		refused: map[int]bool{}}
	j.nodes = append(j.nodes, n)
	for _, c := range tr.children {
		n.children = append(n.children, j.add(c))
	}
	return n
}

// come has an item come to a node.
func (j *idleJoin) come(node int, it item) {
	n := j.nodes[node]
	j.steps++
	n.since = -1
	n.arrivals = append(n.arrivals, it)
	n.came[it.ID] = j.steps
	n.put(it)
	j.handOver()
}

// put puts an item in order.
func (n *idleNode) put(it item) {
	s := n.tree.sort
	if s == nil {
		n.tree.items = append(n.tree.items, it)
		return
	}
	isLate := func(f idleFloor) bool { return it.ID >= f.from && it.Sort < f.key }
	released := n.tree.items
	if slices.ContainsFunc(n.floors, isLate) || len(released) > 0 && it.Sort < released[len(released)-1].Sort {
		n.refused[it.ID] = true
		return
	}
	at := 0
	for at < len(n.waiting) && n.waiting[at].Sort <= it.Sort {
		at++
	}
	n.waiting = slices.Insert(n.waiting, at, it)
	bound := n.waiting[len(n.waiting)-1].Sort - s.lateness
	if len(released) > 0 {
		bound = max(bound, released[len(released)-1].Sort) // nothing comes before what was released
	}
	for len(n.waiting) > 0 && n.waiting[0].Sort <= bound {
		n.release()
	}
}

func (n *idleNode) release() {
	n.tree.items, n.waiting = append(n.tree.items, n.waiting[0]), n.waiting[1:]
}

// flush releases what waits to be in order.
func (n *idleNode) flush() bool {
	if len(n.waiting) == 0 {
		return false
	}
	n.floors = append(n.floors, idleFloor{len(n.arrivals), n.waiting[len(n.waiting)-1].Sort})
	for len(n.waiting) > 0 {
		n.release()
	}
	return true
}

// pass lets time pass, and stops wherever a wait may be over.
func (j *idleJoin) pass(to time.Duration) {
	for {
		j.handOver()
		next := to + 1
		for _, n := range j.nodes {
			if over := n.since + idle; n.since >= 0 && over > j.now {
				next = min(next, over)
			}
		}
		if next > to {
			j.now = to
			return
		}
		j.now = next
	}
}

// handOver deals with the masters that needn't wait any more.
func (j *idleJoin) handOver() {
	root := j.nodes[0]
	for j.next < len(root.tree.items) {
		it := root.tree.items[j.next]
		if j.byKey && j.hasWindow && it.Window != j.windowKey {
			j.closeWindow()
		}
		j.windowKey, j.hasWindow = it.Window, true
		judged := j.judge(root, it)
		if judged == isOpen {
			return
		}
		j.next++
		if judged == isComplete {
			j.window = append(j.window, it)
		}
		if !j.byKey && len(j.window) == j.count {
			j.closeWindow()
		}
	}
}

func (j *idleJoin) closeWindow() {
	if len(j.window) == 0 {
		return
	}
	var texts []string
	for _, it := range j.window {
		texts = append(texts, j.nodes[0].render(it))
	}
	j.calls = append(j.calls, idleCall{strings.Join(texts, ","), j.window[0].ID, j.window[len(j.window)-1].ID})
	j.window = nil
}

func (n *idleNode) fate(it item) *idleFate {
	f := n.fates[it.ID]
	if f == nil {
		f = &idleFate{}
		n.fates[it.ID] = f
	}
	return f
}

func (n *idleNode) render(it item) string {
	return fmt.Sprint(it.ID) + strings.Join(n.fate(it).texts, "")
}

// judge judges an item, as far as that is certain: a child after the other, each once.
func (j *idleJoin) judge(n *idleNode, it item) judgement {
	f := n.fate(it)
	for f.judged == isOpen && len(f.texts) < len(n.children) {
		child := n.children[len(f.texts)]
		found, certain := j.look(n, it, len(f.texts))
		switch need := child.tree.need; {
		case !certain:
			return isOpen
		case need == engine.NeedOne && len(found) == 0, need == engine.NeedAbsent && len(found) > 0:
			f.judged = isIncomplete
			return f.judged
		}
		var texts []string
		for _, m := range found {
			texts = append(texts, child.render(m))
		}
		f.texts = append(f.texts, "["+strings.Join(texts, " ")+"]")
	}
	if f.judged == isOpen {
		f.judged = isComplete
	}
	return f.judged
}

// look returns the matches of an item at a child, and whether it needn't wait for more of them.
func (j *idleJoin) look(n *idleNode, it item, c int) (found []item, certain bool) {
	child := n.children[c]
	t, left, by := child.tree, it.Down[c], it.ByDown[c]
	if left == null || t.by && by == null {
		return nil, true
	}
	least, candidates := -unbounded, []item(nil)
	for _, e := range t.items {
		if e.Up == null {
			continue
		}
		if t.isSettled(left, least, candidates) {
			break
		}
		if least = 2 * e.Up; t.isSettled(left, least, candidates) {
			break
		}
		least += t.step()
		if !t.reaches(left, e) || t.by && e.ByUp == null {
			continue
		}
		switch judged := j.judge(child, e); {
		case judged == isOpen:
			return nil, false
		case judged == isComplete && t.pairs(left, by, e):
			candidates = append(candidates, e)
		}
	}
	taken := t.taken(left, candidates)
	switch {
	case t.isSettled(left, least, candidates):
		return taken, true
	case !child.idles:
		return nil, false
	case child.since < 0:
		child.since = j.now
	}
	switch {
	case j.now-child.since < idle:
		return nil, false
	case child.flush():
		return j.look(n, it, c)
	}
	child.given = append(child.given, given{j.steps, it.ID, left, by, 0, taken})
	return taken, true
}

// reaches says that an item is within reach of a left key.
func (t *tree) reaches(left int, it item) bool {
	distance := it.Up - left
	return it.Up != null && distance >= t.lo && distance <= t.hi
}

// pairs says that an item within reach is a candidate of a left key, if it is complete.
func (t *tree) pairs(left, by int, it item) bool {
	return (!t.by || it.ByUp == by) && !(t.unequal && it.Up == left)
}

// misses says that an item of the parent would have taken one that came later.
func (n *idleNode) misses(g *given, it item) bool {
	t := n.tree
	came := n.came[it.ID]
	if came <= g.step || g.until > 0 && came > g.until || !t.reaches(g.left, it) || !t.pairs(g.left, g.by, it) {
		return false
	}
	taken := t.taken(g.left, append(slices.Clone(g.taken), it))
	return len(taken) != len(g.taken) || taken[len(taken)-1].ID == it.ID
}

// late returns the IDs of the items that must be late, since a call that was committed lacks them, and those that may be,
// since somebody has gone on without. Those that are late to be in order are both.
func (n *idleNode) late() (must, may map[int]bool) {
	must, may = map[int]bool{}, map[int]bool{}
	for _, it := range n.arrivals {
		isMissed := func(g given) bool { return n.misses(&g, it) }
		must[it.ID] = n.refused[it.ID] || n.tree.sort == nil && slices.ContainsFunc(n.given, isMissed)
		may[it.ID] = n.refused[it.ID] || slices.ContainsFunc(n.given, isMissed) || slices.ContainsFunc(n.undone, isMissed)
	}
	return must, may
}

// restart goes back to where a restart begins, when the outputs given were committed. The error says that these aren't what
// the positions have.
func (j *idleJoin) restart(kept []broker.Rewind, outputs []string) error {
	if len(kept) == 0 {
		kept = make([]broker.Rewind, len(j.nodes))
	}
	for i, n := range j.nodes {
		n.since = -1
		first := firstOf(kept[i])
		if n.tree.sort != nil {
			if err := n.resort(kept[i]); err != nil {
				return err
			}
			continue
		}
		if i == 0 {
			if kept[i].Behind && n.isLoose() {
				first = max(first, int(kept[i].Accounted))
			}
			j.next = first
		}
		for id := range n.fates {
			if id >= first {
				delete(n.fates, id)
			}
		}
		for _, c := range n.children {
			c.forget(first, func(id int) int {
				if i > 0 || slices.Contains(n.tree.items[id].Down, null) {
					return 0 // a restart knows more of it than it needs
				}
				return j.steps
			})
		}
	}
	j.window, j.hasWindow = nil, false
	return j.compare(outputs)
}

// compare goes back to the calls that were committed.
func (j *idleJoin) compare(outputs []string) error {
	if len(outputs) > len(j.calls) {
		return fmt.Errorf("outputs %q, wanted %v", outputs, j.calls)
	}
	for i, c := range j.calls {
		if i < len(outputs) && (c.text != outputs[i] || c.last >= j.next) || i >= len(outputs) && c.first < j.next {
			return fmt.Errorf("outputs %q, of %v, but the next master is %d", outputs, j.calls, j.next)
		}
	}
	j.calls = j.calls[:len(outputs)]
	return nil
}

// firstOf is the first item that a restart deals with.
func firstOf(r broker.Rewind) int {
	if r.Behind {
		return int(r.Offset) + 1
	}
	return int(r.Offset)
}

func (n *idleNode) isLoose() bool {
	return slices.ContainsFunc(n.children, func(c *idleNode) bool { return c.tree.need != engine.NeedOne })
}

// forget forgets the parent's items from an ID on, but for what had come until the step that is said.
func (n *idleNode) forget(first int, until func(id int) int) {
	isOver := func(g given) bool { return g.id >= first }
	for _, g := range n.given {
		if isOver(g) {
			g.until = until(g.id)
			n.undone = append(n.undone, g)
		}
	}
	n.given = slices.DeleteFunc(n.given, isOver)
}

// resort puts in order what a restart reads again. Floors that weren't committed are forgotten.
func (n *idleNode) resort(kept broker.Rewind) error {
	var k struct {
		Rank   int
		Floors []struct{ Offset int }
	}
	if kept.Sorted != "" {
		if err := json.Unmarshal([]byte(kept.Sorted), &k); err != nil {
			return err
		}
	}
	if k.Rank > len(n.tree.items) {
		return fmt.Errorf("%s has %d released, not %d of %v; %d wait, late are %v", n.tree.name, len(n.tree.items), k.Rank,
			n.arrivals, len(n.waiting), n.refused)
	}
	n.floors = slices.DeleteFunc(n.floors, func(f idleFloor) bool {
		for _, o := range k.Floors {
			if o.Offset == f.from {
				return false
			}
		}
		return true
	})
	stays := map[int]bool{}
	n.tree.items, n.waiting = n.tree.items[:k.Rank:k.Rank], nil
	for _, it := range n.tree.items {
		stays[it.ID] = true
	}
	for _, it := range n.arrivals {
		if !stays[it.ID] && !(n.refused[it.ID] && it.ID < int(kept.Seen)) {
			delete(n.refused, it.ID)
			n.put(it)
		}
	}
	return nil
}
