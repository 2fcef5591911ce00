package avro_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/leat-go/leat/codec/avro"
	"github.com/leat-go/leat/codec/registry"
)

type Location struct {
	Time int64   `json:"time"`
	X    float64 `json:"x"`
	Y    float64 `json:"y"`
}

// A struct with a new field reads what was written before it had that field.
func ExampleCodec() {
	server := srfake.New() // instead of a real registry
	defer server.Close()
	schemas, err := registry.New(context.Background(), server.URL())
	if err != nil {
		fmt.Println(err)
		return
	}
	encode, err := avro.Codec(avro.Registry(schemas),
		avro.Subject("robot-locations-value")).Encoder(reflect.TypeFor[Location]())
	if err != nil {
		fmt.Println(err)
		return
	}
	record, err := encode(nil, &Location{Time: 10, X: 1.5, Y: -2})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("% x…\n", record[:6])

	type Located struct {
		Time  int64   `json:"time"`
		X     float64 `json:"x"`
		Y     float64 `json:"y"`
		Floor int     `avro:"floor,default=1"`
		Room  *string `json:"room"`
	}
	decode, err := avro.Codec(avro.Registry(schemas)).Decoder(reflect.TypeFor[Located]())
	if err != nil {
		fmt.Println(err)
		return
	}
	var l Located
	fmt.Println(decode(record, &l), l)
	fmt.Println(strings.ReplaceAll(decode([]byte(`{"time":10}`), &l).Error(), "; ", "\n"))
	// Output:
	// 00 00 00 00 01 14…
	// <nil> {10 1.5 -2 1 <nil>}
	// the magic byte 0 of a schema registry's wire format is missing: the record begins with '{' and may be JSON
	// use codec.JSON for it
}

// Without a registry a record is the element alone.
func ExampleCodec_bare() {
	c := avro.Codec(avro.Schema(`{
		"type": "record", "name": "Location", "fields": [
			{"name": "time", "type": "long"}, {"name": "x", "type": "float"}, {"name": "y", "type": "float"}
		]
	}`))
	encode, err := c.Encoder(reflect.TypeFor[Location]())
	if err != nil {
		fmt.Println(err)
		return
	}
	record, err := encode(nil, &Location{Time: 10, X: 1.5, Y: -2})
	fmt.Printf("% x %v\n", record, err)
	// Output: 14 00 00 c0 3f 00 00 00 c0 <nil>
}

// Schemas come from elsewhere, such as a build that has registered them: the program only uses the latest.
func ExampleUseLatest() {
	server := srfake.New() // instead of a real registry
	defer server.Close()
	server.SeedSchema("robot-locations-value", 3, 7, sr.Schema{Schema: `{"type": "record", "name": "Location", "fields": [
		{"name": "time", "type": "long"}, {"name": "x", "type": "float"}, {"name": "y", "type": "float"},
		{"name": "z", "type": "float"}
	]}`})
	schemas, err := registry.New(context.Background(), server.URL())
	if err != nil {
		fmt.Println(err)
		return
	}
	c := avro.Codec(avro.Registry(schemas), avro.Subject("robot-locations-value"), avro.UseLatest())
	_, err = c.Encoder(reflect.TypeFor[Location]())
	fmt.Println(strings.ReplaceAll(err.Error(), ": ", ":\n"))
	// Output:
	// the latest schema of subject "robot-locations-value":
	// field z:
	// the schema wants this field, and avro_test.Location has only time, x, y
}
