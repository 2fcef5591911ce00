package expression_test

import (
	"encoding/json"
	"math/big"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat/internal/expression"
)

type (
	label    string
	counter  uint16
	temp     float32
	embedded struct {
		Deep   int `json:"deep"`
		Shadow int `json:"shadow"`
	}
	pointed struct {
		Far *int `json:"far"`
	}
	ring struct {
		Value int   `json:"value"`
		Next  *ring `json:"next"`
	}
)

// everything is a struct with a field of every kind.
type everything struct {
	embedded
	*pointed
	I8       int8                 `json:"i8"`
	I16      int16                `json:"i16"`
	I32      int32                `json:"i32"`
	U        uint                 `json:"u"`
	U64      uint64               `json:"u64"`
	F32      float32              `json:"f32"`
	F64      float64              `json:"f64"`
	Named    label                `json:"named"`
	Counter  counter              `json:"counter"`
	Temp     temp                 `json:"temp"`
	Flag     *bool                `json:"flag"`
	Twice    **int                `json:"twice"`
	Int      big.Int              `json:"int_"`
	Rat      *big.Rat             `json:"rat"`
	Number   json.Number          `json:"number"`
	Raw      json.RawMessage      `json:"raw"`
	Any      any                  `json:"any_"`
	Bytes    []byte               `json:"bytes"`
	Array    [3]int               `json:"array"`
	Matrix   [][]float64          `json:"matrix"`
	ByName   map[string]*int      `json:"by_name"`
	ByNumber map[int]string       `json:"by_number"`
	Address  netip.Addr           `json:"address"`
	Took     time.Duration        `json:"took"`
	At       *time.Time           `json:"at"`
	Ring     ring                 `json:"ring"`
	Rings    []ring               `json:"rings"`
	Pairs    []struct{ A, B int } `json:"pairs"`
	Shadow   string               `json:"shadow"`
	Func     func()               `json:"func_"`
	hidden   int
}

func sampleOfEverything() *everything {
	n, yes, at := 7, true, noon
	p := &n
	return &everything{
		embedded: embedded{Deep: 5, Shadow: 1}, pointed: &pointed{Far: p}, I8: -128, I16: -32768, I32: -1 << 31, U: 1, U64: 1<<64 - 1, F32: 0.1,
		F64: 1e21, Named: "n", Counter: 65535, Temp: 36.6, Flag: &yes, Twice: &p, Int: *new(big.Int).Lsh(big.NewInt(1), 70), Rat: big.NewRat(1, 8),
		Number: "1.50", Raw: json.RawMessage(` {"b" : 1.50, "a":[1e2]} `), Any: []any{1, "x", nil, map[string]any{"k": 0.5}, &n},
		Bytes: []byte{1, 255}, Array: [3]int{1, 2, 3}, Matrix: [][]float64{{0.5}, nil}, ByName: map[string]*int{"b": p, "a": nil},
		ByNumber: map[int]string{10: "ten", 9: "nine"}, Took: time.Second, At: &at, Ring: ring{1, &ring{2, &ring{3, nil}}},
		Rings: []ring{{4, nil}}, Pairs: []struct{ A, B int }{{1, 2}}, Shadow: "outer", hidden: 9,
	}
}

func expectField(t *testing.T, source string, env any, want string) {
	t.Helper()
	p, err := expression.CompileStruct(source, reflect.TypeOf(env))
	if err != nil {
		t.Error(err)
		return
	}
	if got, err := p.AppendJSON(nil, env); err != nil || string(got) != want {
		t.Errorf("%s is %s, %v, want %s", source, got, err, want)
	}
}

