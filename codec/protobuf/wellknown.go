package protobuf

import (
	"encoding/base64"
	"fmt"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/leat-go/leat/internal/jsontree"
)

// A special is how a message of google.protobuf is written as JSON.
type special struct {
	append func(dst []byte, m protoreflect.Message) ([]byte, error)
	set    func(m protoreflect.Message, v *jsontree.Value) error
}

// wellKnown returns how a message is written that JSON has its own form of.
func wellKnown(name protoreflect.FullName) (s special, ok bool) {
	simple, ok := strings.CutPrefix(string(name), "google.protobuf.")
	if !ok {
		return s, false
	}
	switch simple {
	case "Timestamp":
		return special{appendTimestamp, setTimestamp}, true
	case "Duration":
		return special{appendDuration, setDuration}, true
	case "Struct", "ListValue":
		return special{appendOnly, setOnly}, true
	case "Value":
		return special{appendDynamic, setDynamic}, true
	case "Any":
		return special{appendAny, setAny}, true
	case "DoubleValue", "FloatValue", "Int64Value", "UInt64Value", "Int32Value", "UInt32Value", "BoolValue", "StringValue",
		"BytesValue":
		return special{appendWrapped, setWrapped}, true
	}
	return s, false
}

func setWrapped(m protoreflect.Message, v *jsontree.Value) error {
	f := m.Descriptor().Fields().ByName("value")
	value, err := valueOf(f, v, nil)
	if err == nil {
		m.Set(f, value)
	}
	return err
}

func setOnly(m protoreflect.Message, v *jsontree.Value) error {
	return setField(m, m.Descriptor().Fields().Get(0), v)
}

// setDynamic sets a Value.
func setDynamic(m protoreflect.Message, v *jsontree.Value) error {
	name := map[jsontree.Kind]protoreflect.Name{
		jsontree.Null: "null_value", jsontree.Bool: "bool_value", jsontree.Number: "number_value",
		jsontree.Text: "string_value", jsontree.List: "list_value", jsontree.Object: "struct_value",
	}[v.Kind]
	f := m.Descriptor().Fields().ByName(name)
	value, err := valueOf(f, v, func() protoreflect.Value { return m.NewField(f) })
	if err == nil {
		m.Set(f, value)
	}
	return err
}

// setAny sets an Any, whose message is in its bytes: their description need not be known.
func setAny(m protoreflect.Message, v *jsontree.Value) error {
	url, value := v.Member("@type"), v.Member("value")
	if url == nil || url.Kind != jsontree.Text || value == nil || value.Kind != jsontree.Text {
		return fmt.Errorf(`%s is no Any, which is {"@type": URL, "value": bytes in base64}`, v)
	}
	b, err := base64.StdEncoding.DecodeString(value.Text)
	if err != nil {
		return fmt.Errorf("%s is no base64, as which bytes are written: %w", value, err)
	}
	fields := m.Descriptor().Fields()
	m.Set(fields.ByName("type_url"), protoreflect.ValueOfString(url.Text))
	m.Set(fields.ByName("value"), protoreflect.ValueOfBytes(b))
	return nil
}
