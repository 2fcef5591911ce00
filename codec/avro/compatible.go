package avro

import (
	"reflect"
	"strings"

	avrolib "github.com/twmb/avro"
)

// compatible tells whether values of an Avro type and of a Go type can become each other at all. It errs on the side of
// yes: the library looks closer, at every value. Finding the plain mistakes at once makes errors of mills of what would
// be errors of records.
func compatible(n avrolib.SchemaNode, t reflect.Type) bool {
	if n.Type == "null" || isText(t) || n.LogicalType != "" {
		return true
	}
	switch n.Type {
	case "record", "error":
		return t.Kind() == reflect.Struct || isMap(t)
	case "map":
		return isMap(t)
	case "array":
		return (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) && t.Elem().Kind() != reflect.Uint8
	case "boolean":
		return t.Kind() == reflect.Bool
	case "int", "long", "float", "double":
		return isNumber(t) || t.Kind() == reflect.String // json.Number is one
	case "string", "bytes":
		return t.Kind() == reflect.String || isBytes(t)
	case "fixed":
		return t.Kind() == reflect.String || isBytes(t) || t.Kind() == reflect.Array
	case "enum":
		return t.Kind() == reflect.String || isNumber(t)
	}
	return true
}

func isMap(t reflect.Type) bool { return t.Kind() == reflect.Map && t.Key().Kind() == reflect.String }

func isNumber(t reflect.Type) bool { return t.Kind() >= reflect.Int && t.Kind() <= reflect.Float64 }

func isBytes(t reflect.Type) bool {
	return (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) && t.Elem().Kind() == reflect.Uint8
}

// kindOf names an Avro type for a message.
func kindOf(n avrolib.SchemaNode) string {
	if n.Name != "" {
		return n.Type + " " + n.Name
	}
	if n.Type == "union" {
		names := make([]string, len(n.Branches))
		for i, branch := range n.Branches {
			names[i] = kindOf(branch)
		}
		return "union of " + strings.Join(names, ", ")
	}
	return n.Type
}
