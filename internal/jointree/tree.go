// Package jointree makes the tree of a mill's joins and knows every rule of it: where a join hangs its right node,
// which stream a node reads, and which parameters can get the matches of a node. A mistake names the rule that is
// broken and says what would be right.
package jointree

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/mistake"
)

// A Tree is the join tree.
type Tree struct {
	Master *Node
	// Nodes are the master and the right nodes of the joins, in their order; those of a typed function come in the order
	// of its fields.
	Nodes []*Node

	declared *Declared
	mistakes mistake.List
}

// Declared is what a tree is made of, beside a signature.
type Declared struct {
	Joins []*declaration.Join
	// Windowed says that there is a window.
	Windowed bool
	// Source says that there is a source, and Inputs are its streams.
	Source bool
	Inputs declaration.Streams
}

// A Node is a node of the join tree.
type Node struct {
	Element  reflect.Type
	Name     string
	Parent   *Node
	Children []*Node
	// Join is the one whose right node it is; nil for the master.
	Join *declaration.Join
	// Origin is where the node comes from, as mistakes name it: the parameter of the master, the join, or the field.
	Origin string
	// Copied says that the function gets copies of the elements.
	Copied bool
	// Stream is the one that the node reads, once it was found.
	Stream broker.Stream

	// used says that a parameter gets the elements.
	used bool
	// path and tagged are for nodes that are fields of a typed function's input: the path to the field, and whether the
	// node's name is from its tag.
	path   string
	tagged bool
	// single says that the field holds one element, and pointer that it is a pointer to one.
	single, pointer bool
}

// String returns the element type, with the name where there is one.
func (n *Node) String() string { return mistake.Element(n.Element, n.Name) }

// OfJoins makes the join tree below a master of a type, that a parameter called origin takes. It is nil where the joins
// don't make one.
func OfJoins(master reflect.Type, origin string, declared *Declared) (*Tree, mistake.List) {
	t := &Tree{Master: &Node{Element: master, Origin: origin}, declared: declared}
	t.Nodes = []*Node{t.Master}
	for _, j := range declared.Joins {
		t.addNode(j)
	}
	if len(t.mistakes) > 0 {
		return nil, t.mistakes
	}
	for _, n := range t.Nodes[1:] {
		t.hang(n)
	}
	if len(t.mistakes) > 0 {
		return nil, t.mistakes
	}
	for _, n := range t.Nodes[1:] {
		if loop := t.loop(n); loop != "" {
			t.mistakes.Add("%s: the joins make a loop: %s; one of these must be joined to the master %v",
				n.Origin, loop, master)
			return nil, t.mistakes
		}
	}
	return t, nil
}

// addNode adds the right node of a join.
func (t *Tree) addNode(j *declaration.Join) {
	i := slices.IndexFunc(t.Nodes, func(n *Node) bool { return n.Element == j.Right && n.Name == j.Name })
	if i < 0 {
		t.Nodes = append(t.Nodes, &Node{Element: j.Right, Name: j.Name, Join: j, Origin: j.Option.String()})
		return
	}
	other := t.Nodes[i]
	switch {
	case other == t.Master && j.Left == j.Right:
		t.mistakes.Add("%s: %v is joined with itself; a self-join needs a type of its own for each node: "+
			"type Next%s %s, or leat.Named", j.Option, j.Right, j.Right.Name(), j.Right.Name())
	case other == t.Master:
		t.mistakes.Add("%s: the master %v is on the right of a join, which makes a loop; "+
			"the master can be on the left only: swap the sides, or make %v the function's first element",
			j.Option, j.Right, j.Left)
	case other.Join.Left == j.Left && other.Join.LeftName == j.LeftName:
		t.mistakes.Add("%s: %v is joined with %s already, by %s; "+
			"leave one out, or tell two streams of a type apart by leat.Named",
			j.Option, j.Left, mistake.Element(j.Right, j.Name), other.Join.Option)
	default:
		t.mistakes.Add("%s: %s has two parents, %v here and %v by %s; "+
			"leave one out, or tell two streams of a type apart by leat.Named",
			j.Option, mistake.Element(j.Right, j.Name), j.Left, other.Join.Left, other.Join.Option)
	}
}

// hang finds the parent of a node.
func (t *Tree) hang(n *Node) {
	j := n.Join
	var candidates []*Node
	for _, c := range t.Nodes {
		if c.Element == j.Left && c != n {
			candidates = append(candidates, c)
		}
	}
	i := slices.IndexFunc(candidates, func(c *Node) bool { return c.Name == j.LeftName })
	switch {
	case i >= 0:
		n.Parent = candidates[i]
	case len(candidates) == 0:
		t.mistakes.Add("%s: its left type %v is neither the master %v nor on the right of another join; the tree has %s",
			j.Option, j.Left, t.Master.Element, nodeList(t.Nodes))
		return
	case j.HasLeft:
		t.mistakes.Add("%s: leat.Left(%q) names no node; those of %v have %s",
			j.Option, j.LeftName, j.Left, nameList(candidates))
		return
	case len(candidates) > 1:
		t.mistakes.Add("%s: its left node may be %s; say which by leat.Left(name)", j.Option, nodeList(candidates))
		return
	default:
		n.Parent = candidates[0]
	}
	n.Parent.Children = append(n.Parent.Children, n)
}

// loop returns the loop that n is part of, as text; nothing where the way up from n leads out of it.
func (t *Tree) loop(n *Node) string {
	way := n.String()
	up := n.Parent
	for range t.Nodes {
		if up == t.Master {
			return ""
		}
		way = up.String() + " -> " + way
		if up == n {
			return way
		}
		up = up.Parent
	}
	return ""
}

func nodeList(nodes []*Node) string {
	words := make([]string, len(nodes))
	for i, n := range nodes {
		words[i] = n.String()
	}
	return mistake.And(words)
}

func nameList(nodes []*Node) string {
	words := make([]string, len(nodes))
	for i, n := range nodes {
		words[i] = fmt.Sprintf("the name %q", n.Name)
		if n.Name == "" {
			words[i] = "no name"
		}
	}
	return mistake.And(words)
}
