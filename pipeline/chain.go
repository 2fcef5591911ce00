package pipeline

import (
	"context"
	"fmt"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/observe"
	"github.com/leat-go/leat/pipeline/internal/mill"
)

// A link is what the streams hold of a range of one node's elements, and of all that these need further down the tree.
type link struct {
	node *mill.Node
	// by is the number of the key that the slice was looked up by.
	by int
	*slice
	// asked are the items of the slice that the element above asks for.
	asked []*item
	// children are in the order of the node's; none where nothing is asked for.
	children []*link
	// incomplete holds the items asked for that lack a match at a child, or have none there that is complete (R2).
	incomplete map[*item]bool
	// elsewhere is a partition that has the first missing key; -1 where none was found.
	elsewhere int
}

// A library is the streams of a pipeline, opened for looking things up.
type library struct {
	mill    *mill.Mill
	shelves map[*mill.Node]shelf
	// partitions is how many partitions all streams have.
	partitions int
}

// open opens all streams. The library must be closed, also after an error.
func open(ctx context.Context, m *mill.Mill) (*library, error) {
	l := &library{mill: m, shelves: map[*mill.Node]shelf{}}
	cluster, err := m.Cluster()
	if err != nil {
		return l, err
	}
	for _, n := range m.Master.All() {
		s, err := openShelf(ctx, n, cluster)
		if err != nil {
			return l, err
		}
		l.shelves[n] = s
		if n == m.Master || s.partitions() < l.partitions {
			l.partitions = s.partitions()
		}
	}
	return l, nil
}

func (l *library) close() {
	for _, s := range l.shelves {
		s.close()
	}
}

// lookUp looks a range up at a node.
func (l *library) lookUp(ctx context.Context, n *mill.Node, w wanted, name *expression.Program, partition int) (*link, error) {
	ring, err := newKeyring(n, name)
	if err != nil {
		return nil, err
	}
	s, err := w.look(ctx, l.shelves[n], ring, partition)
	if err != nil {
		return nil, err
	}
	return &link{node: n, by: w.by, slice: s, asked: s.items, elsewhere: -1}, nil
}

// follow looks up what a link's items need further down, and finds out which of them are complete.
func (l *library) follow(ctx context.Context, at *link, partition int) error {
	at.incomplete = map[*item]bool{}
	if len(at.asked) == 0 {
		return nil
	}
	for c, child := range at.node.Children {
		below, err := l.below(ctx, at, c, partition)
		if err != nil {
			return err
		}
		at.children = append(at.children, below)
		missing := below.ask(at.keys(c))
		if err := l.follow(ctx, below, partition); err != nil {
			return err
		}
		for _, item := range at.asked {
			at.incomplete[item] = at.incomplete[item] || below.matches(item.down[c]) == 0
		}
		if len(missing) > 0 {
			if below.elsewhere, err = l.elsewhere(ctx, child, missing[0], partition); err != nil {
				return err
			}
		}
	}
	return nil
}

// below looks up what a link's items need of a child; nothing where all of their keys are null.
func (l *library) below(ctx context.Context, at *link, child, partition int) (*link, error) {
	n := at.node.Children[child]
	if len(at.keys(child)) == 0 {
		return &link{node: n, by: above, slice: &slice{}, elsewhere: -1}, nil
	}
	return l.lookUp(ctx, n, at.wanted(child), nil, partition)
}

// keys returns the different keys that a link's items have for a child, but for null.
func (k *link) keys(child int) (keys []expression.Key) {
	for _, item := range k.asked {
		key := item.down[child]
		if key.IsNull() {
			continue
		}
		if len(keys) == 0 || expression.Compare(keys[len(keys)-1], key) != 0 {
			keys = append(keys, key)
		}
	}
	return keys
}

// ask leaves the items with the keys that are asked for, and returns the keys that there are none with.
func (k *link) ask(keys []expression.Key) (missing []expression.Key) {
	k.asked = nil
	for _, key := range keys {
		items, _, _ := k.near(k.by, key)
		if k.asked = append(k.asked, items...); len(items) == 0 {
			missing = append(missing, key)
		}
	}
	return missing
}

// wanted returns the range of a child's keys that a link's items need.
func (k *link) wanted(child int) wanted {
	keys := k.keys(child)
	return wanted{by: above, low: keys[0], high: keys[len(keys)-1]}
}

// matches counts the complete items with a key.
func (k *link) matches(key expression.Key) (matches int) {
	items, _, _ := k.near(k.by, key)
	for _, item := range items {
		if !k.incomplete[item] {
			matches++
		}
	}
	return matches
}

// elsewhere returns another partition that has a key; -1 if there is none.
func (l *library) elsewhere(ctx context.Context, n *mill.Node, key expression.Key, partition int) (int, error) {
	for other := range l.shelves[n].partitions() {
		if other == partition {
			continue
		}
		found, err := l.lookUp(ctx, n, wanted{by: above, low: key, high: key}, nil, other)
		if err != nil {
			return -1, err
		}
		if len(found.items) > 0 {
			return other, nil
		}
	}
	return -1, nil
}

// live reports whether more may come in the link's stream.
func (k *link) live() bool { return k.node.Stream.Topic }

// trouble returns what a run stops at first, along a chain, and where; nil if nothing.
func (k *link) stop() (*link, error) {
	if k.trouble != nil {
		return k, k.trouble
	}
	for _, child := range k.children {
		if at, err := child.stop(); err != nil {
			return at, err
		}
	}
	return nil, nil
}

// A reason is why an element is not handed over.
type reason struct {
	// stream is where the chain breaks, and verdict says how.
	stream  string
	verdict observe.Verdict
	// key is the key that isn't there; nil where a run stops.
	key  *expression.Key
	text string
}

// cause returns why an item of a link isn't complete: the end of the chain of incomplete elements.
func (k *link) cause(item *item) *reason {
	for c, child := range k.children {
		key := item.down[c]
		if child.matches(key) > 0 {
			continue
		}
		if key.IsNull() {
			text := fmt.Sprintf("the key of %s for %s is null, and matches nothing", k.node.Name, child.node.Name)
			return &reason{child.node.Name, observe.Null, &key, text}
		}
		found, _, _ := child.near(above, key)
		if len(found) > 0 {
			return child.cause(found[0])
		}
		return &reason{child.node.Name, child.missing(key), &key, child.absence(key)}
	}
	return nil
}

// missing says why a link's stream has no element with a key.
func (k *link) missing(key expression.Key) observe.Verdict {
	if k.elsewhere >= 0 {
		return otherPartition
	}
	return k.verdict(k.by, key, k.live())
}
