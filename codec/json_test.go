package codec

import (
	stdjson "encoding/json"
	"errors"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

type pose struct {
	X int64   `json:"x"`
	Y float64 `json:"y"`
}

type reading struct {
	Time  int64              `json:"time"`
	X     float64            `json:"x"`
	Small int8               `json:"small"`
	Count uint               `json:"count"`
	Name  string             `json:"name"`
	On    bool               `json:"on"`
	Pose  pose               `json:"pose"`
	Track []*pose            `json:"track"`
	Byt   []byte             `json:"bytes"`
	When  time.Time          `json:"when"`
	ID    int                `json:"id,string"`
	ByID  map[int]float64    `json:"by_id"`
	Any   map[string]any     `json:"any"`
	Text  *text              `json:"text"`
	Own   stdjson.RawMessage `json:"own"`
}

// TestJSONDecodeErrors: an error says where it is and what would fit (R10).
func TestJSONDecodeErrors(t *testing.T) {
	decode, err := JSON.Decoder(reflect.TypeFor[reading]())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		record string
		offset int
		want   string
	}{
		{"", 0, "the record is empty, want an object"},
		{" \n", 2, "the record is empty, want an object"},
		{"null", 0, "null stands where an object is wanted"},
		{" null\n", 1, "null stands where an object is wanted"},
		{"[1]", 0, "a list stands where an object is wanted"},
		{"7", 0, "number 7 stands where an object is wanted"},
		{"nope", 1, "invalid character 'o' in a word without quotes, want null"},
		{`{"time":1} {"time":2}`, 11, "invalid character '{' after the record's value, want nothing more"},
		{`{"time":1}x`, 10, "invalid character 'x' after the record's value, want nothing more"},
		{`{"time":1x}`, 9, "invalid character 'x' after object member, want ',' or '}'"},
		{`{"time":1,}`, 10, "invalid character '}' in an object, want a member's name in double quotes"},
		{`{time:1}`, 1, "invalid character 't' in an object, want a member's name in double quotes"},
		{`{"time" 1}`, 8, "field time: invalid character '1' after a member's name, want ':'"},
		{`{"time":`, 8, "field time: the record ends at the beginning of a value, want an int64"},
		{`{"time":}`, 8, "field time: invalid character '}' at the beginning of a value, want an int64"},
		{`{"time":1`, 9, "the record ends after object member, want ',' or '}'"},
		{`{"time":01}`, 9, "field time: invalid character '1' after a leading 0, want numbers without leading zeros"},
		{`{"time":-}`, 9, "field time: invalid character '}' in a number, want a digit"},
		{`{"x":1.}`, 7, "field x: invalid character '}' after a decimal point, want a digit"},
		{`{"x":1e}`, 7, "field x: invalid character '}' in an exponent, want a digit"},
		{`{"x":NaN}`, 5, "field x: invalid character 'N' at the beginning of a value, want a float64"},
		{`{"track":[{"x":1},{"x":q}]}`, 23, "field track[1].x: invalid character 'q' at the beginning of a value, " +
			"want an int64"},
		{`{"track":[{"x":1} {"x":2}]}`, 18, "field track: invalid character '{' after list element, want ',' or ']'"},
		{`{"name":"ab`, 11, `field name: the record ends in a string, want '"'`},
		{"{\"name\":\"a\nb\"}", 10, `field name: invalid character '\n' in a string, want it escaped`},
		{`{"name":"\x"}`, 10, `field name: invalid character 'x' after a backslash in a string, want one of "\/bfnrtu`},
		{`{"name":"\u00g0"}`, 13, `field name: invalid character 'g' after \u in a string, want four hexadecimal digits`},
		{"{\"x\":\xff}", 5, "field x: invalid byte 0xff at the beginning of a value, want a float64"},
		{`{"skipped":{"deep":[1,tru]}}`, 25, "field skipped.deep[1]: invalid character ']' in a word without quotes, " +
			"want true"},
		{`{"on":1,"name":tru}`, 18, "field name: invalid character '}' in a word without quotes, want true"},

		{`{"time":"12"}`, 8, `field time: the string "12" stands where an int64 is wanted`},
		{`{"time":"` + strings.Repeat("long", 10) + `"}`, 8, "field time: a string stands where an int64 is wanted"},
		{`{"TIME":true}`, 8, "field TIME: true stands where an int64 is wanted"},
		{`{"time":1.5}`, 8, "field time: number 1.5 stands where an int64 is wanted, written without point and exponent"},
		{`{"time":9223372036854775808}`, 8, "field time: number 9223372036854775808 doesn't fit int64"},
		{`{"small":128}`, 9, "field small: number 128 doesn't fit int8"},
		{`{"count":-1}`, 9, "field count: number -1 doesn't fit uint"},
		{`{"x":1e400}`, 5, "field x: number 1e400 doesn't fit float64"},
		{`{"x":{}}`, 5, "field x: an object stands where a float64 is wanted"},
		{`{"name":5}`, 8, "field name: number 5 stands where a string is wanted"},
		{`{"on":"yes"}`, 6, `field on: the string "yes" stands where a bool is wanted`},
		{`{"pose":[1,2]}`, 8, "field pose: a list stands where an object is wanted"},
		{`{"pose":{"x":1,"y":"2"}}`, 19, `field pose.y: the string "2" stands where a float64 is wanted`},
		{`{"track":{}}`, 9, "field track: an object stands where a list is wanted"},
		{`{"track":[null,{"x":true}]}`, 20, "field track[1].x: true stands where an int64 is wanted"},
		{`{"bytes":5}`, 9, "field bytes: number 5 stands where a string of base64 is wanted"},
		{`{"bytes":"?"}`, 9, `field bytes: the string "?" doesn't fit []uint8: illegal base64 data at input byte 0`},
		{`{"when":"noon"}`, 8, `field when: the string "noon" doesn't fit time.Time: parsing time "noon" as ` +
			`"2006-01-02T15:04:05Z07:00": cannot parse "noon" as "2006"`},
		{`{"id":5}`, 6, "field id: number 5 stands where an int inside of a string is wanted"},
		{`{"id":"x"}`, 6, `field id: the string "x" stands where an int inside of a string is wanted`},
		{`{"by_id":{"one":1}}`, 10, `field by_id.one: the name "one" doesn't fit int: json: ` +
			`cannot unmarshal number one into Go value of type int`},
		{`{"by_id":{"1":"a"}}`, 14, `field by_id.1: the string "a" stands where a float64 is wanted`},
		{`{"any":{"odd name":[1,-1e999]}}`, 22, `field any["odd name"][1]: number -1e999 doesn't fit float64`},
		{`{"text":"more than eight"}`, 8, `field text: the string "more than eight" doesn't fit codec.text: ` +
			`text of 15 bytes`},
		{`{"text":{"inside":1e999}}`, 8, "field text: an object stands where a codec.text is wanted"},
	} {
		err := decode([]byte(c.record), new(reading))
		var where *Error
		if !errors.As(err, &where) {
			t.Errorf("%s: got %v, want an *Error", c.record, err)
			continue
		}
		if where.Offset != c.offset || err.Error() != c.want {
			t.Errorf("%s:\ngot  %d %s\nwant %d %s", c.record, where.Offset, err, c.offset, c.want)
		}
	}
}

