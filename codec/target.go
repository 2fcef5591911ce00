package codec

import (
	stdjson "encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// A target is what a value of a record is decoded into.
type target struct {
	typ    reflect.Type // nil where the value is skipped, so that anything fits
	quoted bool         // the value stands in a string, by the tag's option string
}

// custom tells whether the type's own methods take the value, so that what is inside is theirs.
func (into target) custom() bool { return into.typ != nil && hasMethods(into.base(), decoding) }

// base returns the type without pointers, which JSON doesn't see.
func (into target) base() reflect.Type {
	t := into.typ
	for t != nil && t.Kind() == reflect.Pointer && t != t.Elem() {
		t = t.Elem()
	}
	return t
}

func (into target) kind() reflect.Kind {
	if into.typ == nil {
		return reflect.Invalid
	}
	return into.base().Kind()
}

// members returns the function that returns the target of each member of an object.
func (into target) members() func(name string) target {
	anything := func(string) target { return target{} }
	if into.custom() {
		return anything
	}
	switch into.kind() {
	case reflect.Struct:
		all, _ := members(into.base())
		list := dominant(all)
		return func(name string) target {
			m, _ := lookup(list, name)
			return target{typ: m.typ, quoted: m.quoted}
		}
	case reflect.Map:
		return func(string) target { return target{typ: into.base().Elem()} }
	case reflect.Interface:
		return func(string) target { return into }
	}
	return anything
}

// item returns the target of item i of a list.
func (into target) item(i int) target {
	if into.custom() {
		return target{}
	}
	switch t := into.base(); into.kind() {
	case reflect.Slice:
		return target{typ: t.Elem()}
	case reflect.Array:
		if i < t.Len() {
			return target{typ: t.Elem()}
		}
	case reflect.Interface:
		return into
	}
	return target{}
}

// check returns an error for a value, valid JSON, that doesn't fit; what is inside of an object or list was checked
// before, one by one.
func (into target) check(value []byte) error {
	if into.typ == nil || !into.custom() && into.holds(value[0]) {
		return nil
	}
	pointer := reflect.New(into.typ)
	if into.quoted {
		pointer = reflect.New(reflect.StructOf([]reflect.StructField{{Name: "V", Type: into.typ, Tag: `json:"v,string"`}}))
		value = fmt.Appendf(nil, `{"v":%s}`, value)
	}
	err := stdjson.Unmarshal(value, pointer.Interface())
	if err == nil {
		return nil
	}
	if into.quoted {
		value = value[len(`{"v":`) : len(value)-1]
	}
	return mismatchError(value, into, err)
}

// holds tells whether the type holds the items of the object or list that starts with c.
func (into target) holds(c byte) bool {
	switch into.kind() {
	case reflect.Struct, reflect.Map:
		return c == '{'
	case reflect.Slice, reflect.Array:
		return c == '['
	case reflect.Interface:
		return c == '{' || c == '['
	}
	return false
}

// checkKey returns an error for a member's name, with its quotes, that can't be a key of the map.
func (into target) checkKey(name []byte) error {
	if into.custom() || into.kind() != reflect.Map {
		return nil
	}
	t := into.base()
	err := stdjson.Unmarshal(fmt.Appendf(nil, "{%s:null}", name), reflect.New(t).Interface())
	if err == nil {
		return nil
	}
	return fmt.Errorf("the name %s doesn't fit %s: %w", name, typeName(t.Key()), err)
}

// noun names the target, as in "want an object".
func (into target) noun() string {
	switch {
	case into.typ == nil:
		return "a value"
	case into.quoted:
		return article(typeName(into.base())) + " inside of a string"
	case into.custom():
		return article(typeName(into.base()))
	}
	switch into.kind() {
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Slice, reflect.Array:
		if into.base().Elem().Kind() == reflect.Uint8 {
			return "a string of base64"
		}
		return "a list"
	case reflect.Interface:
		return "a value"
	}
	return article(typeName(into.base()))
}

// mismatchError is the error for a value, valid JSON, that doesn't fit its target.
func mismatchError(value []byte, into target, cause error) error {
	got := describe(value)
	var byKind *stdjson.UnmarshalTypeError
	switch {
	case cause != nil && !into.quoted && !errors.As(cause, &byKind):
		return fmt.Errorf("%s doesn't fit %s: %w", got, typeName(into.base()), cause)
	case into.custom() || into.quoted || value[0] != '-' && !isDigit(value[0]) || !numeric(into.kind()):
		return fmt.Errorf("%s stands where %s is wanted", got, into.noun())
	case into.kind() < reflect.Float32 && strings.ContainsAny(string(value), ".eE"):
		return fmt.Errorf("%s stands where %s is wanted, written without point and exponent", got, into.noun())
	}
	t := into.base()
	if into.kind() == reflect.Interface {
		t = reflect.TypeFor[float64]()
	}
	return fmt.Errorf("%s doesn't fit %s", got, typeName(t))
}

// numeric tells whether a kind takes numbers, so that a number that doesn't fit is out of its range.
func numeric(k reflect.Kind) bool {
	return k >= reflect.Int && k <= reflect.Float64 || k == reflect.Interface
}

// describe names a value as it stands in the record, as in "a list stands where…".
func describe(value []byte) string {
	switch value[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		if len(value) <= 32 {
			return "the string " + string(value)
		}
		return "a string"
	case 't', 'f', 'n':
		return string(value)
	}
	if len(value) > 40 {
		return "number " + string(value[:40]) + "…"
	}
	return "number " + string(value)
}

// typeName names a type as its user wrote it.
func typeName(t reflect.Type) string {
	if t.Name() == "" && t.Kind() == reflect.Struct {
		return "struct"
	}
	return t.String()
}

// article puts "a" or "an" before a word.
func article(word string) string {
	if strings.ContainsRune("aeio", rune(word[0])) {
		return "an " + word
	}
	return "a " + word
}

// unquote returns the text of a valid JSON string.
func unquote(quoted []byte) (text string) {
	if err := stdjson.Unmarshal(quoted, &text); err != nil {
		return string(quoted)
	}
	return text
}
