package mill

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline/internal/description"
)

// build makes a mill of two joined streams of files.
func build(t *testing.T, on string) (*Mill, error) {
	t.Helper()
	text := "streams: {a: {file: a.json}, b: {file: sub/b.json}, out: {file: out.json}}\nmaster: a\noutput: out\n" +
		"join: [{left: a, right: b, on: '" + strings.ReplaceAll(on, "'", "''") + "'}]\n"
	d, err := description.Parse("dir/pipeline.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return Build(d, nil, nil)
}

// TestConditions: a condition is taken apart at its one ==, whichever stream stands first, and whatever parentheses are
// around.
func TestConditions(t *testing.T) {
	for on, want := range map[string]string{
		"a.t == b.t":                "a.t == b.t",
		"b.t == a.t":                "a.t == b.t",
		"(a.t == b.t)":              "a.t == b.t",
		"((a.t) == (b.t))":          "(a.t) == (b.t)",
		"(a.t + 1) == (b.t - 1)":    "(a.t + 1) == (b.t - 1)",
		"  a.t+10==b.t  ":           "a.t+10 == b.t",
		"a.t == (b.x == 1 ? 1 : 2)": "a.t == (b.x == 1 ? 1 : 2)",
	} {
		m, err := build(t, on)
		if err != nil {
			t.Errorf("%s: %v", on, err)
			continue
		}
		if got := m.Master.Children[0].On; got != want {
			t.Errorf("%s: %s, want %s", on, got, want)
		}
	}
	for on, want := range map[string]string{
		"a.t < b.t":            `and not by "<"`,
		"a.t == a.x":           `both sides of == are about "a"`,
		"a.t + b.t == b.t":     "uses both a and b",
		"a.t == 3":             "3 names neither a nor b",
		"a.t == out.t":         "out.t names neither a nor b",
		"a.t == b.t && a.x==1": `and not by "&&"`,
	} {
		if _, err := build(t, on); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", on, err, want)
		}
	}
}

// TestSoleMember: people name elements by the member that a key is made of, where it is one.
func TestSoleMember(t *testing.T) {
	for on, want := range map[string][]string{
		"a.t == b.t":                           {"t"},
		"floor(a.time.ms / 1000) == b.t":       {"time", "ms"},
		`a["the time"] + a["the time"] == b.t`: {"the time"},
		"a.t + a.u == b.t":                     nil,
		"a.list[0] == b.t":                     nil,
		"len(a) == b.t":                        nil,
	} {
		m, err := build(t, on)
		if err != nil {
			t.Errorf("%s: %v", on, err)
			continue
		}
		path, member, err := m.Master.SoleMember(m.Master.Children[0].Left)
		if err != nil || !slices.Equal(path, want) || (member == nil) != (want == nil) {
			t.Errorf("%s: %q, %v, %v, want %q", on, path, member, err, want)
		}
	}
}

// TestPaths: paths of a pipeline file are seen from its directory.
func TestPaths(t *testing.T) {
	m, err := build(t, "a.t == b.t")
	if err != nil {
		t.Fatal(err)
	}
	if name := m.Master.Children[0].Stream.Name; name != filepath.FromSlash("dir/sub/b.json") || m.Name != "pipeline" {
		t.Errorf("%s, %s", name, m.Name)
	}
	for path, want := range map[string]string{"-": "-", "x": "dir/x", "../x": "x"} {
		if got := resolve("dir", path); got != filepath.FromSlash(want) {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