// TestJSONKeepsCause: what a type's own method says can be found with errors.Is and errors.As.
func TestJSONKeepsCause(t *testing.T) {
	decode, err := JSON.Decoder(reflect.TypeFor[reading]())
	if err != nil {
		t.Fatal(err)
	}
	var cause *time.ParseError
	if err := decode([]byte(`{"when":"noon"}`), new(reading)); !errors.As(err, &cause) {
		t.Errorf("%v doesn't wrap the time.ParseError", err)
	}
}

// TestJSONRefusesTypes: what can't be decoded or encoded is refused when a mill is built.
func TestJSONRefusesTypes(t *testing.T) {
	type inner struct {
		Done chan int `json:"done"`
	}
	for _, c := range []struct {
		element        any
		decode, encode string
	}{
		{struct{ F func() }{}, "field F: func() has no JSON form; tag it `json:\"-\"` to leave it out", "same"},
		{struct{ List []inner }{}, "field List[].done: chan int has no JSON form; tag it `json:\"-\"` to leave it out",
			"same"},
		{struct{ M map[string]complex64 }{}, "field M{}: complex64 has no JSON form; tag it `json:\"-\"` to leave it out",
			"same"},
		{struct{ M map[pose]int }{}, "field M: map[codec.pose]int can't be a JSON object: " +
			"its keys must be strings, integers " +
			"or encoding.TextUnmarshaler", "field M: map[codec.pose]int can't be a JSON object: its keys must be strings, " +
			"integers or encoding.TextMarshaler"},
		{struct{ R io.Reader }{}, "field R: io.Reader has no JSON form; tag it `json:\"-\"` to leave it out", ""},
		{make(chan int), "chan int has no JSON form", "same"},
		{struct {
			Done chan int `json:"-"`
			done chan int
			T    tree
			Any  any
		}{}, "", ""},
	} {
		if c.encode == "same" {
			c.encode = c.decode
		}
		_, decodeErr := JSON.Decoder(reflect.TypeOf(c.element))
		_, encodeErr := JSON.Encoder(reflect.TypeOf(c.element))
		if message(decodeErr) != c.decode || message(encodeErr) != c.encode {
			t.Errorf("%T:\ngot  %q, %q\nwant %q, %q", c.element, message(decodeErr), message(encodeErr), c.decode, c.encode)
		}
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestJSONEncodeErrors: NaN and infinities have no JSON form; the output stays as it was.
func TestJSONEncodeErrors(t *testing.T) {
	type written struct {
		X    float64               `json:"x"`
		Pose struct{ Y []float32 } `json:"pose"`
		Any  map[string]any        `json:"any"`
		Own  *raw                  `json:"own,omitempty"`
		*embedsPointer
	}
	encode, err := JSON.Encoder(reflect.TypeFor[written]())
	if err != nil {
		t.Fatal(err)
	}
	inner := struct{ Y []float32 }{[]float32{1, float32(math.Inf(-1))}}
	for _, c := range []struct {
		element written
		want    string
	}{
		{written{X: math.NaN()}, "field x: NaN has no JSON form, want a finite number"},
		{written{Pose: inner}, "field pose.Y[1]: -Inf has no JSON form, want a finite number"},
		{written{Any: map[string]any{"a": math.Inf(1)}}, "field any.a: +Inf has no JSON form, want a finite number"},
		{written{Own: &raw{"{"}}, "json: error calling MarshalJSON for type *codec.raw: unexpected end of JSON input"},
	} {
		out, err := encode([]byte("kept"), &c.element)
		var where *Error
		if string(out) != "kept" || !errors.As(err, &where) || where.Offset != -1 || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%+v: got %q, %v, want %s", c.element, out, err, c.want)
		}
	}
}

// TestJSONElementsHoldCopies: an element doesn't change with the record that it came from.
func TestJSONElementsHoldCopies(t *testing.T) {
	type copied struct {
		S   string
		Raw stdjson.RawMessage
		Any any
	}
	decode, err := JSON.Decoder(reflect.TypeFor[copied]())
	if err != nil {
		t.Fatal(err)
	}
	record := []byte(`{"S":"text","Raw":[1,2],"Any":{"key":"value"}}`)
	var got copied
	if err := decode(record, &got); err != nil {
		t.Fatal(err)
	}
	clear(record)
	want := copied{"text", stdjson.RawMessage("[1,2]"), map[string]any{"key": "value"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestJSONConcurrently uses one decoder and one encoder from several goroutines, with errors among them (R9).
func TestJSONConcurrently(t *testing.T) {
	decode, err := JSON.Decoder(reflect.TypeFor[reading]())
	if err != nil {
		t.Fatal(err)
	}
	encode, err := JSON.Encoder(reflect.TypeFor[pose]())
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		for i := range 8 {
			go func() {
				want := pose{int64(i), float64(i) / 8}
				for range 500 {
					out, err := encode([]byte(`{"pose":`), &want)
					var got reading
					if err == nil {
						err = decode(append(out, '}'), &got)
					}
					if err != nil || got.Pose != want {
						t.Errorf("got %+v, %v, want %+v", got.Pose, err, want)
					}
					if _, err := encode(nil, &pose{Y: math.NaN()}); err == nil {
						t.Error("NaN was encoded")
					}
					if err := decode(out, new(reading)); err == nil {
						t.Errorf("half a record was decoded: %s", out)
					}
				}
			}()
		}
		synctest.Wait()
	})
}

// A pointer to a pointer to what has methods once made the fast library call them with an address that was none of its
// own.
func TestPointerToPointerWithMethods(t *testing.T) {
	type element struct {
		A **raw
		B int16 `json:",omitempty"`
	}
	encode, err := JSON.Encoder(reflect.TypeFor[element]())
	if err != nil {
		t.Fatal(err)
	}
	inner := &raw{"[1]"}
	for want, e := range map[string]element{
		`{"A":[1],"B":2}`:  {A: &inner, B: 2},
		`{"A":null}`:       {A: new(*raw)},
		`{"A":null,"B":1}`: {B: 1},
	} {
		if got, err := encode(nil, &e); err != nil || string(got) != want {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	}
}
