package avrojson_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	avrolib "github.com/twmb/avro"
	"pgregory.net/rapid"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/internal/avrojson"
)

func compile(t interface {
	Helper()
	Fatalf(string, ...any)
}, text string) *avrojson.Schema {
	t.Helper()
	parsed, err := avrolib.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	s, err := avrojson.New(parsed)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

// of returns the schema of a record with one field.
func of(fieldType string) string {
	return fmt.Sprintf(`{"type":"record","name":"R","namespace":"shop","fields":[{"name":"v","type":%s}]}`, fieldType)
}

// What the library writes of Go values is read as the JSON that a pipeline's expressions see, and written back as it was.
func TestValues(t *testing.T) {
	for name, c := range map[string]struct {
		schema string
		value  any
		want   string
	}{
		"null":                 {`"null"`, nil, `null`},
		"boolean":              {`"boolean"`, true, `true`},
		"int":                  {`"int"`, -7, `-7`},
		"long beyond float64":  {`"long"`, int64(math.MaxInt64), `9223372036854775807`},
		"float":                {`"float"`, float32(0.1), `0.1`},
		"double":               {`"double"`, 0.1, `0.1`},
		"large double":         {`"double"`, 1e300, `1e+300`},
		"double, NaN":          {`"double"`, math.NaN(), `"NaN"`},
		"double, infinite":     {`"double"`, math.Inf(-1), `"-Infinity"`},
		"string":               {`"string"`, "a\"b\u2028é", `"a\"b\u2028é"`},
		"bytes":                {`"bytes"`, []byte{0, 255}, `"AP8="`},
		"fixed":                {`{"type":"fixed","name":"F","size":2}`, []byte{1, 2}, `"AQI="`},
		"enum":                 {`{"type":"enum","name":"E","symbols":["A","B"]}`, "B", `"B"`},
		"array":                {`{"type":"array","items":"int"}`, []int{1, 2}, `[1,2]`},
		"empty array":          {`{"type":"array","items":"int"}`, []int{}, `[]`},
		"map":                  {`{"type":"map","values":"int"}`, map[string]int{"a": 1}, `{"a":1}`},
		"union, null":          {`["null","string"]`, nil, `null`},
		"union":                {`["null","string"]`, "a", `"a"`},
		"decimal":              {`{"type":"bytes","logicalType":"decimal","precision":6,"scale":2}`, big.NewRat(-5, 4), `-1.25`},
		"decimal below one":    {`{"type":"bytes","logicalType":"decimal","precision":6,"scale":3}`, big.NewRat(1, 100), `0.010`},
		"decimal in fixed":     {`{"type":"fixed","name":"D","size":8,"logicalType":"decimal","precision":6,"scale":0}`, big.NewRat(-300, 1), `-300`},
		"timestamp-millis":     {`{"type":"long","logicalType":"timestamp-millis"}`, time.UnixMilli(1500).UTC(), `"1970-01-01T00:00:01.5Z"`},
		"timestamp-micros":     {`{"type":"long","logicalType":"timestamp-micros"}`, time.UnixMicro(-1).UTC(), `"1969-12-31T23:59:59.999999Z"`},
		"timestamp-nanos":      {`{"type":"long","logicalType":"timestamp-nanos"}`, time.Unix(0, 1).UTC(), `"1970-01-01T00:00:00.000000001Z"`},
		"local timestamp":      {`{"type":"long","logicalType":"local-timestamp-millis"}`, int64(1500), `"1970-01-01T00:00:01.5"`},
		"date":                 {`{"type":"int","logicalType":"date"}`, 20786, `"2026-11-29"`},
		"time-millis":          {`{"type":"int","logicalType":"time-millis"}`, 36_000_001, `"10:00:00.001"`},
		"uuid of text":         {`{"type":"string","logicalType":"uuid"}`, "6ba7b810-9dad-11d1-80b4-00c04fd430c8", `"6ba7b810-9dad-11d1-80b4-00c04fd430c8"`},
		"duration":             {`{"type":"fixed","name":"D","size":12,"logicalType":"duration"}`, []byte{1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0}, `{"months":1,"days":2,"millis":3}`},
		"unknown logical type": {`{"type":"long","logicalType":"fortnights"}`, int64(3), `3`},
	} {
		t.Run(name, func(t *testing.T) {
			text := of(c.schema)
			encoded, err := avrolib.MustParse(text).AppendEncode(nil, map[string]any{"v": c.value})
			if err != nil {
				t.Fatal(err)
			}
			s := compile(t, text)
			got, rest, err := s.Append(nil, encoded)
			if want := `{"v":` + c.want + `}`; err != nil || string(got) != want || len(rest) > 0 {
				t.Fatalf("got %s, %v, rest %x, want %s", got, err, rest, want)
			}
			again, err := s.AppendAvro(nil, got)
			if err != nil || string(again) != string(encoded) {
				t.Errorf("written again: %x, %v, want %x", again, err, encoded)
			}
		})
	}
}

func TestRecordsReferToThemselves(t *testing.T) {
	s := compile(t, `{"type":"record","name":"Node","fields":[{"name":"n","type":"int"},{"name":"next","type":["null","Node"],
		"default":null}]}`)
	encoded, err := s.AppendAvro(nil, []byte(`{"next":{"n":2},"n":1}`))
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := s.Append(nil, encoded)
	if want := `{"n":1,"next":{"n":2,"next":null}}`; err != nil || string(got) != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
}

func TestDefaults(t *testing.T) {
	s := compile(t, `{"type":"record","name":"R","fields":[
		{"name":"a","type":"bytes","default":"\u00ff"},
		{"name":"b","type":["string","null"],"default":"x"},
		{"name":"c","type":{"type":"bytes","logicalType":"decimal","precision":4,"scale":2},"default":"\u0001"},
		{"name":"d","type":{"type":"array","items":"double"},"default":[1,0.5]},
		{"name":"e","type":{"type":"record","name":"I","fields":[{"name":"t","type":{"type":"long",
			"logicalType":"timestamp-millis"}}]},"default":{"t":1500}}]}`)
	encoded, err := s.AppendAvro(nil, []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := s.Append(nil, encoded)
	want := `{"a":"/w==","b":"x","c":0.01,"d":[1,0.5],"e":{"t":"1970-01-01T00:00:01.5Z"}}`
	if err != nil || string(got) != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
}

// A union takes the branch that says most about a value.
func TestUnions(t *testing.T) {
	const all = `["null","boolean","double","int","long","bytes","string",{"type":"long","logicalType":"timestamp-millis"},
		{"type":"enum","name":"E","symbols":["RED"]},{"type":"array","items":"int"},
		{"type":"record","name":"P","fields":[{"name":"x","type":"int"}]},{"type":"map","values":"string"}]`
	_ = all
	for _, c := range []struct{ schema, json, want string }{
		{`["double","int","long"]`, `7`, "7"}, {`["double","int","long"]`, `1.5`, "1.5"},
		{`["int","long"]`, `3000000000`, "3000000000"},
		{`["bytes","string"]`, `"AAAA"`, `"AAAA"`},
		{`["string",{"type":"enum","name":"E","symbols":["RED"]}]`, `"RED"`, `"RED"`},
		{`[{"type":"record","name":"P","fields":[{"name":"x","type":"int"}]},{"type":"map","values":"string"}]`, `{"a":"b"}`, `{"a":"b"}`},
		{`[{"type":"record","name":"P","fields":[{"name":"x","type":"int"}]},{"type":"map","values":"string"}]`, `{"x":1}`, `{"x":1}`},
	} {
		s := compile(t, of(c.schema))
		encoded, err := s.AppendAvro(nil, []byte(`{"v":`+c.json+`}`))
		if err != nil {
			t.Errorf("%s: %v", c.schema, err)
			continue
		}
		if got, _, err := s.Append(nil, encoded); err != nil || string(got) != `{"v":`+c.want+`}` {
			t.Errorf("%s of %s: %s, %v", c.schema, c.json, got, err)
		}
	}
}

func TestWhatASchemaCannotHold(t *testing.T) {
	for _, c := range []struct{ schema, json, want string }{
		{of(`"int"`), `{"v":2147483648}`, "field v: 2147483648 has more than 32 bits"},
		{of(`"long"`), `{"v":1.5}`, "field v: 1.5 isn't whole"},
		{of(`"long"`), `{"v":1e400000000000}`, "field v: 1e400000000000 is too large"},
		{of(`"long"`), `{"v":1e99999}`, "field v: 1e99999 is too large"},
		{of(`"long"`), `{"v":"7"}`, `field v: "7" is a text, and the schema has long here`},
		{of(`"double"`), `{"v":9007199254740993}`, "field v: a double would round the whole number 9007199254740993"},
		{of(`"double"`), `{"v":1e999}`, "field v: 1e999 is beyond what a double holds"},
		{of(`"string"`), `{"v":null}`, "field v: null is null, and the schema has string here"},
		{of(`["null","string"]`), `{"v":1}`, "field v: 1 is a number, and the schema has one of null, string here"},
		{of(`["null","int"]`), `{"v":1.5}`, "field v: 1.5 isn't whole"},
		{of(`"bytes"`), `{"v":"?"}`, "is no base64"},
		{of(`{"type":"enum","name":"E","symbols":["RED"]}`), `{"v":"REDD"}`, `shop.E has no symbol "REDD", but RED`},
		{of(`{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}`), `{"v":0.125}`, "0.125 has more than 2 digits behind the point"},
		{of(`{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}`), `{"v":100}`, "100 has 5 digits at scale 2, and the schema's decimal has 4"},
		{of(`{"type":"long","logicalType":"timestamp-millis"}`), `{"v":"2026-11-29T10:00:00.0001Z"}`, "more digits than the 3 that a timestamp-millis keeps"},
		{of(`{"type":"long","logicalType":"timestamp-millis"}`), `{"v":"yesterday"}`, "is no timestamp-millis, which is a text like 2026-11-29T10:00:00Z"},
		{of(`"int"`), `{"v":1,"w":2}`, `the record shop.R has no field "w"`},
		{of(`"int"`), `{}`, `field v: it is missing, and the record shop.R has no default for it`},
		{of(`{"type":"array","items":"int"}`), `{"v":[1,"a"]}`, `field v[1]: "a" is a text`},
		{of(`"int"`), `[1]`, "[1] is a list, and the schema has the record shop.R here"},
	} {
		_, err := compile(t, c.schema).AppendAvro(nil, []byte(c.json))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.json, err, c.want)
		}
		if where := (*codec.Error)(nil); !errors.As(err, &where) {
			t.Errorf("%s: %#v", c.json, err)
		}
	}
}

