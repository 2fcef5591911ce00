package jointree

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/mistake"
	"github.com/leat-go/leat/internal/signature"
)

// OfInput makes the join tree that the input of a typed function mirrors, and finds the join of each field. It is nil
// if there are mistakes.
func OfInput(in *signature.Input, declared *Declared) (*Tree, mistake.List) {
	t := &Tree{declared: declared}
	if in.Masters != nil {
		t.Master = t.addList(in.Masters, nil)
	} else {
		t.Master = t.addRow(in.Row, nil)
	}
	var absent []*declaration.Join
	for _, j := range declared.Joins {
		if t.isWithoutField(j, absent) {
			absent = append(absent, j)
		} else {
			t.joinField(j)
		}
	}
	for _, j := range absent {
		t.addAbsent(j)
	}
	if len(t.mistakes) > 0 {
		return nil, t.mistakes
	}
	for _, n := range t.Nodes[1:] {
		if n.Join == nil {
			t.mistakes.Add("%s: no join is for it; add %s", n.Origin, t.fieldJoin(n))
		}
	}
	if len(t.mistakes) > 0 {
		return nil, t.mistakes
	}
	return t, nil
}

// addList adds the node of a list, and those below it.
func (t *Tree) addList(l *signature.List, parent *Node) *Node {
	if l.Row != nil {
		return t.addRow(l.Row, parent)
	}
	return t.addField(l.Node, parent)
}

func (t *Tree) addRow(r *signature.Row, parent *Node) *Node {
	n := t.addField(r.Node, parent)
	for _, l := range r.Lists {
		t.addList(l, n)
	}
	return n
}

func (t *Tree) addField(f signature.Node, parent *Node) *Node {
	n := &Node{
		Element: f.Element,
		Name:    f.Name,
		Parent:  parent,
		Origin:  f.Origin,
		Copied:  f.Copied,
		path:    f.Path,
		single:  f.Single,
		pointer: f.Pointer,
		tagged:  f.Tagged,
	}
	t.Nodes = append(t.Nodes, n)
	if parent != nil {
		parent.Children = append(parent.Children, n)
	}
	return n
}

// fieldJoin returns an example of a join for the field of n.
func (t *Tree) fieldJoin(n *Node) string {
	example := exampleJoin(n.Parent.Element, n.Element)
	for _, other := range t.Nodes[1:] {
		if other != n && other.Element == n.Element && other.Parent.Element == n.Parent.Element {
			return fmt.Sprintf("%s, leat.Named(%q))", strings.TrimSuffix(example, ")"), n.path)
		}
	}
	return example
}

// joinField finds the field that a join is for.
func (t *Tree) joinField(j *declaration.Join) {
	var fits []*Node
	for _, n := range t.Nodes[1:] {
		if n.Element == j.Right && n.Parent.Element == j.Left {
			fits = append(fits, n)
		}
	}
	if len(fits) == 0 {
		t.mistakes.Add("%s: %s", j.Option, t.misplacedJoin(j))
		return
	}
	var called []*Node
	for _, n := range fits {
		if (j.Name == "" || n.isCalled(j.Name)) && (!j.HasLeft || n.Parent.isCalled(j.LeftName)) {
			called = append(called, n)
		}
	}
	switch {
	case len(called) == 0:
		t.mistakes.Add("%s: %s fits none of the fields with the matches of %v at %v, %s; "+
			"a field is called by its name, its path or its tag `leat:\"name\"`",
			j.Option, joinNames(j), j.Left, j.Right, originList(fits))
	case len(called) > 1:
		t.mistakes.Add("%s: it may be for %s; say which by leat.Named(%q)", j.Option, originList(called), called[0].path)
	case called[0].Join != nil:
		t.mistakes.Add("%s: %s has a join already, %s; leave one out", j.Option, called[0].Origin, called[0].Join.Option)
	default:
		called[0].Join = j
		t.checkSingle(called[0])
	}
}

