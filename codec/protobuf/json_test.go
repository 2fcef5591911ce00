package protobuf_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
	"pgregory.net/rapid"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/codec/internal/codectest"
	"github.com/leat-go/leat/codec/protobuf"
)

const everythingFile = "testdata/everything.proto"

func load(t *testing.T, message string) protoreflect.MessageDescriptor {
	t.Helper()
	m, err := protobuf.Load(everythingFile, message)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func jsonCodec(t *testing.T, c codec.Codec) (codec.Decode, codec.Encode) {
	t.Helper()
	decode, err := c.Decoder(reflect.TypeFor[json.RawMessage]())
	if err != nil {
		t.Fatal(err)
	}
	encode, err := c.Encoder(reflect.TypeFor[json.RawMessage]())
	if err != nil {
		t.Fatal(err)
	}
	return decode, encode
}

// message draws a message of any kind of fields.
func message(t *rapid.T, d protoreflect.MessageDescriptor, depth int) *dynamicpb.Message {
	m := dynamicpb.NewMessage(d)
	for i := range d.Fields().Len() {
		f := d.Fields().Get(i)
		if !rapid.Bool().Draw(t, "set "+string(f.Name())) || f.Message() != nil && depth == 0 {
			continue
		}
		switch {
		case f.IsMap():
			key := protoreflect.ValueOfInt64(rapid.Int64().Draw(t, "key")).MapKey()
			if f.MapKey().Kind() == protoreflect.StringKind {
				key = protoreflect.ValueOfString(rapid.String().Draw(t, "key")).MapKey()
			}
			m.Mutable(f).Map().Set(key, scalar(t, f.MapValue(), depth))
		case f.IsList():
			for range rapid.IntRange(0, 3).Draw(t, "n") {
				m.Mutable(f).List().Append(scalar(t, f, depth))
			}
		default:
			m.Set(f, scalar(t, f, depth))
		}
	}
	return m
}

func scalar(t *rapid.T, f protoreflect.FieldDescriptor, depth int) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(rapid.Bool().Draw(t, "bool"))
	case protoreflect.Int32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(rapid.Int32().Draw(t, "i32"))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind:
		return protoreflect.ValueOfInt64(rapid.Int64().Draw(t, "i64"))
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(rapid.Uint64().Draw(t, "u64"))
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(rapid.Float32().Draw(t, "f"))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(rapid.SampledFrom([]float64{0, 1.5, math.NaN(), math.Inf(-1), 1e300, -0.1}).Draw(t, "d"))
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(rapid.String().Draw(t, "s"))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes(rapid.SliceOf(rapid.Byte()).Draw(t, "b"))
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(rapid.IntRange(0, 2).Draw(t, "e")))
	}
	return protoreflect.ValueOfMessage(special(t, f.Message(), depth))
}

func special(t *rapid.T, d protoreflect.MessageDescriptor, depth int) protoreflect.Message {
	fields := map[protoreflect.Name]protoreflect.Value{}
	switch d.FullName() {
	case "google.protobuf.Timestamp":
		fields["seconds"] = protoreflect.ValueOfInt64(rapid.Int64Range(-1e9, 1e10).Draw(t, "seconds"))
		fields["nanos"] = protoreflect.ValueOfInt32(rapid.Int32Range(0, 999_999_999).Draw(t, "nanos"))
	case "google.protobuf.Duration":
		s := rapid.Int64Range(-1e9, 1e10).Draw(t, "seconds")
		nanos := rapid.Int32Range(0, 999_999_999).Draw(t, "nanos")
		if s < 0 {
			nanos = -nanos
		}
		fields["seconds"], fields["nanos"] = protoreflect.ValueOfInt64(s), protoreflect.ValueOfInt32(nanos)
	case "google.protobuf.Int64Value":
		fields["value"] = protoreflect.ValueOfInt64(rapid.Int64().Draw(t, "i64"))
	case "google.protobuf.Struct", "google.protobuf.Value":
		m := dynamicpb.NewMessage(d)
		text := rapid.SampledFrom([]string{`{"a":[1,"x",null,{"b":true}]}`, `{}`}).Draw(t, "json")
		if err := protojson.Unmarshal([]byte(text), m); err != nil {
			t.Fatal(err)
		}
		return m
	default:
		return message(t, d, depth-1)
	}
	m := dynamicpb.NewMessage(d)
	for name, v := range fields {
		m.Set(d.Fields().ByName(name), v)
	}
	return m
}

// What is read is JSON that Protobuf's own JSON reads as the same message, and what that writes is written as it.
func TestJSONAgainstProtojson(t *testing.T) {
	everything := load(t, "shop.Everything")
	decode, encode := jsonCodec(t, protobuf.Codec(protobuf.Message(everything)))
	rapid.Check(t, func(t *rapid.T) {
		m := message(t, everything, 2)
		data, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var ours json.RawMessage
		if err := decode(data, &ours); err != nil || !json.Valid(ours) {
			t.Fatalf("%s, %v", ours, err)
		}
		read := dynamicpb.NewMessage(everything)
		if err := protojson.Unmarshal(ours, read); err != nil || !proto.Equal(m, read) {
			t.Fatalf("protojson reads %s as %v, %v; want %v", ours, read, err, m)
		}
		theirs, err := protojson.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []json.RawMessage{ours, theirs} {
			again, err := encode(nil, &text)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			read := dynamicpb.NewMessage(everything)
			if err := proto.Unmarshal(again, read); err != nil || !proto.Equal(m, read) {
				t.Fatalf("%s was written as %v, want %v", text, read, m)
			}
		}
	})
}