// Random values of a schema with everything round trip through the library: what it decodes of ours is what was meant.
func TestAgainstTheLibrary(t *testing.T) {
	const schema = `{"type":"record","name":"R","fields":[
		{"name":"l","type":"long"},{"name":"d","type":"double"},{"name":"s","type":"string"},
		{"name":"o","type":["null","string"]},{"name":"a","type":{"type":"array","items":"long"}},
		{"name":"m","type":{"type":"map","values":"double"}},{"name":"b","type":"bytes"}]}`
	library := avrolib.MustParse(schema)
	rapid.Check(t, func(t *rapid.T) {
		s := compile(t, schema)
		value := map[string]any{
			"l": rapid.Int64().Draw(t, "l"), "d": rapid.Float64Range(-1e30, 1e30).Draw(t, "d"),
			"s": rapid.String().Draw(t, "s"), "o": nil, "a": rapid.SliceOf(rapid.Int64()).Draw(t, "a"),
			"m": rapid.MapOf(rapid.String(), rapid.Float64Range(-1, 1)).Draw(t, "m"), "b": rapid.SliceOf(rapid.Byte()).Draw(t, "b"),
		}
		if rapid.Bool().Draw(t, "some") {
			value["o"] = rapid.String().Draw(t, "o")
		}
		encoded, err := library.AppendEncode(nil, value)
		if err != nil {
			t.Fatal(err)
		}
		text, rest, err := s.Append(nil, encoded)
		if err != nil || len(rest) > 0 || !json.Valid(text) {
			t.Fatalf("%s, %v", text, err)
		}
		again, err := s.AppendAvro(nil, text)
		if err != nil {
			t.Fatal(err)
		}
		var first, second any
		if _, err := library.Decode(encoded, &first); err != nil {
			t.Fatal(err)
		}
		if _, err := library.Decode(again, &second); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Error(diff)
		}
	})
}

