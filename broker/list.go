package broker

import "reflect"

// listBytes is the size of the pieces of memory that short lists are cut from.
const listBytes = 4096

// Lists makes lists of elements for a user's function. A list is the function's to keep, to change and to append to:
// its memory is never used again. Lists is used by one goroutine at a time.
type Lists interface {
	// Begin begins a list of n elements.
	Begin(n int)
	// Add adds the next element, a *T.
	Add(element any)
	// End returns the list, a []T or []*T.
	End() any
}

// Lists returns a new maker of lists of the stream's elements: []T, or []*T with pointers.
func (s Stream) Lists(pointers bool) Lists {
	if pointers {
		return s.pointers()
	}
	return s.values()
}

// slabs cuts lists from larger pieces of memory.
type slabs[E any] struct {
	free, list []E
	size       int
}

func newSlabs[E any]() slabs[E] {
	return slabs[E]{size: listBytes / max(1, int(reflect.TypeFor[E]().Size()))}
}

// Begin begins a list of n elements.
func (s *slabs[E]) Begin(n int) {
	switch {
	case 4*n > s.size:
		s.list = make([]E, 0, n)
		return
	case n > len(s.free):
		s.free = make([]E, s.size)
	}
	s.list, s.free = s.free[:0:n], s.free[n:]
}

// End returns the list.
func (s *slabs[E]) End() any { return s.list }

type valueLists[T any] struct{ slabs[T] }

func (l *valueLists[T]) Add(element any) { l.list = append(l.list, *element.(*T)) }

type pointerLists[P any] struct{ slabs[P] }

func (l *pointerLists[P]) Add(element any) { l.list = append(l.list, element.(P)) }

func newValueLists[T any]() Lists { return &valueLists[T]{newSlabs[T]()} }

func newPointerLists[P any]() Lists { return &pointerLists[P]{newSlabs[P]()} }
