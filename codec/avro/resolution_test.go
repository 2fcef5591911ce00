package avro_test

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	avrolib "github.com/twmb/avro"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/codec/avro"
	"github.com/leat-go/leat/codec/internal/codectest"
)

// record returns the schema of a record R with one field v of a type.
func record(fieldType string) string {
	return fmt.Sprintf(`{"type":"record","name":"R","fields":[{"name":"v","type":%s}]}`, fieldType)
}

// with is an element with that field.
type with[T any] struct {
	V T `avro:"v"`
}

type pair struct {
	A int64 `avro:"a"`
	B int64 `avro:"b"`
}

// decodeWritten decodes into a new T what was written with a schema, by a codec with the reader's schema; "" for none.
func decodeWritten(t *testing.T, into reflect.Type, writer string, value any, reader string) (any, error) {
	t.Helper()
	data, err := avrolib.MustParse(writer).AppendEncode([]byte{0, 0, 0, 0, 5}, value)
	if err != nil {
		t.Fatal(err)
	}
	options := []avro.Option{avro.Registry(codectest.Holding(t, map[string]sr.Schema{"5": {Schema: writer}}))}
	if reader != "" {
		options = append(options, avro.Schema(reader))
	}
	decode, err := avro.Codec(options...).Decoder(into)
	if err != nil {
		return nil, err
	}
	element := reflect.New(into)
	err = decode(data, element.Interface())
	return element.Elem().Interface(), err
}

