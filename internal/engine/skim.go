package engine

// This file goes over many elements at a time, where nothing has to be known of one but its key for the parent: at a node
// without children. The elements of a chunk that the parent's element at hand passes over, and those that it adds to the
// group, are dealt with in one loop of the edge, and the node does its part once for all of them.
//
// Say the left key is 7, and the chunk has yet 3, 5, 7, 7 and 9: two are passed over, two are added, and the 9 is at hand,
// and becomes next. Whatever isn't plain stays for [node.read]: a key that is null or out of order, a record without an
// element, and what a run before has dealt with.

// A skimmer is an edge that sets the right keys of many elements, one after the other.
type skimmer interface {
	// skim reads the elements of a chunk from the first that wasn't read on, and sets their right keys. It passes over those
	// below the left key's reach, counting their verdicts, then adds those within it as is said, and returns how many. Where it
	// stops at one behind these, that is atHand. An element whose key is null or can't be set is left unread.
	skim(c *cursor, how skimming, unmatched *[Verdicts]int64) (added int, atHand bool)
}

// skimming says which elements within reach a skimmer adds.
type skimming int

const (
	// noSkimming is that of a node that must look at each element.
	noSkimming skimming = iota
	addNone
	addOne
	addAll
	// addLast adds the last one, in the place of what was in the group before.
	addLast
	// addEach is addOne, again and again: each takes the place of the one before it with its match keys.
	addEach
)

// setSkimming sets how the node may skim.
func (n *node) setSkimming() {
	edge, ok := n.edge.(skimmer)
	if !ok || len(n.children) > 0 || n.idle != nil || n.task.ledgers.explains {
		return
	}
	n.skimmer = edge
	s := n.candidates.selection
	switch {
	case n.candidates.need == NeedAbsent, s != nil && s.unique && s.by != nil:
		n.skimming = noSkimming
	case n.stopsEarly:
		n.skimming = addNone
	case n.overtakes:
		n.skimming = addLast
	case s != nil && s.keepsLast():
		n.skimming = addEach
	case s != nil, n.candidates.unique:
		n.skimming = addOne
	default:
		n.skimming = addAll
	}
}

// plainFrom is the offset from which on all elements of a stream are new: no run and no task before has read them.
func (n *node) plainFrom() int64 {
	return max(n.cursor.done.first(), n.ledger.accountedBefore, n.ledger.counted.below)
}

// skim reads the elements of the chunk at hand up to one that must be looked at. It reports whether there were any.
//
// REQUIRES: no element is next.
func (n *node) skim() bool {
	c := &n.cursor
	first := c.unread
	if first >= c.plain {
		return false
	}
	n.task.reading = n.index
	added, atHand := 0, false
	for more := true; more; more = n.skimming == addEach && added > 0 && !atHand {
		if added, atHand = n.skimmer.skim(c, n.skimming, &n.ledger.counts.unmatched); added == 0 {
			break
		}
		behind := c.unread
		if atHand {
			behind--
		}
		n.addSkimmed(behind-added, behind)
	}
	if c.unread == first {
		return false
	}
	n.candidates.hasRight = true
	n.ledger.counts.read += int64(c.unread - first)
	c.see(c.chunk.offset(c.unread - 1))
	n.leaveAtHand(first, atHand)
	return true
}

// leaveAtHand says that the elements of the chunk at hand from one on are dealt with, but for the last one where it is at
// hand: that becomes next.
func (n *node) leaveAtHand(first int, atHand bool) {
	c := &n.cursor
	last := c.unread - 1
	if atHand {
		c.next[0] = Element{Value: c.chunk.values[last], Record: &c.chunk.records[last]}
		c.hasNext, c.lacksKey = true, false
		last--
	}
	if last >= first {
		c.dealtWith(c.chunk.offset(last), false)
	}
}

