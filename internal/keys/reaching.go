package keys

import (
	"cmp"
	"reflect"
	"time"
	"unsafe"

	"github.com/leat-go/leat/internal/engine"
)

// reaching returns a constructor of edges with options that the plain ones don't have. Keys are read as one of five
// types, whatever their own, so that a program doesn't carry such an edge for each kind of numbers.
func reaching[K any](left, right func(any) (K, error), o *Options) (func() engine.Edge, error) {
	t, pointer := pointed[K]()
	if isTime(t) {
		return instants().Edge(wallClock(read[K, time.Time](left, pointer)), wallClock(read[K, time.Time](right, pointer)),
			time.Time.Compare, o)
	}
	switch {
	case isSigned(t.Kind()):
		return signed(t, asSigned(t.Kind(), left, pointer), asSigned(t.Kind(), right, pointer), o)
	case isUnsigned(t.Kind()):
		return unsigned(t, asUnsigned(t.Kind(), left, pointer), asUnsigned(t.Kind(), right, pointer), o)
	case isFloating(t.Kind()):
		return floating(t, asFloating(t.Kind(), left, pointer), asFloating(t.Kind(), right, pointer), o)
	}
	if err := texts(o.Within); err != nil {
		return nil, err
	}
	return equalKeys(read[K, string](left, pointer), read[K, string](right, pointer), cmp.Compare[string], o)
}

func signed(t reflect.Type, left, right func(any) (int64, error), o *Options) (func() engine.Edge, error) {
	arithmetic := integers(t, minusSigned, plusSigned, againstSigned)
	arithmetic.Farther = fartherSigned
	return arithmetic.Edge(left, right, cmp.Compare[int64], o)
}

func unsigned(t reflect.Type, left, right func(any) (uint64, error), o *Options) (func() engine.Edge, error) {
	return integers(t, minusUnsigned, plusUnsigned, nil).Edge(left, right, cmp.Compare[uint64], o)
}

func floating(t reflect.Type, left, right func(any) (float64, error), o *Options) (func() engine.Edge, error) {
	return floats(t).Edge(notNaN[float64, float64](left), notNaN[float64, float64](right), cmp.Compare[float64], o)
}

// read returns a function for the keys of another one as the type that they are made of, or point to. A nil pointer
// is a null key (R7a).
func read[K, T any](key func(any) (K, error), pointer bool) func(any) (T, error) {
	if pointer {
		return pointedKey[K, T](key)
	}
	if same, ok := any(key).(func(any) (T, error)); ok {
		return same
	}
	return func(element any) (T, error) {
		k, err := key(element)
		return *(*T)(unsafe.Pointer(&k)), err
	}
}

// number is read for numbers, as wider ones.
func number[K any, T, N int | int8 | int16 | int32 | int64 | uint | uint8 | uint16 | uint32 | uint64 | uintptr |
	float32 | float64](key func(any) (K, error), pointer bool) func(any) (N, error) {
	narrow := read[K, T](key, pointer)
	return func(element any) (N, error) {
		k, err := narrow(element)
		return N(k), err
	}
}

// wallClock returns a function for the times of another one without the reading of the monotonic clock that they may
// have: distances are those of the wall clock.
func wallClock(key func(any) (time.Time, error)) func(any) (time.Time, error) {
	return func(element any) (time.Time, error) {
		t, err := key(element)
		return t.Round(0), err
	}
}
