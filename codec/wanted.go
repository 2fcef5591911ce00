package codec

import (
	stdjson "encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// wanted is what is wanted in a place of a record.
type wanted struct {
	typ    reflect.Type // nil where anything fits, since it is skipped
	quoted bool         // the value stands in a string, by the tag's option string
}

// own tells whether the type's own methods take the value, so that what is inside is theirs.
func (want wanted) own() bool { return want.typ != nil && hasMethods(want.base(), decoding) }

// base returns the wanted type without pointers, which JSON doesn't see.
func (want wanted) base() reflect.Type {
	t := want.typ
	for t != nil && t.Kind() == reflect.Pointer && t != t.Elem() {
		t = t.Elem()
	}
	return t
}

func (want wanted) kind() reflect.Kind {
	if want.typ == nil {
		return reflect.Invalid
	}
	return want.base().Kind()
}

// members returns the function that tells what is wanted of a member of the wanted object.
func (want wanted) members() func(name string) wanted {
	anything := func(string) wanted { return wanted{} }
	if want.own() {
		return anything
	}
	switch want.kind() {
	case reflect.Struct:
		all, _ := members(want.base())
		list := dominant(all)
		return func(name string) wanted {
			m, _ := lookup(list, name)
			return wanted{typ: m.typ, quoted: m.quoted}
		}
	case reflect.Map:
		return func(string) wanted { return wanted{typ: want.base().Elem()} }
	case reflect.Interface:
		return func(string) wanted { return want }
	}
	return anything
}

// element returns what is wanted of element i of the wanted list.
func (want wanted) element(i int) wanted {
	if want.own() {
		return wanted{}
	}
	switch t := want.base(); want.kind() {
	case reflect.Slice:
		return wanted{typ: t.Elem()}
	case reflect.Array:
		if i < t.Len() {
			return wanted{typ: t.Elem()}
		}
	case reflect.Interface:
		return want
	}
	return wanted{}
}

// refuse returns why a value, valid JSON, doesn't fit, nil where it does. What is inside of an object or list was asked
// before, element by element.
func (want wanted) refuse(value []byte) error {
	if want.typ == nil || !want.own() && want.holds(value[0]) {
		return nil
	}
	target := reflect.New(want.typ)
	if want.quoted {
		target = reflect.New(reflect.StructOf([]reflect.StructField{{Name: "V", Type: want.typ, Tag: `json:"v,string"`}}))
		value = fmt.Appendf(nil, `{"v":%s}`, value)
	}
	err := stdjson.Unmarshal(value, target.Interface())
	if err == nil {
		return nil
	}
	if want.quoted {
		value = value[len(`{"v":`) : len(value)-1]
	}
	return mismatch(value, want, err)
}

// holds tells whether the wanted type holds the elements of the object or list that starts with c.
func (want wanted) holds(c byte) bool {
	switch want.kind() {
	case reflect.Struct, reflect.Map:
		return c == '{'
	case reflect.Slice, reflect.Array:
		return c == '['
	case reflect.Interface:
		return c == '{' || c == '['
	}
	return false
}

// refuseKey returns why a member's name, with its quotes, can't be a key of the wanted map.
func (want wanted) refuseKey(name []byte) error {
	if want.own() || want.kind() != reflect.Map {
		return nil
	}
	t := want.base()
	err := stdjson.Unmarshal(fmt.Appendf(nil, "{%s:null}", name), reflect.New(t).Interface())
	if err == nil {
		return nil
	}
	return fmt.Errorf("the name %s doesn't fit %s: %w", name, typeName(t.Key()), err)
}

// noun names what is wanted, as in "want an object".
func (want wanted) noun() string {
	switch {
	case want.typ == nil:
		return "a value"
	case want.quoted:
		return article(typeName(want.base())) + " inside of a string"
	case want.own():
		return article(typeName(want.base()))
	}
	switch want.kind() {
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Slice, reflect.Array:
		if want.base().Elem().Kind() == reflect.Uint8 {
			return "a string of base64"
		}
		return "a list"
	case reflect.Interface:
		return "a value"
	}
	return article(typeName(want.base()))
}

// mismatch is the error for a value, valid JSON, that isn't what is wanted.
func mismatch(value []byte, want wanted, cause error) error {
	got := describe(value)
	var byKind *stdjson.UnmarshalTypeError
	switch {
	case cause != nil && !want.quoted && !errors.As(cause, &byKind):
		return fmt.Errorf("%s doesn't fit %s: %w", got, typeName(want.base()), cause)
	case want.own() || want.quoted || value[0] != '-' && !isDigit(value[0]) || !numeric(want.kind()):
		return fmt.Errorf("%s stands where %s is wanted", got, want.noun())
	case want.kind() < reflect.Float32 && strings.ContainsAny(string(value), ".eE"):
		return fmt.Errorf("%s stands where %s is wanted, written without point and exponent", got, want.noun())
	}
	t := want.base()
	if want.kind() == reflect.Interface {
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
