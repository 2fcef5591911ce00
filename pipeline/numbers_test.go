package pipeline_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestDecimalKeys joins by keys that aren't float64s (R14).
func TestDecimalKeys(t *testing.T) {
	tenths, shifted := "", ""
	for i := range 1000 {
		tenths += fmt.Sprintf("{\"t\":%d.%d}\n", i/10, i%10)
		shifted += fmt.Sprintf("{\"t\":%d.%d}\n", (i+1)/10, (i+1)%10)
	}
	var nanos, seconds strings.Builder
	for i := range 50 {
		ns := 1700000000_000000001 + int64(i)*123456789
		fmt.Fprintf(&nanos, "{\"t\":%d}\n", ns)
		fmt.Fprintf(&seconds, "{\"t\":%d.%09d}\n", ns/1e9, ns%1e9)
	}
	for name, c := range map[string]struct {
		on, a, b string
		results  int
	}{
		"tenths":               {"a.t + 0.1 == b.t", tenths, tenths, 999},
		"tenths of files":      {"a.t + 0.1 == b.t", tenths, shifted, 1000},
		"nanoseconds":          {"a.t / 1000000000 == b.t", nanos.String(), seconds.String(), 50},
		"seconds":              {"a.t * 1000000000 == b.t", seconds.String(), nanos.String(), 50},
		"the last digit":       {"a.t == b.t", `{"t":1403715273.312143104}`, `{"t":1403715273.312143105}`, 0},
		"whole and decimal":    {"a.t == b.t", `{"t":9007199254740993}`, `{"t":9007199254740993.0}`, 1},
		"beyond float64's":     {"a.t == b.t", `{"t":9007199254740992}`, `{"t":9007199254740993.0}`, 0},
		"spellings":            {"a.t == b.t", `{"t":1e30}`, `{"t":1000000000000000000000000000000}`, 1},
		"zeros":                {"a.t == b.t", `{"t":-0.0}`, `{"t":0}`, 1},
		"edge of int64":        {"a.t + 9223372036854775808 == b.t", `{"t":1}`, `{"t":9223372036854775809}`, 1},
		"long decimals":        {"a.t + 0.00000000000000000000000000000000000001 == b.t", `{"t":1}`, `{"t":1.00000000000000000000000000000000000001}`, 1},
		"far beyond float64":   {"a.t == b.t", `{"t":1e1000000000}`, `{"t":10e999999999}`, 1},
		"quotients":            {"a.t / 3 == b.t / 6", `{"t":1.1}`, `{"t":2.2}`, 1},
		"no nearest float64":   {"a.t / 3 == b.t", `{"t":1}`, `{"t":0.3333333333333333}`, 0},
		"a year of 1e400 else": {"a.t == b.t", `{"t":1,"x":1e400}`, `{"t":1.0,"y":[1e400]}`, 1},
	} {
		out, err := run(t, `
streams: {a: {file: a.jsonl}, b: {file: b.jsonl}, out: {file: out.jsonl}}
master: a
join: [{left: a, right: b, on: "`+c.on+`"}]
output: out
`, map[string]string{"a.jsonl": c.a, "b.jsonl": c.b})
		if got := strings.Count(out, "\n"); err != nil || got != c.results {
			t.Errorf("%s: %d results, %v, want %d", name, got, err, c.results)
		}
	}
}
