package codec

import (
	stdencoding "encoding"
	stdjson "encoding/json"
	"fmt"
	"reflect"

	"github.com/leat-go/leat/codec/internal/fieldpath"
)

// A direction says which way a type is used.
type direction int

const (
	decoding direction = iota
	encoding
)

// inspect looks at all that t is made of. It returns an error that names the field where something can't be represented
// in JSON, and whether the fast library is proved equal to encoding/json for t.
func inspect(t reflect.Type, way direction) (fast bool, err error) {
	i := inspection{way: way, seen: map[reflect.Type]bool{}, fast: true}
	if err := i.check(t, ""); err != nil {
		return false, err
	}
	return i.fast, nil
}

// An inspection is the state of one call of inspect.
type inspection struct {
	way  direction
	seen map[reflect.Type]bool
	fast bool
}

func (i *inspection) check(t reflect.Type, path string) error {
	if i.seen[t] {
		return nil
	}
	i.seen[t] = true
	if hasMethods(t, i.way) {
		return nil // the fast library calls methods as encoding/json does
	}
	switch t.Kind() {
	case reflect.Pointer:
		if t.Elem().Kind() == reflect.Pointer && hasMethods(t.Elem(), i.way) {
			i.fast = false // the fast library may call a method of what is no element at all
		}
		return i.check(t.Elem(), path)
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 && i.way == decoding {
			i.fast = false // the fast library doesn't reset bytes at a second member that is null
		}
		return i.check(t.Elem(), path+"[]")
	case reflect.Map:
		return i.checkMap(t, path)
	case reflect.Struct:
		return i.checkStruct(t, path)
	case reflect.Interface:
		return i.checkInterface(t, path)
	case reflect.Float32:
		i.fast = i.fast && i.way == encoding // the fast library rounds a float32 twice
	case reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer, reflect.Invalid:
		return refusal(t, path)
	}
	return nil
}

func (i *inspection) checkMap(t reflect.Type, path string) error {
	key := t.Key()
	switch {
	case hasTextMethods(key, i.way):
		i.fast = false // the fast library writes keys of some such types otherwise
	case key.Kind() == reflect.String:
	case key.Kind() >= reflect.Int && key.Kind() <= reflect.Uintptr:
	default:
		return at(path, fmt.Errorf("%s can't be a JSON object: its keys must be strings, integers or %s",
			t, [...]string{"encoding.TextUnmarshaler", "encoding.TextMarshaler"}[i.way]))
	}
	return i.check(t.Elem(), path+"{}")
}

func (i *inspection) checkInterface(t reflect.Type, path string) error {
	if i.way == encoding {
		i.fast = false // what it will hold isn't known
		return nil
	}
	if t.NumMethod() > 0 {
		return refusal(t, path)
	}
	return nil
}

func (i *inspection) checkStruct(t reflect.Type, path string) error {
	list, pointers := members(t)
	if pointers || ambiguous(list) {
		i.fast = false // the fast library loses an error of embedded pointers; what case decides depends on Go's version
	}
	for _, m := range list {
		if m.quoted && deref(m.typ).PkgPath() != "" {
			i.fast = false // the fast library has other rules for strings in strings with json.Number and with methods
		}
		if err := i.check(m.typ, fieldpath.Join(path, m.name)); err != nil {
			return err
		}
	}
	return nil
}

// refusal is the error for a type that has no JSON form.
func refusal(t reflect.Type, path string) error {
	if path == "" {
		return fmt.Errorf("%s has no JSON form", typeName(t))
	}
	return at(path, fmt.Errorf("%s has no JSON form; tag it `json:\"-\"` to leave it out", typeName(t)))
}

// at puts the path of a field before an error.
func at(path string, err error) error {
	if path == "" {
		return err
	}
	return fmt.Errorf("field %s: %w", path, err)
}

// hasMethods tells whether t or a pointer to it brings its own JSON or text form.
func hasMethods(t reflect.Type, way direction) bool {
	if t.Kind() == reflect.Interface {
		return false
	}
	return implements(t, way, reflect.TypeFor[stdjson.Unmarshaler](), reflect.TypeFor[stdjson.Marshaler]()) ||
		hasTextMethods(t, way)
}

// hasTextMethods tells whether t or a pointer to it brings its own text form, as keys of maps need it.
func hasTextMethods(t reflect.Type, way direction) bool {
	return implements(t, way, reflect.TypeFor[stdencoding.TextUnmarshaler](), reflect.TypeFor[stdencoding.TextMarshaler]())
}

func implements(t reflect.Type, way direction, decodes, encodes reflect.Type) bool {
	if way == decoding {
		return t.Implements(decodes) || reflect.PointerTo(t).Implements(decodes)
	}
	return t.Implements(encodes) || reflect.PointerTo(t).Implements(encodes)
}
