// Package signature reads the type of a function, or of the struct that a typed function gets, and finds out what each
// parameter, field and result is for. It is pure: it knows types, and what options and storages say of types ([Facts]),
// but no stream, no engine and no value. A mistake quotes the parameter and says what would be right.
package signature

import (
	"context"
	"log/slog"
	"reflect"
	"slices"

	"github.com/leat-go/leat/internal/elements"
)

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
	loggerType  = reflect.TypeFor[*slog.Logger]()
)

// Facts are what options and storages say of types. Elements are never pointers in them.
type Facts struct {
	// Record is the type of leat.Record.
	Record reflect.Type
	// Source says that there is a source. Inputs are the element types of its streams, and InputText lists these streams.
	Source    bool
	Inputs    []reflect.Type
	InputText string
	// Outputs are the element types of the sink's streams.
	Outputs []reflect.Type
	Joins   []Join
	// Windowed says that there is a window. WindowOver is the element type of its key function; nil where it has none.
	Windowed   bool
	WindowOver reflect.Type
	// Provided are the types of the values that leat.Provide gives.
	Provided []reflect.Type
	// Inject finds the value for a field of a typed function's input that isn't about elements.
	Inject func(reflect.Type) (reflect.Value, error)
}

// A Join has the element types of the sides of a join. TakesOne says that an element has one match at most.
type Join struct {
	Left, Right reflect.Type
	TakesOne    bool
}

// element returns the element type of t, which is t or what it points to.
func element(t reflect.Type) reflect.Type { return elements.Type(t) }

// isElement reports whether t, no pointer, is an element type: it has a stream, or is joined.
func (f *Facts) isElement(t reflect.Type) bool {
	return t != f.Record && (slices.Contains(f.Inputs, t) || slices.ContainsFunc(f.Joins, func(j Join) bool {
		return j.Left == t || j.Right == t
	}))
}

// isListOfElements reports whether t is a list of elements, or of pointers to them.
func (f *Facts) isListOfElements(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && f.isElement(element(t.Elem()))
}

// isJoined reports whether a type is on the right of a join.
func (f *Facts) isJoined(t reflect.Type) bool {
	return slices.ContainsFunc(f.Joins, func(j Join) bool { return j.Right == t })
}

// takesOne reports whether a type is on the right of a join whose elements have one match at most.
func (f *Facts) takesOne(t reflect.Type) bool {
	return slices.ContainsFunc(f.Joins, func(j Join) bool { return j.Right == t && j.TakesOne })
}

// isMatchMap reports whether a type is that of a map from an element to a list of others, or would be meant to be.
func (f *Facts) isMatchMap(t reflect.Type) bool {
	return t.Kind() == reflect.Map && (f.isElement(element(t.Key())) || f.isListOfElements(t.Elem()))
}

// isProvided reports whether there is a value of just this type.
func (f *Facts) isProvided(t reflect.Type) bool { return slices.Contains(f.Provided, t) }

// holdsElements reports whether a struct has fields of elements or lists of them.
func (f *Facts) holdsElements(t reflect.Type) bool {
	for s := range t.Fields() {
		if f.isElement(element(s.Type)) || f.isListOfElements(s.Type) {
			return true
		}
	}
	return false
}

// joinRoot returns the type that is on the left of joins but never on the right; nil unless there is exactly one.
func (f *Facts) joinRoot() reflect.Type {
	var root reflect.Type
	for _, j := range f.Joins {
		switch {
		case f.isJoined(j.Left) || j.Left == root:
		case root != nil:
			return nil
		default:
			root = j.Left
		}
	}
	return root
}
