package broker

import (
	"fmt"
	"reflect"
)

// newPointed makes the stream of a P, which is a *T. Go has no name for the T of a P, so that whatever makes or copies
// one goes by reflection.
func newPointed[P any](element reflect.Type) Stream {
	list := reflect.SliceOf(element)
	return Stream{
		Type: element,
		allocate: func(into []any) {
			slab := reflect.MakeSlice(list, len(into), len(into))
			for i := range into {
				into[i] = slab.Index(i).Addr().Interface()
			}
		},
		clear: func(elements []any) {
			for _, e := range elements {
				pointed(e).SetZero()
			}
		},
		copy: func(into, from []any) {
			for i, e := range from {
				pointed(into[i]).Set(as(element, e))
			}
		},
		values:   func() Lists { return &pointedLists{t: list} },
		pointers: newPointerLists[P],
		filler: func(variable any) Filler {
			switch v := variable.(type) {
			case P:
				return &pointedFiller{pointed(v)}
			case *P:
				return &pointerFiller[P]{v}
			case *[]P:
				return &pointersFiller[P]{reused[P]{variable: v}}
			}
			if reflect.TypeOf(variable) == reflect.PointerTo(list) {
				return &pointedValuesFiller{variable: pointed(variable), list: reflect.New(list).Elem()}
			}
			panic(misfit(variable, element))
		},
	}
}

// misfit says that a variable can't hold a stream's elements.
func misfit(variable any, element reflect.Type) string {
	return fmt.Sprintf("broker: Stream.Filler: a %T can't hold elements of type %v", variable, element)
}

// pointed returns what a pointer points to.
func pointed(pointer any) reflect.Value { return reflect.ValueOf(pointer).Elem() }

// as returns an element as one of type t, which is its own or, as Stream.CanCopyTo has seen, differs in its name only.
func as(t reflect.Type, element any) reflect.Value {
	return reflect.NewAt(t, reflect.ValueOf(element).UnsafePointer()).Elem()
}

// pointedLists makes lists of a type []T.
type pointedLists struct {
	t    reflect.Type
	list reflect.Value
	next int
}

func (l *pointedLists) Begin(n int) { l.list, l.next = reflect.MakeSlice(l.t, n, n), 0 }

func (l *pointedLists) Add(element any) {
	l.list.Index(l.next).Set(pointed(element))
	l.next++
}

func (l *pointedLists) End() any { return l.list.Interface() }

// pointedFiller fills a variable with a copy of an element.
type pointedFiller struct{ variable reflect.Value }

func (f *pointedFiller) Begin(int)       { f.variable.SetZero() }
func (f *pointedFiller) Add(element any) { f.variable.Set(pointed(element)) }

// pointedValuesFiller is to a []T what reused is to other lists.
type pointedValuesFiller struct {
	variable, list reflect.Value
	next           int
}

func (f *pointedValuesFiller) Begin(n int) {
	if n > f.list.Cap() {
		f.list.Set(reflect.MakeSlice(f.list.Type(), n, max(n, 2*f.list.Cap())))
	}
	for i := n; i < f.list.Len(); i++ {
		f.list.Index(i).SetZero()
	}
	f.list.SetLen(n)
	f.next = 0
	f.variable.Set(f.list)
}

func (f *pointedValuesFiller) Add(element any) {
	f.list.Index(f.next).Set(pointed(element))
	f.next++
}
