package engine

import (
	"slices"

	"github.com/leat-go/leat/broker"
)

// A node is a node of the join tree within one task. It joins the elements of its stream to those of its parent, with
// three parts that know nothing of each other:
//
//   - the cursor reads the stream, and knows from which position it must be read again;
//   - the candidates are what the parent's element at hand may match;
//   - the ledger says what has become of each element: it was handed over, or has a verdict.
//
// INVARIANTS: Elements are evaluated in stream order, each at most once, and only those within reach of an element of
// the parent. The group of candidates holds complete elements only. No key of the group is above the reach of the
// parent's left key, and below that reach there is nothing that was not read.
type node struct {
	spec     *Node
	task     *task
	edge     Edge // to the parent; nil for the master
	parent   *node
	children []*node
	// index is that in task.nodes, and size the number of nodes from this one down: they lie side by side there.
	index, size int

	// isPlain says that a parent's element needs a match, and that all of the group matches. maySettle says that the
	// matches may be certain before an element above the reach was read, and stopsEarly that they may be although the
	// element at hand is within reach.
	isPlain, maySettle, stopsEarly bool
	// overtakes says that a candidate takes the place of the one before at once, in its memory.
	overtakes bool
	// isSparse says that the matches of several parents' elements needn't lie side by side, so that each element must be
	// known that was handed over.
	isSparse bool
	// marksHanded says that these are marked among the candidates: none is asked for that was dropped.
	marksHanded bool
	// isLoose says that a child needs no match, or must have none: then the node's elements may be complete without all
	// keys.
	isLoose bool
	// isTight says that each complete element of the parent has matches here, side by side, and so has each of these at the
	// nodes below: then the first of a list leads to the least elements below it.
	isTight bool

	// skimmer is the edge where it goes over many elements at a time, and skimming says which it adds.
	skimmer  skimmer
	skimming skimming

	// sorter is between feed and cursor; nil where the stream is in order.
	sorter nodeSorter
	// idle lets the join go on without the stream; nil where it waits for it.
	idle       idleWatch
	cursor     cursor
	candidates candidates
	evaluation evaluation
	ledger     ledger
}

// advance moves the candidates on to the elements that match the parent's element whose key is the edge's left key
// (R2): with left key 7 it drops a group of 5s, passes over a 6, adds the 7s that are complete, and stops at an 8,
// which stays next. Where the reach is from 2 below to the key, it passes over what is below 5, and adds 5 to 7.
func (n *node) advance() error {
	if err := n.dropBelow(); err != nil {
		return err
	}
	for len(n.children) == 0 || !n.childExhausted() || n.readsOn() {
		if !n.cursor.hasNext {
			if n.maySettle && n.candidates.settled(n.edge, false) {
				return nil
			}
			if n.skimming != noSkimming && n.skim() {
				continue
			}
			switch ok, err := n.read(); {
			case err == errIdle:
				n.idle.pass()
				return nil
			case !ok || err != nil:
				return err
			}
			continue
		}
		order := n.edge.Compare()
		if order < 0 {
			n.candidates.sure = true
			return nil
		}
		if order > 0 {
			n.passOver()
		} else if stays, err := n.admit(); stays || err != nil {
			return err
		}
		n.cursor.consume()
	}
	return nil
}

// readsOn reports whether it is worth reading on though the elements of the node lack a match: where none of it is
// needed, and only the data timeout has ended the stream below, what lies above the reach makes certain that there is none.
//
//go:noinline
func (n *node) readsOn() bool { return n.candidates.need != NeedOne && !n.childExhaustedByMark() }

// dropBelow drops the candidates that are below the left key's reach.
func (n *node) dropBelow() error {
	if n.candidates.none() {
		return nil
	}
	if n.candidates.selection != nil {
		n.slide()
		return nil
	}
	dropped, err := n.edge.DropBelow(n.candidates.group)
	if err != nil || dropped == 0 {
		return err
	}
	n.candidates.drop(dropped)
	if len(n.children) > 0 {
		n.candidates.dropPositions(dropped)
	}
	if len(n.children) > 0 && n.candidates.reuse && n.candidates.none() {
		n.evaluation.lists = n.evaluation.lists[:0]
	}
	return nil
}

