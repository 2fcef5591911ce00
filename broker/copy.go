package broker

import (
	"reflect"
	"time"

	"github.com/leat-go/leat/codec"
)

// CanCopyTo reports whether the elements that s has can be copied to become those that other has: both are of one
// stream, decode to the same, and hold nothing that a copy would share with the original.
func (s Stream) CanCopyTo(other Stream) bool {
	if s.Name != other.Name || !isFlat(s.Type) || !sameCodec(s.Codec, other.Codec) || !sameCodec(s.Tombstones,
		other.Tombstones) {
		return false
	}
	return s.Type == other.Type || s.Codec == codec.JSON && sameFields(s.Type, other.Type)
}

// Copy copies elements from a stream that can be copied to s: from, each of the other stream's type, to into, each a
// *T.
func (s Stream) Copy(into, from []any) { s.copy(into, from) }

func copyElements[T any](into, from []any) {
	for i, e := range from {
		if same, ok := e.(*T); ok {
			*into[i].(*T) = *same
			continue
		}
		// Stream.CanCopyTo has seen that the two types differ in their names only.
		*into[i].(*T) = *(*T)(reflect.ValueOf(e).UnsafePointer())
	}
}

// isFlat reports whether a copy of a t shares nothing with the original that could change.
func isFlat(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() {
			return true
		}
		for f := range t.Fields() {
			if !isFlat(f.Type) {
				return false
			}
		}
		return true
	case reflect.Array:
		return isFlat(t.Elem())
	case reflect.Pointer, reflect.UnsafePointer, reflect.Slice, reflect.Map, reflect.Interface, reflect.Func, reflect.Chan:
		return false
	}
	return true
}

func sameCodec(a, b codec.Codec) bool {
	if a == nil || b == nil {
		return a == b
	}
	return reflect.TypeOf(a) == reflect.TypeOf(b) && reflect.TypeOf(a).Comparable() && a == b
}

// sameFields reports whether two structs have the same fields with the same tags, and no methods that could decode them
// otherwise.
func sameFields(a, b reflect.Type) bool {
	if a.Kind() != reflect.Struct || b.Kind() != reflect.Struct || a.NumField() != b.NumField() ||
		reflect.PointerTo(a).NumMethod() > 0 || reflect.PointerTo(b).NumMethod() > 0 {
		return false
	}
	for i := range a.NumField() {
		f, g := a.Field(i), b.Field(i)
		if f.Name != g.Name || f.PkgPath != g.PkgPath || f.Type != g.Type || f.Tag != g.Tag || f.Anonymous != g.Anonymous {
			return false
		}
	}
	return true
}