// tooPrecise finds a decimal of more than four digits, two of which are behind the point.
var tooPrecise = regexp.MustCompile(`"v":-?[0-9]{3}`)

// Whatever stands in a record, reading it ends soon, and gives JSON or an error with its place.
func FuzzAppend(f *testing.F) {
	schemas := []string{of(`{"type":"array","items":"null"}`), of(`["null",{"type":"map","values":["int","string"]}]`),
		of(`{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}`),
		`{"type":"record","name":"N","fields":[{"name":"n","type":["null","N"]},{"name":"t","type":{"type":"long",
			"logicalType":"timestamp-nanos"}}]}`}
	f.Add(0, []byte{0xff, 0xff, 0xff, 0x7f})
	f.Add(1, []byte{2, 2, 2, 'a', 0, 2, 0})
	f.Add(3, []byte{2, 2, 2, 2, 0, 2})
	f.Fuzz(func(t *testing.T, which int, data []byte) {
		s := compile(t, schemas[uint(which)%uint(len(schemas))])
		text, _, err := s.Append(nil, data)
		if err != nil {
			if where := (*codec.Error)(nil); !errors.As(err, &where) || where.Offset > len(data) {
				t.Errorf("%#v", err)
			}
			return
		}
		if !json.Valid(text) {
			t.Errorf("%s", text)
		}
		// A decimal of more digits than the schema has is read as it is, and not written.
		if _, err := s.AppendAvro(nil, text); err != nil && !tooPrecise.Match(text) {
			t.Errorf("%s can't be written: %v", text, err)
		}
	})
}
