package engine

import "github.com/leat-go/leat/broker"

// A place is where a node's reading stands: at an offset, or behind the element that is there. The difference tells a run
// that begins there what the keys must not be below (R7).
type place int64

func at(offset int64) place     { return place(offset << 1) }
func behind(offset int64) place { return place(offset<<1 | 1) }

func (p place) offset() int64  { return int64(p >> 1) }
func (p place) isBehind() bool { return p&1 == 1 }

func placeOf(r broker.Rewind) place {
	if r.Behind {
		return behind(r.Offset)
	}
	return at(r.Offset)
}

func (p place) rewind(node string, seen int64) broker.Rewind {
	return broker.Rewind{Node: node, Offset: p.offset(), Behind: p.isBehind(), Seen: seen}
}
