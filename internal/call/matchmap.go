package call

import (
	"context"
	"reflect"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/jointree"
)

// MatchMap gets a map of type t from elements of one type to their matches of another, elements of the stream. lefts
// are the nodes of the map's keys.
func MatchMap(t reflect.Type, s broker.Stream, lefts []jointree.Left) Parameter {
	return matchMapParameter{t, s, lefts}
}

type matchMapParameter struct {
	t reflect.Type
	// stream is one of the lists' elements.
	stream broker.Stream
	// lefts are the nodes of the map's key type.
	lefts []jointree.Left
}

func (p matchMapParameter) argument() argument {
	values := p.values()
	pointer := p.t.Key().Kind() == reflect.Pointer
	return func(_ context.Context, call *engine.Call) reflect.Value {
		all := p.ofNode(0, values, pointer, call)
		for i := 1; i < len(p.lefts); i++ {
			merge(all, p.ofNode(i, values, pointer, call))
		}
		return all
	}
}

// values makes the values of a map.
type values func(e *engine.Element, children []int) reflect.Value

// values returns what makes the values of the map: of the matches of an element at some children the list, or the only
// one.
func (p matchMapParameter) values() values {
	if p.t.Elem().Kind() == reflect.Slice {
		lists := newLists(p.stream, p.t.Elem())
		return lists.matches
	}
	none, pointer := reflect.Zero(p.t.Elem()), p.t.Elem().Kind() == reflect.Pointer
	return func(e *engine.Element, children []int) reflect.Value {
		matches := e.Matches[children[0]]
		if len(matches) == 0 {
			return none
		}
		return elementValue(&matches[0], pointer)
	}
}

// ofNode makes the map for one of the left nodes. Equal elements have equal matches, and are one key of the map.
func (p matchMapParameter) ofNode(i int, value values, pointer bool, call *engine.Call) reflect.Value {
	left := p.lefts[i]
	m := reflect.MakeMapWithSize(p.t, len(call.Masters))
	eachElement(call.Masters, left.Path, func(e *engine.Element) {
		key := elementValue(e, pointer)
		if !m.MapIndex(key).IsValid() {
			m.SetMapIndex(key, value(e, left.Children))
		}
	})
	return m
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
		if list.Kind() != reflect.Slice {
			into.SetMapIndex(entries.Key(), list)
			continue
		}
		if before := into.MapIndex(entries.Key()); before.IsValid() {
			list = reflect.AppendSlice(before, list)
		}
		into.SetMapIndex(entries.Key(), list)
	}
}
