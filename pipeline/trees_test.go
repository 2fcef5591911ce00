package pipeline_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/pipeline"
)

// drawnStreams are the streams of a random join tree, the master first.
type drawnStreams struct {
	names    []string
	elements [][]string
}

// write writes the streams into a directory.
func (s *drawnStreams) write(t *rapid.T, dir string) {
	for i, elements := range s.elements {
		content := strings.Join(elements, "\n")
		if err := os.WriteFile(filepath.Join(dir, s.names[i]+".jsonl"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// String returns the streams as a failure shows them.
func (s *drawnStreams) String() string {
	var text strings.Builder
	for i, elements := range s.elements {
		text.WriteString(s.names[i] + ":\n" + strings.Join(elements, "\n") + "\n")
	}
	return text.String()
}

// A drawnTree is a random join tree with its oracle: the pipeline file that joins it, and what must come of that.
type drawnTree interface {
	write(t *rapid.T, dir string)
	yaml() string
	results() string
	String() string
}

// eachTree draws random join trees, writes the streams of each into a directory and calls test. At least one of them
// must have results.
func eachTree[T drawnTree](t *testing.T, draw func(t *rapid.T) T, test func(t *rapid.T, r T, dir string)) {
	dir := t.TempDir()
	cases, matched := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		cases++
		r := draw(t)
		r.write(t, dir)
		test(t, r, dir)
		if r.results() != "" {
			matched++
		}
	})
	mustHaveResults(t, cases, matched)
}

// skipLong skips, with -short, a test that takes minutes with the race detector and has nothing for it to find.
func skipLong(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("one goroutine, and minutes with the race detector")
	}
}

// mustHaveResults fails where so many cases are all without results that the test shows nothing. Where one in twenty has
// some, a hundred cases are without in one run of two hundred.
func mustHaveResults(t *testing.T, cases, matched int) {
	t.Helper()
	if t.Logf("%d of %d cases had results", matched, cases); cases >= 500 && matched == 0 {
		t.Error("no case had a result")
	}
}

// runTree runs a tree's pipeline and compares every byte with the oracle's.
func runTree[T drawnTree](t *rapid.T, r T, dir string) {
	text := r.yaml()
	p, err := pipeline.Parse(filepath.Join(dir, "tree.yaml"), []byte(text))
	if err != nil {
		t.Fatalf("%s%v", text, err)
	}
	if err := p.Run(t.Context(), quiet()); err != nil {
		t.Fatalf("%s%v", text, err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "out.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if want := r.results(); string(got) != want {
		t.Fatalf("%s%v\ngot\n%swant\n%s", text, r, got, want)
	}
}

// runCaptured captures a range of a tree's masters, and returns the slice with what its run gives.
func runCaptured(t *rapid.T, r drawnTree, dir, from, to string) (slice pipeline.CapturedSlice, results string) {
	p, err := pipeline.Parse(filepath.Join(dir, "tree.yaml"), []byte(r.yaml()))
	if err != nil {
		t.Fatal(err)
	}
	into, err := os.MkdirTemp(dir, "captured")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(into)
	captured, err := p.Capture(t.Context(), from, to, into)
	if err != nil {
		t.Fatalf("%s%v", r.yaml(), err)
	}
	slice = captured.Slices[0]
	again, err := pipeline.Load(slice.File)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Run(t.Context(), quiet()); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(into, "out.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return slice, string(got)
}
