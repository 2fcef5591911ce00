package object

import (
	"errors"
	"testing"

	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/rawjson"
)

func decode(t *testing.T, c Codec, text string) (*Object, error) {
	t.Helper()
	decoder, err := c.Decoder(nil)
	if err != nil {
		t.Fatal(err)
	}
	o := &Object{}
	return o, decoder([]byte(text), o)
}

// TestDecoding: an element is written out in one line, with its numbers' digits and its members' order, each member
// once.
func TestDecoding(t *testing.T) {
	members := &rawjson.Paths{}
	number := members.Add([]expression.Step{{Name: "b"}})
	for text, want := range map[string][2]string{
		`{"b":1.50,"a":2}`:               {`{"b":1.50,"a":2}`, "1.50"},
		"{\n  \"a\": [1, 2],\n\"b\":{}}": {`{"a":[1,2],"b":{}}`, "{}"},
		`{"b":1,"a":2,"b":3}`:            {`{"a":2,"b":3}`, "3"},
		`{"a":2}`:                        {`{"a":2}`, ""},
		`{"b":null}`:                     {`{"b":null}`, "null"},
	} {
		o, err := decode(t, NewCodec(members), text)
		if err != nil || string(o.Raw) != want[0] || string(o.Member(number)) != want[1] {
			t.Errorf("%s: %s, %q, %v, want %q", text, o.Raw, o.Member(number), err, want)
		}
	}
}

// TestManyMembers: more members than an object has room for are found as well.
func TestManyMembers(t *testing.T) {
	members := &rawjson.Paths{}
	var numbers []int
	text := "{"
	for name := 'a'; name < 'a'+12; name++ {
		numbers = append(numbers, members.Add([]expression.Step{{Name: string(name)}}))
		text += `"` + string(name) + `":"` + string(name) + `",`
	}
	o, err := decode(t, NewCodec(members), text+`"z":0}`)
	for i, number := range numbers {
		if want := `"` + string(rune('a'+i)) + `"`; err != nil || string(o.Member(number)) != want {
			t.Errorf("%s, %v, want %s", o.Member(number), err, want)
		}
	}
}

// TestNamesOfMatches: an element must not have the member that matches are put into.
func TestNamesOfMatches(t *testing.T) {
	c := NewCodec(&rawjson.Paths{}, "next")
	if _, err := decode(t, c, `{"t":1,"Next":2}`); err != nil {
		t.Error(err)
	}
	_, err := decode(t, c, `{"t":1,"next":2}`)
	at, ok := errors.AsType[*codec.Error](err)
	if !ok || at.Offset != len(`{"t":1,"next":`) {
		t.Errorf("%v at %+v", err, at)
	}
}

// TestTombstones: what is no object makes an empty element.
func TestTombstones(t *testing.T) {
	for key, want := range map[string]string{
		`{"id":7}`: `{"id":7}`, " \n{}": " \n{}", "robot": "{}", "": "{}", "[1]": "{}", "null": "{}",
	} {
		if got := string(OfTombstone([]byte(key))); got != want {
			t.Errorf("%q: %s, want %s", key, got, want)
		}
	}
	c := NewCodec(&rawjson.Paths{})
	decode, err := TombstoneCodec{Codec: c}.Decoder(nil)
	if err != nil {
		t.Fatal(err)
	}
	o := &Object{}
	if err := decode([]byte("robot-7"), o); err != nil || string(o.Raw) != "{}" {
		t.Errorf("%s, %v", o.Raw, err)
	}
}

// TestScope: expressions see members by the stream's name, and a missing one is an error that names it.
func TestScope(t *testing.T) {
	members := &rawjson.Paths{}
	scope := Scope{Stream: "prev", Members: members}
	for text, want := range map[string]string{
		"prev.t + 1": "3", "prev.at.x": "0.10", "prev.list[-1]": "2", "prev.none ?? 5": "5",
	} {
		program, err := expression.Compile(text, scope)
		if err != nil {
			t.Fatal(err)
		}
		o, err := decode(t, NewCodec(members), `{"t":2,"at":{"x":0.10},"list":[1,2]}`)
		if err != nil {
			t.Fatal(err)
		}
		key, err := program.Key(o)
		number, isNumber := expression.ParseNumber(want)
		wanted, errWanted := expression.NewKey(number)
		if err != nil || !isNumber || errWanted != nil || expression.Compare(key, wanted) != 0 {
			t.Errorf("%s: %v, %v, want %s", text, key, err, want)
		}
	}
	program, err := expression.Compile("prev.none", scope)
	if err != nil {
		t.Fatal(err)
	}
	o, err := decode(t, NewCodec(members), `{"t":2}`)
	if err != nil {
		t.Fatal(err)
	}
	_, err = program.Key(o)
	if missing, ok := errors.AsType[*expression.MissingError](err); !ok || missing.Member != "prev.none" {
		t.Errorf("%v", err)
	}
}
