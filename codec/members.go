package codec

import (
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// A member is one member of a struct's JSON object.
type member struct {
	name   string
	typ    reflect.Type
	tagged bool  // the name is the tag's
	quoted bool  // it stands as a string in JSON, by the tag's option string
	index  []int // for reflect.Value.FieldByIndex

	omitEmpty, omitZero bool // it is left out by these of the tag's options
}

// members lists the members of a struct and of those embedded in it, without choosing among equal names. It also tells
// whether a pointer is among the embedded.
func members(t reflect.Type) (list []member, pointers bool) {
	return embedded(t, nil, map[reflect.Type]bool{})
}

func embedded(t reflect.Type, index []int, outer map[reflect.Type]bool) (list []member, pointers bool) {
	if outer[t] {
		return nil, true
	}
	outer[t] = true
	defer delete(outer, t)
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Tag.Get("json") == "-" || !visible(f) {
			continue
		}
		at := append(index[:len(index):len(index)], i)
		if !validName(name) {
			name = ""
		}
		inner := deref(f.Type)
		if f.Anonymous && name == "" && inner.Kind() == reflect.Struct {
			more, deeper := embedded(inner, at, outer)
			list = append(list, more...)
			pointers = pointers || deeper || inner != f.Type
			continue
		}
		m := member{name: name, typ: f.Type, tagged: name != "", index: at}
		m.quoted = quotable(inner) && hasOption(options, "string")
		m.omitEmpty, m.omitZero = hasOption(options, "omitempty"), hasOption(options, "omitzero")
		if !m.tagged {
			m.name = f.Name
		}
		list = append(list, m)
	}
	return list, pointers
}

// visible tells whether encoding/json sees a field: it is exported, or an embedded struct, whose exported fields it
// sees.
func visible(f reflect.StructField) bool {
	return f.IsExported() || f.Anonymous && deref(f.Type).Kind() == reflect.Struct
}

func deref(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer && t.Name() == "" {
		return t.Elem()
	}
	return t
}

// quotable tells whether the tag's option string means something for a type.
func quotable(t reflect.Type) bool {
	return t.Kind() >= reflect.Bool && t.Kind() <= reflect.Float64 || t.Kind() == reflect.String
}

func hasOption(options, name string) bool {
	for o := range strings.SplitSeq(options, ",") {
		if o == name {
			return true
		}
	}
	return false
}

// validName tells whether encoding/json takes a tag's name; otherwise it uses the field's.
func validName(s string) bool {
	for _, r := range s {
		if !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return true
}

// ambiguous tells whether two members have names that are equal but for case.
func ambiguous(list []member) bool {
	for i, m := range list {
		for _, other := range list[:i] {
			if strings.EqualFold(m.name, other.name) {
				return true
			}
		}
	}
	return false
}

// dominant returns the members that encoding/json chooses among those of equal names: the one that is embedded the
// least deep, among several of those the tagged one, and none where that doesn't decide.
func dominant(list []member) []member {
	return slices.DeleteFunc(slices.Clone(list), func(m member) bool {
		return slices.ContainsFunc(list, func(other member) bool {
			if other.name != m.name || slices.Equal(other.index, m.index) {
				return false
			}
			if len(other.index) != len(m.index) {
				return len(other.index) < len(m.index)
			}
			return other.tagged || !m.tagged
		})
	})
}

// lookup finds the dominant member that a name in a record means.
func lookup(list []member, name string) (m member, ok bool) {
	for _, same := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		if i := slices.IndexFunc(list, func(m member) bool { return same(m.name, name) }); i >= 0 {
			return list[i], true
		}
	}
	return member{}, false
}
