package avro_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"regexp"
	"runtime"
	"testing"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/codec/avro"
	"github.com/leat-go/leat/codec/internal/codectest"
)

// everythingWriter is a writer's schema that Everything resolves against.
const everythingWriter = `{"type":"record","name":"Everything","namespace":"a.b","fields":[
	{"name":"children","type":{"type":"array","items":"Everything"}},
	{"name":"gone","type":["null","string","Everything",{"type":"map","values":["null",{"type":"enum","name":"E",
		"symbols":["A","B"]}]}]},
	{"name":"robot","type":["null","string"]},{"name":"yes","type":"boolean"},{"name":"small","type":"int"},
	{"name":"middle","type":"int"},{"name":"int","type":"int"},{"name":"big","type":"long"},{"name":"single","type":"int"},
	{"name":"double","type":"float"},{"name":"text","type":"bytes"},{"name":"bytes","type":"bytes"},
	{"name":"fixed","type":{"type":"fixed","name":"F","size":4}},
	{"name":"pose","type":{"type":"record","name":"Pose","fields":[{"name":"Y","type":"long"},{"name":"X",
		"type":"float"}]}},
	{"name":"poses","type":{"type":"array","items":"Pose"}},{"name":"names","type":{"type":"map","values":"int"}},
	{"name":"matrix","type":{"type":"array","items":{"type":"array","items":"float"}}},
	{"name":"pair","type":{"type":"array","items":"long"}},{"name":"seen","type":{"type":"long",
		"logicalType":"timestamp-millis"}},
	{"name":"born","type":{"type":"int","logicalType":"date"}},{"name":"address","type":"string"}]}`

