package pipeline_test

import (
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/leat-go/leat/pipeline"
)

// within returns the elements of a random tree's master whose key lies between those of two of them.
func (r *tree) within(first, last int) (from, to string, elements []string) {
	value := func(i int) string {
		for child, parent := range r.parent {
			if parent == 0 {
				switch v := parse(r.elements[0][i])["down_"+r.names[child]].(type) {
				case string:
					return v
				case interface{ String() string }:
					return v.String()
				}
			}
		}
		panic("the master has no child")
	}
	above := func(a, b string) bool {
		x, ok := new(big.Rat).SetString(a)
		y, okToo := new(big.Rat).SetString(b)
		if ok && okToo {
			return x.Cmp(y) > 0
		}
		return a > b
	}
	from, to = value(first), value(last)
	for i, element := range r.elements[0] {
		if !above(from, value(i)) && !above(value(i), to) {
			elements = append(elements, element)
		}
	}
	return from, to, elements
}

// TestCaptureRandomTrees captures a range of the masters of random join trees, runs what was saved, and compares every
// byte with what the oracle makes of these masters and all the other elements.
func TestCaptureRandomTrees(t *testing.T) {
	dir := t.TempDir()
	cases, matched := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		cases++
		r := drawTree(t, false)
		if len(r.names) < 2 || len(r.elements[0]) == 0 {
			return
		}
		r.write(t, dir)
		first := rapid.IntRange(0, len(r.elements[0])-1).Draw(t, "first")
		last := rapid.IntRange(first, len(r.elements[0])-1).Draw(t, "last")
		from, to, within := r.within(first, last)
		_, got := runCaptured(t, r, dir, from, to)
		r.elements[0] = within
		want := r.results()
		if want != got {
			t.Fatalf("%s from %s to %s\ngot\n%swant\n%s", r.yaml(), from, to, got, want)
		}
		if want != "" {
			matched++
		}
	})
	mustHaveResults(t, cases, matched)
}

// TestCaptureOnKafka captures a range of one of several partitions.
func TestCaptureOnKafka(t *testing.T) {
	k := newPlant(t, false)
	k.load("places", 3, walk(1, 0, 3000)+walk(2, 5, 3000))
	p := k.parse(onKafka)
	captured, err := p.Capture(t.Context(), "15000", "15024.5", filepath.Join(k.dir, "case"))
	k.must(err)
	if len(captured.Slices) == 0 {
		t.Fatal("nothing was captured")
	}
	want := map[string]string{}
	for i := 1500; i < 1503; i++ {
		for robot := range 2 {
			if at := 10*i + 5*robot; at <= 15024 {
				line := strings.Split(steps(robot+1, 5*robot, 3000), "\n")[i]
				want[line] = line
			}
		}
	}
	got := map[string]string{}
	for _, slice := range captured.Slices {
		again, err := pipeline.Load(slice.File)
		k.must(err)
		k.must(again.Run(t.Context(), quiet()))
		data, err := os.ReadFile(filepath.Join(filepath.Dir(slice.File), "out.jsonl"))
		k.must(err)
		for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
			got[line] = line
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCaptureMistakes(t *testing.T) {
	k := newPlant(t, false)
	k.write("l.jsonl", locations)
	p := k.parse(strings.NewReplacer("{topic: places}", "{file: l.jsonl}", "{topic: steps}", "{file: o.jsonl}").Replace(
		onKafka[:strings.Index(onKafka, "kafka:")]))
	for name, c := range map[string]struct{ from, to, dir, want string }{
		"a directory with files": {"0", "10", k.dir, " is not empty: give another, which is made where it isn't there"},
		"the wrong way round":    {"10", "0", "new", "no key lies between 10 and 0: the first is above the second"},
		"no such keys":           {"1", "2", "new", "prev has no element with prev.time from 1 to 2"},
		"no number":              {"a", "2", "new", `the keys of prev, prev.time, are numbers, and "a" is none`},
	} {
		dir := c.dir
		if dir == "new" {
			dir = filepath.Join(t.TempDir(), dir)
		}
		_, err := p.Capture(t.Context(), c.from, c.to, dir)
		var wrong *pipeline.ArgumentError
		if !errors.As(err, &wrong) || !strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(dir); c.dir == "new" && err == nil {
			t.Errorf("%s: the directory is there", name)
		}
	}
}

// TestCaptureKeepsWhatARunStopsAt: a case that fails fails when it was captured, too.
func TestCaptureKeepsWhatARunStopsAt(t *testing.T) {
	k := newPlant(t, false)
	k.write("l.jsonl", "{\"time\":0,\"x\":1}\n{\"time\":10,\"x\":tru}\n{\"time\":20,\"x\":1}\n{\"time\":30,\"x\":1}\n")
	p := k.parse(strings.NewReplacer("{topic: places}", "{file: l.jsonl}", "{topic: steps}", "{file: o.jsonl}").Replace(
		onKafka[:strings.Index(onKafka, "kafka:")]))
	captured, err := p.Capture(t.Context(), "0", "20", filepath.Join(k.dir, "case"))
	k.must(err)
	again, err := pipeline.Load(captured.Slices[0].File)
	k.must(err)
	if err := again.Run(t.Context(), quiet()); err == nil || !strings.Contains(err.Error(), "in the word true") {
		t.Errorf("the captured run: %v", err)
	}
}
