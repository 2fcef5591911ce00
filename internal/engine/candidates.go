package engine

// groupSize is how many elements a node's groups get memory for at a time, where they can't reuse it.
const groupSize = 64

// candidates are the elements of a node that the element of its parent at hand may match.
type candidates struct {
	// unique is the spec's promise: at most one element per key.
	unique bool
	// retain says that groups outlive the next advance, so that their memory isn't reused.
	retain bool

	hasRight bool // an element with a key for the parent was read
	// unasked says that the parent's element at hand has no key for this node, so that it matches nothing here (R7a).
	leftNull bool

	group []Element
	// groupPlaces holds, for each element of the group, where the nodes below stood when its evaluation began (R8).
	below []position
	// matches is the memory that the elements' Matches are cut from.
	lists [][]Element
}
