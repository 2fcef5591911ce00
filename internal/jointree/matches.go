package jointree

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/leat-go/leat/internal/elements"
	"github.com/leat-go/leat/internal/mistake"
)

// Matches returns which children of the master have the matches that come by a parameter, a list of elements. Otherwise
// it says why there are none.
func (t *Tree) Matches(list reflect.Type) (children []int, wrong string) {
	children = t.Master.below(elements.Type(list.Elem()))
	if t.declared.Windowed || len(children) == 0 {
		return nil, t.misplacedList(list)
	}
	for _, c := range children {
		t.Master.Children[c].used = true
	}
	return children, ""
}

// Match returns which child of the master has the only match that comes by a parameter, an element or a pointer to one.
// Otherwise it says why there is none.
func (t *Tree) Match(p reflect.Type) (child int, wrong string) {
	children := t.Master.below(elements.Type(p))
	if t.declared.Windowed || len(children) == 0 || !t.Master.Children[children[0]].takesOne() {
		return 0, t.Misfit(p)
	}
	n := t.Master.Children[children[0]]
	if len(children) > 1 {
		return 0, fmt.Sprintf("the master has several matches, at %s; make it %s", nodeList(t.Master.of(children)),
			reflect.SliceOf(p))
	}
	if wrong := n.misfitSingle(p.Kind() == reflect.Pointer); wrong != "" {
		return 0, wrong
	}
	n.used = true
	return children[0], ""
}

// of returns n's children with the indexes given.
func (n *Node) of(indexes []int) []*Node {
	nodes := make([]*Node, len(indexes))
	for i, c := range indexes {
		nodes[i] = n.Children[c]
	}
	return nodes
}

// misplacedList says why a parameter can't get a list.
func (t *Tree) misplacedList(list reflect.Type) string {
	master, right := t.Master, elements.Type(list.Elem())
	n := t.joined(right)
	switch {
	case n != nil && n.isAbsent():
		return n.String() + " must be absent (leat.Absent), so that none of its elements reaches the function; leave it out"
	case n == nil && right == master.Element:
		return "the masters come by " + master.Origin + " already; for a self-join add a join with leat.Named, " +
			"or give the right node a type of its own"
	case n == nil && t.declared.Windowed:
		return t.noJoin(master.Element, right) + ", and make it " + t.fit(list)
	case n == nil:
		return t.noJoin(master.Element, right)
	case n.Parent == master:
		return "with a window the matches of each master are needed; make it " + t.fit(list)
	}
	return right.String() + " is joined to " + n.Parent.String() + ", not to the master; make it " + t.fit(list)
}

// joined returns the first node of an element type that is on the right of a join; nil where there is none.
func (t *Tree) joined(right reflect.Type) *Node {
	i := slices.IndexFunc(t.Nodes, func(n *Node) bool { return n.Element == right && n.Parent != nil })
	if i < 0 {
		return nil
	}
	return t.Nodes[i]
}

// fit returns the type of the parameter that gets the matches in a list: []R where R is joined to the master and there
// is no window, and else map[L][]R. An R without a join counts as joined to the master.
func (t *Tree) fit(list reflect.Type) string {
	parent := t.Master
	if n := t.joined(elements.Type(list.Elem())); n != nil {
		parent = n.Parent
	}
	if parent == t.Master && !t.declared.Windowed {
		return list.String()
	}
	return mapText(parent.Element, list)
}

// noJoin says that no join has matches of right for left.
func (t *Tree) noJoin(left, right reflect.Type) string {
	if t.declared.Source && !t.declared.Inputs.Has(right) {
		return "no join has " + right.String() + " on its right, and the source has no stream of it; add both"
	}
	return "no join has " + right.String() + " on its right; add " + exampleJoin(left, right)
}

// exampleJoin returns a join that a user may write.
func exampleJoin(left, right reflect.Type) string {
	return "leat.Join(func(" + left.String() + ") K, func(" + right.String() + ") K)"
}

// Misfit says why a parameter can't get a single element of type p.
func (t *Tree) Misfit(p reflect.Type) string {
	e := elements.Type(p)
	if e == t.Master.Element {
		return "the master comes by " + t.Master.Origin + " already; leave one out"
	}
	join := ""
	n := t.joined(e)
	switch {
	case n != nil && n.isAbsent():
		return n.String() + " must be absent (leat.Absent), so that none of its elements reaches the function; leave it out"
	case n != nil && n.takesOne():
		return "each " + n.Parent.String() + " has a match of its own; make it " + mapText(n.Parent.Element, p)
	case n == nil:
		join = ", and add " + exampleJoin(t.Master.Element, e) + ", since no join has it on its right"
	}
	return "an element is joined with any number of matches, which come as a list; make it " +
		t.fit(reflect.SliceOf(p)) + join
}

// MisfitVariadic says why a variadic parameter, such as ...R, can't get matches.
func (t *Tree) MisfitVariadic(list reflect.Type) string {
	return "a variadic parameter can't be joined; make it " + t.fit(list)
}

// Unused returns a mistake for each node whose elements no parameter gets.
func (t *Tree) Unused() (mistakes mistake.List) {
	for _, n := range t.Nodes[1:] {
		if !n.used && !n.isAbsent() {
			mistakes.Add("%s: no parameter takes %s; add one of type %s, or leave the join out",
				n.Origin, n, t.fit(reflect.SliceOf(n.Element)))
		}
	}
	return mistakes
}
