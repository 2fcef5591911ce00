package endmark_test

import (
	"testing"

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
