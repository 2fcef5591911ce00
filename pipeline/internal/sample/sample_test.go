package sample

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/mill"
)

// read reads samples of a mill that joins a stream of these lines to itself.
func read(t *testing.T, lines string) (*mill.Mill, *Sample, []string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.jsonl"), []byte(lines), 0o666); err != nil {
		t.Fatal(err)
	}
	d, err := description.Parse(filepath.Join(dir, "p.yaml"), []byte("streams: {a: {file: a.jsonl}, b: {file: a.jsonl}, "+
		"out: {file: out.jsonl}}\nmaster: a\noutput: out\njoin: [{left: a, right: b, on: a.t == b.t}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := mill.Build(d, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	samples, err := Read(t.Context(), m, &mill.Options{}, MostSorted)
	if err != nil {
		t.Fatal(err)
	}
	return m, samples.Of[m.Master][0], samples.Problems
}

func numbered(n int) string {
	var lines strings.Builder
	for i := range n {
		fmt.Fprintf(&lines, "{\"t\":%d}\n", i)
	}
	return lines.String()
}

// TestSizes: a stream of up to two samples is read whole; of a longer one both ends are, and none of its elements
// twice.
func TestSizes(t *testing.T) {
	for _, c := range []struct {
		n, head, tail int
		whole         bool
	}{{0, 0, 0, true}, {1, 1, 0, true}, {2 * Size, 2 * Size, 0, true}, {5 * Size, Size, Size, false}} {
		_, s, problems := read(t, numbered(c.n))
		if len(s.Head.Elements) != c.head || len(s.Tail.Elements) != c.tail || s.Whole != c.whole || len(problems) > 0 {
			t.Errorf("of %d: %d and %d, %v, %q", c.n, len(s.Head.Elements), len(s.Tail.Elements), s.Whole, problems)
		}
		if c.tail > 0 {
			if got, want := s.Tail.Location(c.tail-1), fmt.Sprintf("line %d", c.n); got != want {
				t.Errorf("the last element is at %s, want %s", got, want)
			}
		}
	}
}

// TestKeys: keys come in their order, with the numbers of their elements; nulls and what has no key are left out.
func TestKeys(t *testing.T) {
	m, s, _ := read(t, `{"t":3}`+"\n"+`{"t":null}`+"\n"+`{}`+"\n"+`{"t":1}`+"\n"+`{"t":2}`+"\n"+`{"t":2.0}`+"\n")
	keys, down := s.Head.Keys(m.Master.Children[0].Left)
	if got, want := fmt.Sprint(keys), "[{1 3} {2 4} {2.0 5} {3 0}]"; got != want || down != 1 {
		t.Errorf("%s, %d, want %s", got, down, want)
	}
}

// TestDamage: a sample ends where something can't be decoded, which is a problem with its line.
func TestDamage(t *testing.T) {
	_, s, problems := read(t, "{\"t\":1}\n{\"t\":}\n{\"t\":3}\n")
	if len(s.Head.Elements) != 1 || s.Whole || len(problems) != 2 || !strings.Contains(problems[0], ":2:") &&
		!strings.Contains(problems[0], "line 2") {
		t.Errorf("%d, %v, %q", len(s.Head.Elements), s.Whole, problems)
	}
}

// TestRepetition: a member that is there twice is told of once, where it is first.
func TestRepetition(t *testing.T) {
	_, s, _ := read(t, "{\"t\":1}\n{\"t\":2,\"x\":1,\"x\":2}\n{\"t\":3,\"y\":1,\"y\":2}\n")
	text := s.Head.Repetition()
	if !strings.Contains(text, "the member x is there more than once") || strings.Contains(text, "member y") {
		t.Error(text)
	}
}
