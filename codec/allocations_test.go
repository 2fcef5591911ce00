//go:build !race

package codec

import (
	"reflect"
	"testing"
)

// TestJSONAllocates nothing for an element without strings, lists and pointers. (The race detector empties pools at
// random.)
func TestJSONAllocates(t *testing.T) {
	decode, err := JSON.Decoder(reflect.TypeFor[location]())
	if err != nil {
		t.Fatal(err)
	}
	encode, err := JSON.Encoder(reflect.TypeFor[location]())
	if err != nil {
		t.Fatal(err)
	}
	element, out, record := new(location), make([]byte, 0, 256),
		[]byte(`{"time":10,"x":0.5,"skipped":[1,{"a":"b"}],"y":-3e7}`)
	allocations := testing.AllocsPerRun(1000, func() {
		if err := decode(record, element); err != nil {
			t.Fatal(err)
		}
		if out, err = encode(out[:0], element); err != nil {
			t.Fatal(err)
		}
	})
	if allocations >= 1 { // a collection may empty the pools
		t.Errorf("%v allocations for each element", allocations)
	}
	if want := `{"time":10,"x":0.5,"y":-30000000}`; string(out) != want {
		t.Errorf("got %s, want %s", out, want)
	}
}
