package pipeline_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
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

// TestEmitKeepsWhatItPassesOn writes numbers as they stand in the elements, and members in their order (R14).
func TestEmitKeepsWhatItPassesOn(t *testing.T) {
	files := map[string]string{
		"a.jsonl": `{"k":1,"z":1.50,"far":1e400,"o":{"z":1E+2,"a":-0.0}}`,
		"b.jsonl": `{"k":1.0,"p":123456789012345678901234567890.10,"s":"x"}
{"k":1,"p":0.30,"s":"y","far":[1e400]}
{"k":10e-1,"p":1e400,"s":"x"}`,
	}
	const first, second, third = `{"k":1.0,"p":123456789012345678901234567890.10,"s":"x"}`,
		`{"k":1,"p":0.30,"s":"y","far":[1e400]}`, `{"k":10e-1,"p":1e400,"s":"x"}`
	for expression, want := range map[string]string{
		"a":                                `{"k":1,"z":1.50,"far":1e400,"o":{"z":1E+2,"a":-0.0},"b":[` + first + "," + second + "," + third + `]}`,
		"a.o":                              `{"z":1E+2,"a":-0.0}`,
		"b":                                "[" + first + "," + second + "," + third + "]",
		"last(b)":                          third,
		"b[1]":                             second,
		"first(b).p":                       `123456789012345678901234567890.10`,
		"filter(b, .s == 'x')":             "[" + first + "," + third + "]",
		"filter(b, .p < 1)":                "[" + second + "]",
		"find(b, .p == 0.3)":               second,
		"map(b, .p)":                       `[123456789012345678901234567890.10,0.30,1e400]`,
		"map(b, .k + 0.1)":                 `[1.1,1.1,1.1]`,
		"sortBy(b, .p)[0]":                 second,
		"sortBy(b, -.p) | take(1)":         "[" + third + "]",
		"groupBy(b, .s)":                   `{"x":[` + first + "," + third + `],"y":[` + second + "]}",
		"max(b[0].p, b[1].p)":              `123456789012345678901234567890.10`,
		"sum(b[:2], .p)":                   `123456789012345678901234567890.4`,
		"sum(filter(b, .p < 1), .p) + a.z": `1.8`,
		"a.z > 1 ? a.o : b":                `{"z":1E+2,"a":-0.0}`,
		"a.q ?? a.z":                       `1.50`,
		"{z: a.z, a: [a.far]}":             `{"z":1.50,"a":[1e400]}`,
		"let o = a.o; [o, o.z]":            `[{"z":1E+2,"a":-0.0},1E+2]`,
		"keys(a.o)":                        `["z","a"]`,
		"a.z * 2":                          `3`,
		"a.z / 7":                          `0.2142857142857142857142857142857143`,
		"a.z - 1.4":                        `0.1`,
		"string(a.z) + 'x'":                `"1.50x"`,
		"fromJSON(toJSON(a.o))":            `{"z":1E+2,"a":-0.0}`,
		"a.far > 1e399":                    `true`,
		"1.50":                             `1.50`,
	} {
		out, err := run(t, `
streams: {a: {file: a.jsonl}, b: {file: b.jsonl}, out: {file: out.jsonl}}
master: a
join: [{left: a, right: b, on: "a.k == b.k"}]
output: out
emit: {r: "`+expression+`"}
`, files)
		if want := `{"r":` + want + "}\n"; err != nil || out != want {
			t.Errorf("%s is\n%s%v, want\n%s", expression, out, err, want)
		}
	}
}

// TestRepeatedMembers reads an object with a member that is there twice in one way everywhere: the last counts.
func TestRepeatedMembers(t *testing.T) {
	files := map[string]string{
		"a.jsonl": `{"k":1,"v":{"x":1,"y":0,"x":2.0},"\u006b":2}` + "\n" + `{"k":3}`,
		"b.jsonl": `{"k":2,"w":1e1,"w":[{"q":1,"q":2}]}`,
	}
	const text = `
streams: {a: {file: a.jsonl}, b: {file: b.jsonl}, out: {file: out.jsonl}}
master: a
join: [{left: a, right: b, on: "a.k == b.k"}]
output: out
`
	for emit, want := range map[string]string{
		"": `{"v":{"y":0,"x":2.0},"\u006b":2,"b":[{"k":2,"w":[{"q":2}]}]}`,
		`emit: {v: a.v, x: a.v.x, q: "last(b).w[0].q", all: "map(b, .w)", k: "keys(a.v)"}`: `{"v":{"y":0,"x":2.0},"x":2.0,"q":2,"all":[[{"q":2}]],"k":["y","x"]}`,
	} {
		if out, err := run(t, text+emit, files); err != nil || out != want+"\n" {
			t.Errorf("%s\n%s%v, want\n%s", emit, out, err, want)
		}
	}
	dir := folder(t, files)
	p, err := pipeline.Parse(filepath.Join(dir, "pipeline.yaml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	report, err := p.Check(t.Context(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a.jsonl:1:1", "the member x is there more than once; the last counts", "b.jsonl:1:1", "the member w is"} {
		if got := report.String(); !strings.Contains(got, want) {
			t.Errorf("the report doesn't say %q:\n%s", want, got)
		}
	}
}

// TestDecimalWindows has windows of a tenth (R4, R14).
func TestDecimalWindows(t *testing.T) {
	var in strings.Builder
	for i := range 100 {
		fmt.Fprintf(&in, "{\"t\":%d.%02d}\n", i/100, i%100)
	}
	out, err := run(t, `
streams: {a: {file: a.jsonl}, out: {file: out.jsonl}}
master: a
window: "floor(a.t / 0.1)"
output: out
emit: {n: len(a), from: "a[0].t", to: "last(a).t", mean: "mean(map(a, .t))"}
`, map[string]string{"a.jsonl": in.String()})
	var want strings.Builder
	for i := range 10 {
		fmt.Fprintf(&want, "{\"n\":10,\"from\":0.%d0,\"to\":0.%d9,\"mean\":0.%d45}\n", i, i, i)
	}
	if err != nil || out != want.String() {
		t.Errorf("%s%v, want\n%s", out, err, want.String())
	}
}
