package avro_test

import (
	"encoding/json"
	"reflect"
	"testing"

	avrolib "github.com/twmb/avro"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/codec/avro"
	"github.com/leat-go/leat/codec/internal/codectest"
)

const orderSchema = `{"type":"record","name":"Order","fields":[{"name":"id","type":"long"},
	{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
	{"name":"total","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}}]}`

const orderJSON = `{"id":9007199254740993,"at":"2026-11-29T10:00:00.5Z","total":12.50}`

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

func encodeJSON(t *testing.T, encode codec.Encode, text string) []byte {
	t.Helper()
	raw := json.RawMessage(text)
	data, err := encode([]byte("before"), &raw)
	if err != nil {
		t.Fatal(err)
	}
	return data[len("before"):]
}

func TestJSONElements(t *testing.T) {
	fake := codectest.Serve(t)
	client := fake.Client(t)
	for name, options := range map[string][]avro.Option{
		"bare":          {avro.Schema(orderSchema)},
		"single object": {avro.Schema(orderSchema), avro.SingleObject()},
		"registry":      {avro.Schema(orderSchema), avro.Registry(client), avro.Subject("orders-value")},
	} {
		t.Run(name, func(t *testing.T) {
			decode, encode := jsonCodec(t, avro.Codec(options...))
			var got json.RawMessage
			if err := decode(encodeJSON(t, encode, orderJSON), &got); err != nil || string(got) != orderJSON {
				t.Errorf("%s, %v", got, err)
			}
		})
	}
	// What is registered now is the latest.
	decode, encode := jsonCodec(t, avro.Codec(avro.Registry(client), avro.Subject("orders-value"), avro.UseLatest()))
	var got json.RawMessage
	if err := decode(encodeJSON(t, encode, orderJSON), &got); err != nil || string(got) != orderJSON {
		t.Errorf("the latest: %s, %v", got, err)
	}
}

// The single-object encoding is the library's, also for structs.
func TestSingleObjectIsThatOfOthers(t *testing.T) {
	_, encode := jsonCodec(t, avro.Codec(avro.Schema(orderSchema), avro.SingleObject()))
	data := encodeJSON(t, encode, orderJSON)
	var theirs any
	if rest, err := avrolib.MustParse(orderSchema).DecodeSingleObject(data, &theirs); err != nil || len(rest) > 0 {
		t.Fatal(err)
	}
	c := avro.Codec(avro.SingleObject())
	encodeStruct, err := c.Encoder(reflect.TypeFor[pair]())
	if err != nil {
		t.Fatal(err)
	}
	record, err := encodeStruct(nil, &pair{1, 2})
	if err != nil || len(record) != 12 || record[0] != 0xC3 {
		t.Errorf("%x, %v", record, err)
	}
	decode, err := c.Decoder(reflect.TypeFor[pair]())
	if err != nil {
		t.Fatal(err)
	}
	var got pair
	if err := decode(record, &got); err != nil || got != (pair{1, 2}) {
		t.Error(got, err)
	}
	codectest.WantError(t, decode(record[10:], &got), "the mark c3 01 of Avro's single-object encoding is missing")
	codectest.WantError(t, decode(data, &got), "was written with a schema of the fingerprint")
}

// With a reader's schema Avro's resolution gives its fields, whatever was written.
func TestJSONByReadersSchema(t *testing.T) {
	writer := record(`"int"`)
	client := codectest.Holding(t, map[string]sr.Schema{"5": {Schema: writer}})
	decode, err := avro.Codec(avro.Registry(client), avro.Schema(`{"type":"record","name":"R","fields":[
		{"name":"w","type":"double","aliases":["v"]},{"name":"unit","type":"string","default":"m"}]}`)).
		Decoder(reflect.TypeFor[json.RawMessage]())
	if err != nil {
		t.Fatal(err)
	}
	var got json.RawMessage
	data := append([]byte{0, 0, 0, 0, 5}, write(t, writer, map[string]any{"v": 7})...)
	if err := decode(data, &got); err != nil || string(got) != `{"w":7,"unit":"m"}` {
		t.Errorf("%s, %v", got, err)
	}
}

func TestJSONWithoutSchema(t *testing.T) {
	_, err := avro.Codec().Decoder(reflect.TypeFor[json.RawMessage]())
	codectest.WantError(t, err, "give it by avro.Schema")
	_, err = avro.Codec().Encoder(reflect.TypeFor[json.RawMessage]())
	codectest.WantError(t, err, "JSON doesn't say which schema it is to be written with")
	client := codectest.Holding(t, nil)
	_, err = avro.Codec(avro.SingleObject(), avro.Registry(client)).Decoder(reflect.TypeFor[json.RawMessage]())
	codectest.WantError(t, err, "avro.SingleObject is for records without avro.Registry")
}