// TestFieldsOfEveryKind reads a field of every kind of Go's.
func TestFieldsOfEveryKind(t *testing.T) {
	e := sampleOfEverything()
	for source, want := range map[string]string{
		"[i8, i16, i32, u, u64]":         `[-128,-32768,-2147483648,1,18446744073709551615]`,
		"u64 + 1":                        `18446744073709551616`,
		"[f32, f64, temp]":               `[0.1,1000000000000000000000,36.6]`,
		"f32 == 0.1 and temp == 36.6":    `true`,
		"f32 + 0.2":                      `0.3`,
		"named + '!'":                    `"n!"`,
		"counter + 1":                    `65536`,
		"flag and true":                  `true`,
		"twice * 2":                      `14`,
		"int_ + 1":                       `1180591620717411303425`,
		"rat * 8":                        `1`,
		"rat":                            `0.125`,
		"number":                         `1.50`,
		"number + 0":                     `1.5`,
		"raw":                            `{"b":1.50,"a":[1e2]}`,
		"raw.b * 2":                      `3`,
		"raw.a[0]":                       `1e2`,
		"any_":                           `[1,"x",null,{"k":0.5},7]`,
		"any_[3].k + 0.1":                `0.6`,
		"any_[4] + 1":                    `8`,
		"bytes":                          `[1,255]`,
		"bytes[-1]":                      `255`,
		"array[1] + len(array)":          `5`,
		"matrix":                         `[[0.5],[]]`,
		"matrix[0][0] * 2":               `1`,
		"by_name":                        `{"a":null,"b":7}`,
		"by_name.b + 1":                  `8`,
		"by_name.a":                      `null`,
		"by_number":                      `{"10":"ten","9":"nine"}`,
		"by_number['9']":                 `"nine"`,
		"took / 1000000000":              `1`,
		"at":                             `"2026-11-28T12:00:00Z"`,
		"at + duration('1h')":            `"2026-11-28T13:00:00Z"`,
		"ring":                           `{"value":1,"next":{"value":2,"next":{"value":3,"next":null}}}`,
		"ring.next.next.value":           `3`,
		"ring.next.next.next":            `null`,
		"ring.next.next.next?.value":     `null`,
		"ring.next.next.next.value ?? 0": `0`,
		"rings[0].value":                 `4`,
		"map(rings, .value)":             `[4]`,
		"pairs":                          `[{"A":1,"B":2}]`,
		"pairs[0].B":                     `2`,
		"deep + far":                     `12`,
		"shadow":                         `"outer"`,
		"keys(ring)":                     `["value","next"]`,
		"'value' in ring":                `true`,
		"ring == ring.next":              `false`,
		"ring.next == {value: 2, next: {value: 3, next: nil}}": `true`,
		"toJSON(pairs[0])": `"{\n  \"A\": 1,\n  \"B\": 2\n}"`,
	} {
		expectField(t, source, e, want)
	}
}

// TestFieldsThatAreNotThere reads the zero struct: nil pointers are null, and what is behind them is missing.
func TestFieldsThatAreNotThere(t *testing.T) {
	e := new(everything)
	for source, want := range map[string]string{
		"[i8, u64, f32, named, counter]": `[0,0,0,"",0]`, "flag": `null`, "twice": `null`, "rat": `null`, "any_": `null`, "at": `null`,
		"bytes": `[]`, "array": `[0,0,0]`, "by_name": `{}`, "ring": `{"value":0,"next":null}`, "rings": `[]`, "int_": `0`,
		"far ?? 1": `1`, "ring.next?.value": `null`, "ring.next.value ?? 2": `2`, "len(rings)": `0`, "first(rings)?.value": `null`,
		"flag ?? false": `false`, "rings[0].value ?? 3": `3`, "by_name.q ?? 4": `4`, "raw ?? 5": `5`,
	} {
		expectField(t, source, e, want)
	}
	for source, want := range map[string]string{
		"far":             "member far is missing",
		"ring.next.value": "member ring.next.value is missing",
		"flag and true":   "flag is null, not true or false",
		"rat + 1":         "rat is null, not a number",
		"rings[0].value":  "index out of range: 0 (array length is 0)",
		"by_name.q":       "member by_name.q is missing",
		"number + 1":      "number is no value of JSON, not a number",
		"at.Year()":       "at is null, not a time or duration",
		"any_.x":          "any_ is null, and has no members",
	} {
		p, err := expression.CompileStruct(source, reflect.TypeFor[everything]())
		if err == nil {
			_, err = p.Value(e)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", source, err, want)
		}
	}
	for _, source := range []string{"far", "ring.next.value", "rat + 1", "at.Year()", "ring.next", "flag", "far + i8"} {
		p, err := expression.CompileStruct(source, reflect.TypeFor[everything]())
		if err != nil {
			t.Error(err)
			continue
		}
		if k, err := p.Key(e); err != nil || !k.IsNull() {
			t.Errorf("%s is the key %v, %v, want null", source, k, err)
		}
	}
}

// TestFieldsThatAreNone names what isn't a field in JSON.
func TestFieldsThatAreNone(t *testing.T) {
	for source, want := range map[string]string{
		"hidden": "unknown name hidden", "Deep": "unknown name Deep, did you mean deep?", "embedded": "unknown name embedded",
		"pointed": "unknown name pointed", "Any": "unknown name Any", "ring.Value": "unknown field Value, did you mean value?",
		"pairs[0].a": "unknown field a", "named.x": "", "i8.x": "", "at.wall": "",
	} {
		_, err := expression.CompileStruct(source, reflect.TypeFor[everything]())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", source, err, want)
		}
	}
}