// admit evaluates next and makes it a candidate if it is complete. It stays next where it isn't needed, since the
// matches are certain without it, and where it is left open: the stream that would tell has ended by the data timeout.
func (n *node) admit() (stays bool, err error) {
	if n.stopsEarly && n.candidates.settled(n.edge, true) {
		return true, nil
	}
	if len(n.children) > 0 {
		missing, err := n.evaluateNext()
		switch {
		case err != nil:
			return false, err
		case missing == complete:
		case n.undecided(missing):
			n.leaveOpen(missing)
			return true, nil
		default:
			n.enterIncomplete(missing)
			return false, nil
		}
	}
	c := &n.candidates
	if n.overtakes && len(c.group) == 1 {
		n.overtake()
		return false, nil
	}
	if len(c.group) == cap(c.group) {
		c.makeRoom()
	}
	c.group = append(c.group, n.cursor.next[0])
	n.edge.Add()
	if len(n.children) > 0 || c.selection != nil {
		n.note()
	}
	return false, nil
}

// overtake puts next in the place of the only candidate.
func (n *node) overtake() {
	s := n.candidates.selection
	before := &s.about.items[0]
	if !before.taken {
		n.enterUntaken(0, true)
	}
	n.candidates.group[0] = n.cursor.next[0]
	*before = about{list: before.list, probes: before.list.probes}
	s.overtake()
}

// note notes what the candidates must know of the last of them.
func (n *node) note() {
	c := &n.candidates
	if c.belowSize > 0 {
		c.below.addAll(n.evaluation.below)
	}
	if n.isLoose {
		c.starts.add(n.cursor.position())
	}
	if c.selection != nil {
		c.selection.add(len(c.group))
		n.replace(c.selection.newest())
		if c.selection.holes > 0 {
			c.close()
		}
	}
}

// slide drops the candidates that no parent's element from the left key on will take.
func (n *node) slide() {
	s := n.candidates.selection
	for i := range s.about.items {
		if s.about.items[i].list == nil {
			continue
		}
		if !s.below(i) {
			break
		}
		n.leave(i, false)
	}
	if !s.keepsLast() {
		if list := s.leftList(); list != nil {
			n.replace(list)
		}
	}
	if s.holes > 0 {
		n.candidates.close()
	}
}

// replace drops the candidates of a list that others have taken the place of.
func (n *node) replace(list *valueList) {
	s := n.candidates.selection
	for i := s.replaced(list); i >= 0; i = s.replaced(list) {
		n.leave(s.index(list, i), true)
	}
}

// leave drops a candidate; overtaken says that another took its place.
func (n *node) leave(i int, overtaken bool) {
	s := n.candidates.selection
	if !s.about.items[i].taken {
		n.enterUntaken(i, overtaken)
	}
	s.remove(i)
}

// exhausted reports whether the node can't have a match for any further element of its parent (R5). One that has ended
// and holds candidates may have.
func (n *node) exhausted() bool {
	return n.candidates.none() && (n.cursor.atEnd() || n.childExhausted())
}

func (n *node) childExhausted() bool {
	for _, child := range n.children {
		if child.candidates.need == NeedOne && child.exhausted() {
			return true
		}
	}
	return false
}

// positions writes the positions from which the nodes of the subtree must be read again (R8). dst begins with the
// position of the node whose index is from.
func (n *node) positions(dst []position, from int) {
	own := dst[n.index-from : n.index-from+n.size]
	own[0] = n.position()
	switch {
	case n.size == 1:
	case !n.candidates.none():
		copy(own[1:], n.candidates.below.items)
	case n.evaluation.running, n.isLoose && n.cursor.keyless > 0 && n.evaluation.from == n.cursor.restart:
		copy(own[1:], n.evaluation.below)
	default:
		for _, child := range n.children {
			child.positions(dst, from)
		}
	}
}

// position returns that of the first candidate, which the next parent may match, too, and that of the cursor without
// any.
func (n *node) position() position {
	switch {
	case n.candidates.none():
		return n.cursor.position()
	case n.isLoose:
		return n.candidates.starts.items[0]
	}
	return at(n.candidates.group[0].Record.Offset)
}

// countHandedOver counts the elements of a list, and those below them, that reach the function and that no call got
// before.
func (n *node) countHandedOver(list []Element) {
	l := &n.ledger
	if n.isSparse {
		n.countEach(list)
		return
	}
	last := list[len(list)-1].Record.Offset
	if last <= l.handedOver {
		return
	}
	if len(l.provisional) > 0 || len(list) > 1 && list[0].Record.Offset <= l.handedOver {
		list = l.claim(list)
	}
	l.handedOver = last
	l.countMatched(list)
	if len(n.children) > 0 {
		n.countHandedOverBelow(list)
	}
}

// countEach is countHandedOver at a sparse node.
func (n *node) countEach(list []Element) {
	l := &n.ledger
	for i := range list {
		offset := list[i].Record.Offset
		if n.markHanded(i, offset) {
			continue
		}
		l.handedOver = max(l.handedOver, offset)
		if len(l.provisional) > 0 {
			l.withdrawOne(offset)
		}
		l.countMatched(list[i : i+1])
		if len(n.children) > 0 {
			n.countHandedOverBelow(list[i : i+1])
		}
	}
}

