package protobuf_test

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/sr"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/codec/internal/codectest"
	"github.com/leat-go/leat/codec/protobuf"
	"github.com/leat-go/leat/codec/protobuf/testdata/robotpb"
)

// wireFields are the fields of a message as they are written, by their numbers.
type wireFields struct{ data []byte }

func (w wireFields) varint(number protowire.Number, v uint64) wireFields {
	return wireFields{protowire.AppendVarint(protowire.AppendTag(w.data, number, protowire.VarintType), v)}
}

func (w wireFields) bytes(number protowire.Number, v string) wireFields {
	return wireFields{protowire.AppendString(protowire.AppendTag(w.data, number, protowire.BytesType), v)}
}

// A record was written with an older or newer version of the message than the program has. Its schema says which
// message it is; its fields are found by their numbers, as Protobuf's are.
func TestProtobufEvolution(t *testing.T) {
	const start = `syntax = "proto3"; package leat.test; `
	var fields wireFields
	for name, c := range map[string]struct {
		writer string
		index  []byte
		data   wireFields
		want   *robotpb.Location
		fails  string
	}{
		"an older writer, without fields that came later": {
			start + `message Location { int64 time = 1; }`, []byte{0}, fields.varint(1, 10),
			&robotpb.Location{Time: 10}, "",
		},
		"a writer that knows fewer bits": {
			start + `message Location { int32 time = 1; }`, []byte{0}, fields.varint(1, 10),
			&robotpb.Location{Time: 10}, "",
		},
		"a field that is called otherwise": {
			start + `message Location { int64 millis = 1; }`, []byte{0}, fields.varint(1, 10),
			&robotpb.Location{Time: 10}, "",
		},
		"a field that was left out, and one that is optional and zero": {
			start + `message Location { optional double accuracy = 5; }`, []byte{0},
			wireFields{protowire.AppendFixed64(protowire.AppendTag(nil, 5, protowire.Fixed64Type), 0)},
			&robotpb.Location{Accuracy: proto.Float64(0)}, "",
		},
		"the message stands elsewhere in a newer file": {
			start + `message Robot {} message New {} message Location { int64 time = 1; }`, []byte{2, 4}, fields.varint(1, 10),
			&robotpb.Location{Time: 10}, "",
		},
		"another message of the file": {
			start + `message Location { int64 time = 1; } message Place { int64 time = 1; }`, []byte{2, 2}, fields.varint(1, 10),
			nil, "the record is message leat.test.Place ([1] in schema 7), want leat.test.Location",
		},
		"the message of that name in another package": {
			`syntax = "proto3"; package other; message Location { int64 time = 1; }`, []byte{0}, fields.varint(1, 10),
			nil, "the record is message other.Location ([0] in schema 7), want leat.test.Location",
		},
		"a file without a package": {
			`syntax = "proto3"; message Location { int64 time = 1; }`, []byte{0}, fields.varint(1, 10),
			nil, "the record is message Location ([0] in schema 7), want leat.test.Location",
		},
		"text that isn't UTF-8": {
			start + `message Location { map<string, string> labels = 4; }`, []byte{0}, fields.bytes(4, "\x0a\x01\xff"),
			nil, "byte 6 and further aren't a leat.test.Location: ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			client := codectest.Holding(t, map[string]sr.Schema{"7": {Schema: c.writer, Type: sr.TypeProtobuf}})
			record := append(append([]byte{0, 0, 0, 0, 7}, c.index...), c.data.data...)
			got, err := codectest.Decode[robotpb.Location](t, protobuf.Codec(protobuf.Registry(client)), record)
			if c.fails != "" {
				codectest.WantError(t, err, c.fails)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got, protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A mill that passes a message on loses nothing of it, though the message is newer than the program.
func TestProtobufKeepsUnknownFields(t *testing.T) {
	var fields wireFields
	data := fields.varint(1, 10).varint(90, 7).bytes(91, "new").data
	l, err := codectest.Decode[robotpb.Location](t, protobuf.Codec(), data)
	if err != nil || l.Time != 10 {
		t.Fatal(l, err)
	}
	encode, err := protobuf.Codec().Encoder(reflect.TypeFor[robotpb.Location]())
	if err != nil {
		t.Fatal(err)
	}
	if again, err := encode(nil, l); err != nil || string(again) != string(data) {
		t.Errorf("%x became %x, %v", data, again, err)
	}
}

func TestProtobufAutoRegisterFalse(t *testing.T) {
	s := codectest.Serve(t)
	lookup := func() codec.Codec {
		return protobuf.Codec(protobuf.Registry(s.Client(t)), protobuf.Subject("robots-value"), protobuf.AutoRegister(false))
	}
	_, err := lookup().Encoder(reflect.TypeFor[robotpb.Location]())
	codectest.WantError(t, err, `schema registry, subject "geometry.proto": it isn't there (404)`)
	s.Requests()

	registering := codectest.Encode(t, protobuf.Codec(protobuf.Registry(s.Client(t)), protobuf.Subject("robots-value")),
		robotpb.Location{Time: 1})
	s.Requests()
	if got := codectest.Encode(t, lookup(), robotpb.Location{Time: 1}); string(got) != string(registering) {
		t.Errorf("%x, want %x", got, registering)
	}
	want := map[string]int{"POST /subjects/geometry.proto": 1, "POST /subjects/robots-value": 1}
	if diff := cmp.Diff(want, s.Requests()); diff != "" {
		t.Error(diff)
	}
}

func TestProtobufOptionsThatDontGoTogether(t *testing.T) {
	for _, option := range []protobuf.Option{protobuf.Subject("a"), protobuf.AutoRegister(false), protobuf.UseLatest()} {
		_, err := protobuf.Codec(option).Decoder(reflect.TypeFor[robotpb.Location]())
		codectest.WantError(t, err, "protobuf.Subject, AutoRegister and UseLatest have no effect without protobuf.Registry")
		_, err = protobuf.Codec(option).Encoder(reflect.TypeFor[robotpb.Location]())
		codectest.WantError(t, err, "protobuf.Subject, AutoRegister and UseLatest have no effect without protobuf.Registry")
	}
}
