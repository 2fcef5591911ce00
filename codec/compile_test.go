package codec

import (
	stdjson "encoding/json"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestCompiledEqualsLibraries compares what is appended for types that are compiled with what encoding/json and the
// fast library write, or that they refuse it.
func TestCompiledEqualsLibraries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typ := drawPlainStruct(t, 3)
		if (&compiler{within: map[reflect.Type]bool{}}).compile(typ) == nil {
			t.Fatalf("%s is left to the library", typ)
		}
		encode, err := JSON.Encoder(typ)
		if err != nil {
			t.Fatalf("%s: %v", typ, err)
		}
		for range 5 {
			element := reflect.New(typ)
			fill(t, element.Elem())
			pair{typ: typ, encode: encode}.compareEncode(t, element.Interface())
			compareWithLibrary(t, encode, element.Interface())
		}
	})
}

// TestCompiledFloat32 compares with the fast library only: Go 1.26 writes 2⁻¹² as 0.00024414063, unlike Go 1.25 and the
// library, which write 0.00024414062, which is as near and even.
func TestCompiledFloat32(t *testing.T) {
	encode, err := JSON.Encoder(reflect.TypeFor[float32]())
	if err != nil {
		t.Fatal(err)
	}
	f := float32(1.0 / 4096)
	compareWithLibrary(t, encode, &f)
	rapid.Check(t, func(t *rapid.T) {
		f := float32(drawFloat(t))
		compareWithLibrary(t, encode, &f)
		f = math.Float32frombits(rapid.Uint32().Draw(t, "bits"))
		compareWithLibrary(t, encode, &f)
	})
}

func compareWithLibrary(t fataler, encode Encode, element any) {
	t.Helper()
	got, gotErr := encode(nil, element)
	want, wantErr := library(true)(nil, element)
	if (gotErr == nil) != (wantErr == nil) || string(got) != string(want) {
		t.Fatalf("%T\ngot  %s %v\nwant %s %v", element, got, gotErr, want, wantErr)
	}
}

// drawPlainStruct draws a struct type that is compiled.
func drawPlainStruct(t *rapid.T, depth int) reflect.Type {
	fields := make([]reflect.StructField, rapid.IntRange(0, 6).Draw(t, "fields"))
	for i := range fields {
		typ := drawPlainType(t, depth)
		options := []string{"", "", ",omitempty", ",omitzero"}
		if typ.Kind() < reflect.Array {
			options = append(options, ",string", ",string,omitempty")
		}
		fields[i] = reflect.StructField{
			Name: fmt.Sprintf("F%d", i),
			Type: typ,
			Tag:  reflect.StructTag(fmt.Sprintf(`json:"é<%d>%s"`, i, rapid.SampledFrom(options).Draw(t, "options"))),
		}
	}
	return reflect.StructOf(fields)
}

func drawPlainType(t *rapid.T, depth int) reflect.Type {
	kind := rapid.IntRange(0, 9).Draw(t, "type")
	if depth == 0 || kind < 6 {
		return rapid.SampledFrom([]reflect.Type{
			reflect.TypeFor[bool](), reflect.TypeFor[int](), reflect.TypeFor[int8](), reflect.TypeFor[int64](),
			reflect.TypeFor[uint](), reflect.TypeFor[uint8](), reflect.TypeFor[uint64](), reflect.TypeFor[uintptr](),
			reflect.TypeFor[float64](), reflect.TypeFor[float64](), reflect.TypeFor[float64](), reflect.TypeFor[string](),
			reflect.TypeFor[[]byte](), reflect.TypeFor[time.Duration](),
			reflect.TypeFor[location](), reflect.TypeFor[second](),
		}).Draw(t, "leaf type")
	}
	switch kind {
	case 6:
		return reflect.PointerTo(drawPlainType(t, depth-1))
	case 7:
		return reflect.SliceOf(drawPlainType(t, depth-1))
	case 8:
		return reflect.ArrayOf(rapid.IntRange(0, 3).Draw(t, "array"), drawPlainType(t, depth-1))
	}
	return drawPlainStruct(t, depth-1)
}

