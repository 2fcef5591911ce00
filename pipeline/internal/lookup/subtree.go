package lookup

import (
	"context"
	"fmt"
	"slices"

	"github.com/leat-go/leat/internal/engine"
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
	// relation is what the join to the parent compares; nil for the master.
	relation *mill.Relation
	*slice
	// needed are the items of the slice that the element above asks for.
	needed []*item
	// children are in the order of the node's; none where no item is needed.
	children []*subtree
	// incomplete holds the needed items that lack a match at a child that needs one, or have one where there must be none
	// (R2).
	incomplete map[*item]bool
	// elsewhere is a partition that has the first missing key; -1 where none was found.
	elsewhere int
	// alike are, for items of the parent that have no candidates, the nearest with their match keys.
	alike map[*item]*alike
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
		for _, item := range at.needed {
			at.incomplete[item] = at.incomplete[item] || below.spoils(item, c)
		}
		missing := slices.IndexFunc(at.needed, func(i *item) bool {
			return !below.isNull(i, c) && len(below.candidates(i, c)) == 0
		})
		if missing < 0 || child.Join.Need != engine.NeedOne {
			continue
		}
		if below.elsewhere, err = s.elsewhere(ctx, child, at.needed[missing], c, partition); err != nil {
			return err
		}
	}
	return nil
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

// keyRange returns the range of a subtree's keys for a child.
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

// elsewhere returns another partition that has candidates of an item of the parent; -1 if there is none.
func (s *Streams) elsewhere(ctx context.Context, n *mill.Node, left *item, child, partition int) (int, error) {
	for other := range s.sources[n].partitions() {
		if other == partition {
			continue
		}
		key := left.down[child]
		found, err := s.lookUp(ctx, n, limited(reachOf(relationOf(n), keyRange{low: key, high: key}), n, key), nil, other)
		if err != nil {
			return -1, err
		}
		if len(found.candidates(left, child)) > 0 {
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
		if !child.spoils(item, c) {
			continue
		}
		if child.node.IsOfNearKeys() {
			return child.nearCause(item, c)
		}
		key := item.down[c]
		if key.IsNull() {
			text := fmt.Sprintf("the key of %s for %s is null, and matches nothing", t.node.Name, child.node.Name)
			return &Cause{Stream: child.node.Name, Verdict: observe.Null, Key: &key, Text: text}
		}
		found, _, _ := child.near(parentKey, key)
		if len(found) > 0 {
			return child.cause(found[0])
		}
		return &Cause{Stream: child.node.Name, Verdict: child.missing(key), Key: &key, Text: child.absence(key)}
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
