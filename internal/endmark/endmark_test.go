package endmark_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/internal/endmark"
)

func TestIs(t *testing.T) {
	for value, want := range map[string]bool{
		endmark.Value:                          true,
		`{"eos__":true}`:                       true,
		" {\n\"eos__\"\t: true , \"at\": [1]}": true,
		`{"eos__": false}`:                     false,
		`{"eos__": null}`:                      false,
		`{"x": {"eos__": true}}`:               false,
		`{"x": "\"eos__\": true"}`:             false,
		`["eos__", true]`:                      false,
		`"eos__"`:                              false,
		`{"eos__": true`:                       false,
		`{}`:                                   false,
		``:                                     false,
	} {
		if got := endmark.Is([]byte(value)); got != want {
			t.Errorf("%s: Is returns %v", value, got)
		}
	}
}

// Telling a record apart takes nothing from the heap.
func TestIsDoesNotAllocate(t *testing.T) {
	value := []byte(`{"time": 1234567890, "x": 1.5, "y": 2.5}`)
	if n := testing.AllocsPerRun(100, func() { endmark.Is(value) }); n > 0 {
		t.Errorf("Is allocates %v times", n)
	}
}

// A value is a mark where the plain rule says so, wherever the name is in it and whatever looks like it.
func TestIsFollowsTheRule(t *testing.T) {
	piece := rapid.SampledFrom([]string{
		`"eos__"`, `"eos_`, `eos__"`, `_`, `__`, `"`, `"eos`, `{`, `}`, `: `, `:true`, `true`, `false`, `,`, " ", `"x":1`,
		`\`,
		`{"eos__": true}`, `"eos__":true`,
	})
	rapid.Check(t, func(t *rapid.T) {
		var value []byte
		for _, s := range rapid.SliceOfN(piece, 0, 8).Draw(t, "value") {
			value = append(value, s...)
		}
		if got, want := endmark.Is(value), isMark(value); got != want {
			t.Errorf("%s: Is returns %v", value, got)
		}
	})
}

func isMark(value []byte) bool {
	var members map[string]json.RawMessage
	return bytes.Contains(value, []byte(`"eos__"`)) &&
		json.Unmarshal(value, &members) == nil && string(members["eos__"]) == "true"
}

func BenchmarkIs(b *testing.B) {
	value := []byte(`{"time": 1234567890, "frame": 12, "width": 1920, "height": 1080, "codec": "h264"}`)
	for b.Loop() {
		endmark.Is(value)
	}
}
