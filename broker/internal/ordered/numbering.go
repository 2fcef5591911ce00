package ordered

import (
	"encoding/json"
	"fmt"
	"maps"
	"sync"

	"github.com/leat-go/leat/broker"
)

// A Numbering gives the rows of a stream's partition their offsets, alike for all nodes that read it. It knows the keys
// of the rows from the lowest rewind point on. Make one with [NewNumbering]; it is safe for concurrent use.
type Numbering struct {
	// origin is that of all positions, and ifRenamed what to do where From was only renamed.
	origin    Origin
	ifRenamed string

	mu   sync.Mutex
	keys keyBlocks
	// anchors are positions from the run before, whose rows may not have been read yet.
	anchors map[int64]Position
	// low is at most the lowest offset in keys, and before the key of the last row below it that is known; nil for
	// none.
	low    int64
	before Key
}

// NewNumbering returns the numbering of a stream's partition from its beginning. ifRenamed says in errors what to do where
// what origin.From names was only renamed.
func NewNumbering(origin Origin, ifRenamed string) *Numbering {
	return &Numbering{origin: origin, ifRenamed: ifRenamed, keys: newKeyBlocks(), anchors: map[int64]Position{}}
}

// Position returns what an offset stands for.
func (n *Numbering) Position(offset int64) Position {
	n.mu.Lock()
	defer n.mu.Unlock()
	if k := n.keys.get(offset); k != nil {
		return Position{At: k}
	}
	if p, ok := n.anchors[offset]; ok {
		return p
	}
	if k := n.keys.lastBelow(offset, n.low); k != nil {
		return Position{At: k, After: true}
	}
	return Position{At: n.before, After: n.before != nil}
}

// Locate returns the values by which people find the row at an offset; empty where they aren't known.
func (n *Numbering) Locate(offset int64) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if k := n.keys.get(offset); k != nil {
		return k.String()
	}
	return ""
}

// Start returns where a reader from an offset begins. Offset 0 is the beginning, unless it is one that an earlier run has
// kept: that one's session may have ended before the node had read anything, and what it has passed over isn't read.
func (n *Numbering) Start(offset int64) Position {
	n.mu.Lock()
	kept, ok := n.anchors[offset]
	n.mu.Unlock()
	switch {
	case ok:
		return kept
	case offset == 0:
		return Position{}
	}
	return n.Position(offset)
}

// rowBelow returns the key of the last row below an offset, nil where there is none from another offset on.
func (n *Numbering) rowBelow(offset, from int64) Key {
	n.mu.Lock()
	defer n.mu.Unlock()
	if p, ok := n.anchors[offset]; ok && p.After && offset > from {
		return p.At
	}
	return n.keys.lastBelow(offset, from)
}

// anchor says what position an offset is.
func (n *Numbering) anchor(offset int64, p Position) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.anchors[offset] = Position{At: p.At, After: p.After}
}

// forget forgets what lies before an offset.
func (n *Numbering) forget(offset int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if k := n.keys.forget(n.low, offset); k != nil {
		n.before = k
	}
	n.low = max(n.low, offset)
	maps.DeleteFunc(n.anchors, func(at int64, _ Position) bool { return at < n.low })
}

// Number returns the offset of the row with key k that comes next at a reader, whose last one had an offset below from.
// Where another reader has met another row there, is below says of two keys which comes first.
func (n *Numbering) Number(k Key, from int64, isBelow func(a, b Key) (bool, error)) (int64, error) {
	for {
		n.mu.Lock()
		there, equal := n.keys.has(from, k)
		var other Key
		if !there {
			n.keys.set(from, k)
		} else if !equal {
			other = n.keys.get(from)
		}
		n.mu.Unlock()
		if other == nil {
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
func (n *Numbering) reset(low int64, before Key) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.keys, n.anchors, n.low, n.before = newKeyBlocks(), map[int64]Position{}, low, before
}

// Describe sets Position of the rewind points of a stream's nodes, and forgets what lies before all of them. A session
// that ended before a node had come to its end goes on behind that end, the last row of a finite stream, which nobody
// could find later by reading: rows may have been added. It is nil where the stream has none.
func (n *Numbering) Describe(nodes []*broker.Rewind, end Key) (err error) {
	lowest := nodes[0].Offset
	for _, r := range nodes {
		lowest = min(lowest, r.Offset)
		if r.Position, err = n.text(n.describe(r, end)); err != nil {
			return err
		}
	}
	n.forget(lowest)
	return nil
}

// text returns a position as it is kept.
func (n *Numbering) text(p Position) (string, error) {
	p.Origin = n.origin
	text, err := json.Marshal(p)
	return string(text), err
}

func (n *Numbering) describe(r *broker.Rewind, end Key) Position {
	if r.NextSession && end != nil {
		return Position{At: end, After: true}
	}
	p := n.Position(r.Offset)
	p.Seen = n.rowBelow(r.Seen, r.Offset)
	p.Accounted = n.rowBelow(r.Accounted, r.Offset)
	return p
}
