package lookup

import (
	"context"
	"fmt"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/observe"
	"github.com/leat-go/leat/pipeline/internal/mill"
)

// A subtree is what the streams hold of a range of one node's elements, and of all that these need further down the
// tree.
type subtree struct {
	node *mill.Node
	// by is the number of the key that the slice was looked up by.
	by int
	*slice
	// needed are the items of the slice that the element above asks for.
	needed []*item
	// children are in the order of the node's; none where no item is needed.
	children []*subtree
	// incomplete holds the needed items that lack a match at a child, or have none there that is complete (R2).
	incomplete map[*item]bool
	// elsewhere is a partition that has the first missing key; -1 where none was found.
	elsewhere int
}

// follow looks up what a subtree's items need further down, and finds out which of them are complete.
func (s *Streams) follow(ctx context.Context, at *subtree, partition int) error {
	at.incomplete = map[*item]bool{}
	if len(at.needed) == 0 {
		return nil
	}
	for c, child := range at.node.Children {
		below, err := s.below(ctx, at, c, partition)
		if err != nil {
			return err
		}
		at.children = append(at.children, below)
		missing := below.keepNeeded(at.keys(c))
		if err := s.follow(ctx, below, partition); err != nil {
			return err
		}
		for _, item := range at.needed {
			at.incomplete[item] = at.incomplete[item] || below.matches(item.down[c]) == 0
		}
		if len(missing) > 0 {
			if below.elsewhere, err = s.elsewhere(ctx, child, missing[0], partition); err != nil {
				return err
			}
		}
	}
	return nil
}

// below looks up what a subtree's items need of a child; nothing where all of their keys are null.
func (s *Streams) below(ctx context.Context, at *subtree, child, partition int) (*subtree, error) {
	n := at.node.Children[child]
	if len(at.keys(child)) == 0 {
		return &subtree{node: n, by: parentKey, slice: &slice{}, elsewhere: -1}, nil
	}
	return s.lookUp(ctx, n, at.keyRange(child), nil, partition)
}

// keys returns the different keys that a subtree's items have for a child, but for null.
func (t *subtree) keys(child int) (keys []expression.Key) {
	for _, item := range t.needed {
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

// keepNeeded leaves the items with the keys that the elements above need, and returns the keys that there are none
// with.
func (t *subtree) keepNeeded(keys []expression.Key) (missing []expression.Key) {
	t.needed = nil
	for _, key := range keys {
		items, _, _ := t.near(t.by, key)
		if t.needed = append(t.needed, items...); len(items) == 0 {
			missing = append(missing, key)
		}
	}
	return missing
}

// keyRange returns the range of a child's keys that a subtree's items need.
func (t *subtree) keyRange(child int) keyRange {
	keys := t.keys(child)
	return keyRange{by: parentKey, low: keys[0], high: keys[len(keys)-1]}
}

// matches counts the complete items with a key.
func (t *subtree) matches(key expression.Key) (matches int) {
	items, _, _ := t.near(t.by, key)
	for _, item := range items {
		if !t.incomplete[item] {
			matches++
		}
	}
	return matches
}

// elsewhere returns another partition that has a key; -1 if there is none.
func (s *Streams) elsewhere(ctx context.Context, n *mill.Node, key expression.Key, partition int) (int, error) {
	for other := range s.sources[n].partitions() {
		if other == partition {
			continue
		}
		found, err := s.lookUp(ctx, n, keyRange{by: parentKey, low: key, high: key}, nil, other)
		if err != nil {
			return -1, err
		}
		if len(found.items) > 0 {
			return other, nil
		}
	}
	return -1, nil
}

// live reports whether more may come in the subtree's stream.
func (t *subtree) live() bool {
	at := t.node.Stream
	return at.Topic || at.Stored != nil && (at.Stored.Queue || at.Reading.Follow)
}

// stop returns what a run stops at first, along the tree, and where; nil if nothing.
func (t *subtree) stop() (*subtree, error) {
	if t.stopsAt != nil {
		return t, t.stopsAt
	}
	for _, child := range t.children {
		if at, err := child.stop(); err != nil {
			return at, err
		}
	}
	return nil, nil
}

// cause returns why an item of a subtree isn't complete: what its first incomplete match lacks, and so on down the
// tree.
func (t *subtree) cause(item *item) *Cause {
	for c, child := range t.children {
		key := item.down[c]
		if child.matches(key) > 0 {
			continue
		}
		if key.IsNull() {
			text := fmt.Sprintf("the key of %s for %s is null, and matches nothing", t.node.Name, child.node.Name)
			return &Cause{child.node.Name, observe.Null, &key, text}
		}
		found, _, _ := child.near(parentKey, key)
		if len(found) > 0 {
			return child.cause(found[0])
		}
		return &Cause{child.node.Name, child.missing(key), &key, child.absence(key)}
	}
	return nil
}

// missing says why a subtree's stream has no element with a key.
func (t *subtree) missing(key expression.Key) observe.Verdict {
	if t.elsewhere >= 0 {
		return OtherPartition
	}
	return t.verdict(t.by, key, t.live())
}
