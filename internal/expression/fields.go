package expression

import (
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/types"
)

// structScope gives expressions the fields of a struct by their names in JSON.
type structScope struct{ t reflect.Type }

// typeDepth bounds the types that the checker is told of: a type that refers to itself has no end.
const typeDepth = 8

func (s structScope) Types() types.Map { return membersOf(s.t, typeDepth) }

// Field resolves as many steps as lead through structs; what is left (an item of a list, say) is the virtual machine's.
func (s structScope) Field(path []Step, _ bool) (Getter, int, error) {
	t, used := s.t, 0
	var route []reflect.StructField
	for used < len(path) && !path[used].IsIndex {
		f, ok := fieldByName(t, path[used].Name)
		if !ok {
			break
		}
		route = append(route, f)
		used++
		if t = deref(f.Type); t.Kind() != reflect.Struct || kindOf(t) != Other {
			break
		}
	}
	if used == 0 {
		return nil, 0, fmt.Errorf("%s has no field %s", s.t, path[0].Name)
	}
	return getterOf(route, PathString(path[:used])), used, nil
}

// getterOf returns the function that reads the field at the end of the route.
func getterOf(route []reflect.StructField, name string) Getter {
	var index []int
	pointers := route[len(route)-1].Type.Kind() == reflect.Pointer
	for _, f := range route {
		index = append(index, f.Index...)
		// An embedded pointer leads through more than one step, and so does a field of pointer type.
		pointers = pointers || len(f.Index) > 1 || f.Type.Kind() == reflect.Pointer
	}
	convert := converter(route[len(route)-1].Type)
	if len(index) == 1 && !pointers {
		i := index[0]
		return func(env any) (Value, error) { return convert(reflect.ValueOf(env).Elem().Field(i)) }
	}
	return func(env any) (Value, error) {
		v := reflect.ValueOf(env).Elem()
		for _, i := range index {
			if v = follow(v); !v.IsValid() {
				return Value{}, &MissingError{Member: name, Null: true}
			}
			v = v.Field(i)
		}
		if v = follow(v); !v.IsValid() {
			return NullValue(), nil
		}
		return convert(v)
	}
}

// follow dereferences pointers; the result is not valid if one is nil.
func follow(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	return v
}

func deref(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// converter returns the function that makes a Value of a Go value of type t.
func converter(t reflect.Type) func(reflect.Value) (Value, error) {
	switch t = deref(t); t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(v reflect.Value) (Value, error) { return IntValue(v.Int()), nil }
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return func(v reflect.Value) (Value, error) { return UintValue(v.Uint()), nil }
	case reflect.Float32:
		return func(v reflect.Value) (Value, error) { return singleValue(v.Float()), nil }
	case reflect.Float64:
		return func(v reflect.Value) (Value, error) { return floatValue(v.Float()), nil }
	case reflect.Bool:
		return func(v reflect.Value) (Value, error) { return BoolValue(v.Bool()), nil }
	case reflect.String:
		if t == reflect.TypeFor[json.Number]() {
			return func(v reflect.Value) (Value, error) { return ValueOf(v.Interface()), nil }
		}
		return func(v reflect.Value) (Value, error) { return TextValue(v.String()), nil }
	}
	return func(v reflect.Value) (Value, error) { return generic(v), nil }
}

// generic returns a Go value as expressions see it: structs are objects with the names of JSON, durations numbers.
func generic(v reflect.Value) Value {
	if v = follow(v); !v.IsValid() {
		return NullValue()
	}
	if raw, ok := reflect.TypeAssert[json.RawMessage](v); ok {
		switch {
		case len(raw) == 0:
			return NullValue() // as encoding/json writes it
		case json.Valid(raw):
			return ValueOfJSON(Tidy(nil, raw))
		}
	}
	switch v.Kind() {
	case reflect.Interface:
		return generic(v.Elem())
	case reflect.Struct:
		return structValue(v)
	case reflect.Slice, reflect.Array:
		items := make(list, v.Len())
		for i := range items {
			items[i] = generic(v.Index(i))
		}
		return ListValue(items)
	case reflect.Map:
		return genericMap(v)
	}
	if !v.CanInterface() {
		return NullValue()
	}
	value, err := converter(v.Type())(v)
	if err != nil {
		return otherValue(v.Interface())
	}
	return value
}

// structValue returns a struct as an object, unless it stands for a single value.
func structValue(v reflect.Value) Value {
	if kindOf(v.Type()) != Other && v.CanInterface() {
		switch x := v.Interface().(type) {
		case big.Int:
			return ValueOf(&x)
		case big.Rat:
			return ValueOf(&x)
		default:
			return ValueOf(x)
		}
	}
	o := &object{}
	for _, field := range orderedFields(v.Type()) {
		if f, err := v.FieldByIndexErr(field.Index); err == nil {
			name, _ := jsonName(field)
			o.set(name, generic(f))
		}
	}
	return objectValue(o)
}

