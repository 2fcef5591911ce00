package protobuf_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/sr"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/codec/internal/codectest"
	"github.com/leat-go/leat/codec/protobuf"
	"github.com/leat-go/leat/codec/protobuf/testdata/robotpb"
)

// NextRobotLocation is what a self-join needs: a second type of the same message.
type NextRobotLocation struct{ robotpb.Location }

func location(t *rapid.T) *robotpb.Location {
	l := &robotpb.Location{
		Time:     rapid.Int64().Draw(t, "time"),
		Labels:   rapid.MapOf(rapid.StringMatching("[a-z]*"), rapid.StringMatching("[a-z]*")).Draw(t, "labels"),
		Accuracy: rapid.Ptr(rapid.Float64(), true).Draw(t, "accuracy"),
	}
	if rapid.Bool().Draw(t, "has at") {
		l.At = &robotpb.Point{X: rapid.Float64().Draw(t, "x"), Y: rapid.Float64().Draw(t, "y")}
		l.Seen = &timestamppb.Timestamp{Seconds: rapid.Int64().Draw(t, "seconds")}
	}
	return l
}

// What a codec has encoded it decodes to the same element, with a registry and without, and to any type of the message.
func TestProtobufRoundTrips(t *testing.T) {
	for name, c := range map[string]codec.Codec{
		"bare":     protobuf.Codec(),
		"registry": protobuf.Codec(protobuf.Registry(codectest.Serve(t).Client(t)), protobuf.Subject("locations-value")),
	} {
		t.Run(name, func(t *testing.T) {
			encode, err := c.Encoder(reflect.TypeFor[robotpb.Location]())
			if err != nil {
				t.Fatal(err)
			}
			decode, err := c.Decoder(reflect.TypeFor[robotpb.Location]())
			if err != nil {
				t.Fatal(err)
			}
			decodeNext, err := c.Decoder(reflect.TypeFor[NextRobotLocation]())
			if err != nil {
				t.Fatal(err)
			}
			rapid.Check(t, func(t *rapid.T) {
				l := location(t)
				data, err := encode([]byte("before"), l)
				if err != nil || string(data[:6]) != "before" {
					t.Fatal(err)
				}
				var back robotpb.Location
				var next NextRobotLocation
				if err := errors.Join(decode(data[6:], &back), decodeNext(data[6:], &next)); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(l, &back, protocmp.Transform()); diff != "" {
					t.Fatal(diff)
				}
				again, err := encode([]byte("before"), &back)
				if err != nil || string(again) != string(data) {
					t.Fatalf("an equal element is encoded to other bytes: %x, %x, %v", data, again, err)
				}
				if diff := cmp.Diff(l, &next.Location, protocmp.Transform()); diff != "" {
					t.Fatal(diff)
				}
			})
		})
	}
}

