package jointree

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/leat-go/leat/internal/engine"
)

// fromMaster returns the indexes that lead from the master to n, each into the children of the node before.
func (n *Node) fromMaster() []int {
	if n.Parent == nil {
		return nil
	}
	return append(n.Parent.fromMaster(), slices.Index(n.Parent.Children, n))
}

// isAbsent reports whether n, or a node above it, must have no match: nothing of it reaches the function.
func (n *Node) isAbsent() bool {
	for ; n.Join != nil; n = n.Parent {
		if n.Join.Need == engine.NeedAbsent {
			return true
		}
	}
	return false
}

// takesOne reports whether n's parent has one match at n at most.
func (n *Node) takesOne() bool { return n.Join != nil && n.Join.Take != engine.TakeAll }

// misfitSingle says why the only match at n can't come by what holds one element; nothing where it can.
func (n *Node) misfitSingle(isPointer bool) string {
	if n.Join.Need == engine.NeedNone && !isPointer {
		return fmt.Sprintf("with leat.Optional there may be no match; make it *%v, which is nil then", n.Element)
	}
	return ""
}

// below returns the indexes of n's children of an element type, but for those that must have no match.
func (n *Node) below(element reflect.Type) []int {
	var indexes []int
	for i, c := range n.Children {
		if c.Element == element && !c.isAbsent() {
			indexes = append(indexes, i)
		}
	}
	return indexes
}

// Compared reports whether a comparison joins n to its parent or to a child. Then the engine keeps elements instead of
// keys, so that their memory can't be used again.
func (n *Node) Compared() bool {
	for _, child := range n.Children {
		if child.Join != nil && child.Join.Compared {
			return true
		}
	}
	return n.Join != nil && n.Join.Compared
}

// NameOf returns a name for n that no other node has, and that is the same in each run: positions are stored under it.
func (t *Tree) NameOf(n *Node) string {
	if n.path != "" {
		return n.path
	}
	name := t.shortName(n)
	count := 1
	for _, other := range t.Nodes[:slices.Index(t.Nodes, n)] {
		if t.shortName(other) == name {
			count++
		}
	}
	if count > 1 {
		name += fmt.Sprintf("#%d", count)
	}
	return name
}

// shortName returns the name of the node's type, with its package where there is another type of the name, and the
// node's own name.
func (t *Tree) shortName(n *Node) string {
	name := n.Element.Name()
	if name == "" || slices.ContainsFunc(t.Nodes, func(other *Node) bool {
		return other.Element != n.Element && other.Element.Name() == name
	}) {
		name = n.Element.String()
	}
	if n.Name != "" {
		name += "/" + n.Name
	}
	return name
}
