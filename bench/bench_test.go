package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat/codec"
)

// Sizes at which something is different: one window or second exactly, one more, several.
var sizes = []int{30, 31, 52, 1000}

func TestLeatAndLoopsWriteTheSame(t *testing.T) {
	for _, w := range workloads() {
		for _, size := range sizes {
			dir := t.TempDir()
			if _, err := generateFiles(w, dir, size); err != nil {
				t.Fatal(err)
			}
			for n, name := range []string{"leat", "loop", "loop-hand"} {
				if err := goPrograms()[name](w, endpoints{in: dir, out: output(dir, n)}); err != nil {
					t.Fatalf("%s %s: %v", w.name, name, err)
				}
				if err := sameElements(output(dir, 0), output(dir, n)); err != nil {
					t.Errorf("%s by %s with %d elements: %v", w.name, name, size, err)
				}
			}
		}
	}
}

// The Python package isn't there on every machine; where it is, make bench compares its outputs, too. So here are the
// first results of each workload, from the definition.
func TestResultsAreThoseOfTheDefinition(t *testing.T) {
	outputs := map[string]struct {
		elements int
		want     string
	}{
		"W1": {elements: 3, want: `"time_from":10,"time_to":20,`},
		"W2": {elements: 52, want: `"time_seconds":1,"count":25,`},
		"W3": {elements: 5, want: `"time":20,`},
		"W4": {elements: 61, want: `"window":2,"count":1,`},
	}
	for _, w := range workloads() {
		dir := t.TempDir()
		if _, err := generateFiles(w, dir, outputs[w.name].elements); err != nil {
			t.Fatal(err)
		}
		if err := goPrograms()["loop"](w, endpoints{in: dir, out: output(dir, 0)}); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(output(dir, 0))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		if last := lines[len(lines)-1]; !strings.Contains(last, outputs[w.name].want) {
			t.Errorf("%s ends with %s, want %s in it", w.name, last, outputs[w.name].want)
		}
	}
}

func TestGeneratorIsDeterministicAndCounts(t *testing.T) {
	for _, w := range workloads() {
		dirs := [2]string{t.TempDir(), t.TempDir()}
		for _, dir := range dirs {
			counted, err := generateFiles(w, dir, 520)
			if err != nil {
				t.Fatal(err)
			}
			if n := countElements(t, dir); n != counted {
				t.Errorf("%s says that it wrote %d elements, but wrote %d", w.name, counted, n)
			}
		}
		for name, text := range readAll(t, dirs[0]) {
			if !bytes.Equal(text, readAll(t, dirs[1])[name]) {
				t.Errorf("%s writes another %s the second time", w.name, name)
			}
		}
	}
}

func countElements(t *testing.T, dir string) (n int) {
	for _, text := range readAll(t, dir) {
		n += bytes.Count(text, []byte("{"))
	}
	return n
}

func readAll(t *testing.T, dir string) map[string][]byte {
	paths, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string][]byte{}
	for _, path := range paths {
		if texts[filepath.Base(path)], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	return texts
}

