package csv

import (
	"math"
	"reflect"
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/codec"
)

type small int16

type structRow struct {
	Bool   bool     `json:"bool"`
	Int8   int8     `json:"int8"`
	Int16  small    `json:"int16"`
	Int32  int32    `json:"int32"`
	Int64  *int64   `json:"int64"`
	Int    int      `json:"int"`
	Uint8  uint8    `json:"uint8"`
	Uint16 uint16   `json:"uint16"`
	Uint32 *uint32  `json:"uint32"`
	Uint64 uint64   `json:"uint64"`
	Single float32  `json:"single"`
	Double *float64 `json:"double"`
	Text   string   `json:"text"`
	Maybe  *string  `csv:"other"`
	Left   string   `json:"-"`
	_      int
}

type oneCell struct{ Cell *string }

// Rows of plain structs are to the byte those of their JSON, whatever the order of their columns, and refused is what JSON
// refuses.
func TestRowsOfStructsAreThoseOfTheirJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.Permutation([]string{"bool", "int8", "int16", "int32", "int64", "int", "uint8", "uint16", "uint32", "uint64",
			"single", "double", "text", "Maybe"}).Draw(t, "columns")
		var row structRow
		drawFields(t, reflect.ValueOf(&row).Elem())
		compareRow(t, columns, &row, unsafe.Pointer(&row))
		var one oneCell
		drawFields(t, reflect.ValueOf(&one).Elem())
		compareRow(t, []string{"Cell"}, &one, unsafe.Pointer(&one))
	})
}

func compareRow(t *rapid.T, columns []string, element any, at unsafe.Pointer) {
	d := Dialect{Delimiter: rapid.SampledFrom([]rune{',', ';', '\t', '|'}).Draw(t, "delimiter")}
	e := NewEncoder(d, columns, nil)
	typ := reflect.TypeOf(element).Elem()
	encode, err := codec.JSON.Encoder(typ)
	if err != nil {
		t.Fatal(err)
	}
	appendRow := e.Structs(typ)
	if appendRow == nil {
		t.Fatalf("%v has no rows of its own", typ)
	}
	object, wrong := encode(nil, element)
	got, ok := appendRow([]byte("before"), at)
	if ok != (wrong == nil) {
		t.Fatalf("the row is taken: %v, and JSON says %v", ok, wrong)
	}
	if !ok {
		return
	}
	want, err := e.Append([]byte("before"), object)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Fatalf("%s\ngot  %q\nwant %q", object, got, want)
	}
}

func drawFields(t *rapid.T, v reflect.Value) {
	for i := range v.NumField() {
		f := v.Field(i)
		if !f.CanSet() {
			continue
		}
		if f.Kind() == reflect.Pointer {
			if rapid.Bool().Draw(t, "null") {
				continue
			}
			f.Set(reflect.New(f.Type().Elem()))
			f = f.Elem()
		}
		switch f.Kind() {
		case reflect.Bool:
			f.SetBool(rapid.Bool().Draw(t, "bool"))
		case reflect.String:
			f.SetString(rapid.SampledFrom([]string{"", "null", "true", "plain", " blank", "blank\t", "12", "-1.5e3", "12x", "a,b;c|d\te",
				`"q"`, `back\slash`, "two\nlines", "\r", "\x00", "é\u2028", "a\xff\xfeb", "\xed\xa0\x80", "2026-11-30", "#", "\ufeff"}).
				Draw(t, "text"))
		case reflect.Float32, reflect.Float64:
			f.SetFloat(rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1e-7, 1e21, 0.1, 1.5})).
				Draw(t, "float"))
			if rapid.IntRange(0, 20).Draw(t, "is finite") == 0 {
				f.SetFloat(rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1)}).Draw(t, "not finite"))
			}
		default:
			bits := rapid.Uint64().Draw(t, "bits") >> rapid.IntRange(0, 64).Draw(t, "shift")
			f.Set(reflect.ValueOf(bits).Convert(f.Type()))
		}
	}
}

// Of other structs, and with other dialects, JSON tells what the rows are.
func TestOtherStructsHaveNoRowsOfTheirOwn(t *testing.T) {
	for _, c := range []struct {
		dialect Dialect
		element any
		columns []string
	}{
		{Dialect{}, struct{ A time.Time }{}, []string{"A"}},
		{Dialect{}, struct{ A []int }{}, []string{"A"}},
		{Dialect{}, struct{ A **int }{}, []string{"A"}},
		{Dialect{}, struct {
			A int `json:",omitempty"`
		}{}, []string{"A"}},
		{Dialect{}, struct {
			A int `json:",string"`
		}{}, []string{"A"}},
		{Dialect{}, struct{ oneCell }{}, []string{"Cell"}},
		{Dialect{}, struct{ A, B int }{}, []string{"A"}},
		{Dialect{}, struct{ A int }{}, []string{"A", "B"}},
		{Dialect{}, struct{ A int }{}, nil},
		{Dialect{Decimal: ','}, struct{ A float64 }{}, []string{"A"}},
		{Dialect{Null: []string{"NA"}}, struct{ A *int }{}, []string{"A"}},
		{Dialect{}, map[string]int{}, []string{"A"}},
	} {
		if NewEncoder(c.dialect, c.columns, nil).Structs(reflect.TypeOf(c.element)) != nil {
			t.Errorf("%T has rows of its own by %+v", c.element, c.dialect)
		}
	}
}
