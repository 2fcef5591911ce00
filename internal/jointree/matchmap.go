package jointree

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/leat-go/leat/internal/elements"
)

// A Left is a node whose elements are keys of a map[L][]R. Path leads to it from the master: each step is the index of
// a child. Children are the indexes of those children whose elements the lists hold.
type Left struct {
	Path, Children []int
}

// MatchMap returns where the keys and lists of a parameter come from, a map from elements of one type to lists of
// others, and a node that has the lists' elements. Otherwise it says why there are none.
func (t *Tree) MatchMap(m reflect.Type) (lefts []Left, listed *Node, wrong string) {
	if wrong := t.checkMatchMap(m); wrong != "" {
		return nil, nil, wrong
	}
	left, right := elements.Type(m.Key()), elementOf(m.Elem())
	for _, n := range t.Nodes {
		children := n.below(right)
		if n.Element != left || len(children) == 0 {
			continue
		}
		n.used = true
		for _, c := range children {
			n.Children[c].used = true
		}
		lefts = append(lefts, Left{n.fromMaster(), children})
		listed = n.Children[children[0]]
	}
	return lefts, listed, ""
}

// checkMatchMap says why no parameter can get a map; it returns nothing where one can.
func (t *Tree) checkMatchMap(m reflect.Type) string {
	left := elements.Type(m.Key())
	if m.Elem().Kind() != reflect.Slice && !t.hasOne(m) {
		return "an element is joined with any number of matches, which come as a list; make it " +
			t.fitMap(m.Key(), reflect.SliceOf(m.Elem()))
	}
	right := elementOf(m.Elem())
	var parents []*Node
	for _, n := range t.Nodes {
		if n.Element == right && n.Parent != nil && !n.isAbsent() {
			parents = append(parents, n.Parent)
		}
	}
	if len(parents) == 0 {
		if n := t.joined(left); n != nil && n.Parent.Element == right {
			return left.String() + " is joined to " + right.String() + ", not the other way round; make it " +
				mapText(right, reflect.SliceOf(m.Key()))
		}
		return t.noJoin(left, right)
	}
	if !slices.ContainsFunc(parents, func(n *Node) bool { return n.Element == left }) {
		return right.String() + " is joined to " + parents[0].String() + ", not to " + left.String() +
			"; make it " + mapText(parents[0].Element, m.Elem())
	}
	if wrong := t.misfitMap(m); wrong != "" {
		return wrong
	}
	if field := incomparable(m.Key()); field != "" {
		return fmt.Sprintf("%v can't be the key of a map, for what %s holds may not be comparable; make it %s",
			left, field, mapText(left, m.Elem()))
	}
	return ""
}

// elementOf returns the element type of the values of a map: lists of elements, or elements.
func elementOf(value reflect.Type) reflect.Type {
	if value.Kind() == reflect.Slice {
		value = value.Elem()
	}
	return elements.Type(value)
}

// hasOne reports whether the elements of a map's values are single matches.
func (t *Tree) hasOne(m reflect.Type) bool {
	n := t.joined(elements.Type(m.Elem()))
	return n != nil && n.takesOne()
}

// misfitMap says why single matches can't be the values of a map; nothing where they can, or are lists.
func (t *Tree) misfitMap(m reflect.Type) string {
	if m.Elem().Kind() == reflect.Slice {
		return ""
	}
	left, right := elements.Type(m.Key()), elements.Type(m.Elem())
	for _, n := range t.Nodes {
		children := n.below(right)
		if n.Element != left || len(children) == 0 {
			continue
		}
		if len(children) > 1 || !n.Children[children[0]].takesOne() {
			return "an element may have several matches, which come as a list; make it " +
				mapText(m.Key(), reflect.SliceOf(m.Elem()))
		}
		if wrong := n.Children[children[0]].misfitSingle(m.Elem().Kind() == reflect.Pointer); wrong != "" {
			return fmt.Sprintf("with leat.Optional there may be no match; make it %s, of which a value is nil then",
				mapText(m.Key(), reflect.PointerTo(m.Elem())))
		}
	}
	return ""
}

// fitMap returns the type of a map to lists, with the key that a user has given where it may be one.
func (t *Tree) fitMap(key, list reflect.Type) string {
	if n := t.joined(elements.Type(list.Elem())); n != nil && n.Parent.Element != elements.Type(key) {
		return mapText(n.Parent.Element, list)
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

// incomparable returns the path of a field that makes comparing values of a type panic, or nothing where none does. The
// compiler refuses slices, maps and functions in the keys of maps, but an interface may hold one.
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
