package mistake

import (
	"fmt"
	"reflect"
	"strings"
)

// And joins words as in "a, b and c"; "none" where there are none.
func And(words []string) string {
	switch len(words) {
	case 0:
		return "none"
	case 1:
		return words[0]
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// Type returns a type as a user writes it, with package names instead of paths in type arguments.
func Type(t reflect.Type) string {
	words := strings.FieldsFunc(t.String(), func(r rune) bool { return strings.ContainsRune("[]*, ", r) })
	text := t.String()
	for _, word := range words {
		if at := strings.LastIndexByte(word, '/'); at >= 0 {
			text = strings.ReplaceAll(text, word, word[at+1:])
		}
	}
	return text
}

// ShortType returns a type as Type does, but leaves out what is in a struct without a name.
func ShortType(t reflect.Type) string {
	switch {
	case t.Name() != "":
	case t.Kind() == reflect.Slice:
		return "[]" + ShortType(t.Elem())
	case t.Kind() == reflect.Pointer:
		return "*" + ShortType(t.Elem())
	case t.Kind() == reflect.Struct:
		return "struct{...}"
	}
	return Type(t)
}

// Element returns an element type, with the name of its stream or node where it has one.
func Element(t reflect.Type, name string) string {
	if t == nil {
		return "no type" // of a stream that broker.NewStream hasn't made
	}
	if name == "" {
		return t.String()
	}
	return fmt.Sprintf("%v named %q", t, name)
}

// IsNil reports whether a value is nil, or a nil pointer, function, map or channel in an interface: nothing can be done
// with it. A nil slice is an empty list.
func IsNil(value any) bool {
	switch v := reflect.ValueOf(value); v.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Func, reflect.Map, reflect.Chan, reflect.UnsafePointer:
		return v.IsNil()
	}
	return false
}

// Nil names what IsNil has found.
func Nil(value any) string {
	if value == nil {
		return "nil"
	}
	return fmt.Sprintf("a nil %T", value)
}
