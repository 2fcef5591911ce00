package codec_test

import (
	"context"
	"fmt"
	"reflect"

	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/codec/testdata/robotpb"
)

// A struct with a new field reads what was written before it had that field.
func ExampleAvro() {
	server := srfake.New() // in place of a real registry
	defer server.Close()
	registry, err := codec.NewRegistry(context.Background(), sr.URLs(server.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}
	encode, err := codec.Avro{Registry: registry, Subject: "robot-locations-value"}.Encoder(reflect.TypeFor[Location]())
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
	decode, err := codec.Avro{Registry: registry}.Decoder(reflect.TypeFor[Located]())
	if err != nil {
		fmt.Println(err)
		return
	}
	var l Located
	fmt.Println(decode(record, &l), l)
	fmt.Println(decode([]byte(`{"time":10}`), &l))
	// Output:
	// 00 00 00 00 01 14…
	// <nil> {10 1.5 -2 1 <nil>}
	// the magic byte 0 of a schema registry's wire format is missing: the record begins with '{' and may be JSON; use codec.JSON for it
}

// Without a registry a record is the element alone.
func ExampleAvro_bare() {
	c := codec.Avro{Schema: `{
		"type": "record", "name": "Location", "fields": [
			{"name": "time", "type": "long"}, {"name": "x", "type": "float"}, {"name": "y", "type": "float"}
		]
	}`}
	encode, err := c.Encoder(reflect.TypeFor[Location]())
	if err != nil {
		fmt.Println(err)
		return
	}
	record, err := encode(nil, &Location{Time: 10, X: 1.5, Y: -2})
	fmt.Printf("% x %v\n", record, err)
	// Output: 14 00 00 c0 3f 00 00 00 c0 <nil>
}

// An element type is a generated message, or a struct around one.
func ExampleProtobuf() {
	server := srfake.New() // in place of a real registry
	defer server.Close()
	registry, err := codec.NewRegistry(context.Background(), sr.URLs(server.URL()))
	if err != nil {
		fmt.Println(err)
		return
	}
	c := codec.Protobuf{Registry: registry, Subject: "robot-locations-value"}
	encode, err := c.Encoder(reflect.TypeFor[robotpb.Location]())
	if err != nil {
		fmt.Println(err)
		return
	}
	record, err := encode(nil, &robotpb.Location{Time: 10})
	fmt.Printf("% x %v\n", record, err)

	type NextLocation struct{ robotpb.Location }
	decode, err := c.Decoder(reflect.TypeFor[NextLocation]())
	if err != nil {
		fmt.Println(err)
		return
	}
	var next NextLocation
	err = decode(record, &next)
	fmt.Println(next.Time, err)
	// Output:
	// 00 00 00 00 02 02 02 08 0a <nil>
	// 10 <nil>
}

// Every codec of a program takes the same registry, so that no schema is asked for twice.
func ExampleNewRegistry() {
	registry, err := codec.NewRegistry(context.Background(),
		sr.URLs("localhost:8081"),
		sr.BasicAuth("me", "secret"),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	locations := codec.Avro{Registry: registry}
	speeds := codec.Avro{Registry: registry, Subject: "robot-speed-value"}
	fmt.Println(locations.Subject, speeds.Subject)
	// Output: robot-speed-value
}
