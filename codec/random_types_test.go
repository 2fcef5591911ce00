package codec

import (
	stdjson "encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestJSONEqualsEncodingJSONOnRandomTypes compares on random struct types, which hold what the named ones don't.
func TestJSONEqualsEncodingJSONOnRandomTypes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typ := drawStruct(t, 3)
		decode, err := JSON.Decoder(typ)
		if err != nil {
			t.Fatalf("%s: %v", typ, err)
		}
		encode, err := JSON.Encoder(typ)
		if err != nil {
			t.Fatalf("%s: %v", typ, err)
		}
		p := pair{typ, decode, encode}
		for range 5 {
			record := []byte(drawValue(t, 4))
			if rapid.IntRange(0, 3).Draw(t, "damage") == 0 {
				record = drawDamage(t, record)
			}
			if element := p.compareDecode(t, record); element != nil {
				p.compareEncode(t, element)
			}
		}
	})
}

// drawStruct draws a struct type whose members have names that records have, too, and any of the tag's options.
func drawStruct(t *rapid.T, depth int) reflect.Type {
	var fields []reflect.StructField
	for i := range rapid.IntRange(1, 8).Draw(t, "fields") {
		tag := rapid.SampledFrom(names()).Draw(t, "tag") +
			rapid.SampledFrom([]string{"", "", "", ",omitempty", ",omitzero", ",string", ",string,omitempty"}).Draw(t, "options")
		fields = append(fields, reflect.StructField{
			Name: fmt.Sprintf("%c%d", 'A'+i, i),
			Type: drawType(t, depth),
			Tag:  reflect.StructTag(fmt.Sprintf("json:%q", tag)),
		})
	}
	return reflect.StructOf(fields)
}

// drawType draws the type of a member.
func drawType(t *rapid.T, depth int) reflect.Type {
	kind := rapid.IntRange(0, 11).Draw(t, "type")
	if depth == 0 || kind < 6 {
		return rapid.SampledFrom([]reflect.Type{
			reflect.TypeFor[bool](), reflect.TypeFor[int](), reflect.TypeFor[int8](), reflect.TypeFor[int16](),
			reflect.TypeFor[int32](), reflect.TypeFor[int64](), reflect.TypeFor[uint](), reflect.TypeFor[uint8](),
			reflect.TypeFor[uint16](), reflect.TypeFor[uint32](), reflect.TypeFor[uint64](), reflect.TypeFor[uintptr](),
			reflect.TypeFor[float64](), reflect.TypeFor[string](), reflect.TypeFor[any](), reflect.TypeFor[stdjson.Number](),
			reflect.TypeFor[stdjson.RawMessage](), reflect.TypeFor[time.Time](), reflect.TypeFor[time.Duration](),
			reflect.TypeFor[text](), reflect.TypeFor[raw](), reflect.TypeFor[id](), reflect.TypeFor[embeds](),
			reflect.TypeFor[tree](),
			reflect.TypeFor[location](), reflect.TypeFor[[]byte](), reflect.TypeFor[float32](), reflect.TypeFor[struct{}](),
		}).Draw(t, "leaf type")
	}
	switch kind {
	case 6:
		return reflect.PointerTo(drawType(t, depth-1))
	case 7:
		return reflect.SliceOf(drawType(t, depth-1))
	case 8:
		return reflect.ArrayOf(rapid.IntRange(0, 3).Draw(t, "array"), drawType(t, depth-1))
	case 9:
		keys := []reflect.Type{reflect.TypeFor[string](), reflect.TypeFor[int8](), reflect.TypeFor[uint64](),
			reflect.TypeFor[id]()}
		return reflect.MapOf(rapid.SampledFrom(keys).Draw(t, "key"), drawType(t, depth-1))
	}
	return drawStruct(t, depth-1)
}
