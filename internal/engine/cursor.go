package engine

// A cursor is where a node's reading of its stream stands.
type cursor struct {
	feed   *feed
	chunk  *chunk
	unread int // in chunk, of the element to be read next
	// spent are the chunks before it, in order, whose elements may still be needed.
	held []*chunk
	// next is the element that was read last, as long as hasNext says that it is neither matched nor passed. It is a list,
	// so that a master can be handed over as it lies here.
	next    [1]Element
	hasNext bool
	ended   bool // at the session's mark, or by the data timeout
	// timedOut says that the data timeout has ended the stream: there is no mark.
	timedOut bool
	// evaluating is set while next is evaluated, and nextPlaces holds where the nodes below stood when that began.
	evaluating bool
	below      []position

	// done is the place behind the last element that was matched or passed, or the one that the run began at. It never is
	// behind the session's mark: a run that dies before the end is committed must meet it again.
	done position
	// known is where a run must begin that is to know all of the node's keys there: done, or before that, where what lies between
	// lacks keys. keyless counts those records, and lacks says that next is one.
	restart  position
	keyless  int
	lacksKey bool
	// mark is the offset behind the session's mark, once that was read.
	behindMark int64
	// seen is behind the last element that was read.
	seen int64
	rest rest
}
