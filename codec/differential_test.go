package codec

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// pair is one type with its decoder and encoder.
type pair struct {
	typ    reflect.Type
	decode Decode
	encode Encode
}

func pairs(t testing.TB) []pair {
	var all []pair
	for _, typ := range subjects() {
		d, err := JSON.Decoder(typ)
		if err != nil {
			t.Fatal(typ, err)
		}
		e, err := JSON.Encoder(typ)
		if err != nil {
			t.Fatal(typ, err)
		}
		all = append(all, pair{typ, d, e})
	}
	return all
}

// fataler is what *testing.T and *rapid.T have in common.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// compareDecode decodes data by JSON and by encoding/json, which must agree in everything but null for a struct. It
// returns the value where both accept.
func (p pair) compareDecode(t fataler, data []byte) any {
	t.Helper()
	before := bytes.Clone(data)
	want, got := reflect.New(p.typ), reflect.New(p.typ)
	wantErr := stdjson.Unmarshal(data, want.Interface())
	gotErr := p.decode(data, got.Interface())
	if p.typ.Kind() == reflect.Struct && string(bytes.Trim(data, " \n\r\t")) == "null" {
		if gotErr == nil {
			t.Fatalf("%s accepts null", p.typ)
		}
		return nil
	}
	if (wantErr == nil) != (gotErr == nil) {
		t.Fatalf("%s from %q\nencoding/json: %v\nJSON:          %v", p.typ, data, wantErr, gotErr)
	}
	if gotErr != nil {
		comparePosition(t, p.typ, data, gotErr)
		return nil
	}
	if !reflect.DeepEqual(want.Interface(), got.Interface()) {
		t.Fatalf("%s from %q\nencoding/json: %+v\nJSON:          %+v", p.typ, data, want.Elem(), got.Elem())
	}
	if !bytes.Equal(before, data) {
		t.Fatalf("%s changed its record from %q to %q", p.typ, before, data)
	}
	return got.Interface()
}

// comparePosition checks that an error names a place, and for a syntax error the one that encoding/json sees.
func comparePosition(t fataler, typ reflect.Type, data []byte, err error) {
	t.Helper()
	var where *Error
	if !errors.As(err, &where) || where.Offset > len(data) {
		t.Fatalf("%s from %q: %#v is no error with a place", typ, data, err)
	}
	var syntax *stdjson.SyntaxError
	wrong := stdjson.Unmarshal(data, new(stdjson.RawMessage))
	switch {
	case where.Offset < 0 && typ != reflect.TypeFor[embedsPointer]():
		t.Fatalf("%s from %q: no place for %v", typ, data, err)
	case !errors.As(wrong, &syntax):
	case where.Offset == len(data) && int(syntax.Offset) >= len(data): // encoding/json blames the byte before the end
	case where.Offset != int(syntax.Offset)-1:
		t.Fatalf("%s from %q: offset %d, want %d, for %v (%v)", typ, data, where.Offset, syntax.Offset-1, err, wrong)
	}
}

// compareEncode encodes an element, a pointer, by JSON and by encoding/json, which must agree.
func (p pair) compareEncode(t fataler, element any) {
	t.Helper()
	var want bytes.Buffer
	e := stdjson.NewEncoder(&want)
	e.SetEscapeHTML(false)
	wantErr := e.Encode(element)
	got, gotErr := p.encode([]byte("before "), element)
	if (wantErr == nil) != (gotErr == nil) {
		t.Fatalf("%s %+v\nencoding/json: %v\nJSON:          %v", p.typ, element, wantErr, gotErr)
	}
	if wantErr != nil {
		want.Reset()
	}
	if string(got) != "before "+strings.TrimSuffix(want.String(), "\n") {
		t.Fatalf("%s\nencoding/json: %s\nJSON:          %s", p.typ, want.Bytes(), got)
	}
}

func FuzzJSONDecode(f *testing.F) {
	for _, record := range hardRecords() {
		f.Add([]byte(record))
	}
	all := pairs(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, p := range all {
			p.compareDecode(t, data)
		}
	})
}

