package protobuf

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/leat-go/leat/internal/avrojson"
	"github.com/leat-go/leat/internal/quote"
)

// appendMessage appends a message as JSON: all of its fields, by the names that the .proto file has and in its order.
func appendMessage(dst []byte, m protoreflect.Message) (_ []byte, err error) {
	if special, ok := wellKnown(m.Descriptor().FullName()); ok {
		return special.append(dst, m)
	}
	dst = append(dst, '{')
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(quote.Append(dst, string(f.Name())), ':')
		if dst, err = appendField(dst, f, m); err != nil {
			return nil, within(err, string(f.Name()))
		}
	}
	return append(dst, '}'), nil
}

// appendField appends the value of a field: one that has no presence is always there, and another that isn't set is null.
func appendField(dst []byte, f protoreflect.FieldDescriptor, m protoreflect.Message) (_ []byte, err error) {
	switch {
	case f.IsMap():
		return appendMap(dst, f, m.Get(f).Map())
	case f.IsList():
		list := m.Get(f).List()
		dst = append(dst, '[')
		for i := range list.Len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = appendValue(dst, f, list.Get(i)); err != nil {
				return nil, within(err, "["+strconv.Itoa(i)+"]")
			}
		}
		return append(dst, ']'), nil
	case f.HasPresence() && !m.Has(f):
		return append(dst, "null"...), nil
	}
	return appendValue(dst, f, m.Get(f))
}

func appendMap(dst []byte, f protoreflect.FieldDescriptor, all protoreflect.Map) (_ []byte, err error) {
	var keys []protoreflect.MapKey
	all.Range(func(k protoreflect.MapKey, _ protoreflect.Value) bool {
		keys = append(keys, k)
		return true
	})
	slices.SortFunc(keys, func(a, b protoreflect.MapKey) int {
		switch x := a.Interface().(type) {
		case int32, int64:
			return cmp.Compare(a.Int(), b.Int())
		case uint32, uint64:
			return cmp.Compare(a.Uint(), b.Uint())
		case string:
			return strings.Compare(x, b.String())
		}
		return strings.Compare(a.String(), b.String())
	})
	dst = append(dst, '{')
	for i, k := range keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(quote.Append(dst, k.String()), ':')
		if dst, err = appendValue(dst, f.MapValue(), all.Get(k)); err != nil {
			return nil, within(err, k.String())
		}
	}
	return append(dst, '}'), nil
}

func appendValue(dst []byte, f protoreflect.FieldDescriptor, v protoreflect.Value) ([]byte, error) {
	switch f.Kind() {
	case protoreflect.BoolKind:
		return strconv.AppendBool(dst, v.Bool()), nil
	case protoreflect.StringKind:
		return quote.Append(dst, v.String()), nil
	case protoreflect.BytesKind:
		return append(base64.StdEncoding.AppendEncode(append(dst, '"'), v.Bytes()), '"'), nil
	case protoreflect.EnumKind:
		return appendEnum(dst, f.Enum(), v.Enum()), nil
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return appendMessage(dst, v.Message())
	case protoreflect.FloatKind:
		return avrojson.AppendFloat(dst, v.Float(), 32), nil
	case protoreflect.DoubleKind:
		return avrojson.AppendFloat(dst, v.Float(), 64), nil
	case protoreflect.Uint32Kind, protoreflect.Uint64Kind, protoreflect.Fixed32Kind, protoreflect.Fixed64Kind:
		return strconv.AppendUint(dst, v.Uint(), 10), nil
	}
	return strconv.AppendInt(dst, v.Int(), 10), nil
}

// appendEnum appends the name of an enum's value; its number where it has none.
func appendEnum(dst []byte, e protoreflect.EnumDescriptor, n protoreflect.EnumNumber) []byte {
	if e.FullName() == "google.protobuf.NullValue" {
		return append(dst, "null"...)
	}
	if known := e.Values().ByNumber(n); known != nil {
		return quote.Append(dst, string(known.Name()))
	}
	return strconv.AppendInt(dst, int64(n), 10)
}

// seconds returns the fields of a Timestamp or a Duration.
func seconds(m protoreflect.Message) (s, nanos int64) {
	fields := m.Descriptor().Fields()
	return m.Get(fields.ByName("seconds")).Int(), m.Get(fields.ByName("nanos")).Int()
}

func appendTimestamp(dst []byte, m protoreflect.Message) ([]byte, error) {
	s, nanos := seconds(m)
	at := time.Unix(s, nanos).UTC()
	if y := at.Year(); nanos < 0 || nanos > 999_999_999 || y < 1 || y > 9999 {
		return nil, fmt.Errorf("%d seconds and %d nanoseconds are no time of the years 1 to 9999", s, nanos)
	}
	return append(at.AppendFormat(append(dst, '"'), time.RFC3339Nano), '"'), nil
}

func appendDuration(dst []byte, m protoreflect.Message) ([]byte, error) {
	s, nanos := seconds(m)
	const most = 315_576_000_000
	if nanos < -999_999_999 || nanos > 999_999_999 || s > 0 && nanos < 0 || s < 0 && nanos > 0 || s > most || s < -most {
		return nil, fmt.Errorf("%d seconds and %d nanoseconds are no duration", s, nanos)
	}
	dst = append(dst, '"')
	if s < 0 || nanos < 0 {
		dst, s, nanos = append(dst, '-'), -s, -nanos
	}
	dst = strconv.AppendInt(dst, s, 10)
	if nanos != 0 {
		dst = append(dst, strings.TrimRight(fmt.Sprintf(".%09d", nanos), "0")...)
	}
	return append(dst, `s"`...), nil
}

// appendWrapped appends the value in a wrapper.
func appendWrapped(dst []byte, m protoreflect.Message) ([]byte, error) {
	f := m.Descriptor().Fields().ByName("value")
	return appendValue(dst, f, m.Get(f))
}

// appendOnly appends the only field of a Struct or a ListValue.
func appendOnly(dst []byte, m protoreflect.Message) ([]byte, error) {
	return appendField(dst, m.Descriptor().Fields().Get(0), m)
}

// appendDynamic appends a Value, which is any JSON.
func appendDynamic(dst []byte, m protoreflect.Message) ([]byte, error) {
	f := m.WhichOneof(m.Descriptor().Oneofs().Get(0))
	if f == nil {
		return append(dst, "null"...), nil
	}
	return appendValue(dst, f, m.Get(f))
}

// appendAny appends an Any: its bytes, which nothing beside them describes.
func appendAny(dst []byte, m protoreflect.Message) ([]byte, error) {
	fields := m.Descriptor().Fields()
	dst = quote.Append(append(dst, `{"@type":`...), m.Get(fields.ByName("type_url")).String())
	dst = base64.StdEncoding.AppendEncode(append(dst, `,"value":"`...), m.Get(fields.ByName("value")).Bytes())
	return append(dst, `"}`...), nil
}
