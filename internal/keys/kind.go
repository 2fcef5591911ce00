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
	if pointer {
		return pointersAs[K](t)
	}
	if isTime(t) {
		return comparedBy(func(a, b K) int { return instant(&a).Compare(*instant(&b)) }), nil
	}
	switch t.Kind() {
	case reflect.Int:
		return orderedAs[K, int](), nil
	case reflect.Int8:
		return orderedAs[K, int8](), nil
	case reflect.Int16:
		return orderedAs[K, int16](), nil
	case reflect.Int32:
		return orderedAs[K, int32](), nil
	case reflect.Int64:
		return orderedAs[K, int64](), nil
	case reflect.Uint:
		return orderedAs[K, uint](), nil
	case reflect.Uint8:
		return orderedAs[K, uint8](), nil
	case reflect.Uint16:
		return orderedAs[K, uint16](), nil
	case reflect.Uint32:
		return orderedAs[K, uint32](), nil
	case reflect.Uint64:
		return orderedAs[K, uint64](), nil
	case reflect.Uintptr:
		return orderedAs[K, uintptr](), nil
	case reflect.Float32:
		return floatsAs[K, float32](), nil
	case reflect.Float64:
		return floatsAs[K, float64](), nil
	case reflect.String:
		return orderedAs[K, string](), nil
	}
	return nil, noOrder[K]()
}

// pointersAs is for a K that is a pointer to a t. What it points to is read as one of five types, so that a program has the code
// of edges over pointers for these only.
func pointersAs[K any](t reflect.Type) (edgeMaker[K], error) {
	switch kind := t.Kind(); {
	case isTime(t):
		return readAs(pointedKey[K, time.Time], time.Time.Compare), nil
	case isSigned(kind):
		return readAs(func(key func(any) (K, error)) func(any) (int64, error) { return asSigned(kind, key, true) },
			cmp.Compare[int64]), nil
	case isUnsigned(kind):
		return readAs(func(key func(any) (K, error)) func(any) (uint64, error) { return asUnsigned(kind, key, true) },
			cmp.Compare[uint64]), nil
	case isFloating(kind):
		return readAs(func(key func(any) (K, error)) func(any) (float64, error) {
			return notNaN[float64, float64](asFloating(kind, key, true))
		}, cmp.Compare[float64]), nil
	case kind == reflect.String:
		return readAs(pointedKey[K, string], cmp.Compare[string]), nil
	}
	return nil, noOrder[K]()
}

// readAs is for keys that are read as a T. An edge copies what a pointer points to, since the function may change it, and its
// memory may be used for another element.
func readAs[K, T any](read func(key func(any) (K, error)) func(any) (T, error), compare func(a, b T) int) edgeMaker[K] {
	return func(left, right func(any) (K, error), unique bool) func() engine.Edge {
		return engine.KeyEdge(read(left), read(right), compare, unique)
	}
}

func noOrder[K any]() error {
	return fmt.Errorf("keys of type %v have no order: return a number, a text, a time.Time, or a pointer to one "+
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

// orderedAs is for a K that is a T.
func orderedAs[K any, T cmp.Ordered]() edgeMaker[K] {
	compare := func(a, b K) int { return cmp.Compare(*(*T)(unsafe.Pointer(&a)), *(*T)(unsafe.Pointer(&b))) }
	if same, ok := any(cmp.Compare[T]).(func(a, b K) int); ok {
		compare = same
	}
	return comparedBy(compare)
}

// comparedBy is for keys that are compared so. It isn't inlined for the size of programs.
//
//go:noinline
func comparedBy[K any](compare func(a, b K) int) edgeMaker[K] {
	return func(left, right func(any) (K, error), unique bool) func() engine.Edge {
		return engine.KeyEdge(left, right, compare, unique)
	}
}

// floatsAs is for a K that is a T, which may be NaN.
func floatsAs[K any, T float32 | float64]() edgeMaker[K] {
	edges := orderedAs[K, T]()
	return func(left, right func(any) (K, error), unique bool) func() engine.Edge {
		return edges(notNaN[K, T](left), notNaN[K, T](right), unique)
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
// for the size of programs: it has many instances, and is called once for each.
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