func FuzzJSONEncode(f *testing.F) {
	for _, record := range hardRecords() {
		f.Add([]byte(record))
	}
	all := pairs(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, p := range all {
			if element := reflect.New(p.typ); stdjson.Unmarshal(data, element.Interface()) == nil {
				p.compareEncode(t, element.Interface())
			}
		}
	})
}

// TestJSONEqualsEncodingJSON decodes random records, most of them valid, and encodes what came out.
func TestJSONEqualsEncodingJSON(t *testing.T) {
	all := pairs(t)
	rapid.Check(t, func(t *rapid.T) {
		record := []byte(drawValue(t, 4))
		if rapid.IntRange(0, 3).Draw(t, "damage") == 0 {
			record = drawDamage(t, record)
		}
		for _, p := range all {
			if element := p.compareDecode(t, record); element != nil {
				p.compareEncode(t, element)
			}
		}
	})
}

// TestJSONNesting: values may nest 10000 levels deep, also in members that are skipped.
func TestJSONNesting(t *testing.T) {
	all := pairs(t)
	for _, depth := range []int{9999, 10000, 10001} {
		lists := strings.Repeat("[", depth) + strings.Repeat("]", depth)
		objects := strings.Repeat(`{"p":`, depth) + "null" + strings.Repeat("}", depth)
		for _, record := range []string{lists, objects, `{"any":` + lists + `}`, `{"unknown":` + lists + `}`, lists[:depth]} {
			for _, p := range all {
				p.compareDecode(t, []byte(record))
			}
		}
	}
}

// drawValue draws a JSON value that nests up to depth levels.
func drawValue(t *rapid.T, depth int) string {
	kind := rapid.IntRange(0, 9).Draw(t, "kind")
	switch {
	case depth == 0 || kind < 3 && depth < 4:
		return rapid.SampledFrom(leaves()).Draw(t, "leaf")
	case kind == 3:
		values := make([]string, rapid.IntRange(0, 3).Draw(t, "length"))
		for i := range values {
			values[i] = drawValue(t, depth-1)
		}
		return "[" + strings.Join(values, drawSpace(t)+",") + "]"
	}
	list := make([]string, rapid.IntRange(0, 4).Draw(t, "length"))
	for i := range list {
		name := rapid.SampledFrom(names()).Draw(t, "name")
		list[i] = drawSpace(t) + `"` + name + `"` + drawSpace(t) + ":" + drawSpace(t) + drawValue(t, depth-1)
	}
	return "{" + strings.Join(list, ",") + drawSpace(t) + "}"
}

func drawSpace(t *rapid.T) string {
	return rapid.SampledFrom([]string{"", "", "", "", " ", "\n", "\t\r"}).Draw(t, "space")
}

// drawDamage changes, inserts or removes one byte.
func drawDamage(t *rapid.T, record []byte) []byte {
	i := rapid.IntRange(0, len(record)).Draw(t, "place")
	c := rapid.SampledFrom([]byte("{}[]\",:\\0123eE+-.tnfu \n\x00\x1f\x7f\x80\xffa")).Draw(t, "byte")
	end := min(len(record), i+rapid.IntRange(0, 1).Draw(t, "removed"))
	if rapid.Bool().Draw(t, "only remove") {
		return append(bytes.Clone(record[:i]), record[end:]...)
	}
	return append(append(bytes.Clone(record[:i]), c), record[end:]...)
}

func names() []string {
	return []string{"time", "x", "y", "b", "B", "i", "I", "i8", "u", "u8", "n", "N", "f", "s", "S", "l", "a", "m", "p",
		"q", "o",
		"any", "raw", "X", "Y", "Z", "tIme", `\u0078`, "\u017f", "TİME", "\u212a", "zero", "-", "<a&b>", "Bad", "étude",
		"ÉTUDE",
		"hidden", "", "1", "-7", "128", "01", "Deeper", "unknown", "\xff", `\ud800`, "No", "i\u00df"}
}

