// Package keys knows the kinds of keys: how any K that has an order becomes the edges of a join, and how any comparable K tells
// the windows apart. Generics end here: behind it are edges and functions over elements as any.
package keys

import (
	"cmp"
	"fmt"
	"reflect"
	"time"
	"unsafe"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/mistake"
)

var timeType = reflect.TypeFor[time.Time]()

// On describes the keys of a join in a plan.
func On(left, right any) string {
	return mistake.KeyFunction(left) + " == " + mistake.KeyFunction(right)
}

// Edge returns a constructor of edges whose keys two functions compute. It is an error if keys of the type have no order.
func Edge[L, R, K any](left func(L) K, right func(R) K, unique bool) (func() engine.Edge, error) {
	k, err := kindOf[K]()
	if err != nil {
		return nil, err
	}
	leftKey, rightKey := guarded(left, k.isNaN), guarded(right, k.isNaN)
	return k.edge(leftKey, rightKey, unique), nil
}

// Comparison returns a constructor of edges for keys that only a comparison of the user's knows.
func Comparison[L, R any](compare func(L, R) int, unique bool) func() engine.Edge {
	return engine.FuncEdge(guardedComparison(compare), unique)
}

// A kind knows how keys of a type K are told apart and put in order. Go can't say "an ordered type, time.Time or a pointer
// to one of these, under whatever name" in a constraint, so that New looks at the type, once. A K is then read as the T that
// it is but for its name, without reflection: conversions of a *K to a *T, types that have the same memory.
type kind[K any] struct {
	// edge returns a constructor of edges with keys of the kind.
	edge func(left, right func(element any) (K, error), unique bool) func() engine.Edge
	// isNaN says that a key is no number, or points to none; nil where none can be.
	isNaN func(K) bool
}

// kindOf returns the kind of K. It is an error if K has no order.
func kindOf[K any]() (kind[K], error) {
	t, pointer := reflect.TypeFor[K](), false
	if t.Kind() == reflect.Pointer {
		t, pointer = t.Elem(), true
	}
	if isTime(t) {
		return kindAs[K](pointer, time.Time.Compare, nil), nil
	}
	switch t.Kind() {
	case reflect.Int:
		return orderedAs[K, int](pointer), nil
	case reflect.Int8:
		return orderedAs[K, int8](pointer), nil
	case reflect.Int16:
		return orderedAs[K, int16](pointer), nil
	case reflect.Int32:
		return orderedAs[K, int32](pointer), nil
	case reflect.Int64:
		return orderedAs[K, int64](pointer), nil
	case reflect.Uint:
		return orderedAs[K, uint](pointer), nil
	case reflect.Uint8:
		return orderedAs[K, uint8](pointer), nil
	case reflect.Uint16:
		return orderedAs[K, uint16](pointer), nil
	case reflect.Uint32:
		return orderedAs[K, uint32](pointer), nil
	case reflect.Uint64:
		return orderedAs[K, uint64](pointer), nil
	case reflect.Uintptr:
		return orderedAs[K, uintptr](pointer), nil
	case reflect.Float32:
		return kindAs[K](pointer, cmp.Compare[float32], isNaN[float32]), nil
	case reflect.Float64:
		return kindAs[K](pointer, cmp.Compare[float64], isNaN[float64]), nil
	case reflect.String:
		return orderedAs[K, string](pointer), nil
	}
	return kind[K]{}, fmt.Errorf("keys of type %v have no order: return a number, a text, a time.Time, or a pointer to one "+
		"of these, of which nil is null and matches nothing", reflect.TypeFor[K]())
}

// isTime reports whether a type is time.Time, under whatever name.
func isTime(t reflect.Type) bool { return t.Kind() == reflect.Struct && t.ConvertibleTo(timeType) }

func isNaN[T cmp.Ordered](v T) bool { return v != v }

// orderedAs is the kind of a K that is a T or a *T, of which none is NaN.
func orderedAs[K any, T cmp.Ordered](pointer bool) kind[K] {
	if pointer {
		return kindAs[K](pointer, cmp.Compare[T], nil)
	}
	compare := func(a, b K) int { return cmp.Compare(*(*T)(unsafe.Pointer(&a)), *(*T)(unsafe.Pointer(&b))) }
	if same, ok := any(cmp.Compare[T]).(func(a, b K) int); ok {
		compare = same
	}
	return kind[K]{edge: func(left, right func(any) (K, error), unique bool) func() engine.Edge {
		return engine.KeyEdge(left, right, compare, unique)
	}}
}

// kindAs is the kind of a K that is a T or a *T. An edge holds what pointers point to: that may change, or be used for another
// element, when the function has had its call.
func kindAs[K, T any](pointer bool, compare func(a, b T) int, isNaN func(T) bool) kind[K] {
	if !pointer {
		k := kind[K]{edge: func(left, right func(any) (K, error), unique bool) func() engine.Edge {
			as := func(a, b K) int { return compare(*(*T)(unsafe.Pointer(&a)), *(*T)(unsafe.Pointer(&b))) }
			return engine.KeyEdge(left, right, as, unique)
		}}
		if isNaN != nil {
			k.isNaN = func(key K) bool { return isNaN(*(*T)(unsafe.Pointer(&key))) }
		}
		return k
	}
	k := kind[K]{edge: func(left, right func(any) (K, error), unique bool) func() engine.Edge {
		return engine.KeyEdge(pointedKey[K, T](left), pointedKey[K, T](right), compare, unique)
	}}
	if isNaN != nil {
		k.isNaN = func(key K) bool {
			p := *(**T)(unsafe.Pointer(&key))
			return p != nil && isNaN(*p)
		}
	}
	return k
}

// pointedKey returns a function for what the keys of another one point to. A nil pointer is a null key (R7a).
func pointedKey[K, T any](key func(any) (K, error)) func(any) (T, error) {
	return func(element any) (t T, err error) {
		k, err := key(element)
		if err != nil {
			return t, err
		}
		p := *(**T)(unsafe.Pointer(&k))
		if p == nil {
			return t, engine.NullKey
		}
		return *p, nil
	}
}
