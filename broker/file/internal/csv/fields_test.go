package csv

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/codec"
)

// kinds are the types of fields that are drawn: most are set from cells, the others make the whole struct JSON's.
var kinds = []reflect.Type{
	reflect.TypeFor[string](), reflect.TypeFor[int](), reflect.TypeFor[int8](), reflect.TypeFor[int16](), reflect.TypeFor[int32](),
	reflect.TypeFor[int64](), reflect.TypeFor[uint](), reflect.TypeFor[uint8](), reflect.TypeFor[uint16](),
	reflect.TypeFor[uint32](), reflect.TypeFor[uint64](), reflect.TypeFor[float32](), reflect.TypeFor[float64](),
	reflect.TypeFor[bool](), reflect.TypeFor[time.Time](), reflect.TypeFor[time.Duration](),
}

var usualCells = []string{
	"", "0", "-0", "7", "-7", "127", "128", "255", "256", "-129", "32768", "65536", "2147483648", "4294967296",
	"9223372036854775807", "9223372036854775808", "18446744073709551615", "1700000000123456789", "1.5", "-0.25", "0.1", "1e3", "1E-2",
	"123456789012345678901234567890", "1.7976931348623157e309", "3.4e39", "01", "+1", "1.", ".5", "-", " 1", "1 ", " 1.5 ", "  ",
	"NaN", "Inf", "0x1p-2", "1_000", "true", "false", " true", "True", "null", "a", " a ", "ä", "\u2028", "a\\b", "a\tb", "a\rb",
	"2026-11-29T10:00:00Z", "2026-11-29T10:00:00.123456789+02:00", " 2026-11-29T10:00:00Z", "2026-11-29 10:00:00", "2026-11-29",
	strings.Repeat("long", 20),
}

// TestFieldsAsJSON: a row that becomes a struct by itself becomes what JSON makes of its object.
func TestFieldsAsJSON(t *testing.T) {
	direct := 0
	rapid.Check(t, func(t *rapid.T) {
		of, columns := drawStruct(t)
		d := Dialect{Delimiter: ';', Ragged: rapid.Bool().Draw(t, "ragged")}
		if rapid.Bool().Draw(t, "empty texts") {
			d.Null = []string{}
		}
		if rapid.IntRange(0, 4).Draw(t, "text") == 0 {
			d.Text = columns[:1]
		}
		decoder := NewDecoder(d, nil, func(column string) Member {
			f, ok := of.FieldByNameFunc(func(name string) bool { return strings.EqualFold(name, column) })
			return Member{Name: column, Text: ok && f.Type.Kind() == reflect.String}
		})
		decoder.ForStructs(of, 1<<20)
		if err := decoder.Header([]byte(strings.Join(columns, ";"))); err != nil {
			t.Fatal(err)
		}
		decode, err := codec.JSON.Decoder(of)
		if err != nil {
			t.Fatal(err)
		}
		cells := rapid.SliceOfN(rapid.SampledFrom(usualCells), len(columns), len(columns)).Draw(t, "cells")
		row := []byte(strings.Join(cells, ";"))
		rows := decoder.Rows()
		if rows == nil || !rows.Fits(row) {
			return
		}
		element, want := reflect.New(of), reflect.New(of)
		if ok, _ := decodeRow(rows, row, element.Interface()); !ok {
			return
		}
		direct++
		object, err := decoder.Append(nil, row)
		if err == nil {
			err = decode(object, want.Interface())
		}
		if err != nil || !reflect.DeepEqual(element.Interface(), want.Interface()) {
			t.Fatalf("%s of %v: %+v, and JSON makes %+v of %s, %v", row, of, element.Elem(), want.Elem(), object, err)
		}
		want.Elem().SetZero()
		text, span := within(row)
		if n, _ := rows.Decode(text, span, []any{want.Interface()}, &Memory{}); n != 1 ||
			!reflect.DeepEqual(element.Interface(), want.Interface()) {
			t.Fatalf("%s of %v: %+v, and within a text %+v", row, of, element.Elem(), want.Elem())
		}
		if again, err := rows.Object(row); err != nil || string(again) != string(object) {
			t.Fatalf("%s: the object is %s, %v, and of the decoder %s", row, again, err, object)
		}
	})
	if direct == 0 && !testing.Short() { // which draws a few
		t.Error("no row has become a struct by itself")
	}
}

// drawStruct draws a struct type, and the columns of a file for it: not all fields have one, and not all columns a field.
func drawStruct(t *rapid.T) (of reflect.Type, columns []string) {
	var fields []reflect.StructField
	for i := range rapid.IntRange(1, 5).Draw(t, "fields") {
		typ := rapid.SampledFrom(kinds).Draw(t, "type")
		if rapid.IntRange(0, 3).Draw(t, "pointer") == 0 {
			typ = reflect.PointerTo(typ)
		}
		f := reflect.StructField{Name: fmt.Sprint("F", i), Type: typ}
		if rapid.Bool().Draw(t, "tag") {
			f.Tag = reflect.StructTag(fmt.Sprintf(`json:"f%d,omitempty"`, i))
		}
		fields = append(fields, f)
		if rapid.IntRange(0, 5).Draw(t, "column") > 0 {
			columns = append(columns, rapid.SampledFrom([]string{"F", "f"}).Draw(t, "case")+fmt.Sprint(i))
		}
	}
	columns = append(columns, "other")
	return reflect.StructOf(fields), rapid.Permutation(columns).Draw(t, "columns")
}

