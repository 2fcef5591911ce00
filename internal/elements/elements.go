// Package elements knows the two ways in which users write an element type: T and *T, which mean the same stream.
package elements

import (
	"encoding"
	"encoding/json"
	"reflect"
)

// Type returns the element type of t, which is t or what it points to. A pointer type with a name of its own is no
// pointer to an element: what makes elements doesn't know it.
func Type(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer && t.Name() == "" {
		return t.Elem()
	}
	return t
}

// TypeFor returns the element type of E, which is T or *T.
func TypeFor[E any]() reflect.Type { return Type(reflect.TypeFor[E]()) }

// IsPointer reports whether E is a *T.
func IsPointer[E any]() bool { return TypeFor[E]() != reflect.TypeFor[E]() }

// From returns a function that makes an E, which is T or *T, from an element as it is handled everywhere, a *T.
func From[E any]() func(element any) E {
	if IsPointer[E]() {
		return func(element any) E { return element.(E) }
	}
	return func(element any) E { return *element.(*E) }
}

// To returns a function that makes an element as it is handled everywhere, a *T, from an E, which is T or *T; false for
// a nil pointer.
func To[E any]() func(*E) (element any, ok bool) {
	if IsPointer[E]() {
		return func(e *E) (any, bool) { return *e, !reflect.ValueOf(e).Elem().IsNil() }
	}
	return func(e *E) (any, bool) { return e, true }
}

// Make makes an E, which is T or *T, of which fill fills the element, a *T.
func Make[E any](fill func(element any) error) (e E, err error) {
	if IsPointer[E]() {
		e = reflect.New(TypeFor[E]()).Interface().(E)
		return e, fill(e)
	}
	err = fill(&e)
	return e, err
}

// DecodesItself reports whether a type brings a JSON or a text form of its own.
func DecodesItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[json.Unmarshaler]()) || p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// EncodesItself reports whether a type brings a JSON or a text form of its own to be written in.
func EncodesItself(t reflect.Type) bool {
	p := reflect.PointerTo(t) // which has the methods of t, too
	return p.Implements(reflect.TypeFor[json.Marshaler]()) || p.Implements(reflect.TypeFor[encoding.TextMarshaler]())
}
