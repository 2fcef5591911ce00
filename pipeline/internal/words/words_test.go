package words

import (
	"testing"

	"github.com/leat-go/leat/broker"
)

// TestLocation: an element is located by the least that is needed: its line, unless others share it, its byte or
// offset.
func TestLocation(t *testing.T) {
	for want, at := range map[string]broker.Position{
		"offset 7":           {Offset: 7},
		"offset 0":           {},
		"byte 512":           {Offset: -1, Byte: 512},
		"line 3":             {Line: 3, Column: 5, Offset: 2},
		"line 3, column 5":   {Line: 3, Column: 5, Offset: 3},
		"line 9":             {Line: 9, Column: 3, Offset: -1},
		"line 9, column 200": {Line: 9, Column: 200, Offset: -1},
	} {
		if got := Location(at); got != want {
			t.Errorf("%+v: %s, want %s", at, got, want)
		}
	}
}

// TestCount: one thing is told in the singular.
func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 elements", 1: "1 element", 2: "2 elements"} {
		if got := Count(n, "element"); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestQuoted: what a reader sees stays as it is; only quotes and control characters are escaped.
func TestQuoted(t *testing.T) {
	for text, want := range map[string]string{"a < b && c": `"a < b && c"`, "a\"b\\\n": `"a\"b\\\n"`, "ä": `"ä"`} {
		if got := Quoted(text); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestQuotes: what isn't plain is quoted, for YAML and for a shell.
func TestQuotes(t *testing.T) {
	for text, want := range map[string][2]string{
		"time": {"time", "time"}, "a.b": {"a.b", "a.b"}, `date(at, "%d")`: {`"date(at, \"%d\")"`, `'date(at, "%d")'`},
		"it's": {`"it's"`, `'it'\''s'`}, "robot 8.jsonl": {`"robot 8.jsonl"`, "'robot 8.jsonl'"}, `a\b`: {`"a\\b"`, `'a\b'`}, "": {`""`, "''"}, "a/b.csv": {`"a/b.csv"`, "a/b.csv"},
	} {
		if got := [2]string{YAML(text), Shell(text)}; got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