func leaves() []string {
	return []string{"null", "null", "true", "false", "0", "-0", "1", "2", "17", "-5", "127", "128", "-128", "-129", "255",
		"256",
		"32768", "2147483648", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
		"18446744073709551615", "18446744073709551616", "1.0", "1e2", "0.5", "-0.0", "1e400", "-1e400", "1e-400", "1e23",
		"1E+2",
		"3.4028235e38", "3.4028236e38", "1.0000000596046447753906250000000001", "5e-324", "2.2250738585072011e-308",
		"179769313486231570814527423731704356798070567525844996598917476803157260780028538760589558632766878",
		"123456789012345678901234567890.123456789", "0.1", "9007199254740993", "0.30000000000000004", "1e21", "1e-7", "1e20",
		`""`, `"a"`, `"12"`, `"-1"`, `"01"`, `"1.5"`, `" 1"`, `"1 "`, `"null"`, `"true"`, `"\"a\""`, `"\"\\ud800\""`,
		`"1e400"`,
		`"AQID"`, `"AQI="`, `"AQI"`, `"AQ\nID"`, `"2020-01-02T03:04:05Z"`, `"2020-01-02T03:04:05.123456789+02:00"`,
		`"2020-01-02T24:04:05Z"`, `"0001-01-01T00:00:00Z"`, `"192.0.2.1"`, `"::1"`, `"\u0041"`, `"\ud83d\ude00"`, `"\ud800"`,
		`"\udc00x"`, `"\ud800\u0041"`,
		`"\ud83d\ud83d\ude00"`, `"\/\b\f\n\r\t\"\\"`, `"\u2028<>&"`, "\"\u2028\u2029<>&\x7f\"", "\"\xff\"",
		"\"\xed\xa0\x80\"",
		"\"a\xc3\"", "\"\ufffd\"", `"\u0000"`, `"Grüße, 世界 and a longer text that needs more than one block to scan: ` +
			`0123456789"`,
		`"a longer text with an escape near the end, behind its first block of bytes: 0123456789 \u00e9\n"`}
}

// hardRecords are those where decoders go wrong.
func hardRecords() []string {
	records := []string{"", " ", "{}", "{", "}", "[]", "nul", "null x", " null", "{}x", "{} {}", "\ufeff{}", "{}\x00",
		`{"x":1,}`, `{,}`,
		`{"x"}`, `{"x" 1}`, `{"x":1 "y":2}`, `{"x":1;"y":2}`, `{x:1}`, `{'x':1}`, `{"x":1]`, `{"x":1}}`, `{"x":`, `{"x`,
		"{\"x\"\v:1}",
		"// c\n{}", `{"x":/**/1}`, `{"x":01}`, `{"x":1.}`, `{"x":.5}`, `{"x":+1}`, `{"x":-}`, `{"x":1e}`, `{"x":0x10}`,
		`{"x":1_0}`,
		`{"x":NaN}`, `{"x":Infinity}`, `{"x":--1}`, `{"x":1-2}`, `{"unknown":01}`, `{"unknown":tru}`, `{"unknown":"\x"}`,
		"{\"unknown\":\"\n\"}", `{"unknown":[1,]}`, `{"unknown":[1,}`, `{"unknown":{"a"}}`, `{"unknown":{a:1}}`,
		`{"unknown":}`,
		`{"unknown":{]}}`, `{"unknown":[{]}`, `{"unknown":"\u12"}`, `{"unknown":1.2.3}`, `{"unknown":[1 2]}`,
		`{"unknown":{"a":1,}}`,
		"{\"\xff\":1}", `{"x":1,"X":2,"x":null}`, `{"X":1,"x":2}`, `{"l":[1,2,3],"l":[4]}`, `{"m":{"a":1},"m":{"b":2}}`,
		`{"p":{"x":1},"p":{"y":2}}`, `{"p":{"x":1},"p":null}`, `{"any":{"a":1},"any":{"b":2}}`, `{"a":[1,2,"three"]}`,
		`{"a":[1]}`}
	for _, leaf := range leaves() {
		for _, name := range []string{"x", "s", "q", "any"} {
			records = append(records, `{"`+name+`":`+leaf+`}`)
		}
	}
	return records
}