func TestJSONOfAnEmptyMessage(t *testing.T) {
	decode, _ := jsonCodec(t, protobuf.Codec(protobuf.Message(load(t, "shop.Everything"))))
	var got json.RawMessage
	if err := decode(nil, &got); err != nil {
		t.Fatal(err)
	}
	const want = `{"yes":false,"i32":0,"s64":0,"f64":0,"u64":0,"single":0,"real_number":0,"text":"","raw":"",` +
		`"color":"COLOR_UNSPECIFIED","maybe":null,"list":[],"names":{},"inner":{},"a":null,"b":null,"at":null,"took":null,` +
		`"wrapped":null,"any":null,"next":null,"values":[]}`
	if string(got) != want {
		t.Errorf("%s", got)
	}
}

func TestJSONWithRegistry(t *testing.T) {
	client := codectest.Serve(t).Client(t)
	on := []protobuf.Option{protobuf.Registry(client), protobuf.Subject("o-value")}
	const text = `{"inner":{"id":9007199254740993}}`
	decode, encode := jsonCodec(t, protobuf.Codec(append(on, protobuf.Message(load(t, "shop.Other")))...))
	raw := json.RawMessage(text)
	data, err := encode(nil, &raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := decode(data, &raw); err != nil || string(raw) != text {
		t.Errorf("%s, %v", raw, err)
	}
	// The registry's latest schema, by the message's name, and by the index in each record.
	_, encode = jsonCodec(t, protobuf.Codec(append(on, protobuf.UseLatest(), protobuf.MessageName("shop.Other"))...))
	again, err := encode(nil, &raw)
	if err != nil || string(again) != string(data) {
		t.Errorf("%x, %v, want %x", again, err, data)
	}
	decode, _ = jsonCodec(t, protobuf.Codec(append(on, protobuf.UseLatest())...))
	if err := decode(data, &raw); err != nil || string(raw) != text {
		t.Errorf("%s, %v", raw, err)
	}
	other, err := protobuf.Codec(protobuf.Registry(client), protobuf.MessageName("shop.Everything")).
		Decoder(reflect.TypeFor[json.RawMessage]())
	if err != nil {
		t.Fatal(err)
	}
	codectest.WantError(t, other(data, &raw), "the record is message shop.Other ([1] in schema 1), want shop.Everything")
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	set := &descriptorpb.FileDescriptorSet{File: []*descriptorpb.FileDescriptorProto{
		protodesc.ToFileDescriptorProto(load(t, "shop.Other").ParentFile())}}
	data, err := proto.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "shop.binpb")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if m, err := protobuf.Load(path, "shop.Other.Inner"); err != nil || m.FullName() != "shop.Other.Inner" {
		t.Error(m, err)
	}
	for want, load := range map[string][2]string{
		"has the messages shop.Everything, shop.Other: say which it is": {path, ""},
		"has no message shop.Othr":                                      {path, "shop.Othr"},
		"everything.proto has the messages shop.Everything, shop.Other": {everythingFile, ""},
		"did you mean": {everythingFile, "shop.Othr"},
		"is no set of descriptors, as protoc --include_imports": {"json_test.go", "x"},
		"no such file": {"none.proto", ""},
	} {
		_, err := protobuf.Load(load[0], load[1])
		codectest.WantError(t, err, want)
	}
}

func TestJSONMistakes(t *testing.T) {
	_, encode := jsonCodec(t, protobuf.Codec(protobuf.Message(load(t, "shop.Everything"))))
	for text, want := range map[string]string{
		`{"i32":2147483648}`:               "field i32: 2147483648 is no int32, which is a whole number of 32 bits",
		`{"u64":-1}`:                       "field u64: -1 is no uint64, which is a whole number of 64 bits, not below zero",
		`{"s64":1.5}`:                      "field s64: 1.5 is no sint64",
		`{"text":1}`:                       "field text: 1 is a number, and the schema has string here",
		`{"txt":"a"}`:                      `the message shop.Everything has no field "txt"`,
		`{"color":"RID"}`:                  `field color: the enum shop.Color has no value "RID", but COLOR_UNSPECIFIED, RED`,
		`{"at":"now"}`:                     `field at: "now" is no Timestamp`,
		`{"took":"soon"}`:                  `field took: "soon" is no Duration`,
		`{"a":"x","b":1}`:                  "field b: of the oneof kind one field is set, and a is, too",
		`{"names":{"x":"y"}}`:              "field names.x: this is no key of a map of int64",
		`{"list":[1,"x"]}`:                 `field list[1]: "x" is no sfixed32`,
		`{"next":{"raw":"?"}}`:             "field next.raw: \"?\" is no base64",
		`{"next":[]}`:                      "field next: [] is a list, and the schema has the message shop.Everything here",
		`{"real_number":9007199254740993}`: "field real_number: a double would round the whole number",
	} {
		raw := json.RawMessage(text)
		_, err := encode(nil, &raw)
		codectest.WantError(t, err, want)
	}
}