// genericMap returns a map as an object, in the order of the names.
func genericMap(v reflect.Value) Value {
	entries := map[string]reflect.Value{}
	for each := v.MapRange(); each.Next(); {
		entries[fmt.Sprint(each.Key().Interface())] = each.Value()
	}
	o := &object{}
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		o.set(name, generic(entries[name]))
	}
	return objectValue(o)
}

// kindOf returns the kind of the values of a type, or Unknown.
func kindOf(t reflect.Type) Kind {
	switch t = deref(t); t.Kind() {
	case reflect.Bool:
		return Bool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8,
		reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr, reflect.Float32, reflect.Float64:
		return Number
	case reflect.String:
		if t == reflect.TypeFor[json.Number]() {
			return Number
		}
		return Text
	case reflect.Struct:
		switch t {
		case reflect.TypeFor[time.Time]():
			return Time
		case reflect.TypeFor[big.Int](), reflect.TypeFor[big.Rat]():
			return Number
		}
		return Other
	case reflect.Slice, reflect.Array, reflect.Map:
		if t == reflect.TypeFor[json.RawMessage]() {
			return Unknown // it may hold anything
		}
		return Other
	}
	return Unknown
}

// typeOf returns a Go type as the checker is told of it.
func typeOf(t reflect.Type, depth int) types.Type {
	t = deref(t)
	switch kindOf(t) {
	case Bool:
		return types.Bool
	case Number:
		return numberType(t)
	case Text:
		return types.String
	case Time:
		return types.TypeOf(time.Time{})
	}
	switch {
	case depth == 0 || t == reflect.TypeFor[json.RawMessage]() || t.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return types.Any
	case t.Kind() == reflect.Struct:
		return membersOf(t, depth-1)
	case t.Kind() == reflect.Slice || t.Kind() == reflect.Array:
		return types.Array(typeOf(t.Elem(), depth-1))
	}
	return types.Any
}

func numberType(t reflect.Type) types.Type {
	switch t.Kind() {
	case reflect.Float32, reflect.Float64:
		return types.Float64
	case reflect.String, reflect.Struct:
		// A json.Number or big.Rat may be whole or not.
		return types.Any
	}
	return types.Int64
}

func membersOf(t reflect.Type, depth int) types.Map {
	members := types.Map{}
	for name, f := range jsonFields(t) {
		members[name] = typeOf(f.Type, depth)
	}
	return members
}

func fieldByName(t reflect.Type, name string) (reflect.StructField, bool) {
	f, ok := jsonFields(t)[name]
	return f, ok
}

// jsonFields returns the fields of a struct by their names in JSON, as encoding/json finds them: of several fields with
// one name the least deeply embedded counts, at one depth the one with a tag, and where that doesn't decide none.
func jsonFields(t reflect.Type) map[string]reflect.StructField {
	fields := map[string]reflect.StructField{}
	tagged := map[string]bool{}
	ambiguous := map[string]bool{}
	for _, f := range visibleFields(t, nil, map[reflect.Type]bool{}) {
		name, hasTag := jsonName(f)
		other, exists := fields[name]
		switch {
		case !exists || len(f.Index) < len(other.Index):
		case len(f.Index) > len(other.Index) || (tagged[name] && !hasTag):
			continue
		case tagged[name] == hasTag:
			ambiguous[name] = true
			continue
		}
		fields[name], tagged[name], ambiguous[name] = f, hasTag, false
	}
	for name, is := range ambiguous {
		if is {
			delete(fields, name)
		}
	}
	return fields
}

// orderedFields returns the fields that jsonFields finds, in their order in the struct.
func orderedFields(t reflect.Type) []reflect.StructField {
	fields := slices.Collect(maps.Values(jsonFields(t)))
	slices.SortFunc(fields, func(a, b reflect.StructField) int { return slices.Compare(a.Index, b.Index) })
	return fields
}

// visibleFields returns the fields of a struct and of the structs embedded in it, with their index paths from the top.
func visibleFields(t reflect.Type, path []int, above map[reflect.Type]bool) []reflect.StructField {
	if above[t] {
		return nil
	}
	above[t] = true
	defer delete(above, t)
	var fields []reflect.StructField
	for i := range t.NumField() {
		f := t.Field(i)
		f.Index = append(append([]int(nil), path...), i)
		tag := f.Tag.Get("json")
		name, _, _ := strings.Cut(tag, ",")
		embeds := f.Anonymous && name == "" && deref(f.Type).Kind() == reflect.Struct
		switch {
		case tag == "-" || (!f.IsExported() && !(f.Anonymous && deref(f.Type).Kind() == reflect.Struct)):
		case embeds:
			fields = append(fields, visibleFields(deref(f.Type), f.Index, above)...)
		case f.IsExported():
			fields = append(fields, f)
		}
	}
	return fields
}

func jsonName(f reflect.StructField) (name string, tagged bool) {
	name, _, _ = strings.Cut(f.Tag.Get("json"), ",")
	if name == "" {
		return f.Name, false
	}
	return name, true
}
