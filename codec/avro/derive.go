package avro

import (
	stdencoding "encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	avrolib "github.com/twmb/avro"
)

// A deriver makes the schema of a Go type.
type deriver struct {
	names map[string]reflect.Type // of the records and fixed types made so far
}

// derive returns the schema of a Go type.
func derive(t reflect.Type) (*avrolib.Schema, error) {
	d := deriver{names: map[string]reflect.Type{}}
	node, err := d.node(t, nil)
	if err != nil {
		return nil, err
	}
	schema, err := node.Schema()
	if err != nil {
		return nil, fmt.Errorf("the Avro schema of %s: %w", t, err)
	}
	return schema, nil
}

// node returns the schema of a type, which the options of a field's tag may specify.
func (d *deriver) node(t reflect.Type, options []string) (avrolib.SchemaNode, error) {
	if t.Kind() == reflect.Pointer {
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		value, err := d.node(t, options)
		return avrolib.SchemaNode{Type: "union", Branches: []avrolib.SchemaNode{{Type: "null"}, value}}, err
	}
	if len(options) > 0 {
		return logicalNode(t, options)
	}
	switch {
	case t == reflect.TypeFor[time.Time]():
		return avrolib.SchemaNode{Type: "long", LogicalType: "timestamp-micros"}, nil
	case isText(t):
		return avrolib.SchemaNode{Type: "string"}, nil
	}
	if primitive := primitiveOf(t); primitive != "" {
		return avrolib.SchemaNode{Type: primitive}, nil
	}
	switch t.Kind() {
	case reflect.Slice:
		items, err := d.node(t.Elem(), nil)
		return avrolib.SchemaNode{Type: "array", Items: &items}, err
	case reflect.Array:
		return d.array(t)
	case reflect.Map:
		if t.Key().Kind() == reflect.String {
			values, err := d.node(t.Elem(), nil)
			return avrolib.SchemaNode{Type: "map", Values: &values}, err
		}
	case reflect.Struct:
		return d.record(t)
	}
	return avrolib.SchemaNode{}, fmt.Errorf("no Avro type follows from the Go type %s; give the schema by avro.Schema", t)
}

// primitiveOf returns the primitive Avro type that every value of a Go type fits into; "" where there is none.
func primitiveOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "boolean"
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Uint8, reflect.Uint16:
		return "int"
	case reflect.Int, reflect.Int64, reflect.Uint32:
		if t != reflect.TypeFor[time.Duration]() { // of what unit?
			return "long"
		}
	case reflect.Float32:
		return "float"
	case reflect.Float64:
		return "double"
	case reflect.String:
		return "string"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
	}
	return ""
}

func isText(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[stdencoding.TextMarshaler]()) &&
		p.Implements(reflect.TypeFor[stdencoding.TextUnmarshaler]())
}

func logicalNode(t reflect.Type, options []string) (avrolib.SchemaNode, error) {
	isTime := t == reflect.TypeFor[time.Time]()
	switch option := options[0]; {
	case len(options) > 1:
	case option == "date" && (isTime || t.Kind() == reflect.Int32):
		return avrolib.SchemaNode{Type: "int", LogicalType: option}, nil
	case strings.HasPrefix(option, "timestamp-") && (isTime || t.Kind() == reflect.Int64):
		if slices.Contains([]string{"timestamp-millis", "timestamp-micros", "timestamp-nanos"}, option) {
			return avrolib.SchemaNode{Type: "long", LogicalType: option}, nil
		}
	case option == "uuid" && t.Kind() == reflect.String:
		return avrolib.SchemaNode{Type: "string", LogicalType: option}, nil
	}
	return avrolib.SchemaNode{}, fmt.Errorf("no Avro type follows from the Go type %s with the options %q of its tag; "+
		"give the schema by avro.Schema", t, strings.Join(options, ","))
}

func (d *deriver) array(t reflect.Type) (avrolib.SchemaNode, error) {
	if t.Elem().Kind() != reflect.Uint8 {
		items, err := d.node(t.Elem(), nil)
		return avrolib.SchemaNode{Type: "array", Items: &items}, err
	}
	name, known, err := d.name(t, "fixed_"+strconv.Itoa(t.Len()))
	if known || err != nil {
		return avrolib.SchemaNode{Type: name}, err
	}
	return avrolib.SchemaNode{Type: "fixed", Name: name, Size: t.Len()}, nil
}

func (d *deriver) record(t reflect.Type) (avrolib.SchemaNode, error) {
	name, known, err := d.name(t, "")
	if known || err != nil {
		return avrolib.SchemaNode{Type: name}, err
	}
	fields, err := fieldsOf(t)
	if err != nil {
		return avrolib.SchemaNode{}, err
	}
	node := avrolib.SchemaNode{Type: "record", Name: name}
	for _, f := range fields {
		field, err := d.field(f)
		if err != nil {
			return avrolib.SchemaNode{}, fmt.Errorf("field %q of %s: %w", f.name, t, err)
		}
		field.Name, field.Aliases = f.name, f.aliases
		node.Fields = append(node.Fields, field)
	}
	return node, nil
}

// field returns the schema of a struct's field, still without its name. A pointer's default is null.
func (d *deriver) field(f structField) (field avrolib.SchemaField, err error) {
	if field.Type, err = d.node(f.typ, f.logical); err != nil {
		return field, err
	}
	field.HasDefault = field.Type.Type == "union" || f.defaultText != nil
	if f.defaultText != nil {
		field.Default, err = parseDefault(field.Type.Type, *f.defaultText)
	}
	return field, err
}

// parseDefault returns the value that the text of a tag's default stands for.
func parseDefault(primitive, text string) (value any, err error) {
	switch primitive {
	case "boolean":
		value, err = strconv.ParseBool(text)
	case "int":
		value, err = strconv.ParseInt(text, 10, 32)
	case "long":
		value, err = strconv.ParseInt(text, 10, 64)
	case "float", "double":
		value, err = strconv.ParseFloat(text, 64)
	case "string":
		value = text
	case "union":
		return nil, fmt.Errorf("a pointer's default is null; it can't be %q", text)
	default:
		return nil, fmt.Errorf("a tag can't give the default of the Avro type %s; give the schema by avro.Schema", primitive)
	}
	if err != nil {
		return nil, fmt.Errorf("the tag's default %q isn't one of the Avro type %s", text, primitive)
	}
	return value, nil
}

// name returns the name of a type in the schema, and whether the schema has it already.
func (d *deriver) name(t reflect.Type, unnamed string) (name string, known bool, err error) {
	name = strings.Map(func(r rune) rune {
		if r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_' // of the brackets of a generic type
	}, t.Name())
	if name == "" {
		name = unnamed
	}
	if name == "" {
		name = "record_" + strconv.Itoa(len(d.names))
	}
	other, known := d.names[name]
	if known && other != t {
		return "", false, fmt.Errorf("%s and %s would both be called %q in Avro; give the schema by avro.Schema",
			other, t, name)
	}
	d.names[name] = t
	return name, known, nil
}
