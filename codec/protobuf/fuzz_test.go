package protobuf_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/twmb/franz-go/pkg/sr"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/codec/internal/codectest"
	"github.com/leat-go/leat/codec/protobuf"
	"github.com/leat-go/leat/codec/protobuf/testdata/robotpb"
)

// FuzzProtobufDecode decodes what may come from anywhere, with a schema that may be anything.
func FuzzProtobufDecode(f *testing.F) {
	f.Add(robotFile, []byte{0, 0, 0, 0, 1, 0, 8, 2})
	f.Add("syntax = \"proto3\"; message Location {}", []byte{0, 0, 0, 0, 1, 2, 2})
	f.Add("CgE=", []byte{0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Add(robotFile, []byte(`{"time":10}`))
	encode, err := protobuf.Codec().Encoder(reflect.TypeFor[robotpb.Location]())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, schema string, data []byte) {
		client := codectest.Holding(t, map[string]sr.Schema{"1": {Schema: schema, Type: sr.TypeProtobuf}})
		for _, c := range []codec.Codec{protobuf.Codec(protobuf.Registry(client)), protobuf.Codec()} {
			before := bytes.Clone(data)
			l, err := codectest.Decode[robotpb.Location](t, c, data)
			if !bytes.Equal(data, before) {
				t.Error("decoding changed the record")
			}
			if err != nil {
				continue
			}
			again, err := encode(nil, l)
			if err != nil {
				t.Fatalf("%v was decoded but can't be encoded: %v", l, err)
			}
			if back, err := codectest.Decode[robotpb.Location](t, protobuf.Codec(), again); err != nil || !proto.Equal(l, back) {
				t.Errorf("%v becomes %v, %v", l, back, err)
			}
		}
	})
}

// FuzzProtobufJSON decodes to JSON what may come from anywhere, by a message that has fields of every kind. What is read can be
// written, and is read the same.
func FuzzProtobufJSON(f *testing.F) {
	message, err := protobuf.Load(everythingFile, "shop.Everything")
	if err != nil {
		f.Fatal(err)
	}
	c := protobuf.Codec(protobuf.Message(message))
	decode, err := c.Decoder(reflect.TypeFor[json.RawMessage]())
	if err != nil {
		f.Fatal(err)
	}
	encode, err := c.Encoder(reflect.TypeFor[json.RawMessage]())
	if err != nil {
		f.Fatal(err)
	}
	for number := range byte(30) {
		for kind, value := range [][]byte{{1}, {0, 0, 0, 0, 0, 0, 0xf8, 0x7f}, {2, 8, 1}, nil, nil, {0, 0, 0x80, 0x3f}} {
			if value != nil {
				f.Add(append(protowire.AppendTag(nil, protowire.Number(number)+1, protowire.Type(kind)), value...))
			}
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		var text, back json.RawMessage
		err := decode(data, &text)
		if !bytes.Equal(data, before) {
			t.Error("decoding changed the record")
		}
		if err != nil {
			return
		}
		if !json.Valid(text) {
			t.Errorf("%s is no JSON", text)
		}
		again, err := encode(nil, &text)
		if err != nil {
			t.Fatalf("%s was read, and can't be written: %v", text, err)
		}
		if err := decode(again, &back); err != nil || !bytes.Equal(back, text) {
			t.Errorf("%s becomes %s, %v", text, back, err)
		}
	})
}
