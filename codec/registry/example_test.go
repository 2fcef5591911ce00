package registry_test

import (
	"context"
	"fmt"
	"reflect"

	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/leat-go/leat/codec/avro"
	"github.com/leat-go/leat/codec/registry"
)

// Every codec of a program takes the same client, so that no schema is requested twice.
func ExampleNew() {
	server := srfake.New(srfake.WithAuth("Basic bWU6c2VjcmV0")) // instead of a real registry
	defer server.Close()
	schemas, err := registry.New(context.Background(), server.URL(), registry.BasicAuth("me", "secret"))
	if err != nil {
		fmt.Println(err)
		return
	}
	type Speed struct{ Speed float64 }
	locations := avro.Codec(avro.Registry(schemas))
	speeds := avro.Codec(avro.Registry(schemas), avro.Subject("robot-speed-value"))
	_, reading := locations.Decoder(reflect.TypeFor[Location]())
	_, writing := speeds.Encoder(reflect.TypeFor[Speed]()) // registers the schema
	fmt.Println(reading, writing)
	latest, err := schemas.Latest("robot-speed-value")
	fmt.Println(latest.Text, err)
	// Output:
	// <nil> <nil>
	// {"fields":[{"name":"Speed","type":"double"}],"name":"Speed","type":"record"} <nil>
}
