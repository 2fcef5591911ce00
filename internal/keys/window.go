package keys

import (
	"fmt"
	"reflect"
	"time"
	"unsafe"
)

// Changes makes functions that tell whether the window key of an element differs from that of the one before (R4), one
// for each task. It is what engine.Window.NewKey is.
type Changes = func() func(master any) (changed bool, err error)

// Window returns the changes of a window key. It is an error if values of the key's type that are equal need not be ==.
func Window[M any, K comparable](key func(M) K) (Changes, error) {
	t, isPointer := pointed[K]()
	if isTime(t) && !isPointer {
		same := func(a, b K) bool { return instant(&a).Equal(*instant(&b)) }
		return ChangesOf(guarded(key), same), nil
	}
	if field, why := unequal(t); why != "" && !(isPointer && isTime(t)) {
		return nil, windowMistake(reflect.TypeFor[K](), field, why)
	}
	if isPointer {
		return ChangesOf(pointedValue(guarded(key)), sameValue), nil
	}
	return ChangesOf(guarded(key), func(a, b K) bool { return a == b }), nil
}

// ChangesOf returns the changes of the keys that a function computes: a key changes unless it is the same as the one
// before. A key that isn't the same as itself is NaN, or holds NaN.
func ChangesOf[K any](key func(element any) (K, error), same func(a, b K) bool) Changes {
	return func() func(any) (bool, error) {
		var last K
		taken := false
		return func(element any) (bool, error) {
			k, err := key(element)
			switch {
			case err != nil:
				return false, err
			case taken && same(k, last):
				return false, nil
			case !same(k, k):
				return false, errNaN
			}
			changed := taken
			last, taken = k, true
			return changed, nil
		}
	}
}

// instant returns a key that is a time.Time, but for its name, as one.
func instant[K any](key *K) *time.Time { return (*time.Time)(unsafe.Pointer(key)) }

// pointedValue returns a function for copies of what the keys of another one point to; nil for a nil pointer, which is
// a window key like any other: unlike that of a join it matches nothing, and says of masters only that they have the
// same.
func pointedValue[K any](key func(any) (K, error)) func(any) (any, error) {
	return func(element any) (any, error) {
		k, err := key(element)
		v := reflect.ValueOf(k)
		if err != nil || v.IsNil() {
			return nil, err
		}
		if v = v.Elem(); isTime(v.Type()) {
			v = v.Convert(timeType)
		}
		return v.Interface(), nil
	}
}

func sameValue(a, b any) bool {
	if x, ok := a.(time.Time); ok {
		y, ok := b.(time.Time)
		return ok && x.Equal(y)
	}
	return a == b
}

// windowMistake says why a type can't be the key of a window, because of the field given, and what would be right.
func windowMistake(t reflect.Type, field, why string) error {
	part := t.String()
	if field != "" {
		part += "." + field
	}
	if why == isATime {
		return fmt.Errorf("windows by keys of type %v can't be told apart: "+
			"%s is %s, of which == compares the time zone, too; "+
			"make it that time's UnixNano(), or return the time.Time alone", t, part, why)
	}
	return fmt.Errorf("windows by keys of type %v can't be told apart: %s is %s, of which == doesn't compare the value; "+
		"return numbers, texts, or a struct or array of these, or a time.Time alone", t, part, why)
}

// isATime is what unequal returns for a time.Time.
const isATime = "a time"

// unequal returns the field that makes == differ from being equal, and what it is; nothing where == always says whether
// values of the type are equal. A time.Time is an example: one instant in two zones is equal, but not ==.
func unequal(t reflect.Type) (field, why string) {
	switch t.Kind() {
	case reflect.Struct:
		if isTime(t) {
			return "", isATime
		}
		if t.PkgPath() == "unique" {
			return "", "" // its handles are made to be compared
		}
		for f := range t.Fields() {
			if below, why := unequal(f.Type); why != "" {
				return joinPath(f.Name, below), why
			}
		}
	case reflect.Array:
		if below, why := unequal(t.Elem()); why != "" {
			return joinPath("[0]", below), why
		}
	case reflect.Pointer, reflect.UnsafePointer:
		return "", "a pointer"
	case reflect.Interface:
		return "", "an interface"
	case reflect.Chan:
		return "", "a channel"
	}
	return "", ""
}

func joinPath(field, below string) string {
	if below == "" {
		return field
	}
	return field + "." + below
}
