package call

import (
	"reflect"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/engine"
)

// lists makes lists of elements of one type, for one goroutine.
type lists struct{ broker.Lists }

// newLists returns a maker of lists of type t, whose elements are those of the stream.
func newLists(s broker.Stream, t reflect.Type) lists {
	return lists{s.Lists(t.Elem().Kind() == reflect.Pointer)}
}

// of returns the list of some elements.
func (l lists) of(elements []engine.Element) reflect.Value {
	l.Begin(len(elements))
	for i := range elements {
		l.Add(elements[i].Value)
	}
	return reflect.ValueOf(l.End())
}

// matches returns the matches of an element at some of its node's children, one child after the other.
func (l lists) matches(e *engine.Element, children []int) reflect.Value {
	n := 0
	for _, c := range children {
		n += len(e.Matches[c])
	}
	l.Begin(n)
	for _, c := range children {
		for i := range e.Matches[c] {
			l.Add(e.Matches[c][i].Value)
		}
	}
	return reflect.ValueOf(l.End())
}

// elementValue returns an element, or the pointer to it.
func elementValue(e *engine.Element, pointer bool) reflect.Value {
	value := reflect.ValueOf(e.Value)
	if pointer {
		return value
	}
	return value.Elem()
}
