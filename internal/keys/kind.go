// Package keys knows the kinds of keys: how any K that has an order becomes the edges of a join, and how any comparable
// K tells the windows apart. Generics end here: behind it are edges and functions over elements as any.
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

// Edge returns a constructor of edges whose keys two functions compute, with the options given. It is an error if keys
// of the type have no order, or the options don't fit them.
func Edge[L, R, K any](left func(L) K, right func(R) K, o *Options) (func() engine.Edge, error) {
	edges, err := edgesOf[K]()
	switch {
	case err != nil:
		return nil, err
	case !o.isPlain():
		return reaching(guarded(left), guarded(right), o)
	}
	return edges(guarded(left), guarded(right), o.Unique), nil
}

// Comparison returns a constructor of edges for keys that only a comparison of the user's knows.
func Comparison[L, R any](compare func(L, R) int, unique bool) func() engine.Edge {
	return engine.FuncEdge(guardedComparison(compare), unique)
}

// An edgeMaker returns a constructor of edges over keys of one kind: it knows how these compare.
//
// No constraint of Go says "an ordered type, time.Time, or a pointer to one of these, under whatever name". So New
// looks at the type once. From then on a K such as type Seconds int64 is read as its underlying T, an int64, by
// converting a *K to a *T: both have the same memory, and no reflection is needed.
type edgeMaker[K any] func(left, right func(element any) (K, error), unique bool) func() engine.Edge

// edgesOf returns the maker of edges for keys of type K. It is an error if K has no order.
func edgesOf[K any]() (edgeMaker[K], error) {
	t, pointer := pointed[K]()
	if isTime(t) {
		return timesAs[K](pointer), nil
	}
	switch t.Kind() {
	case reflect.Int:
		return integersAs[K, int, int64](pointer), nil
	case reflect.Int8:
		return integersAs[K, int8, int64](pointer), nil
	case reflect.Int16:
		return integersAs[K, int16, int64](pointer), nil
	case reflect.Int32:
		return integersAs[K, int32, int64](pointer), nil
	case reflect.Int64:
		return integersAs[K, int64, int64](pointer), nil
	case reflect.Uint:
		return integersAs[K, uint, uint64](pointer), nil
	case reflect.Uint8:
		return integersAs[K, uint8, uint64](pointer), nil
	case reflect.Uint16:
		return integersAs[K, uint16, uint64](pointer), nil
	case reflect.Uint32:
		return integersAs[K, uint32, uint64](pointer), nil
	case reflect.Uint64:
		return integersAs[K, uint64, uint64](pointer), nil
	case reflect.Uintptr:
		return integersAs[K, uintptr, uint64](pointer), nil
	case reflect.Float32:
		return floatsAs[K, float32](pointer), nil
	case reflect.Float64:
		return floatsAs[K, float64](pointer), nil
	case reflect.String:
		return textsAs[K](pointer), nil
	}
	return nil, fmt.Errorf("keys of type %v have no order: return a number, a text, a time.Time, or a pointer to one "+
		"of these, of which nil is null and matches nothing", reflect.TypeFor[K]())
}

// pointed returns the type that a K points to, which may have a name of its own, or K where it is no pointer.
func pointed[K any]() (t reflect.Type, isPointer bool) {
	if t = reflect.TypeFor[K](); t.Kind() == reflect.Pointer {
		return t.Elem(), true
	}
	return t, false
}

// isTime reports whether a type is time.Time, under whatever name.
func isTime(t reflect.Type) bool { return t.Kind() == reflect.Struct && t.ConvertibleTo(timeType) }

// integersAs is for a K that is a T or a *T. What a pointer points to is compared as a W, so that a program has the code of
// edges over pointers for two types of integers, and not for eleven.
func integersAs[K any, T integer, W int64 | uint64](pointer bool) edgeMaker[K] {
	if !pointer {
		return orderedAs[K, T]()
	}
	return func(left, right func(any) (K, error), unique bool) func() engine.Edge {
		return engine.KeyEdge(widened[W](pointedKey[K, T](left)), widened[W](pointedKey[K, T](right)), cmp.Compare[W], unique)
	}
}

// widened returns a function for the keys of another one as a larger type. It isn't inlined for the size of programs: it has
// many instances, and is called once for each.
//
//go:noinline
func widened[W int64 | uint64, T integer](key func(any) (T, error)) func(any) (W, error) {
	return func(element any) (W, error) {
		k, err := key(element)
		return W(k), err
	}
}

// integer is any type of integers.
type integer interface {
	int | int8 | int16 | int32 | int64 | uint | uint8 | uint16 | uint32 | uint64 | uintptr
}

// textsAs is for a K that is a string or a *string.
func textsAs[K any](pointer bool) edgeMaker[K] {
	if pointer {
		return pointedAs[K](cmp.Compare[string])
	}
	return orderedAs[K, string]()
}

// orderedAs is for a K that is a T.
func orderedAs[K any, T cmp.Ordered]() edgeMaker[K] {
	compare := func(a, b K) int { return cmp.Compare(*(*T)(unsafe.Pointer(&a)), *(*T)(unsafe.Pointer(&b))) }
	if same, ok := any(cmp.Compare[T]).(func(a, b K) int); ok {
		compare = same
	}
	return func(left, right func(any) (K, error), unique bool) func() engine.Edge {
		return engine.KeyEdge(left, right, compare, unique)
	}
}

// floatsAs is for a K that is a T or a *T, which may be NaN.
func floatsAs[K any, T float32 | float64](pointer bool) edgeMaker[K] {
	if pointer {
		return func(left, right func(any) (K, error), unique bool) func() engine.Edge {
			toLeft, toRight := pointedKey[K, T](left), pointedKey[K, T](right)
			return engine.KeyEdge(notNaN[T, T](toLeft), notNaN[T, T](toRight), cmp.Compare[T], unique)
		}
	}
	edges := orderedAs[K, T]()
	return func(left, right func(any) (K, error), unique bool) func() engine.Edge {
		return edges(notNaN[K, T](left), notNaN[K, T](right), unique)
	}
}

// timesAs is for a K that is a time.Time or a pointer to one.
func timesAs[K any](pointer bool) edgeMaker[K] {
	if pointer {
		return pointedAs[K](time.Time.Compare)
	}
	return func(left, right func(any) (K, error), unique bool) func() engine.Edge {
		compare := func(a, b K) int { return instant(&a).Compare(*instant(&b)) }
		return engine.KeyEdge(left, right, compare, unique)
	}
}

// pointedAs is for a K that is a *T. An edge copies what a pointer points to, since the function may change it, and its
// memory may be used for another element.
func pointedAs[K, T any](compare func(a, b T) int) edgeMaker[K] {
	return func(left, right func(any) (K, error), unique bool) func() engine.Edge {
		return engine.KeyEdge(pointedKey[K, T](left), pointedKey[K, T](right), compare, unique)
	}
}

// notNaN returns a function for the keys of another one, of which one that is NaN is an error. A K is a T.
func notNaN[K any, T float32 | float64](key func(any) (K, error)) func(any) (K, error) {
	return func(element any) (K, error) {
		k, err := key(element)
		if v := *(*T)(unsafe.Pointer(&k)); v != v && err == nil {
			err = errNaN
		}
		return k, err
	}
}

// pointedKey returns a function for what the keys of another one point to. A nil pointer is a null key (R7a). It isn't inlined
// for the same reason as widened.
//
//go:noinline
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