// The form is Confluent's, and what is registered is the message's file with those that it imports.
func TestProtobufForm(t *testing.T) {
	s := codectest.Serve(t)
	client := s.Client(t)
	for _, c := range []struct {
		element proto.Message
		header  []byte
	}{
		{&robotpb.Robot{Name: "r"}, []byte{0}},
		{&robotpb.Location{Time: 1}, []byte{2, 2}},
		{&robotpb.Robot_Battery{Charge: 1}, []byte{4, 0, 0}},
		{&robotpb.Robot_Arm_Joint{Angle: 1}, []byte{6, 0, 2, 0}},
	} {
		typ := reflect.TypeOf(c.element).Elem()
		encode, err := protobuf.Codec(protobuf.Registry(client), protobuf.Subject("robots-value")).Encoder(typ)
		if err != nil {
			t.Fatal(err)
		}
		data, err := encode(nil, c.element)
		if err != nil {
			t.Fatal(err)
		}
		bare, _ := proto.Marshal(c.element)
		if want := append(append([]byte{0, 0, 0, 0, 2}, c.header...), bare...); string(data) != string(want) {
			t.Errorf("%s: %x, want %x", typ, data, want)
		}
		decode, err := protobuf.Codec(protobuf.Registry(s.Client(t))).Decoder(typ)
		if err != nil {
			t.Fatal(err)
		}
		back := reflect.New(typ).Interface().(proto.Message)
		if err := decode(data, back); err != nil || !proto.Equal(back, c.element) {
			t.Errorf("%s: %v, %v", typ, back, err)
		}
	}
	registered, _ := s.GetSchema("robots-value", 1)
	if diff := cmp.Diff([]sr.SchemaReference{{Name: "geometry.proto", Subject: "geometry.proto", Version: 1}},
		registered.References); diff != "" {
		t.Error(diff)
	}
	if imported, ok := s.GetSchema("geometry.proto", 1); !ok || imported.Type != sr.TypeProtobuf {
		t.Errorf("geometry.proto: %v %v", imported, ok)
	}
	want := map[string]int{
		"POST /subjects/geometry.proto/versions": 1, "POST /subjects/geometry.proto": 1,
		"POST /subjects/robots-value/versions": 1,
		"GET /schemas/ids/2":                   4, // each decoder has a registry of its own here
	}
	if diff := cmp.Diff(want, s.Requests()); diff != "" {
		t.Error(diff)
	}
}

const robotFile = `// As another program registered it.
syntax = "proto3";
package leat.test;
import "elsewhere.proto";
message Location { int64 time = 1; elsewhere.Point at = 2; }
message Robot {
  enum Kind { A = 0; }
  message Arm { message Joint { double angle = 1; } }
}
`

func TestProtobufUsesWhatIsRegistered(t *testing.T) {
	s := codectest.Serve(t)
	s.SeedSchema("elsewhere.proto", 1, 1, sr.Schema{Schema: `syntax = "proto3"; package elsewhere; message Point {}`,
		Type: sr.TypeProtobuf})
	s.SeedSchema("robots-value", 1, 7, sr.Schema{Schema: robotFile, Type: sr.TypeProtobuf,
		References: []sr.SchemaReference{{Name: "elsewhere.proto", Subject: "elsewhere.proto", Version: 1}}})
	s.SeedSchema("locations-value", 1, 8, sr.Schema{Schema: codectest.LocationSchema})
	client := s.Client(t)
	latest := func(subject string) codec.Codec {
		return protobuf.Codec(protobuf.Registry(client), protobuf.Subject(subject), protobuf.UseLatest())
	}
	c := latest("robots-value")
	joint := codectest.Encode(t, c, robotpb.Robot_Arm_Joint{Angle: 1})
	if want := []byte{0, 0, 0, 0, 7, 6, 2, 0, 0}; string(joint[:9]) != string(want) {
		t.Errorf("%x, want it to begin with %x", joint, want)
	}
	if got, err := codectest.Decode[robotpb.Robot_Arm_Joint](t, c, joint); err != nil || got.Angle != 1 {
		t.Error(got, err)
	}
	_, err := c.Encoder(reflect.TypeFor[robotpb.Point]())
	codectest.WantError(t, err, `the latest schema of subject "robots-value": the schema has no such message: `+
		`leat.test.Point; it has leat.test.Location, leat.test.Robot`)
	_, err = latest("locations-value").Encoder(reflect.TypeFor[robotpb.Location]())
	codectest.WantError(t, err, "its type is AVRO, want PROTOBUF")
	_, err = latest("missing").Encoder(reflect.TypeFor[robotpb.Location]())
	codectest.WantError(t, err, "(404)")
	_, err = latest("").Encoder(reflect.TypeFor[robotpb.Location]())
	codectest.WantError(t, err, "to encode with a registry, protobuf.Codec needs protobuf.Subject: ")
}

