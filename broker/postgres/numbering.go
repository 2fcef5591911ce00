package postgres

import (
	"fmt"
	"sync"
)

// A numbering gives the rows of a stream's partition their offsets, alike for all nodes that read it. It knows the keys
// of the rows from the lowest rewind point on.
type numbering struct {
	mu   sync.Mutex
	keys map[int64]key
	// anchors are positions from the run before, whose rows may not have been read yet.
	anchors map[int64]position
	// low is at most the lowest offset in keys, and before the key of the last row below it that is known; nil for
	// none.
	low    int64
	before key
}

func newNumbering() *numbering {
	return &numbering{keys: map[int64]key{}, anchors: map[int64]position{}}
}

// position returns what an offset stands for.
func (n *numbering) position(offset int64) position {
	n.mu.Lock()
	defer n.mu.Unlock()
	if k, ok := n.keys[offset]; ok {
		return position{At: k}
	}
	if p, ok := n.anchors[offset]; ok {
		return p
	}
	if k := n.lastBelow(offset, n.low); k != nil {
		return position{At: k, After: true}
	}
	return position{At: n.before, After: n.before != nil}
}

// rowBelow returns the key of the last row below an offset, nil where there is none from another offset on.
func (n *numbering) rowBelow(offset, from int64) key {
	n.mu.Lock()
	defer n.mu.Unlock()
	if p, ok := n.anchors[offset]; ok && p.After && offset > from {
		return p.At
	}
	return n.lastBelow(offset, from)
}

func (n *numbering) lastBelow(offset, from int64) key {
	for offset--; offset >= from; offset-- {
		if k, ok := n.keys[offset]; ok {
			return k
		}
	}
	return nil
}

// anchor says what position an offset is.
func (n *numbering) anchor(offset int64, p position) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.anchors[offset] = position{At: p.At, After: p.After}
}

// forget forgets what lies before an offset.
func (n *numbering) forget(offset int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for ; n.low < offset; n.low++ {
		if k, ok := n.keys[n.low]; ok {
			n.before = k
			delete(n.keys, n.low)
		}
		delete(n.anchors, n.low)
	}
}

// number returns the offset of the row with key k that comes next at a reader, whose last one had an offset below from.
// Where another reader has met another row there, is below says of two keys which comes first.
func (n *numbering) number(k key, from int64, isBelow func(a, b key) (bool, error)) (int64, error) {
	for {
		n.mu.Lock()
		other, taken := n.keys[from]
		if !taken {
			n.keys[from] = k
		}
		n.mu.Unlock()
		if !taken || other.equal(k) {
			return from, nil
		}
		late, err := isBelow(k, other)
		if err != nil {
			return 0, err
		}
		if late {
			return 0, fmt.Errorf("the row %v was committed after %v was read, which is behind it in the order: it "+
				"comes too late", k, other)
		}
		from++ // the other row was deleted meanwhile
	}
}

// reset begins anew for a task that begins.
func (n *numbering) reset(low int64, before key) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.keys, n.anchors, n.low, n.before = map[int64]key{}, map[int64]position{}, low, before
}
