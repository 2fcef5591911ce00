package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Sizes at which something is different: one window or second exactly, one more, several.
var sizes = []int{30, 31, 52, 1000}

func TestLeatAndLoopWriteTheSame(t *testing.T) {
	for _, w := range workloads() {
		for _, size := range sizes {
			dir := t.TempDir()
			if _, err := w.generate(dir, size); err != nil {
				t.Fatal(err)
			}
			a, b := output(dir, 0), output(dir, 1)
			if err := w.leat(dir, a); err != nil {
				t.Fatalf("%s leat: %v", w.name, err)
			}
			if err := w.loop(dir, b); err != nil {
				t.Fatalf("%s loop: %v", w.name, err)
			}
			if err := sameElements(a, b); err != nil {
				t.Errorf("%s with %d elements: %v", w.name, size, err)
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
		if _, err := w.generate(dir, outputs[w.name].elements); err != nil {
			t.Fatal(err)
		}
		if err := w.loop(dir, output(dir, 0)); err != nil {
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
			counted, err := w.generate(dir, 520)
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

func TestLoopReadsObjectsOfAnyForm(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list.json")
	text := "[{\"time\":1,\"skipped\":{\"}\":\"\\\"{\"}},\r\n{ \"time\" : 2 }]" + strings.Repeat(" ", 1<<17)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	var f files
	r := open[Location](&f, path)
	var times []int64
	for r.next() {
		times = append(times, r.element.Time)
	}
	f.opened[0].Close()
	if f.err != nil || len(times) != 2 || times[0] != 1 || times[1] != 2 {
		t.Errorf("got %v, error %v", times, f.err)
	}
}
