package leat

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/mistake"
)

// A node is a node of the join tree, as it is put together from the joins.
type node struct {
	element  reflect.Type
	name     string
	parent   *node
	children []*node
	// join is the one whose right node it is; nil for the master.
	join *declaration.Join
	// taken says that a parameter gets its elements.
	taken bool
	// fieldPath, origin and tagged are for nodes that are fields of a typed function's input: the path to the field, how
	// mistakes name it, and whether the node's name is from its tag.
	fieldPath, origin string
	tagged            bool
	// copied says that the function gets copies of the elements.
	copied bool
	// stream is the one that the node reads, once that was found.
	stream broker.Stream
}

// String returns the element type, with the name where there is one.
func (n *node) String() string { return mistake.Element(n.element, n.name) }

// A tree is the join tree.
type tree struct {
	master *node
	// nodes are the master and the right nodes of the joins, in their order.
	nodes []*node
}

// newTree makes the join tree. It returns nil where the joins don't make one, after adding why to the mistakes.
func (b *builder) newTree(master reflect.Type) *tree {
	t := &tree{master: &node{element: master}}
	t.nodes = []*node{t.master}
	before := len(b.mistakes)
	for _, j := range b.config.Joins {
		b.addNode(t, j)
	}
	if len(b.mistakes) > before {
		return nil
	}
	for _, n := range t.nodes[1:] {
		b.hang(t, n)
	}
	if len(b.mistakes) > before {
		return nil
	}
	for _, n := range t.nodes[1:] {
		if loop := t.loop(n); loop != "" {
			b.mistakes.Add("%s: the joins make a loop: %s; one of these must be joined to the master %v",
				n.join.Option, loop, master)
			return nil
		}
	}
	return t
}

// addNode adds the right node of a join.
func (b *builder) addNode(t *tree, j *declaration.Join) {
	i := slices.IndexFunc(t.nodes, func(n *node) bool { return n.element == j.Right && n.name == j.Name })
	if i < 0 {
		t.nodes = append(t.nodes, &node{element: j.Right, name: j.Name, join: j})
		return
	}
	other := t.nodes[i]
	switch {
	case other == t.master && j.Left == j.Right:
		b.mistakes.Add("%s: %v is joined with itself; a self-join needs a type of its own for each node: "+
			"type Next%s %s, or leat.Named", j.Option, j.Right, j.Right.Name(), j.Right.Name())
	case other == t.master:
		b.mistakes.Add("%s: the master %v is on the right of a join, which makes a loop; "+
			"the master can be on the left only: swap the sides, or make %v the function's first element",
			j.Option, j.Right, j.Left)
	case other.join.Left == j.Left && other.join.LeftName == j.LeftName:
		b.mistakes.Add("%s: %v is joined with %s already, by %s; "+
			"leave one out, or tell two streams of a type apart by leat.Named",
			j.Option, j.Left, mistake.Element(j.Right, j.Name), other.join.Option)
	default:
		b.mistakes.Add("%s: %s has two parents, %v here and %v by %s; "+
			"leave one out, or tell two streams of a type apart by leat.Named",
			j.Option, mistake.Element(j.Right, j.Name), j.Left, other.join.Left, other.join.Option)
	}
}

// hang finds the parent of a node.
func (b *builder) hang(t *tree, n *node) {
	j := n.join
	var candidates []*node
	for _, c := range t.nodes {
		if c.element == j.Left && c != n {
			candidates = append(candidates, c)
		}
	}
	i := slices.IndexFunc(candidates, func(c *node) bool { return c.name == j.LeftName })
	switch {
	case i >= 0:
		n.parent = candidates[i]
	case len(candidates) == 0:
		b.mistakes.Add("%s: its left type %v is neither the master %v nor on the right of another join; the tree has %s",
			j.Option, j.Left, t.master.element, nodeList(t.nodes))
		return
	case j.HasLeft:
		b.mistakes.Add("%s: leat.Left(%q) names no node; those of %v have %s",
			j.Option, j.LeftName, j.Left, nameList(candidates))
		return
	case len(candidates) > 1:
		b.mistakes.Add("%s: its left node may be %s; say which by leat.Left(name)", j.Option, nodeList(candidates))
		return
	default:
		n.parent = candidates[0]
	}
	n.parent.children = append(n.parent.children, n)
}

// loop returns the loop that n is part of, as text; nothing where the way up from n leads out of it.
func (t *tree) loop(n *node) string {
	way := n.String()
	up := n.parent
	for range t.nodes {
		if up == t.master {
			return ""
		}
		way = up.String() + " -> " + way
		if up == n {
			return way
		}
		up = up.parent
	}
	return ""
}

func nodeList(nodes []*node) string {
	words := make([]string, len(nodes))
	for i, n := range nodes {
		words[i] = n.String()
	}
	return mistake.And(words)
}

func nameList(nodes []*node) string {
	words := make([]string, len(nodes))
	for i, n := range nodes {
		words[i] = fmt.Sprintf("the name %q", n.name)
		if n.name == "" {
			words[i] = "no name"
		}
	}
	return mistake.And(words)
}

// path returns the indexes that lead from the master to n, each into the children of the node before.
func (n *node) path() []int {
	if n.parent == nil {
		return nil
	}
	return append(n.parent.path(), slices.Index(n.parent.children, n))
}

// below returns the indexes of n's children of an element type.
func (n *node) below(element reflect.Type) []int {
	var indexes []int
	for i, c := range n.children {
		if c.element == element {
			indexes = append(indexes, i)
		}
	}
	return indexes
}

// spec returns the node, and those below it, as the engine has them.
func (b *builder) spec(t *tree, n *node) *engine.Node {
	n.stream = b.inputStream(n)
	spec := &engine.Node{Name: t.nameOf(n), Stream: n.stream, Copied: n.copied && !n.compared()}
	if n.join != nil && n.join.Edge != nil {
		edge, err := n.join.Edge()
		if err != nil {
			b.mistakes.Add("%s: %w", n.join.Option, err)
		}
		spec.NewEdge, spec.Unique, spec.On = edge, n.join.Unique, n.join.On
	}
	for _, child := range n.children {
		spec.Children = append(spec.Children, b.spec(t, child))
	}
	return spec
}

// compared reports whether a comparison joins n to its parent or to a child: that keeps elements, not keys.
func (n *node) compared() bool {
	for _, child := range n.children {
		if child.join != nil && child.join.Compared {
			return true
		}
	}
	return n.join != nil && n.join.Compared
}

// nameOf returns a name for n that no other node has, and that is the same in each run: kept positions have it.
func (t *tree) nameOf(n *node) string {
	if n.fieldPath != "" {
		return n.fieldPath
	}
	name := t.shortName(n)
	count := 1
	for _, other := range t.nodes[:slices.Index(t.nodes, n)] {
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
func (t *tree) shortName(n *node) string {
	name := n.element.Name()
	if name == "" || slices.ContainsFunc(t.nodes, func(other *node) bool {
		return other.element != n.element && other.element.Name() == name
	}) {
		name = n.element.String()
	}
	if n.name != "" {
		name += "/" + n.name
	}
	return name
}
