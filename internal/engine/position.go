package engine

import "github.com/leat-go/leat/broker"

// A position is where the reading of a node's stream stands: at an offset, or behind the element that is there.
// Behind means that a run that begins there reads the element again, for its keys only: those of the next one must
// not be below (R7).
type position int64

func at(offset int64) position     { return position(offset << 1) }
func behind(offset int64) position { return position(offset<<1 | 1) }

func (p position) offset() int64  { return int64(p >> 1) }
func (p position) isBehind() bool { return p&1 == 1 }

// first returns the offset from which on nothing was dealt with.
func (p position) first() int64 {
	if p.isBehind() {
		return p.offset() + 1
	}
	return p.offset()
}

func positionOf(r broker.Rewind) position {
	if r.Behind {
		return behind(r.Offset)
	}
	return at(r.Offset)
}

// A rewindPoint is what a commit holds for a node (R8): the position that the next run begins at, and how far this
// one has looked ahead of it. Seen is the offset behind the last element that it has read, and below accounted all
// elements were handed over or reported as unmatched.
type rewindPoint struct {
	position        position
	seen, accounted int64
	// sorted is where that is in the stream as it lies in the storage, where it is put in order; nil elsewhere.
	sorted *sortedPoint
	// idle is what was taken for granted while the stream was idle.
	idle string
}

// behindAll is the rewind point at an offset before which nothing is open.
func behindAll(offset int64) rewindPoint {
	return rewindPoint{position: at(offset), seen: offset, accounted: offset}
}

// of returns the rewind point as storages have it.
func (p rewindPoint) of(node string) broker.Rewind {
	if p.sorted != nil {
		return p.sorted.of(p, node)
	}
	return broker.Rewind{
		Node: node, Offset: p.position.offset(), Behind: p.position.isBehind(), Seen: p.seen, Accounted: p.accounted,
		Idle: p.idle,
	}
}
