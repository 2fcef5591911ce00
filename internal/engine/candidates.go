package engine

// groupSize is how many elements a node's groups get memory for at a time, where they can't reuse it.
const groupSize = 64

// Candidates are the elements of a node that its parent's element at hand may match (R2), in stream order: for a
// parent with key 7 the complete elements within the reach of 7. The group of them is retained until they are below the
// reach of a parent, since the next parent may have key 7, too.
type candidates struct {
	need Need
	// unique is the spec's promise: at most one element per key.
	unique bool
	// reuse says that nothing refers to a group once it is dropped, so that the next one gets its memory.
	reuse bool
	// selection knows which of the group match; nil where all of it does.
	selection *selection

	// hasRight says that an element with a key for the parent was read.
	hasRight bool
	// leftNull says that the key of the parent's element at hand is null: it has no candidates, whatever the group
	// holds (R7a).
	leftNull bool
	// sure says that the matches of the parent's element at hand are certain, whatever is still to be read.
	sure bool

	group []Element
	// memory is what the group is cut from, from its beginning, where it is reused.
	memory []Element
	// matched are the matches of the parent's element at hand where there is a selection.
	matched []Element
	// below holds, for each element of the group, the positions of the nodes below when its evaluation began (R8), and
	// belowSize is how many these are.
	below     queue[position]
	belowSize int
	// starts are the positions from which each of the group must be read again, where it may lack keys (node.isLoose).
	starts queue[position]
}

// none reports whether the group is empty.
func (c *candidates) none() bool { return len(c.group) == 0 }

// held is how many elements the group has.
func (c *candidates) held() int {
	if c.selection != nil {
		return len(c.group) - c.selection.holes
	}
	return len(c.group)
}

// matches returns those of the group that match the parent's element at hand, whose key isn't null.
func (c *candidates) matches() []Element {
	if c.selection == nil {
		return c.group[:len(c.group):len(c.group)]
	}
	return c.matched
}

// find finds the matches of the parent's element at hand.
func (c *candidates) find() []Element {
	if c.selection == nil {
		return c.matches()
	}
	indexes := c.selection.matches()
	n := len(indexes)
	switch {
	case n == 0:
		c.matched = nil
	case indexes[n-1]-indexes[0] == n-1: // side by side
		c.matched = c.group[indexes[0] : indexes[0]+n : indexes[0]+n]
	default:
		c.matched = c.gather(indexes)
	}
	return c.matched
}

// gather copies elements of the group into a list of their own.
func (c *candidates) gather(indexes []int) []Element {
	var list []Element
	if c.reuse {
		list = c.selection.gathered[:0]
	} else {
		list = make([]Element, 0, len(indexes))
	}
	for _, i := range indexes {
		list = append(list, c.group[i])
	}
	if c.reuse {
		c.selection.gathered = list
	}
	return list
}

// settled reports whether it is certain, before another element is read, that there are no further matches (R3a), and
// notes it. isNext says that the element at hand is within reach, and isn't dealt with.
func (c *candidates) settled(edge Edge, isNext bool) bool {
	settled := false
	switch {
	case c.selection != nil:
		settled = c.selection.certain(isNext)
	case c.need == NeedAbsent && len(c.group) > 0:
		settled = true
	default:
		settled = !isNext && c.unique && c.hasRight && edge.Compare() <= 0
	}
	c.sure = c.sure || settled
	return settled
}

// makeRoom makes room for more elements in the group. Where nothing refers to what was dropped of it, the group moves
// to the beginning of its memory. It is kept out of its caller, which is on the path of each element.
//
//go:noinline
func (c *candidates) makeRoom() {
	if c.reuse && len(c.group) < cap(c.memory)/2 {
		c.group = append(c.memory[:0], c.group...)
		return
	}
	c.memory = append(make([]Element, 0, max(groupSize, 2*len(c.group))), c.group...)
	c.group = c.memory
}

// drop drops the first n elements.
func (c *candidates) drop(n int) {
	if n < len(c.group) || !c.reuse {
		c.group = c.group[n:]
		return
	}
	c.group = c.group[:0]
}

// dropPositions drops what is known of the first n elements beside them.
//
//go:noinline
func (c *candidates) dropPositions(n int) {
	c.below.drop(n * c.belowSize)
	if len(c.starts.items) > 0 {
		c.starts.drop(n)
	}
}

// minHoles is how many holes a group may have however small it is.
const minHoles = 256

// close drops the holes at the front of the group, and all of them where most of it are holes.
func (c *candidates) close() {
	s := c.selection
	n := 0
	for n < len(c.group) && s.about.items[n].list == nil {
		n++
	}
	if n > 0 {
		c.drop(n)
		if c.belowSize > 0 {
			c.dropPositions(n)
		}
		s.forget(n)
		s.about.drop(n)
		s.first, s.holes = s.first+n, s.holes-n
	}
	if s.holes > minHoles+len(c.group)/2 {
		c.closeAll()
	}
}

// closeAll moves the candidates together, and gives them new sequence numbers.
func (c *candidates) closeAll() {
	s := c.selection
	kept := s.kept[:0]
	for i := range s.about.items {
		if list := s.about.items[i].list; list != nil {
			list.candidates.drop(len(list.candidates.items))
			kept = append(kept, i)
		}
	}
	var group []Element
	if c.reuse {
		group = c.memory[:0] // nothing moves to the right
	} else {
		group = make([]Element, 0, max(groupSize, 2*len(kept)))
	}
	for to, from := range kept {
		group = append(group, c.group[from])
		if c.belowSize > 0 {
			copy(c.below.items[to*c.belowSize:(to+1)*c.belowSize], c.below.items[from*c.belowSize:(from+1)*c.belowSize])
		}
		list := s.about.items[from].list
		list.candidates.add(s.first + to)
	}
	c.below.items = c.below.items[:len(kept)*c.belowSize]
	c.group, c.memory = group, group[:0]
	if len(c.starts.items) > 0 {
		c.starts.keep(kept)
	}
	s.about.keep(kept)
	s.keep(kept)
	s.holes, s.kept = 0, kept
}