// addSkimmed adds the elements of the chunk at hand, from one on and up to another, to the group; the edge has added their
// keys.
func (n *node) addSkimmed(from, to int) {
	c := &n.candidates
	values, records := n.cursor.chunk.values, n.cursor.chunk.records
	if n.skimming == addLast {
		n.ledger.counts.unmatched[NotTaken] += int64(to - from - 1)
		from = to - 1
		if len(c.group) == 1 {
			n.takePlace(Element{Value: values[from], Record: &records[from]})
			return
		}
	}
	for i := from; i < to; i++ {
		if len(c.group) == cap(c.group) {
			c.makeRoom()
		}
		c.group = append(c.group, Element{Value: values[i], Record: &records[i]})
	}
	switch {
	case n.skimming == addEach:
		n.noteLast()
	case c.selection != nil:
		n.note()
	}
}

// takePlace puts an element in the place of the only candidate.
func (n *node) takePlace(e Element) {
	c := &n.candidates
	before := &c.selection.about.items[0]
	if !before.taken {
		n.ledger.enterPlainly(c.group[0].Record, NotTaken)
	}
	c.group[0] = e
	*before = about{list: before.list, probes: before.list.probes}
}

// noteLast is note where the last of the candidates takes the place of another one.
func (n *node) noteLast() {
	c := &n.candidates
	s := c.selection
	i := s.addLast(len(c.group))
	if i < 0 {
		return
	}
	if !s.about.items[i].taken {
		n.ledger.enterPlainly(c.group[i].Record, NotTaken)
	}
	if i == 0 || s.holes > minHoles+len(c.group)/2 {
		c.close()
	}
}

// follow sets the key of an element unless it is null, can't be computed or is out of order. A key that is set so can't be
// undone.
func (s *side[K]) follow(element any, compare func(a, b K) int) bool {
	key, err := s.keyOf(element)
	if err != nil || s.hasKey && !s.mayFollow(compare(s.key, key)) {
		return false
	}
	s.key, s.hasKey = key, true
	return true
}

// mayFollow reports whether a key that compares so with the next one is in order before it.
func (s *side[K]) mayFollow(order int) bool { return order < 0 || order == 0 && !s.unique }

// skim implements [skimmer].
func (e *keyEdge[K]) skim(c *cursor, how skimming, unmatched *[Verdicts]int64) (added int, atHand bool) {
	for c.unread < c.plain {
		c.unread++ // before a key function may end the goroutine
		if !e.right.follow(c.chunk.values[c.unread-1], e.compare) {
			c.unread--
			break
		}
		switch order := e.compare(e.left.key, e.right.key); {
		case order > 0:
			unmatched[e.PassOver(nil)]++
			continue
		case order < 0, how == addNone:
			return added, true
		}
		e.Add()
		if added++; how == addOne {
			break
		}
	}
	return added, false
}

// skim implements [skimmer].
func (e *reachEdge[K]) skim(c *cursor, how skimming, unmatched *[Verdicts]int64) (added int, atHand bool) {
	for c.unread < c.plain {
		c.unread++
		value := c.chunk.values[c.unread-1]
		if e.by != nil && !setsPlainly(e.by, value) || !e.right.follow(value, e.compare) {
			c.unread--
			break
		}
		if added == 0 && e.reach.Low != nil && e.reach.Low(e.left.key, e.right.key) < 0 {
			unmatched[e.PassOver(nil)]++
			continue
		}
		if how == addNone || e.reach.High != nil && e.reach.High(e.left.key, e.right.key) > 0 {
			atHand = true
			break
		}
		if how == addLast && len(e.keys.items) > 0 {
			e.overtake()
		} else {
			e.Add()
		}
		if added++; how == addOne || how == addEach {
			break
		}
	}
	return added, atHand
}

// setsPlainly sets a right value of match keys, and reports whether it is neither null nor an error.
func setsPlainly(by MatchKeys, child any) bool {
	null, err := by.setRight(child)
	return !null && err == nil
}