// TestKindsOfFields says which kind an expression over fields has before anything runs.
func TestKindsOfFields(t *testing.T) {
	for source, want := range map[string]expression.Kind{
		"i8": expression.Number, "u64": expression.Number, "f32": expression.Number, "named": expression.Text, "flag": expression.Bool,
		"at": expression.Time, "took": expression.Number, "ring": expression.Other, "rings": expression.Other, "bytes": expression.Other,
		"any_": expression.Unknown, "raw": expression.Unknown, "number": expression.Unknown, "rat": expression.Unknown,
		"int_": expression.Unknown, "i8 + 1": expression.Number, "i8 / 2": expression.Number, "f64 % 1": expression.Number,
		"named + named": expression.Text, "i8 < u": expression.Bool, "at - at": expression.Duration, "at + duration('1s')": expression.Time,
		"ring.value": expression.Number, "rings[0].value": expression.Number, "ring.next.next.value": expression.Number,
		"any_ ?? 1": expression.Unknown, "flag ? 1 : 2": expression.Number, "flag ? 1 : 'x'": expression.Unknown, "len(named)": expression.Number,
		"[1]": expression.Other, "{a: 1}": expression.Other, "nil": expression.Unknown, "upper(named)": expression.Text,
		"at.Year()": expression.Number, "i8 ** 2": expression.Number, "not flag": expression.Bool, "i8 in [1]": expression.Bool,
		"at.Month() == 1": expression.Bool, "string(i8)": expression.Text, "deep": expression.Number, "far": expression.Number,
	} {
		p, err := expression.CompileStruct(source, reflect.TypeFor[everything]())
		if err != nil {
			t.Error(err)
		} else if p.Kind() != want {
			t.Errorf("%s is %v, want %v", source, p.Kind(), want)
		}
	}
	for kind, want := range map[expression.Kind]string{
		expression.Unknown: "unknown", expression.Null: "null", expression.Bool: "true or false", expression.Number: "a number",
		expression.Text: "text", expression.Time: "a time", expression.Duration: "a duration", expression.Other: "a list or object", 99: "unknown",
	} {
		if kind.String() != want {
			t.Errorf("kind %d is %v, want %s", kind, kind, want)
		}
	}
}

// TestValuesOfGo makes values of what a Go program may have.
func TestValuesOfGo(t *testing.T) {
	n := 7
	for _, c := range []struct {
		value any
		kind  expression.Kind
		want  string
	}{
		{nil, expression.Null, "null"}, {(*int)(nil), expression.Null, "null"}, {true, expression.Bool, "true"}, {int8(-3), expression.Number, "-3"},
		{uint16(3), expression.Number, "3"}, {uint64(1 << 63), expression.Number, "9223372036854775808"}, {float32(0.1), expression.Number, "0.1"},
		{0.1, expression.Number, "0.1"}, {1e-7, expression.Number, "0.0000001"}, {temp(2.5), expression.Number, "2.5"},
		{label("é"), expression.Text, `"é"`}, {big.NewInt(-5), expression.Number, "-5"}, {big.NewRat(1, 3), expression.Number,
			"0.3333333333333333333333333333333333"}, {big.NewRat(-7, 2), expression.Number, "-3.5"}, {json.Number("1.50"), expression.Number, "1.50"},
		{json.Number("x"), expression.Other, ""}, {json.Number("+1"), expression.Other, ""}, {json.Number(""), expression.Other, ""},
		{noon, expression.Time, `"2026-11-28T12:00:00Z"`}, {time.Minute, expression.Duration, `"1m0s"`}, {time.Saturday, expression.Number, "6"},
		{[]int{1}, expression.Other, "[1]"}, {&n, expression.Other, "7"}, {expression.IntValue(4), expression.Number, "4"},
		{func() {}, expression.Other, ""}, {struct{ A int }{1}, expression.Other, `{"A":1}`}, {expression.Value{}, expression.Unknown, "null"},
	} {
		v := expression.ValueOf(c.value)
		got, err := v.AppendJSON(nil)
		if v.Kind() != c.kind || string(got) != c.want && c.want != "" || (err == nil) != (c.want != "") && c.kind != expression.Other {
			t.Errorf("%T %v is %v, %s, %v, want %v, %s", c.value, c.value, v.Kind(), got, err, c.kind, c.want)
		}
	}
}
