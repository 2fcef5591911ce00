package jsonschema_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/codec/internal/codectest"
	"github.com/leat-go/leat/codec/jsonschema"
)

type location struct {
	Time int64   `json:"time"`
	X    float64 `json:"x"`
}

const schema = `{"type":"object","properties":{"time":{"type":"integer"},"x":{"type":"number"}}}`

func TestRoundTrip(t *testing.T) {
	client := codectest.Serve(t).Client(t)
	c := jsonschema.Codec(jsonschema.Registry(client), jsonschema.Subject("l-value"), jsonschema.Schema(schema))
	encode, err := c.Encoder(reflect.TypeFor[location]())
	if err != nil {
		t.Fatal(err)
	}
	data, err := encode(nil, &location{10, 1.5})
	if err != nil || string(data) != "\x00\x00\x00\x00\x01"+`{"time":10,"x":1.5}` {
		t.Fatalf("%q, %v", data, err)
	}
	var got location
	decode, err := c.Decoder(reflect.TypeFor[location]())
	if err != nil {
		t.Fatal(err)
	}
	if err := decode(data, &got); err != nil || got != (location{10, 1.5}) {
		t.Error(got, err)
	}
	latest, err := jsonschema.Codec(jsonschema.Registry(client), jsonschema.Subject("l-value"), jsonschema.UseLatest()).
		Encoder(reflect.TypeFor[json.RawMessage]())
	if err != nil {
		t.Fatal(err)
	}
	raw := json.RawMessage(`{"time":1.50}`)
	if data, err = latest(nil, &raw); err != nil || string(data[5:]) != `{"time":1.50}` {
		t.Errorf("%q, %v", data, err)
	}
	err = decode([]byte("\x00\x00\x00\x00\x01{\"time\":}"), &got)
	if where := (*codec.Error)(nil); !errors.As(err, &where) || where.Offset < 12 {
		t.Errorf("%#v", err)
	}
	codectest.WantError(t, decode([]byte(`{"time":1}`), &got), "begins with '{' and may be JSON")
}

func TestMistakes(t *testing.T) {
	client := codectest.Serve(t).Client(t)
	on := jsonschema.Registry(client)
	for want, c := range map[string]codec.Codec{
		"needs jsonschema.Registry":               jsonschema.Codec(),
		"needs jsonschema.Subject":                jsonschema.Codec(on),
		"give it by jsonschema.Schema":            jsonschema.Codec(on, jsonschema.Subject("s")),
		"is no JSON":                              jsonschema.Codec(on, jsonschema.Subject("s"), jsonschema.Schema("{")),
		"it isn't there (404)":                    jsonschema.Codec(on, jsonschema.Subject("s"), jsonschema.UseLatest()),
		"takes the schema from the registry, and": jsonschema.Codec(on, jsonschema.Subject("s"), jsonschema.UseLatest(), jsonschema.Schema("{}")),
	} {
		_, err := c.Encoder(reflect.TypeFor[location]())
		codectest.WantError(t, err, want)
	}
}
