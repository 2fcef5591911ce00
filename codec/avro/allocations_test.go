//go:build !race

package avro_test

import (
	"reflect"
	"testing"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/leat-go/leat/codec/avro"
	"github.com/leat-go/leat/codec/internal/codectest"
)

// TestAvroAllocates nothing for an element without strings, lists and pointers, though the writer's schema is another
// one.
func TestAvroAllocates(t *testing.T) {
	writer := `{"type":"record","name":"L","fields":[{"name":"y","type":"float"},{"name":"skipped","type":"string"},
		{"name":"x","type":"double"},{"name":"time","type":"int"}]}`
	client := codectest.Holding(t, map[string]sr.Schema{"300": {Schema: writer}})
	decode, err := avro.Codec(avro.Registry(client)).Decoder(reflect.TypeFor[Location]())
	if err != nil {
		t.Fatal(err)
	}
	encode, err := avro.Codec().Encoder(reflect.TypeFor[Location]())
	if err != nil {
		t.Fatal(err)
	}
	record := append([]byte{0, 0, 0, 1, 44}, write(t, writer, map[string]any{"y": 0.5, "skipped": "a", "x": -1.0,
		"time": 10})...)
	element, out := new(Location), make([]byte, 0, 64)
	allocations := testing.AllocsPerRun(1000, func() {
		if err := decode(record, element); err != nil {
			t.Fatal(err)
		}
		if out, err = encode(out[:0], element); err != nil {
			t.Fatal(err)
		}
	})
	if allocations >= 1 {
		t.Errorf("%v allocations for each element", allocations)
	}
	if *element != (Location{Time: 10, X: -1, Y: 0.5}) {
		t.Errorf("got %v", element)
	}
}