// markHanded remembers that an element of a sparse node, the match with the index given, is handed over, and reports whether
// it was before.
func (n *node) markHanded(match int, offset int64) (before bool) {
	if n.marksHanded {
		return n.candidates.selection.markHanded(match)
	}
	l := &n.ledger
	if l.handed[offset] {
		return true
	}
	if len(l.handed) >= l.pruneAt {
		n.prune()
	}
	l.handed[offset] = true
	return false
}

// isHandedOver reports whether an element, one that a list leads to, has reached the function.
func (n *node) isHandedOver(offset int64) bool {
	if !n.marksHanded {
		return n.ledger.isHandedOver(offset)
	}
	i, found := find(n.candidates.group, offset)
	return found && n.candidates.selection.about.items[i].handed
}

// minHanded is how many elements a sparse node remembers at least to be handed over.
const minHanded = 64

// prune forgets those elements that were handed over and that nothing leads to any more.
func (n *node) prune() {
	live := map[int64]bool{}
	note := func(offset int64) {
		if n.ledger.handed[offset] {
			live[offset] = true
		}
	}
	for i := range n.candidates.group {
		note(n.candidates.group[i].Record.Offset)
	}
	for m := n.parent; m != nil; m = m.parent {
		m.eachBelow(m.candidates.group, n, note)
	}
	root := n.task.root
	if root.cursor.hasNext {
		root.eachBelow(root.cursor.next[:], n, note)
	}
	if n.task.window != nil {
		root.eachBelow(n.task.window.masters, n, note)
	}
	n.ledger.handed = live
	// This has looked at each candidate: it is worth that again when as many were handed over.
	n.ledger.pruneAt = len(live) + max(minHanded, len(live), len(n.candidates.group))
}

// eachBelow calls visit for the elements of a node below that a list of n's elements leads to.
func (n *node) eachBelow(list []Element, below *node, visit func(offset int64)) {
	c := slices.IndexFunc(n.children, func(c *node) bool {
		return c.index <= below.index && below.index < c.index+c.size
	})
	child := n.children[c]
	for i := range list {
		if len(list[i].Matches) == 0 {
			continue // next, whose matches aren't known yet
		}
		matches := list[i].Matches[c]
		if child != below {
			child.eachBelow(matches, below, visit)
			continue
		}
		for j := range matches {
			visit(matches[j].Record.Offset)
		}
	}
}

// setForm sets what follows from the node's edge and from its parent.
func (n *node) setForm() {
	s := n.candidates.selection
	n.isPlain = s == nil && n.candidates.need == NeedOne
	n.stopsEarly = s != nil && s.stopsEarly() || n.candidates.need == NeedAbsent
	n.maySettle = s != nil || n.stopsEarly || n.candidates.unique
	n.isSparse = s != nil && !s.isMonotone() || n.parent.isSparse || n.parent.candidates.selection != nil
	if s != nil || n.isSparse {
		// What was handed over may lie above what wasn't, and a restart doesn't know which is which: it tells neither.
		n.ledger.accountedBefore = max(n.ledger.accountedBefore, n.ledger.seenBefore)
	}
	if !n.isSparse {
		return
	}
	n.task.ledgers.patience = sparsePatience
	if n.marksHanded = s != nil && n.candidates.reuse; !n.marksHanded {
		n.ledger.handed, n.ledger.pruneAt = map[int64]bool{}, minHanded
	}
}

// loosen sets what follows from the children, where a run before has left the rewind point given.
func (n *node) loosen(before broker.Rewind) {
	n.isLoose = slices.ContainsFunc(n.children, func(c *node) bool { return c.candidates.need != NeedOne })
	if s := n.candidates.selection; s != nil && len(n.children) == 0 && n.candidates.reuse {
		n.overtakes = s.take == TakeLast && s.isMonotone()
	}
	n.isTight = n.candidates.need == NeedOne && !n.isSparse &&
		!slices.ContainsFunc(n.children, func(c *node) bool { return !c.isTight })
	if n.parent != nil || !n.isLoose {
		return
	}
	n.cursor.handsOver, n.task.ledgers.accounts = true, true
	if before.Behind {
		n.cursor.dealtBefore = before.Accounted
	}
}

// countHandedOverBelow counts the matches of a list of n's elements.
func (n *node) countHandedOverBelow(list []Element) {
	for i := range list {
		for c, matches := range list[i].Matches {
			if child := n.children[c]; len(matches) > 0 {
				child.countHandedOver(matches)
			} else if child.candidates.need == NeedNone {
				child.ledger.countWithout(n.ledger.counted.hasFate(list[i].Record.Offset))
			}
		}
	}
}
