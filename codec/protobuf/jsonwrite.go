package protobuf

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/internal/avrojson"
	"github.com/leat-go/leat/internal/jsontree"
	"github.com/leat-go/leat/internal/suggest"
)

// within puts a step before the path of an error.
func within(err error, step string) error {
	where := (*codec.Error)(nil)
	if !errors.As(err, &where) {
		return &codec.Error{Offset: -1, Field: step, Err: err}
	}
	if where.Field != "" && where.Field[0] != '[' {
		step += "."
	}
	return &codec.Error{Offset: -1, Field: step + where.Field, Err: where.Err}
}

// setMessage sets the fields of a message. A member that is null or isn't there leaves its field as it is.
func setMessage(m protoreflect.Message, v *jsontree.Value) error {
	if special, ok := wellKnown(m.Descriptor().FullName()); ok {
		return special.set(m, v)
	}
	if v.Kind != jsontree.Object {
		return fmt.Errorf("%s is %v, and the schema has the message %s here", v, v.Kind, m.Descriptor().FullName())
	}
	for i := range v.Members {
		if err := setMember(m, &v.Members[i]); err != nil {
			return err
		}
	}
	return nil
}

func setMember(m protoreflect.Message, member *jsontree.Member) error {
	fields := m.Descriptor().Fields()
	f := fields.ByName(protoreflect.Name(member.Name))
	if f == nil {
		f = fields.ByJSONName(member.Name)
	}
	if f == nil {
		return fmt.Errorf("the message %s has no field %q%s", m.Descriptor().FullName(), member.Name,
			suggestField(fields, member.Name))
	}
	if err := setField(m, f, &member.Value); err != nil {
		return within(err, member.Name)
	}
	return nil
}

func suggestField(fields protoreflect.FieldDescriptors, name string) string {
	var names []string
	for i := range fields.Len() {
		names = append(names, string(fields.Get(i).Name()))
	}
	return suggest.Among(name, names)
}

func setField(m protoreflect.Message, f protoreflect.FieldDescriptor, v *jsontree.Value) error {
	switch {
	case v.Kind == jsontree.Null:
		return nil
	case f.IsMap():
		return setMap(m.Mutable(f).Map(), f, v)
	case f.IsList():
		if v.Kind != jsontree.List {
			return fmt.Errorf("%s is %v, and the schema has repeated %s here", v, v.Kind, typeOf(f))
		}
		list := m.Mutable(f).List()
		for i := range v.Items {
			item, err := valueOf(f, &v.Items[i], list.NewElement)
			if err != nil {
				return within(err, "["+strconv.Itoa(i)+"]")
			}
			list.Append(item)
		}
		return nil
	case f.ContainingOneof() != nil && !f.ContainingOneof().IsSynthetic():
		if other := m.WhichOneof(f.ContainingOneof()); other != nil && other != f {
			return fmt.Errorf("of the oneof %s one field is set, and %s is, too", f.ContainingOneof().Name(), other.Name())
		}
	}
	value, err := valueOf(f, v, func() protoreflect.Value { return m.NewField(f) })
	if err == nil {
		m.Set(f, value)
	}
	return err
}

func setMap(all protoreflect.Map, f protoreflect.FieldDescriptor, v *jsontree.Value) error {
	if v.Kind != jsontree.Object {
		return fmt.Errorf("%s is %v, and the schema has a map here", v, v.Kind)
	}
	for i := range v.Members {
		m := &v.Members[i]
		name := jsontree.Value{Kind: jsontree.Text, Text: m.Name, Raw: []byte(strconv.Quote(m.Name))}
		if f.MapKey().Kind() != protoreflect.StringKind {
			var err error
			if name, err = jsontree.Parse([]byte(m.Name)); err != nil {
				return within(fmt.Errorf("this is no key of a map of %s", f.MapKey().Kind()), m.Name)
			}
		}
		key, err := valueOf(f.MapKey(), &name, nil)
		if err == nil {
			var value protoreflect.Value
			if value, err = valueOf(f.MapValue(), &m.Value, all.NewValue); err == nil {
				all.Set(key.MapKey(), value)
			}
		}
		if err != nil {
			return within(err, m.Name)
		}
	}
	return nil
}

// typeOf returns what a .proto file calls a field's type.
func typeOf(f protoreflect.FieldDescriptor) string {
	switch {
	case f.Message() != nil:
		return string(f.Message().FullName())
	case f.Enum() != nil:
		return "the enum " + string(f.Enum().FullName())
	}
	return f.Kind().String()
}

// valueOf makes a value of a field; empty returns one of a message.
func valueOf(f protoreflect.FieldDescriptor, v *jsontree.Value, empty func() protoreflect.Value) (made protoreflect.Value,
	err error) {
	none := protoreflect.Value{}
	switch f.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		made = empty()
		return made, setMessage(made.Message(), v)
	case protoreflect.BoolKind:
		if v.Kind == jsontree.Bool {
			return protoreflect.ValueOfBool(v.Raw[0] == 't'), nil
		}
	case protoreflect.StringKind:
		if v.Kind == jsontree.Text {
			return protoreflect.ValueOfString(v.Text), nil
		}
	case protoreflect.BytesKind:
		if v.Kind == jsontree.Text {
			b, err := base64.StdEncoding.DecodeString(v.Text)
			if err != nil {
				return none, fmt.Errorf("%s is no base64, as which bytes are written: %w", v, err)
			}
			return protoreflect.ValueOfBytes(b), nil
		}
	case protoreflect.EnumKind:
		return enumOf(f.Enum(), v)
	case protoreflect.FloatKind:
		x, err := avrojson.ParseFloat(v, 32, "float")
		return protoreflect.ValueOfFloat32(float32(x)), err
	case protoreflect.DoubleKind:
		x, err := avrojson.ParseFloat(v, 64, "double")
		return protoreflect.ValueOfFloat64(x), err
	default:
		if v.Kind == jsontree.Number || v.Kind == jsontree.Text {
			return integerOf(f, v)
		}
	}
	return none, fmt.Errorf("%s is %v, and the schema has %s here", v, v.Kind, typeOf(f))
}