// fill fills a value of a plain type.
func fill(t *rapid.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(drawFloat(t))
	case reflect.String:
		v.SetString(drawString(t))
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "there") {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem())
		}
	case reflect.Slice:
		if n := rapid.IntRange(-1, 5).Draw(t, "length"); n >= 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
		}
		fillAll(t, v.Len(), v.Index)
	case reflect.Array:
		fillAll(t, v.Len(), v.Index)
	case reflect.Struct:
		fillAll(t, v.NumField(), v.Field)
	default:
		bits := rapid.Uint64().Draw(t, "bits") >> rapid.IntRange(0, 64).Draw(t, "shift")
		v.Set(reflect.ValueOf(bits).Convert(v.Type()))
	}
}

func fillAll(t *rapid.T, n int, at func(i int) reflect.Value) {
	for i := range n {
		fill(t, at(i))
	}
}

func drawFloat(t *rapid.T) float64 {
	switch rapid.IntRange(0, 9).Draw(t, "kind of float") {
	case 0:
		return rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1)}).Draw(t, "not finite")
	case 1:
		return rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1e-6, 9.999999e-7, 1e21, 9.99999999999999e20, 1e20,
			-1e-7, 1 << 53,
			1<<53 + 2, 5e-324, math.MaxFloat64, 0.1, 1e100}).Draw(t, "edge")
	case 2, 3, 4:
		return math.Round(rapid.Float64Range(-1e6, 1e6).Draw(t, "decimal")*1000) / 1000
	case 5:
		return float64(rapid.Int64().Draw(t, "whole"))
	}
	return rapid.Float64().Draw(t, "float")
}

// drawString draws text with long plain parts, characters to escape, and bytes that are no UTF-8.
func drawString(t *rapid.T) string {
	pieces := rapid.SampledFrom([]string{"a", "plain ", "0123456789abcdef", "\"", "\\", "\n", "\x00\x1f\x7f", "<&>", "é",
		"世界", "😀",
		"\u2028", "\u2029", "\u202a", "\ufffd", "\xff", "\xed\xa0\x80", "\xe2\x80", "\b\f\r\t", " !#[]"})
	s := ""
	for range rapid.IntRange(0, 6).Draw(t, "pieces") {
		s += pieces.Draw(t, "piece")
	}
	return s
}

// TestCompiledLeavesTheRest: what the library takes otherwise than the compiled form would is left to it.
func TestCompiledLeavesTheRest(t *testing.T) {
	for _, typ := range []reflect.Type{
		reflect.TypeFor[any](), reflect.TypeFor[map[string]int](), reflect.TypeFor[stdjson.Number](), reflect.TypeFor[tree](),
		reflect.TypeFor[text](), reflect.TypeFor[*raw](), reflect.TypeFor[[]raw](),
		reflect.TypeFor[[2]any](),
		reflect.TypeFor[embedsPointer](), reflect.TypeFor[folds](), reflect.TypeFor[nothing](), reflect.TypeFor[options](),
	} {
		if (&compiler{within: map[reflect.Type]bool{}}).compile(typ) != nil {
			t.Errorf("%s is compiled", typ)
		}
	}
}

// TestCompiledTimes: instants are written as encoding/json does, and one that has no such form is its error.
func TestCompiledTimes(t *testing.T) {
	type visit struct {
		At   time.Time  `json:"at"`
		Left *time.Time `json:"left"`
	}
	p := pair{typ: reflect.TypeFor[visit]()}
	var err error
	if p.encode, err = JSON.Encoder(p.typ); err != nil {
		t.Fatal(err)
	}
	zone := time.FixedZone("east", 3600)
	for _, at := range []time.Time{{}, time.Unix(1e9, 5), time.Unix(1e9, 0).In(zone), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		p.compareEncode(t, &visit{at, nil})
		p.compareEncode(t, &visit{time.Time{}, &at})
	}
	var c compiler
	c.within = map[reflect.Type]bool{}
	if c.compile(p.typ) == nil {
		t.Error("it isn't compiled")
	}
}
