package expression

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// This file has the functions that make text of values, and values of text.

// typeName returns the name that expr has for a value's type.
func (v Value) typeName() string {
	switch v.kind {
	case Null, Unknown:
		return "nil"
	case Bool:
		return "bool"
	case Number:
		if v.form == whole || v.form == long && v.d >= 0 {
			return "int"
		}
		return "float"
	case Text:
		return "string"
	case Time, Duration:
		return reflect.TypeOf(v.native()).String()
	}
	switch {
	case v.isList():
		return "array"
	case v.isObject():
		return "map"
	}
	return "unknown"
}

func toText(_ *frame, a []Value) (Value, error) {
	text, err := a[0].string()
	return TextValue(text), err
}

func join(_ *frame, a []Value) (Value, error) {
	items, ok := a[0].items()
	if !ok {
		return Value{}, mustBe(0, a[0], "a list")
	}
	var glue string
	if len(a) > 1 {
		if a[1].kind != Text {
			return Value{}, mustBe(1, a[1], "text")
		}
		glue = a[1].text
	}
	texts := make([]string, len(items))
	for i, item := range items {
		if item.kind != Text {
			return Value{}, &mismatch{operand: 0, what: fmt.Sprintf("has an item that is %s, not text", item.describe()),
				null: item.kind == Null}
		}
		texts[i] = item.text
	}
	if err := large(len(glue), len(items)); err != nil {
		return Value{}, err
	}
	return TextValue(strings.Join(texts, glue)), nil
}

func toJSON(_ *frame, a []Value) (Value, error) {
	raw, err := a[0].AppendJSON(nil)
	if err != nil {
		return Value{}, err
	}
	var indented bytes.Buffer
	err = json.Indent(&indented, raw, "", "  ")
	return TextValue(indented.String()), err
}

func fromJSON(_ *frame, a []Value) (Value, error) {
	if a[0].kind != Text {
		return Value{}, mustBe(0, a[0], "text")
	}
	raw := []byte(a[0].text)
	var valid json.RawMessage
	if err := json.Unmarshal(raw, &valid); err != nil {
		return Value{}, &mismatch{operand: 0, what: "isn't JSON: " + err.Error()}
	}
	return ValueOfJSON(Tidy(nil, raw)), nil
}
