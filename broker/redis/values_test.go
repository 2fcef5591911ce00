package redis_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/redis"
)

// An entry is its fields as members, whose values are read as the cells of a text are; or a document; or a mark.
func TestEntries(t *testing.T) {
	for name, test := range map[string]struct {
		fields []any
		want   string // empty for a mark
	}{
		"numbers": {[]any{"a", "12", "b", "-0.50e+3", "c", "12345678901234567890.10"},
			`{"a":12,"b":-0.50e+3,"c":12345678901234567890.10}`},
		"no numbers": {[]any{"a", "007", "b", "+1", "c", "1.", "d", ".5", "e", "1e", "f", "-", "g", "0x1", "h", "NaN"},
			`{"a":"007","b":"+1","c":"1.","d":".5","e":"1e","f":"-","g":"0x1","h":"NaN"}`},
		"truth values": {[]any{"a", "true", "b", "false", "c", "True"}, `{"a":true,"b":false,"c":"True"}`},
		"texts": {[]any{"a", "", "b", `x "y" \ z`, "c", "null", "d ä", "水\n車", "e", `{"x":1}`},
			`{"a":"","b":"x \"y\" \\ z","c":"null","d ä":"水\n車","e":"{\"x\":1}"}`},
		"a document":          {[]any{"json", `{"a": [1, "2"]}`}, `{"a": [1, "2"]}`},
		"a field called json": {[]any{"json", "1", "a", "2"}, `{"json":1,"a":2}`},
		"a mark":              {[]any{"eos__", "true"}, ""},
		"a mark with more":    {[]any{"session", "7", "eos__", "1"}, ""},
		"a document's mark":   {[]any{"json", `{"eos__": true}`}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := &follower{newDatabase(t), nil, &lines{}}
			f.add("s", test.fields...)
			in := f.input()
			defer in.Close()
			got, _, err := f.read(in, 0, 1)
			if test.want == "" {
				if err != io.EOF {
					t.Errorf("got %v and %v, wanted the end of the session", got, err)
				}
				return
			}
			f.must(err)
			if got[0] != test.want || !json.Valid([]byte(got[0])) {
				t.Errorf("got  %s\nwant %s", got[0], test.want)
			}
		})
	}
}

// What is written as JSON is read back as it was; as fields it is what a reader of fields expects.
func TestRoundTrip(t *testing.T) {
	d := newDatabase(t)
	const element = `{"text":"12","truth":"true","n":1.50,"list":[1,{"a":null}],"none":null,"ä":"x\ny"}`
	d.add("in", "json", element)
	d.add("in", "eos__", "true")
	d.copy(redis.Stream[json.RawMessage](d.key("in")), redis.Stream[json.RawMessage](d.key("out")))
	if got := d.entries("out")[0].Values; len(got) != 1 || got["json"] != element {
		t.Errorf("written as JSON it is %v", got)
	}
	d.copy(redis.Stream[json.RawMessage](d.key("out")), redis.Stream[json.RawMessage](d.key("fields"), redis.Fields()))
	want := object{"text": "12", "truth": "true", "n": "1.50", "list": `[1,{"a":null}]`, "ä": "x\ny"}
	if got := d.entries("fields")[0].Values; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("written as fields it is %v, not %v", got, want)
	}
}

// copy copies a session of one stream to another.
func (d *database) copy(from, to redis.Option) {
	d.Helper()
	mill, err := leat.New(func(e json.RawMessage) json.RawMessage { return e }, leat.Name(d.prefix+rand.Text()), quiet,
		leat.From(redis.New(d.url, from)), leat.To(redis.New(d.url, to)))
	d.must(err)
	d.must(mill.Run(context.Background()))
}

// Where the sink keeps no positions, Redis does.
func TestOtherSink(t *testing.T) {
	s := newShop(t, 0)
	for session := range 3 {
		s.grow(20)
		s.add("orders", "eos__", "true")
		s.add("items", "eos__", "true")
		out := t.TempDir() + "/totals.jsonl"
		mill, err := leat.New(sum, leat.Name(s.prefix+"totals"), quiet,
			leat.From(redis.New(s.url, redis.Stream[order](s.key("orders")), redis.Stream[item](s.key("items")))),
			leat.To(file.New(file.At[total](out))),
			leat.Join(func(o order) int64 { return o.ID }, func(i item) int64 { return i.OrderID }))
		s.must(err)
		s.must(mill.Run(t.Context()))
		text, err := os.ReadFile(out)
		s.must(err)
		want := fmt.Sprintf(`{"id":%d,`, 20*session+1)
		if !strings.HasPrefix(string(text), want) || strings.Count(string(text), "\n") != 15 {
			t.Errorf("session %d has the results\n%s", session, text)
		}
	}
}