// checkSingle checks that a field that holds one element is for a join that takes one.
func (t *Tree) checkSingle(n *Node) {
	switch {
	case !n.single:
	case !n.takesOne():
		t.mistakes.Add("%s: %s takes any number of matches, which come as a list; make it []%v, "+
			"or have the join take one by leat.Last, leat.First or leat.Nearest", n.Origin, n.Join.Option, n.Element)
	default:
		if wrong := n.misfitSingle(n.pointer); wrong != "" {
			t.mistakes.Add("%s: %s", n.Origin, wrong)
		}
	}
}

// isWithoutField reports whether nothing of a join's right node reaches the function, so that the input has no field
// for it: it must be absent, or hangs on one of the others that have none.
func (t *Tree) isWithoutField(j *declaration.Join, others []*declaration.Join) bool {
	if j.Need == engine.NeedAbsent {
		return true
	}
	isField := slices.ContainsFunc(t.Nodes, func(n *Node) bool { return n.Element == j.Left })
	return !isField && slices.ContainsFunc(others, func(o *declaration.Join) bool { return o.Right == j.Left })
}

// addAbsent adds the node of a join without a field, behind the other children of its parent.
func (t *Tree) addAbsent(j *declaration.Join) {
	for _, n := range t.Nodes {
		isField := n.Element == j.Right && n.Join == nil && n.Parent != nil && n.Parent.Element == j.Left
		if j.Need == engine.NeedAbsent && isField {
			t.mistakes.Add("%s: %s has leat.Absent, so that none of its elements reaches the function; leave the field out",
				n.Origin, j.Option)
			return
		}
	}
	n := &Node{Element: j.Right, Name: j.Name, Join: j, Origin: j.Option.String()}
	var parents []*Node
	for _, p := range t.Nodes {
		if p.Element == j.Left && (!j.HasLeft || p.isCalled(j.LeftName)) {
			parents = append(parents, p)
		}
	}
	switch len(parents) {
	case 0:
		t.mistakes.Add("%s: the input holds no %v that it may be joined to; it has %s", j.Option, j.Left, originList(t.Nodes))
	case 1:
		n.Parent = parents[0]
		n.Parent.Children = append(n.Parent.Children, n)
		t.Nodes = append(t.Nodes, n)
	default:
		t.mistakes.Add("%s: its left node may be %s; say which by leat.Left(name)", j.Option, originList(parents))
	}
}

// joinNames returns the options of a join that name nodes.
func joinNames(j *declaration.Join) string {
	var words []string
	if j.Name != "" {
		words = append(words, fmt.Sprintf("leat.Named(%q)", j.Name))
	}
	if j.HasLeft {
		words = append(words, fmt.Sprintf("leat.Left(%q)", j.LeftName))
	}
	return strings.Join(words, " with ")
}

// isCalled reports whether a name in a join means the field of n.
func (n *Node) isCalled(name string) bool {
	return strings.EqualFold(name, n.Name) || strings.EqualFold(name, n.path)
}

// misplacedJoin says why there is no field for a join.
func (t *Tree) misplacedJoin(j *declaration.Join) string {
	i := slices.IndexFunc(t.Nodes, func(n *Node) bool { return n.Element == j.Right && n.Parent != nil })
	left := slices.IndexFunc(t.Nodes, func(n *Node) bool { return n.Element == j.Left })
	switch {
	case i >= 0:
		n := t.Nodes[i]
		return n.Origin + " holds matches of " + n.Parent.Element.String() + ", not of " + j.Left.String() +
			"; move it, or give the join a left function over " + n.Parent.Element.String()
	case left < 0:
		return "the input holds neither " + j.Left.String() + " nor matches of it; it has " + originList(t.Nodes)
	}
	return "no field takes the matches of " + j.Left.String() + " at " + j.Right.String() + "; add one of type []" +
		j.Right.String() + " beside " + j.Left.String() + ", or leave the join out"
}

func originList(nodes []*Node) string {
	words := make([]string, len(nodes))
	for i, n := range nodes {
		words[i] = n.Origin
	}
	return mistake.And(words)
}
