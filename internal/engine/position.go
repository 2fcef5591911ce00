package engine

import "github.com/leat-go/leat/broker"

// A place is where a node's reading stands: at an offset, or behind the element that is there. The difference tells a run
// that begins there what the keys must not be below (R7).
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

func (p position) rewind(node string, l look) broker.Rewind {
	return broker.Rewind{Node: node, Offset: p.offset(), Behind: p.isBehind(), Seen: l.seen, Accounted: l.accounted}
}

// A look is how far a node has looked ahead of its place: seen is behind the last element that it has read, and below
// accounted all have been handed over or reported.
type look struct{ seen, accounted int64 }