func enumOf(e protoreflect.EnumDescriptor, v *jsontree.Value) (none protoreflect.Value, err error) {
	if e.FullName() == "google.protobuf.NullValue" && v.Kind == jsontree.Null {
		return protoreflect.ValueOfEnum(0), nil
	}
	if v.Kind == jsontree.Number {
		n, err := strconv.ParseInt(string(v.Raw), 10, 32)
		if err != nil {
			return none, fmt.Errorf("%s is no number of the enum %s", v, e.FullName())
		}
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(n)), nil
	}
	if known := e.Values().ByName(protoreflect.Name(v.Text)); v.Kind == jsontree.Text && known != nil {
		return protoreflect.ValueOfEnum(known.Number()), nil
	}
	var names []string
	for i := range e.Values().Len() {
		names = append(names, string(e.Values().Get(i).Name()))
	}
	return none, fmt.Errorf("the enum %s has no value %s, but %s%s", e.FullName(), v, strings.Join(names, ", "),
		suggest.Name(v.Text, names))
}

// integerOf makes a value of a whole number, or of a text that is one, as JSON of Protobuf has those of 64 bits.
func integerOf(f protoreflect.FieldDescriptor, v *jsontree.Value) (none protoreflect.Value, err error) {
	text := string(v.Raw)
	if v.Kind == jsontree.Text {
		text = v.Text
	}
	bits := 64
	signed := true
	switch f.Kind() {
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		bits = 32
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		bits, signed = 32, false
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		signed = false
	}
	if strings.ContainsAny(text, ".eE") && len(text) < 400 {
		// 1.0 and 1e3 are whole, too; a power of ten that no type holds isn't multiplied out.
		if f, _, err := big.ParseFloat(text, 10, 2000, big.ToNearestEven); err == nil && f.IsInt() && f.MantExp(nil) < 70 {
			text = f.Text('f', 0)
		}
	}
	if signed {
		n, err := strconv.ParseInt(text, 10, bits)
		if err != nil {
			return none, fmt.Errorf("%s is no %s, which is a whole number of %d bits", v, f.Kind(), bits)
		}
		if bits == 32 {
			return protoreflect.ValueOfInt32(int32(n)), nil
		}
		return protoreflect.ValueOfInt64(n), nil
	}
	n, err := strconv.ParseUint(text, 10, bits)
	if err != nil {
		return none, fmt.Errorf("%s is no %s, which is a whole number of %d bits, not below zero", v, f.Kind(), bits)
	}
	if bits == 32 {
		return protoreflect.ValueOfUint32(uint32(n)), nil
	}
	return protoreflect.ValueOfUint64(n), nil
}

// setSeconds sets the fields of a Timestamp or a Duration.
func setSeconds(m protoreflect.Message, s int64, nanos int32) {
	fields := m.Descriptor().Fields()
	m.Set(fields.ByName("seconds"), protoreflect.ValueOfInt64(s))
	m.Set(fields.ByName("nanos"), protoreflect.ValueOfInt32(nanos))
}

func setTimestamp(m protoreflect.Message, v *jsontree.Value) error {
	at, err := time.Parse(time.RFC3339, v.Text)
	if v.Kind != jsontree.Text || err != nil {
		return fmt.Errorf("%s is no Timestamp, which is a text like 2026-11-29T10:00:00Z", v)
	}
	setSeconds(m, at.Unix(), int32(at.Nanosecond()))
	return nil
}

func setDuration(m protoreflect.Message, v *jsontree.Value) error {
	whole, fraction, _ := strings.Cut(strings.TrimSuffix(v.Text, "s"), ".")
	negative := strings.HasPrefix(whole, "-")
	s, err := strconv.ParseInt(whole, 10, 64)
	nanos, fractionErr := strconv.ParseUint((fraction + "000000000")[:9], 10, 32)
	if v.Kind == jsontree.Text && (err != nil || fractionErr != nil || len(fraction) > 9) {
		// As expressions write durations: 1m30s.
		var d time.Duration
		if d, err = time.ParseDuration(v.Text); err == nil {
			setSeconds(m, int64(d/time.Second), int32(d%time.Second))
			return nil
		}
	}
	if v.Kind != jsontree.Text || err != nil || fractionErr != nil || !strings.HasSuffix(v.Text, "s") {
		return fmt.Errorf("%s is no Duration, which is a text like 1.5s", v)
	}
	if negative {
		setSeconds(m, s, -int32(nanos))
	} else {
		setSeconds(m, s, int32(nanos))
	}
	return nil
}