func decodeRow(r *Rows, row []byte, element any) (ok bool, err error) {
	n, err := r.Decode(row, []Span{{0, uint32(len(row))}}, []any{element}, &Memory{})
	return n == 1, err
}

// within returns a text in which a row lies, with others that would be wrong around it.
func within(row []byte) (text []byte, span []Span) {
	const before, behind = "9,9;9\n", "\n9,;9,;9,;9,;9,;9"
	text = append(append([]byte(before), row...), behind...)
	return text, []Span{{uint32(len(before)), uint32(len(before) + len(row))}}
}

// TestFieldsOfPlainStructs says which rows need no JSON: else nobody would notice that all of them do.
func TestFieldsOfPlainStructs(t *testing.T) {
	type plain struct {
		Time  time.Time `json:"time"`
		Name  string    `json:"name"`
		Count int64     `json:"count"`
		Small *int16    `json:"small"`
		Value *float64  `json:"value"`
		Left  []int     `json:"left"` // has no column
	}
	decoder := NewDecoder(Dialect{}, nil, nil)
	decoder.ForStructs(reflect.TypeFor[plain](), 1000)
	if err := decoder.Header([]byte("name,count,time,x,value,small,y")); err != nil {
		t.Fatal(err)
	}
	rows := decoder.Rows()
	if rows == nil {
		t.Fatal("the struct is left to JSON")
	}
	for row, want := range map[string]string{
		"A,1700000000123456789,2026-11-29T10:00:00Z,,1.5,7,": "A 1700000000123456789 2026-11-29 10:00:00 +0000 UTC 1.5 7",
		",-1,2026-11-29T10:00:00Z,x,,,y":                     " -1 2026-11-29 10:00:00 +0000 UTC <nil> <nil>",
		"ä, 1 ,2026-11-29T10:00:00Z,x,1e3,,y":                "ä 1 2026-11-29 10:00:00 +0000 UTC 1000 <nil>",
	} {
		var p plain
		if ok, _ := decodeRow(rows, []byte(row), &p); !ok || !rows.Fits([]byte(row)) {
			t.Errorf("%s is left to JSON", row)
			continue
		}
		if got := fmt.Sprint(p.Name, " ", p.Count, " ", p.Time, " ", shown(p.Value), " ", shown(p.Small)); got != want {
			t.Errorf("%s: %s, want %s", row, got, want)
		}
	}
	for _, row := range []string{"A,1", "A,1,,,,,,", "\xff,1,,,,,", strings.Repeat("x", 200) + ",1,,,,,"} {
		if rows.Fits([]byte(row)) {
			t.Errorf("%.20q fits", row)
		}
	}
}

func shown[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

// FuzzRows: whatever a row is, it becomes what JSON makes of its object, as a struct and as an object of some of its members.
func FuzzRows(f *testing.F) {
	type element struct {
		Text  string    `json:"text"`
		Int   int64     `json:"int"`
		Small *uint8    `json:"small"`
		Float float64   `json:"float"`
		Half  *float32  `json:"half"`
		Is    bool      `json:"is"`
		At    time.Time `json:"at"`
	}
	f.Add([]byte("a,1,2,1.5,1e3,true,2026-11-29T10:00:00.5+02:00"))
	f.Add([]byte(", -7 ,,-0,0.1,false,"))
	f.Add([]byte("\u2028\\,9223372036854775808,256,1e999,NaN,True,2026-11-29"))
	columns := []string{"text", "int", "small", "float", "half", "is", "at"}
	structs, objects := NewDecoder(Dialect{}, nil, nil), NewDecoder(Dialect{}, nil, nil)
	structs.ForStructs(reflect.TypeFor[element](), 1<<20)
	objects.ForObjects(columns[1:4], placer{asked: columns[1:4]}, 1<<20)
	for _, d := range []*Decoder{structs, objects} {
		if err := d.Header([]byte(strings.Join(columns, ","))); err != nil {
			f.Fatal(err)
		}
	}
	decode, err := codec.JSON.Decoder(reflect.TypeFor[element]())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, row []byte) {
		if strings.ContainsAny(string(row), "\n\"") || !structs.Rows().Fits(row) {
			t.Skip()
		}
		whole, err := structs.Rows().Object(row)
		if err != nil {
			t.Fatalf("%q fits: %v", row, err)
		}
		var got, want element
		ok, _ := decodeRow(structs.Rows(), row, &got)
		var inText element
		text, span := within(row)
		if n, _ := structs.Rows().Decode(text, span, []any{&inText}, &Memory{}); (n == 1) != ok || !reflect.DeepEqual(got, inText) {
			t.Errorf("%q: %+v, %t, and within a text %+v, %d", row, got, ok, inText, n)
		}
		if ok {
			if err := decode(whole, &want); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%q: %+v, and JSON makes %+v of %s, %v", row, got, want, whole, err)
			}
		}
		var picked placed
		if ok, _ := decodeRow(objects.Rows(), row, &picked); !ok {
			return
		}
		var all map[string]json.RawMessage
		if err := json.Unmarshal(whole, &all); err != nil || !json.Valid([]byte(picked.object)) {
			t.Fatalf("%q: %s, and all is %s, %v", row, picked.object, whole, err)
		}
		for i, name := range columns[1:4] {
			if picked.values[i] != string(all[name]) {
				t.Errorf("%q: %s is said to be %q in %s", row, name, picked.values[i], picked.object)
			}
		}
	})
}