// TestSchemaResolution goes through the rules of Avro's specification ("Schema Resolution"), for a field whose type in
// the writer's schema is one and in the reader's another.
func TestSchemaResolution(t *testing.T) {
	const (
		colors  = `{"type":"enum","name":"Color","symbols":["RED","GREEN"]}`
		fewer   = `{"type":"enum","name":"Color","symbols":["GREEN","BLUE"]}`
		unknown = `{"type":"enum","name":"Color","symbols":["GREEN","UNKNOWN"],"default":"UNKNOWN"}`
		four    = `{"type":"fixed","name":"F","size":4}`
		inner   = `{"type":"record","name":"I","fields":[{"name":"a","type":"long"},{"name":"b","type":"long"}]}`
	)
	two := int64(2)
	for name, c := range map[string]struct {
		writer string
		value  any
		reader string
		want   any
		fails  string // that this is an error, and what it says
	}{
		"int is promoted to long":       {`"int"`, 7, `"long"`, with[int64]{7}, ""},
		"int is promoted to float":      {`"int"`, 7, `"float"`, with[float32]{7}, ""},
		"int is promoted to double":     {`"int"`, 7, `"double"`, with[float64]{7}, ""},
		"long is promoted to float":     {`"long"`, int64(1) << 40, `"float"`, with[float32]{1 << 40}, ""},
		"long is promoted to double":    {`"long"`, int64(1) << 40, `"double"`, with[float64]{1 << 40}, ""},
		"float is promoted to double":   {`"float"`, float32(0.5), `"double"`, with[float64]{0.5}, ""},
		"string is promoted to bytes":   {`"string"`, "abc", `"bytes"`, with[[]byte]{[]byte("abc")}, ""},
		"bytes are promoted to string":  {`"bytes"`, []byte("abc"), `"string"`, with[string]{"abc"}, ""},
		"long isn't demoted to int":     {`"long"`, int64(7), `"int"`, with[int64]{}, "incompatible"},
		"double isn't demoted to float": {`"double"`, 0.5, `"float"`, with[float32]{}, "incompatible"},
		"double isn't demoted to long":  {`"double"`, 7.0, `"long"`, with[int64]{}, "incompatible"},
		"a string is no number":         {`"string"`, "7", `"long"`, with[int64]{}, "incompatible"},
		"a boolean is no number":        {`"boolean"`, true, `"long"`, with[int64]{}, "incompatible"},

		"items of an array are promoted": {`{"type":"array","items":"int"}`, []int{1, 2},
			`{"type":"array","items":"long"}`, with[[]int64]{[]int64{1, 2}}, ""},
		"items of an array are resolved": {`{"type":"array","items":"int"}`, []int{1, 2},
			`{"type":"array","items":"string"}`, with[[]string]{}, "incompatible"},
		"values of a map are promoted": {`{"type":"map","values":"int"}`, map[string]int{"a": 1},
			`{"type":"map","values":"double"}`, with[map[string]float64]{map[string]float64{"a": 1}}, ""},
		"an array is no map": {`{"type":"array","items":"double"}`, []float64{1},
			`{"type":"map","values":"double"}`, with[map[string]float64]{}, "incompatible"},
		"fixed of one size and name": {four, [4]byte{1, 2, 3, 4}, four, with[[4]byte]{[4]byte{1, 2, 3, 4}}, ""},
		"fixed of another size": {`{"type":"fixed","name":"F","size":3}`, [3]byte{}, four, with[[4]byte]{},
			"size"},
		"fixed of another name": {`{"type":"fixed","name":"G","size":4}`, [4]byte{}, four, with[[4]byte]{},
			"name"},
		"fixed whose reader has the alias": {`{"type":"fixed","name":"G","size":4}`, [4]byte{1},
			`{"type":"fixed","name":"F","aliases":["G"],"size":4}`, with[[4]byte]{[4]byte{1}}, ""},

		"symbols in another order": {colors, "GREEN",
			`{"type":"enum","name":"Color","symbols":["GREEN","RED"]}`, with[string]{"GREEN"}, ""},
		"a symbol that the reader has a default for": {colors, "RED", unknown, with[string]{"UNKNOWN"}, ""},
		"a symbol beside one that has a default":     {colors, "GREEN", unknown, with[string]{"GREEN"}, ""},
		"a record's fields in another order": {`{"type":"record","name":"I","fields":[{"name":"b","type":"int"},
			{"name":"a","type":"long"}]}`, map[string]any{"a": int64(1), "b": 2}, inner, with[pair]{pair{1, 2}}, ""},
		"all branches of a union are promoted":        {`["int","long"]`, 7, `"double"`, with[float64]{7}, ""},
		"no branch of a union that the reader takes":  {`["null","string"]`, "a", `"long"`, with[int64]{}, "incompatible"},
		"the reader's union has the writer's type":    {`"long"`, int64(2), `["null","long"]`, with[*int64]{&two}, ""},
		"the reader's union has a type to promote to": {`"int"`, 2, `["null","long"]`, with[*int64]{&two}, ""},
		"the reader's union has no such type":         {`"string"`, "a", `["null","long"]`, with[*int64]{}, "incompatible"},
		"both unions, in another order":               {`["null","int"]`, 2, `["long","null"]`, with[*int64]{&two}, ""},
		"both unions, null":                           {`["null","int"]`, nil, `["long","null"]`, with[*int64]{}, ""},

		// Here Avro's specification refuses single records, of a value that the reader has no type for. All are refused
		// instead, also those that could be read, as they are where a registry checks for BACKWARD compatibility.
		"a symbol that the reader lacks": {colors, "GREEN", fewer, with[string]{},
			`writer enum symbol "RED" not in reader`},
		"a branch of a union that no reader's is": {`["null","int"]`, 7, `"long"`, with[int64]{}, "incompatible"},
		"a branch that the reader's union hasn't got": {`["null","string","long"]`, int64(2), `["null","long"]`,
			with[*int64]{}, "no matching reader branch"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := decodeWritten(t, reflect.TypeOf(c.want), record(c.writer), map[string]any{"v": c.value},
				record(c.reader))
			checkDecoded(t, got, err, c.want, c.fails)
		})
	}
}

