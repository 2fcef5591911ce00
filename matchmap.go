package leat

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/engine"
)

// matchMapParameter gets a map from the elements of one type to their matches of another.
type matchMapParameter struct {
	t reflect.Type
	// stream is one of the lists' elements.
	stream broker.Stream
	// lefts are the nodes of the map's key type.
	lefts []leftNode
}

// A leftNode is where the keys of a map come from: path leads to it from the master, each step into the matches at a
// child, and children are those of its children whose matches the map holds.
type leftNode struct {
	path, children []int
}

func (p matchMapParameter) argument() argument {
	lists := newLists(p.stream, p.t.Elem())
	pointer := p.t.Key().Kind() == reflect.Pointer
	return func(_ context.Context, call *engine.Call) reflect.Value {
		all := p.ofNode(0, lists, pointer, call)
		for i := 1; i < len(p.lefts); i++ {
			merge(all, p.ofNode(i, lists, pointer, call))
		}
		return all
	}
}

// ofNode makes the map for one of the left nodes. Elements that are equal, as keys of the map are, have equal matches:
// they are there once.
func (p matchMapParameter) ofNode(i int, lists lists, pointer bool, call *engine.Call) reflect.Value {
	left := p.lefts[i]
	m := reflect.MakeMapWithSize(p.t, len(call.Masters))
	eachElement(call.Masters, left.path, func(e *engine.Element) {
		key := elementValue(e, pointer)
		if !m.MapIndex(key).IsValid() {
			m.SetMapIndex(key, lists.matches(e, left.children))
		}
	})
	return m
}

// at returns the node at the end of the path.
func at(n *engine.Node, path []int) *engine.Node {
	for _, child := range path {
		n = n.Children[child]
	}
	return n
}

// eachElement calls do for the elements at the end of the path.
func eachElement(elements []engine.Element, path []int, do func(*engine.Element)) {
	for i := range elements {
		if len(path) == 0 {
			do(&elements[i])
			continue
		}
		eachElement(elements[i].Matches[path[0]], path[1:], do)
	}
}

// merge adds the lists of one map to those of another.
func merge(into, from reflect.Value) {
	for entries := from.MapRange(); entries.Next(); {
		list := entries.Value()
		if before := into.MapIndex(entries.Key()); before.IsValid() {
			list = reflect.AppendSlice(before, list)
		}
		into.SetMapIndex(entries.Key(), list)
	}
}

// isMatchMap reports whether a type is that of a map from an element to a list of others, or would be meant to be.
func (b *builder) isMatchMap(t reflect.Type) bool {
	return b.isElement(element(t.Key())) || t.Elem().Kind() == reflect.Slice && b.isElement(element(t.Elem().Elem()))
}

func (b *builder) matchMapParameter(i int, root *engine.Node) parameter {
	t := b.t.In(i)
	p := matchMapParameter{t: t}
	if mistake := b.checkMatchMap(t); mistake != "" {
		b.mistakes.Add("%s: %s", b.parameterText(i), mistake)
		return nil
	}
	left, right := element(t.Key()), element(t.Elem().Elem())
	for _, n := range b.tree.nodes {
		children := n.below(right)
		if n.element != left || len(children) == 0 {
			continue
		}
		n.taken = true
		for _, c := range children {
			n.children[c].taken = true
		}
		p.lefts = append(p.lefts, leftNode{n.path(), children})
		p.stream = at(root, n.path()).Children[children[0]].Stream
	}
	return p
}

// checkMatchMap says why a map can't be had; nothing if it can.
func (b *builder) checkMatchMap(t reflect.Type) string {
	left := element(t.Key())
	if t.Elem().Kind() != reflect.Slice {
		return "an element is joined with any number of matches, which come as a list; make it " +
			b.fitMap(t.Key(), reflect.SliceOf(t.Elem()))
	}
	right := element(t.Elem().Elem())
	var parents []*node
	for _, n := range b.tree.nodes {
		if n.element == right && n.parent != nil {
			parents = append(parents, n.parent)
		}
	}
	if len(parents) == 0 {
		if n := b.joined(left); n != nil && n.parent.element == right {
			return left.String() + " is joined to " + right.String() + ", not the other way round; make it " +
				mapText(right, reflect.SliceOf(t.Key()))
		}
		return b.noJoin(left, right)
	}
	if !slices.ContainsFunc(parents, func(n *node) bool { return n.element == left }) {
		return right.String() + " is joined to " + parents[0].String() + ", not to " + left.String() +
			"; make it " + mapText(parents[0].element, t.Elem())
	}
	if field := incomparable(t.Key()); field != "" {
		return fmt.Sprintf("%v can't be the key of a map, for what %s holds may not be comparable; make it %s",
			left, field, mapText(left, t.Elem()))
	}
	return ""
}

// fitMap returns the type of a map to lists, with the key that a user has given where it may be one.
func (b *builder) fitMap(key, list reflect.Type) string {
	if n := b.joined(element(list.Elem())); n != nil && n.parent.element != element(key) {
		return mapText(n.parent.element, list)
	}
	return mapText(key, list)
}

// mapText returns the type of the map from elements to lists of others, from pointers where elements can't be keys.
func mapText(left, list reflect.Type) string {
	key := left.String()
	if incomparable(left) != "" {
		key = "*" + key
	}
	return "map[" + key + "]" + list.String()
}

// incomparable returns the path of a field because of which values of a type may not be comparable; nothing where they
// always are. The compiler sees to slices, maps and functions in key types; interfaces may hold such.
func incomparable(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct:
		for f := range t.Fields() {
			if path := incomparable(f.Type); path != "" {
				return strings.TrimSuffix(f.Name+"."+path, ".this")
			}
		}
	case reflect.Array:
		return incomparable(t.Elem())
	case reflect.Interface, reflect.Slice, reflect.Map, reflect.Func:
		return "this"
	}
	return ""
}
