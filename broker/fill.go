package broker

import "reflect"

// A Filler fills a variable with elements for a user's function, again for each call. What the variable holds is valid
// until it is filled again. A Filler is used by one goroutine at a time.
type Filler interface {
	// Begin empties the variable. A list gets n elements, which Add must set.
	Begin(n int)
	// Add sets the variable, or the next element of the list, to a *T.
	Add(element any)
}

// Filler returns what fills a variable with the stream's elements: a *T, **T, *[]T or *[]*T. It panics for others.
func (s Stream) Filler(variable any) Filler { return s.filler(variable) }

func newFiller[T any](variable any) Filler {
	switch v := variable.(type) {
	case *T:
		return &valueFiller[T]{v}
	case **T:
		return &pointerFiller[*T]{v}
	case *[]T:
		return &valuesFiller[T]{reused[T]{variable: v}}
	case *[]*T:
		return &pointersFiller[*T]{reused[*T]{variable: v}}
	}
	panic(misfit(variable, reflect.TypeFor[T]()))
}

// valueFiller fills a variable with a copy of an element.
type valueFiller[T any] struct{ variable *T }

func (f *valueFiller[T]) Begin(int)       { *f.variable = *new(T) }
func (f *valueFiller[T]) Add(element any) { *f.variable = *element.(*T) }

// pointerFiller fills a variable with a P, the pointer to an element.
type pointerFiller[P any] struct{ variable *P }

func (f *pointerFiller[P]) Begin(int)       { *f.variable = *new(P) }
func (f *pointerFiller[P]) Add(element any) { *f.variable = element.(P) }

// reused fills a list whose memory it uses again. It keeps the list, because the function may have put another one into
// the variable.
type reused[E any] struct {
	variable *[]E
	list     []E
	next     int
}

// Begin makes the list. Elements behind its end aren't held any longer.
func (f *reused[E]) Begin(n int) {
	if n > cap(f.list) {
		f.list = make([]E, n, max(n, 2*cap(f.list)))
	}
	if n < len(f.list) {
		clear(f.list[n:])
	}
	f.list, f.next = f.list[:n], 0
	*f.variable = f.list
}

type valuesFiller[T any] struct{ reused[T] }

func (f *valuesFiller[T]) Add(element any) {
	f.list[f.next] = *element.(*T)
	f.next++
}

type pointersFiller[P any] struct{ reused[P] }

func (f *pointersFiller[P]) Add(element any) {
	f.list[f.next] = element.(P)
	f.next++
}