// FuzzAvroDecode decodes what may come from anywhere. It must neither panic, nor take memory that the record's size
// doesn't justify, nor change the record; and what it accepts is an element that can be encoded again.
func FuzzAvroDecode(f *testing.F) {
	client := codectest.Holding(f, map[string]sr.Schema{"1": {Schema: everythingWriter},
		"2": {Schema: `["null","long","string"]`},
		"3": {Schema: `{"type":"array","items":"null"}`},
		"4": {Schema: `{"type":"record","name":"R","fields":[{"name":"r","type":"R"}]}`}})
	everything, anything := reflect.TypeFor[Everything](), reflect.TypeFor[any]()
	decoders := map[reflect.Type][]codec.Decode{}
	for _, c := range []codec.Codec{avro.Codec(), avro.Codec(avro.Registry(client))} {
		for _, typ := range []reflect.Type{everything, anything} {
			decode, err := c.Decoder(typ)
			if err != nil && typ == everything {
				f.Fatal(err)
			}
			if err == nil {
				decoders[typ] = append(decoders[typ], decode)
			}
		}
	}
	encode, err := avro.Codec().Encoder(everything)
	if err != nil {
		f.Fatal(err)
	}
	seed, err := encode(nil, &Everything{Children: make([]Everything, 2), Next: &Everything{Last: &Pose{1, 2}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte("\x00\x00\x00\x00\x01\x00\x00"))
	f.Add([]byte("\x00\x00\x00\x00\x03\xfe\xff\xff\xff\xff\x0f\x00"))
	f.Add([]byte(`{"time":10}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		for typ, list := range decoders {
			for _, decode := range list {
				into := reflect.New(typ).Interface()
				if allocated(func() { err = decode(data, into) }) > 4<<20+uint64(len(data))*10_000 {
					t.Errorf("decoding %d bytes takes too much memory", len(data))
				}
				if e, ok := into.(*Everything); ok && err == nil {
					if _, err := encode(nil, e); err != nil {
						t.Errorf("%+v was decoded but can't be encoded: %v", e, err)
					}
				}
			}
		}
		if !bytes.Equal(data, before) {
			t.Error("decoding changed the record")
		}
	})
}

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// FuzzAvroWriter decodes with a writer's schema that may be anything.
func FuzzAvroWriter(f *testing.F) {
	for _, schema := range []string{everythingWriter, codectest.LocationSchema, `"long"`,
		`["null",{"type":"map","values":"int"}]`,
		`{"type":"record","name":"a.Reading","fields":[{"name":"time","type":["null","a.Reading"]},{"name":"room",
			"type":"string","default":"x"}]}`,
		`{"type":"record","name":"Reading","fields":[{"name":"time","type":{"type":"record","name":"b.Reading",
			"fields":[]}}]}`} {
		f.Add(schema, []byte{2, 0, 0, 4, 'a', 'b'})
	}
	reader := `{"type":"record","name":"Reading","fields":[{"name":"time","type":["null","long"]},{"name":"value",
		"type":"double","default":1},
		{"name":"unit","type":["null","string"],"default":null},{"name":"note","type":"string","default":""},
		{"name":"place","type":"string","default":""},{"name":"tags","type":{"type":"array","items":"string"},"default":[]}]}`
	f.Fuzz(func(t *testing.T, schema string, data []byte) {
		client := codectest.Holding(t, map[string]sr.Schema{"1": {Schema: schema}})
		for _, c := range []codec.Codec{avro.Codec(avro.Registry(client)),
			avro.Codec(avro.Registry(client), avro.Schema(reader))} {
			_, _ = codectest.Decode[Reading](t, c, append([]byte{0, 0, 0, 0, 1}, data...))
		}
		encode, err := avro.Codec(avro.Schema(schema)).Encoder(reflect.TypeFor[Reading]())
		if err == nil {
			_, _ = encode(nil, &Reading{})
		}
	})
}

// tooPrecise finds a decimal of more than nine digits, two of which are behind the point.
var tooPrecise = regexp.MustCompile(`"d":-?[0-9]{8}`)

// FuzzAvroFramings decodes to JSON what may come from anywhere, in each framing: bare, as a single object, and behind the id of
// a schema. What is read can be written, and is read the same.
func FuzzAvroFramings(f *testing.F) {
	const schema = `{"type":"record","name":"R","fields":[{"name":"id","type":"long"},{"name":"x","type":["null","double","string"]},
		{"name":"at","type":{"type":"long","logicalType":"timestamp-nanos"}},{"name":"f","type":{"type":"fixed","name":"F","size":2}},
		{"name":"d","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
		{"name":"l","type":{"type":"array","items":["null","R"]}},{"name":"m","type":{"type":"map","values":"int"}}]}`
	client := codectest.Holding(f, map[string]sr.Schema{"1": {Schema: schema}, "2": {Schema: `["null","R",` + schema + `]`},
		"3": {Schema: `{"type":"array","items":"null"}`}})
	raw := reflect.TypeFor[json.RawMessage]()
	var decoders []codec.Decode
	var encoders []codec.Encode
	for _, options := range [][]avro.Option{{}, {avro.SingleObject()}} {
		c := avro.Codec(append(options, avro.Schema(schema))...)
		decode, err := c.Decoder(raw)
		if err != nil {
			f.Fatal(err)
		}
		encode, err := c.Encoder(raw)
		if err != nil {
			f.Fatal(err)
		}
		decoders, encoders = append(decoders, decode), append(encoders, encode)
		one := json.RawMessage(`{"id":1,"x":0.5,"at":"2026-11-29T10:00:00Z","f":"AAA=","d":1.25,"l":[null],"m":{"k":1}}`)
		seed, err := encode(nil, &one)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
		f.Add(append([]byte{0, 0, 0, 0, 1}, seed...))
	}
	for _, options := range [][]avro.Option{{}, {avro.Schema(schema)}} {
		decode, err := avro.Codec(append(options, avro.Registry(client))...).Decoder(raw)
		if err != nil {
			f.Fatal(err)
		}
		decoders = append(decoders, decode)
	}
	f.Add([]byte("\x00\x00\x00\x00\x03\xfe\xff\xff\xff\xff\x0f\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		// A million values may take no bytes at all.
		for i, decode := range decoders {
			var text json.RawMessage
			var err error
			if allocated(func() { err = decode(data, &text) }) > 256<<20+uint64(len(data))*10_000 {
				t.Errorf("decoding %d bytes takes too much memory", len(data))
			}
			if err != nil {
				continue
			}
			if !json.Valid(text) {
				t.Errorf("%s is no JSON", text)
			}
			if i >= len(encoders) {
				continue
			}
			again, err := encoders[i](nil, &text)
			if err != nil && tooPrecise.Match(text) {
				continue // a reader shows such a decimal as it is, and a writer refuses it
			}
			if err != nil {
				t.Errorf("%s was read, and can't be written: %v", text, err)
				continue
			}
			var back json.RawMessage
			if err := decode(again, &back); err != nil || !bytes.Equal(back, text) {
				t.Errorf("%s becomes %s, %v", text, back, err)
			}
		}
		if !bytes.Equal(data, before) {
			t.Error("decoding changed the record")
		}
	})
}
