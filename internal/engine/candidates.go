package engine

// groupSize is how many elements a node's groups get memory for at a time, where they can't reuse it.
const groupSize = 64

// Candidates are the elements of a node that its parent's element at hand may match (R2), in stream order: for a
// parent with key 7 the complete elements with key 7. The group of them is retained until a parent is above it, since
// the next parent may have key 7, too.
type candidates struct {
	// unique is the spec's promise: at most one element per key.
	unique bool
	// reuse says that nothing refers to a group once it is dropped, so that the next one gets its memory.
	reuse bool

	// hasRight says that an element with a key for the parent was read.
	hasRight bool
	// leftNull says that the key of the parent's element at hand is null: it has no candidates, whatever the group
	// holds (R7a).
	leftNull bool

	group []Element
	// below holds, for each element of the group, the positions of the nodes below when its evaluation began (R8), and
	// belowSize is how many these are.
	below     []position
	belowSize int
}

// none reports whether the group is empty.
func (c *candidates) none() bool { return len(c.group) == 0 }

// matches returns the group as the matches of the parent's element at hand, whose key isn't null.
func (c *candidates) matches() []Element { return c.group[:len(c.group):len(c.group)] }

// certain reports whether it is certain, before another element is read, that there are no further candidates (R3a).
func (c *candidates) certain(edge Edge) bool { return c.unique && c.hasRight && edge.Compare() <= 0 }

// add adds a complete element; below are the positions of the nodes below when its evaluation began.
func (c *candidates) add(e Element, below []position) {
	if !c.reuse && len(c.group) == cap(c.group) {
		c.group = append(make([]Element, 0, max(groupSize, 2*len(c.group))), c.group...)
	}
	c.group = append(c.group, e)
	if len(below) > 0 {
		c.below = append(c.below, below...)
	}
}

// drop drops the first n elements.
func (c *candidates) drop(n int) {
	if n < len(c.group) || !c.reuse {
		c.group, c.below = c.group[n:], c.below[n*c.belowSize:]
		return
	}
	c.group, c.below = c.group[:0], c.below[:0]
}
