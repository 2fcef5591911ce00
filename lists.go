package leat

import (
	"reflect"

	"github.com/leat-go/leat/internal/engine"
)

// listBytes is the size of the pieces of memory that short lists are cut from.
const listBytes = 4096

// lists makes the lists that the function gets. They are cut from larger pieces of memory, which are never used again:
// the function may keep its lists, and may append to them.
type lists struct {
	t       reflect.Type // of a list
	pointer bool         // to elements
	piece   int          // number of elements
	free    reflect.Value
	used    int
}

func newLists(t reflect.Type) *lists {
	size := max(1, int(t.Elem().Size()))
	return &lists{t: t, pointer: t.Elem().Kind() == reflect.Pointer, piece: max(1, listBytes/size)}
}

// take returns a list of n zero elements.
func (l *lists) take(n int) reflect.Value {
	if 4*n > l.piece {
		return reflect.MakeSlice(l.t, n, n)
	}
	if !l.free.IsValid() || l.used+n > l.piece {
		l.free, l.used = reflect.MakeSlice(l.t, l.piece, l.piece), 0
	}
	first := l.used
	l.used += n
	return l.free.Slice3(first, l.used, l.used)
}

// fill sets the elements of a list from the index at on, and returns the index behind.
func (l *lists) fill(list reflect.Value, at int, elements []engine.Element) int {
	for i := range elements {
		list.Index(at).Set(elementValue(&elements[i], l.pointer))
		at++
	}
	return at
}

// matches returns the matches of an element at some of its node's children, one child after the other.
func (l *lists) matches(e *engine.Element, children []int) reflect.Value {
	n := 0
	for _, c := range children {
		n += len(e.Matches[c])
	}
	list := l.take(n)
	at := 0
	for _, c := range children {
		at = l.fill(list, at, e.Matches[c])
	}
	return list
}

// elementValue returns an element, or the pointer to it.
func elementValue(e *engine.Element, pointer bool) reflect.Value {
	value := reflect.ValueOf(e.Value)
	if pointer {
		return value
	}
	return value.Elem()
}
