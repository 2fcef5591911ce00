package keys

import "reflect"

// This file reads numbers of all kinds as the widest of their sort, whatever their own: int64, uint64 and float64.

func isSigned(kind reflect.Kind) bool { return reflect.Int <= kind && kind <= reflect.Int64 }

func isUnsigned(kind reflect.Kind) bool { return reflect.Uint <= kind && kind <= reflect.Uintptr }

func isFloating(kind reflect.Kind) bool { return kind == reflect.Float32 || kind == reflect.Float64 }

// asSigned returns a function for the keys of another one, of the kind given or pointers to that.
func asSigned[K any](kind reflect.Kind, key func(any) (K, error), pointer bool) func(any) (int64, error) {
	switch kind {
	case reflect.Int:
		return number[K, int, int64](key, pointer)
	case reflect.Int8:
		return number[K, int8, int64](key, pointer)
	case reflect.Int16:
		return number[K, int16, int64](key, pointer)
	case reflect.Int32:
		return number[K, int32, int64](key, pointer)
	}
	return read[K, int64](key, pointer)
}

// asUnsigned is asSigned for unsigned integers.
func asUnsigned[K any](kind reflect.Kind, key func(any) (K, error), pointer bool) func(any) (uint64, error) {
	switch kind {
	case reflect.Uint:
		return number[K, uint, uint64](key, pointer)
	case reflect.Uint8:
		return number[K, uint8, uint64](key, pointer)
	case reflect.Uint16:
		return number[K, uint16, uint64](key, pointer)
	case reflect.Uint32:
		return number[K, uint32, uint64](key, pointer)
	case reflect.Uintptr:
		return number[K, uintptr, uint64](key, pointer)
	}
	return read[K, uint64](key, pointer)
}

// asFloating is asSigned for floating numbers.
func asFloating[K any](kind reflect.Kind, key func(any) (K, error), pointer bool) func(any) (float64, error) {
	if kind == reflect.Float32 {
		return number[K, float32, float64](key, pointer)
	}
	return read[K, float64](key, pointer)
}
