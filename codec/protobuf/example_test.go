package protobuf_test

import (
	"context"
	"fmt"
	"reflect"

	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/leat-go/leat/codec/protobuf"
	"github.com/leat-go/leat/codec/protobuf/testdata/robotpb"
	"github.com/leat-go/leat/codec/registry"
)

// An element type is a generated message, or a struct around one.
func ExampleCodec() {
	server := srfake.New() // instead of a real registry
	defer server.Close()
	schemas, err := registry.New(context.Background(), server.URL())
	if err != nil {
		fmt.Println(err)
		return
	}
	c := protobuf.Codec(protobuf.Registry(schemas), protobuf.Subject("robot-locations-value"))
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
