package description

import (
	"strings"
	"testing"
)

// TestLocationsInTexts: a character of a text is found where it stands in the file, however YAML writes the text.
func TestLocationsInTexts(t *testing.T) {
	const form = "streams: {a: {file: a.json}}\nmaster: a\noutput: a\nwindow: %\n"
	for name, c := range map[string]struct {
		yaml, part   string
		line, column int
	}{
		"plain":              {"a.t + bad", "bad", 4, 15},
		"double quotes":      {`"a.t + bad"`, "bad", 4, 16},
		"single quotes":      {`'a.t + bad'`, "bad", 4, 16},
		"escape before":      {`"a.t ==\t\"x\" + bad"`, "bad", 4, 26},
		"quote twice before": {`'a.t == ''x'' + bad'`, "bad", 4, 25},
		"literal block":      {"|\n  a.t +\n  bad", "bad", 6, 3},
		"folded block":       {">\n  a.t +\n  bad", "bad", 6, 3},
		"folded plain":       {"a.t +\n  bad", "bad", 5, 3},
		"characters":         {`"'äöü' + bad"`, "bad", 4, 18},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Parse("p.yaml", []byte(strings.Replace(form, "%", c.yaml, 1)))
			if err != nil {
				t.Fatal(err)
			}
			key := d.Window.Key
			before, _, found := strings.Cut(key.Value, c.part)
			if !found {
				t.Fatalf("%q has no %q", key.Value, c.part)
			}
			e := key.ErrorAt(len([]rune(before)), "here")
			if e.Line != c.line || e.Column != c.column {
				t.Errorf("%v, want %d:%d\n%s", e, c.line, c.column, e.Excerpt())
			}
		})
	}
}

// TestErrorsLieInTheFile: an error about what lies beyond the text points at the nearest character that there is.
func TestErrorsLieInTheFile(t *testing.T) {
	s := newSource("p.yaml", []byte("ab\r\ncd"))
	for at, want := range map[location]string{
		{0, 0}: "p.yaml:1:1: m", {1, 9}: "p.yaml:1:3: m", {7, 1}: "p.yaml:2:1: m", {2, 2}: "p.yaml:2:2: m",
	} {
		if got := s.errorAt(at, "m").Error(); got != want {
			t.Errorf("%v: %s, want %s", at, got, want)
		}
	}
	if got, want := s.errorAt(location{1, 2}, "m").Excerpt(), "    1 | ab\n      |  ^"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