func TestProtobufThatIsWrong(t *testing.T) {
	s := codectest.Serve(t)
	client := s.Client(t)
	good := codectest.Encode(t, protobuf.Codec(protobuf.Registry(client), protobuf.Subject("robots-value")),
		robotpb.Location{Time: 1 << 40})
	s.SeedSchema("locations-value", 1, 8, sr.Schema{Schema: codectest.LocationSchema})
	s.SeedSchema("broken", 1, 9, sr.Schema{Schema: "message {", Type: sr.TypeProtobuf})
	decode, err := protobuf.Codec(protobuf.Registry(client)).Decoder(reflect.TypeFor[robotpb.Location]())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data   []byte
		offset int
		want   string
	}{
		"empty": {nil, 0, "the record is empty"},
		"JSON": {[]byte(`{"time":10}`), 0, "the magic byte 0 of a schema registry's wire format is missing: " +
			"the record begins with '{' and may be JSON"},
		"bare": {[]byte{8, 1}, 0, "the magic byte 0 of a schema registry's wire format is missing: " +
			"the record begins with 0x08"},
		"no index":       {good[:5], 5, "what follows the schema's id isn't the index of a Protobuf message"},
		"endless index":  {append(good[:5:5], 0xff, 0xff, 0xff), 5, "isn't the index of a Protobuf message"},
		"huge index":     {append(good[:5:5], 0xfe, 0xff, 0xff, 0xff, 0x0f), 5, "isn't the index of a Protobuf message"},
		"negative index": {append(good[:5:5], 2, 1), 5, "isn't the index of a Protobuf message"},
		"another message": {append(good[:5:5], 0, 10, 1, 'r'), -1,
			"the record is message leat.test.Robot ([0] in schema 2), want leat.test.Location"},
		"no message": {append(good[:5:5], 2, 8), -1, "schema 2, with which the record was written: " +
			"the schema has no such message: message [4] of leat.test.Robot, leat.test.Location"},
		"cut": {good[:len(good)-2], -1, "byte 7 and further aren't a leat.test.Location: "},
		"Avro": {[]byte{0, 0, 0, 0, 8, 0}, -1, "schema 8, with which the record was written: " +
			"its type is AVRO, want PROTOBUF"},
		"broken schema": {[]byte{0, 0, 0, 0, 9, 0}, -1, "schema 9, with which the record was written: "},
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 { // the second time the answer is a remembered one
				err := decode(c.data, new(robotpb.Location))
				codectest.WantError(t, err, c.want)
				where := (*codec.Error)(nil)
				if !errors.As(err, &where) || where.Offset != c.offset {
					t.Errorf("%#v, want offset %d", where, c.offset)
				}
			}
		})
	}
	codectest.WantError(t, decode([]byte{0, 0, 0, 0, 99, 0}, new(robotpb.Location)),
		"schema registry, schema 99: it isn't there (404)")
}

func TestProtobufTypesThatDontSuit(t *testing.T) {
	type ByPointer struct{ *robotpb.Location }
	type Deep struct{ ByPointer }
	type ByInterface struct{ proto.Message }
	for want, typ := range map[string]reflect.Type{
		"*struct { X int } is no Protobuf message (a proto.Message), as the types that protoc-gen-go makes are": reflect.TypeFor[struct{ X int }](),
		"protobuf_test.ByPointer embeds a pointer to a Protobuf message":                                        reflect.TypeFor[ByPointer](),
		"protobuf_test.Deep embeds a pointer to a Protobuf message":                                             reflect.TypeFor[Deep](),
		"protobuf_test.ByInterface embeds a pointer":                                                            reflect.TypeFor[ByInterface](),
	} {
		_, err := protobuf.Codec().Decoder(typ)
		codectest.WantError(t, err, want)
		_, err = protobuf.Codec().Encoder(typ)
		codectest.WantError(t, err, want)
	}
}

func TestProtobufEncodeErrors(t *testing.T) {
	encode, err := protobuf.Codec().Encoder(reflect.TypeFor[robotpb.Robot]())
	if err != nil {
		t.Fatal(err)
	}
	data, err := encode([]byte("before"), &robotpb.Robot{Name: "\xff"})
	if where := (*codec.Error)(nil); !errors.As(err, &where) || string(data) != "before" {
		t.Errorf("%q, %v", data, err)
	}
}