func TestComparisonFindsDifferences(t *testing.T) {
	cases := []struct {
		name, a, b string
		same       bool
	}{
		{"the same, written otherwise", `[{"a":1,"b":2.50}]`, `[ {"b": 25e-1, "a": 1.0} ]`, true},
		{"another number", `[{"a":1}]`, `[{"a":1.0000000000000002}]`, false},
		{"another member", `[{"a":1}]`, `[{"b":1}]`, false},
		{"one more", `[{"a":1}]`, `[{"a":1},{"a":1}]`, false},
		{"nothing at all", `[]`, `[]`, false},
		{"cut off", `[{"a":1}]`, `[{"a":1}, {"a"`, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for n, text := range []string{c.a, c.b} {
				if err := os.WriteFile(output(dir, n), []byte(text), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			if err := sameElements(output(dir, 0), output(dir, 1)); (err == nil) != c.same {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestComparisonInAnyOrder(t *testing.T) {
	cases := []struct {
		name, a, b string
		same       bool
	}{
		{"another order", `[{"a":1},{"a":2}]`, `[{"a":2},{"a":1}]`, true},
		{"the last digits", `[{"a":1},{"a":[-0.0]}]`, `[{"a":1.0000000000000002},{"a":[0]}]`, true},
		{"another number", `[{"a":[{"b":1}]}]`, `[{"a":[{"b":1.00001}]}]`, false},
		{"one twice, another never", `[{"a":1},{"a":2}]`, `[{"a":1},{"a":1}]`, false},
		{"one missing", `[{"a":1},{"a":2}]`, `[{"a":1}]`, false},
		{"nothing at all", `[]`, `[]`, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for n, text := range []string{c.a, c.b} {
				if err := os.WriteFile(output(dir, n), []byte(text), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			if err := sameInAnyOrder(output(dir, 0), output(dir, 1)); (err == nil) != c.same {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestEveryOrderHasItemsAndKeysGrow(t *testing.T) {
	var keys [2][]int64
	for n, in := range tpchInputs(1000) {
		for line, err := range in.lines() {
			var row struct {
				Order int64 `json:"o_orderkey"`
				Item  int64 `json:"l_orderkey"`
			}
			if err := errors.Join(err, json.Unmarshal(line, &row)); err != nil {
				t.Fatal(err)
			}
			keys[n] = append(keys[n], row.Order+row.Item)
		}
	}
	if !slices.IsSorted(keys[0]) || !slices.IsSorted(keys[1]) {
		t.Error("the keys don't grow")
	}
	if !slices.Equal(keys[0], slices.Compact(slices.Clone(keys[1]))) {
		t.Error("the line items are not those of all orders")
	}
	if n := len(keys[1]); n != tpchWorkload().elements(1000)-len(keys[0]) || n < 790 || n > 810 {
		t.Errorf("there are %d line items", n)
	}
}

func TestLatencyLeavesOutTheStart(t *testing.T) {
	begin := time.Now()
	f := &feed{elements: 101}
	for i := range f.elements {
		f.sent = append(f.sent, begin.Add(time.Duration(i)*time.Second))
		f.seen = append(f.seen, f.sent[i].Add(time.Duration(200-i)*time.Millisecond))
	}
	took := f.latencies(50 * time.Second)
	if len(took) != 50 || took[0] != 100*time.Millisecond || took[49] != 149*time.Millisecond {
		t.Errorf("got %v", took)
	}
	if p50, p99 := quantile(took, 0.5), quantile(took, 0.99); p50 != 125*time.Millisecond || p99 != took[49] {
		t.Errorf("p50 is %v, p99 %v", p50, p99)
	}
}

func TestHeapTraceRemembersTheLast(t *testing.T) {
	var h heapTrace
	const trace = "gc %d @0.1s 0%%: 0.02+0.4+0.01 ms clock, 0.1+0.1/0.3/0.2+0.0 ms cpu, 4->5->%d MB, 5 MB goal, 2 P\n"
	for n, line := range []string{fmt.Sprintf(trace, 1, 3), fmt.Sprintf(trace, 2, 1) + fmt.Sprintf(trace, 3, 2),
		"else\n"} {
		if _, err := h.Write([]byte(line)); err != nil {
			t.Fatal(n, err)
		}
	}
	if h.last() != "2" {
		t.Errorf("got %q", h.last())
	}
}

func TestLoopReadsObjectsOfAnyForm(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list.json")
	text := "[{\"time\":1,\"skipped\":{\"}\":\"\\\"{\"}},\r\n{ \"time\" : 2 }]" + strings.Repeat(" ", 1<<17)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	s := &session{storage: &lists{at: endpoints{in: filepath.Dir(path)}}, decoder: codec.JSON.Decoder}
	r := open[Location](s, "list")
	var times []int64
	for r.next() {
		times = append(times, r.element.Time)
	}
	s.fail(s.storage.close(s))
	if s.err != nil || len(times) != 2 || times[0] != 1 || times[1] != 2 {
		t.Errorf("got %v, error %v", times, s.err)
	}
}

func TestCheckFindsWhatIsWrong(t *testing.T) {
	w, err := findWorkload("W4")
	if err != nil {
		t.Fatal(err)
	}
	const elements = 100
	right := encoded(t, wantStays(elements))
	if len(right) != w.results(elements) {
		t.Errorf("there are %d results, but %d were announced", len(right), w.results(elements))
	}
	swapped := slices.Clone(right)
	swapped[0], swapped[1] = swapped[1], swapped[0]
	cases := []struct {
		name               string
		results            []string
		ordered, unordered bool
	}{
		{"all", right, true, true},
		{"in another order", swapped, false, true},
		{"one missing", right[1:], false, false},
		{"the last missing", right[:3], false, false},
		{"one twice", append(right[:4:4], right[3]), false, false},
		{"one twice and one missing", append(right[:3:3], right[0]), false, false},
		{"not an object", append(right[:4:4], "1"), false, false},
	}
	for _, c := range cases {
		for ordered, want := range map[bool]bool{true: c.ordered, false: c.unordered} {
			if _, err := w.check(elements, records(c.results), ordered); (err == nil) != want {
				t.Errorf("%s, ordered %v: %v", c.name, ordered, err)
			}
		}
	}
}

func TestAnnouncedResultsAreThere(t *testing.T) {
	for _, size := range sizes {
		for _, w := range workloads() {
			dir := t.TempDir()
			if _, err := generateFiles(w, dir, size); err != nil {
				t.Fatal(err)
			}
			if err := goPrograms()["loop"](w, endpoints{in: dir, out: output(dir, 0)}); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(output(dir, 0))
			if err != nil {
				t.Fatal(err)
			}
			if n := bytes.Count(text, []byte("{")); n != w.results(size) {
				t.Errorf("%s with %d elements has %d results, but %d were announced", w.name, size, n, w.results(size))
			}
		}
	}
}

func encoded[T any](t *testing.T, elements iter.Seq[T]) (lines []string) {
	for element := range elements {
		line, err := json.Marshal(element)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(line))
	}
	return lines
}

func records(lines []string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, line := range lines {
			if !yield([]byte(line), nil) {
				return
			}
		}
	}
}

func TestLinesAreThoseOfTheWorkload(t *testing.T) {
	source := "import x\n// lines: W1 W2\na\n\n// a comment\nb\n\t# lines: W2\nc\n// lines: all\nd\n"
	for workload, want := range map[string]int{"W1": 3, "W2": 4, "W3": 1} {
		if got := linesOf(source, workload); got != want {
			t.Errorf("%s has %d lines, want %d", workload, got, want)
		}
	}
}

func TestTableHasMediansExtremesAndRatiosByRound(t *testing.T) {
	w, err := findWorkload("W1")
	if err != nil {
		t.Fatal(err)
	}
	of := func(seconds ...int) (samples []sample) {
		for _, s := range seconds {
			wall := time.Duration(s) * time.Second
			samples = append(samples, sample{elements: 1_200_000, wall: wall, cpu: wall, memory: 2 << 20})
		}
		return samples
	}
	var table strings.Builder
	writeTable(&table, []result{{w, []program{{name: "a"}, {name: "b"}}, [][]sample{of(1, 2, 3), of(4, 4, 6)}}})
	const want = "| W1 | b | 1200 k | 300 k (200 k–300 k) | 2.00 (2.00–4.00) | 3.33 | 2 MiB |  |  |\n"
	if !strings.HasSuffix(table.String(), want) {
		t.Errorf("the table is\n%s\nand should end with\n%s", &table, want)
	}
}

func TestTableOfAnInterruptedRunHasWhatThereIs(t *testing.T) {
	w, err := findWorkload("W1")
	if err != nil {
		t.Fatal(err)
	}
	second := sample{elements: 1000, wall: time.Second, cpu: time.Second}
	slow := sample{elements: 500, wall: 3 * time.Second, start: time.Second, cpu: time.Second}
	r := result{w, []program{{name: "a"}, {name: "b"}, {name: "c"}}, [][]sample{{second, second}, {slow}, nil}}
	var table strings.Builder
	writeTable(&table, []result{r})
	const want = "| W1 | b | 500 | 167 | 6.00; without its start 4.00 | 2000.00 | 0 MiB |  |  |\n"
	if !strings.HasSuffix(table.String(), want) {
		t.Errorf("the table is\n%s\nand should end with\n%s", &table, want)
	}
}

func TestSlowProgramsRunInTheFirstRoundsOnly(t *testing.T) {
	r := result{programs: []program{{name: "a"}, {name: "b", rounds: 1}, {name: "c"}}}
	for round, want := range [][]int{{0, 1, 2}, {2, 0}, {2, 0}} {
		if got := r.turns(round); !slices.Equal(got, want) {
			t.Errorf("in round %d the programs %v run, want %v", round, got, want)
		}
	}
}

func TestHandWrittenDecodersDecode(t *testing.T) {
	text := []byte(`{ "time" : -12, "other": 7, "x":0.1, "y":-1234567.125e2 }`)
	decode, err := handDecoder(reflect.TypeFor[Location]())
	if err != nil {
		t.Fatal(err)
	}
	var got, want Location
	if err := errors.Join(decode(text, &got), json.Unmarshal(text, &want)); err != nil || got != want {
		t.Errorf("got %v, want %v, error %v", got, want, err)
	}
	if decode([]byte(`{"time":x}`), &got) == nil {
		t.Error("x isn't a number")
	}
}