// Without a reader's schema, the struct is it. A value that a field doesn't hold is an error, of this record alone.
func TestStructAsReadersSchema(t *testing.T) {
	const (
		millis  = `{"type":"long","logicalType":"timestamp-millis"}`
		day     = `{"type":"int","logicalType":"date"}`
		decimal = `{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}`
		ab      = `{"type":"enum","name":"E","symbols":["A","B"]}`
		four    = `{"type":"fixed","name":"F","size":4}`
		ints    = `{"type":"array","items":"int"}`
	)
	for name, c := range map[string]struct {
		writer string
		value  any
		want   any
		fails  string
	}{
		"long into int32": {`"long"`, int64(7), with[int32]{7}, ""},
		"long that int32 doesn't hold": {`"long"`, int64(1) << 40, with[int32]{},
			"field v: value 1099511627776 overflows int32"},
		"long that uint16 doesn't hold": {`"long"`, int64(-1), with[uint16]{}, "field v: value -1 overflows uint16"},
		"long that float64 would round": {`"long"`, int64(1)<<53 + 1, with[float64]{},
			"field v: integer 9007199254740993 overflows float64"},
		"double into int64":        {`"double"`, 7.0, with[int64]{7}, ""},
		"double with a fraction":   {`"double"`, 1.5, with[int64]{}, "field v: non-whole 1.5"},
		"double that is no number": {`"double"`, math.NaN(), with[int64]{}, "field v: non-finite NaN"},
		"double into float32":      {`"double"`, 0.1, with[float32]{0.1}, ""},
		"double beyond float32": {`"double"`, 1e300, with[float32]{},
			"field v: value 1e+300 overflows float32"},
		"infinite double": {`"double"`, math.Inf(1), with[float32]{float32(math.Inf(1))}, ""},
		"long into string": {`"long"`, int64(7), with[string]{},
			"field v: Avro's long and Go's string don't go together"},
		"string into int64": {`"string"`, "7", with[int64]{},
			"Avro's string and Go's int64 don't go together"},
		"string into bytes":        {`"string"`, "a", with[[]byte]{[]byte("a")}, ""},
		"bytes into string":        {`"bytes"`, []byte("a"), with[string]{"a"}, ""},
		"enum into string":         {ab, "B", with[string]{"B"}, ""},
		"enum into int":            {ab, "B", with[int]{1}, ""},
		"timestamp into time.Time": {millis, int64(1500), with[time.Time]{time.UnixMilli(1500).UTC()}, ""},
		"timestamp into int64":     {millis, int64(1500), with[int64]{1500}, ""},
		"plain long into time.Time": {`"long"`, int64(1500), with[time.Time]{},
			"field v: Avro's long and Go's time.Time don't go together"},
		"date into time.Time":  {day, 1, with[time.Time]{time.Unix(86400, 0).UTC()}, ""},
		"decimal into string":  {decimal, []byte{1, 44}, with[string]{"3.00"}, ""},
		"decimal into float64": {decimal, []byte{1, 44}, with[float64]{3}, ""},
		"fixed into bytes":     {four, [4]byte{1, 2, 3, 4}, with[[]byte]{[]byte{1, 2, 3, 4}}, ""},
		"fixed into an array too short": {four, [4]byte{1, 2, 3, 4}, with[[3]byte]{},
			"field v: Avro's fixed and Go's [3]uint8 don't go together"},
		"items that an array has no room for": {ints, []int{1, 2, 3}, with[[2]int]{},
			"field v: expected 2 elements, got more"},
		"items that an array lacks":    {ints, []int{1}, with[[2]int]{}, "field v: expected 2 elements, got 1"},
		"null into what is no pointer": {`["null","long"]`, nil, with[int64]{}, ""},
		"null among items": {`{"type":"array","items":["null","int"]}`, []any{1, nil},
			with[[]int]{[]int{1, 0}}, ""},
		"a union's branch that fits": {`["string","long"]`, int64(5), with[int64]{5}, ""},
		"a union's branch that doesn't fit": {`["string","long"]`, "x", with[int64]{},
			"field v: Avro's string and Go's int64 don't go together"},
		"any type": {`["string","long"]`, int64(5), with[any]{int64(5)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := decodeWritten(t, reflect.TypeOf(c.want), record(c.writer), map[string]any{"v": c.value}, "")
			checkDecoded(t, got, err, c.want, c.fails)
		})
	}
}

// checkDecoded checks the element, or that the error is one of the record and says what it must.
func checkDecoded(t *testing.T, got any, err error, want any, fails string) {
	t.Helper()
	if fails != "" {
		codectest.WantError(t, err, fails)
		if where := (*codec.Error)(nil); !errors.As(err, &where) {
			t.Errorf("%#v is no *codec.Error", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
