package pipeline_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
)

// large holds texts that cost a parser far more than their size, by what is repeated in them.
func large() map[string]string {
	var members strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&members, "k%d: v\n", i)
	}
	texts := map[string]string{
		"members":              members.String(),
		"members in brackets":  "streams: {" + strings.ReplaceAll(members.String(), "\n", ", ") + "}",
		"parentheses":          joined + "window: \"" + strings.Repeat("(", 200_000) + "\"\n",
		"signs":                joined + "window: \"" + strings.Repeat("-", 200_000) + "1\"\n",
		"brackets in text":     joined + "window: \"" + strings.Repeat("[", 200_000) + "\"\n",
		"sums":                 joined + "window: \"1" + strings.Repeat("+a.t", 50_000) + "\"\n",
		"steps":                joined + "window: \"a" + strings.Repeat(".t", 100_000) + "\"\n",
		"powers":               joined + "window: \"1" + strings.Repeat("**1", 50_000) + "\"\n",
		"questions":            joined + "window: \"1" + strings.Repeat("?1:1", 50_000) + "\"\n",
		"lines":                strings.Repeat("\n", 200_000),
		"empty lines in text":  "a: |\n b\n" + strings.Repeat("\n", 200_000),
		"shifts in a line":     "a: [" + strings.Repeat("<<", 100_000),
		"shifts in lines":      "a: [" + strings.Repeat(strings.Repeat("<<", 15_000)+"\n", 2),
		"documents":            strings.Repeat("---\n", 60_000),
		"parentheses that fit": joined + "window: \"" + strings.Repeat("(", 16_000) + "\"\n",
		"signs that fit":       joined + "window: \"" + strings.Repeat("-", 16_000) + "\"\n",
		"lists that fit":       joined + "window: \"" + strings.Repeat("[", 16_000) + "\"\n",
		"indents":              indents(700),
	}
	for _, part := range []string{"[", "{a: ", "{", "- ", "? ", "&a ", "!a ", "!!str ", "a: ", "*a ", "<<: ", "[[], ", "[{", "- ? ", "[!a ", "'", "\"", "|", "%a\n",
		"!a\n", "- - a\n", "? [", "{? ", "[? ", "{a: b: ", "<<: *a\n", "&a [*a, ", "...\n", ": ", ":\n", "-\n", "?\n", "[\n", "\t"} {
		texts["streams: "+part] = "streams: " + strings.Repeat(part, 250_000/len(part))
		texts[part] = strings.Repeat(part, 250_000/len(part))
	}
	return texts
}

// indents returns mappings nested by ever more blanks.
func indents(depth int) string {
	var text strings.Builder
	for i := range depth {
		text.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return text.String()
}

// No text takes more memory than a small multiple of what a pipeline file may have, whatever is repeated in it; it is
// refused at a place that there is.
func TestLargeTexts(t *testing.T) {
	for name, text := range large() {
		t.Run(name, func(t *testing.T) {
			err := parseWithin(t, text)
			var where *pipeline.Error
			if !errors.As(err, &where) {
				t.Fatalf("no error with a place: %v", err)
			}
			if len(where.Message) > 2000 {
				t.Errorf("a message of %d bytes", len(where.Message))
			}
		})
	}
}

// parseWithin parses a text, and fails the test if that takes more memory than it should.
func parseWithin(t *testing.T, text string) error {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := pipeline.Parse("p.yaml", []byte(text))
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 200<<20 {
		t.Errorf("%d bytes of text take %d MB", len(text), taken>>20)
	}
	return err
}

func TestNestingIsRefusedWhereItIsTooDeep(t *testing.T) {
	for text, want := range map[string]string{
		"streams: " + strings.Repeat("[", 30_000):                                       "p.yaml:1:74: this is nested more than 64 levels deep; a pipeline file has five",
		"# [[[\nstreams: " + strings.Repeat("{a: ", 64) + "x" + strings.Repeat("}", 64): "p.yaml:2:263: this is nested more than 64 levels deep; a pipeline file has five",
		indents(65): "p.yaml:65:66: this is nested more than 64 levels deep; a pipeline file has five",
	} {
		if _, err := pipeline.Parse("p.yaml", []byte(text)); err == nil || err.Error() != want {
			t.Errorf("%.40q…\n got %v\nwant %s", text, err, want)
		}
	}
}

// What looks nested in quotes, comments and texts of many lines is not.
func TestBracketsThatDontNest(t *testing.T) {
	brackets := strings.Repeat("[{", 100)
	for _, text := range []string{
		joined + "# " + brackets + "\n",
		joined + "window: 'a.t + len(\"" + brackets + "\")'\n",
		joined + "window: \"a.t + len('" + brackets + "')\"\n",
		joined + "window: |\n  a.t + len(\"" + brackets + "\")\n",
		joined + "window: a.t + len(\"" + brackets + "\")\n",
		joined + "emit:\n" + strings.Repeat("  # it's [\n", 100) + "  x: a.t\n",
	} {
		if _, err := pipeline.Parse("p.yaml", []byte(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestManyMembersThatAreFine(t *testing.T) {
	var text strings.Builder
	text.WriteString(joined + "emit:\n")
	for i := range 2000 {
		fmt.Fprintf(&text, "  m%d: a.t\n", i)
	}
	if err := parseWithin(t, text.String()); err != nil {
		t.Error(err)
	}
}

func TestByteOrderMark(t *testing.T) {
	if _, err := pipeline.Parse("p.yaml", []byte("\uFEFF"+joined)); err != nil {
		t.Error(err)
	}
	const want = `p.yaml:1:1: a pipeline file has no member "stream", did you mean streams?`
	if _, err := pipeline.Parse("p.yaml", []byte("\uFEFFstream: {}")); err == nil || err.Error() != want {
		t.Errorf("\n got %v\nwant %s", err, want)
	}
	for text, want := range map[string]string{
		"a: b\nä: \xFF": "p.yaml:2:4: this byte is not UTF-8; save the file as UTF-8",
		"a: b\n# ä\x00": "p.yaml:2:4: this is the control character U+0000, which a text doesn't have; is it a file of data?",
		"a: \"\u0085\"\t": "p.yaml:1:1: a pipeline file has no member \"a\": there is name, streams, master, join, window, output, emit, kafka, " +
			"where, unmatched, on_disorder, on_undecodable, on_error, dead_letter, concurrency, commit",
	} {
		if _, err := pipeline.Parse("p.yaml", []byte(text)); err == nil || err.Error() != want {
			t.Errorf("%q\n got %v\nwant %s", text, err, want)
		}
	}
	for _, text := range []string{"\xFF\xFEa\x00:\x00", "\xFE\xFF\x00a\x00:"} {
		if _, err := pipeline.Parse("p.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), "the text is UTF-16; save it as UTF-8") {
			t.Errorf("got %v", err)
		}
	}
}

func TestLargePipelineFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data.yaml")
	if err := os.WriteFile(path, []byte(strings.Repeat("- 1\n", 300_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := pipeline.Load(path); err == nil || !strings.Contains(err.Error(), "more than 256 KiB") {
		t.Errorf("got %v", err)
	}
}

// FuzzLargeTexts repeats whatever comes until the text is as long as a pipeline file may be: parsing it takes memory
// that is bounded, and never panics.
func FuzzLargeTexts(f *testing.F) {
	for _, part := range []string{"[", "{a: ", "- ", "? ", "a: ", "\"", "'", "\n", "<<", "(", "a: |\n b\n", "!a ", "# a\n", "\u00e9"} {
		f.Add("streams: ", part)
		f.Add("a: |\n ", part)
		f.Add(joined+"window: ", part)
	}
	f.Fuzz(func(t *testing.T, before, part string) {
		if part == "" || len(before)+len(part) > 1000 {
			return
		}
		err := parseWithin(t, before+strings.Repeat(part, 250_000/len(part)))
		var where *pipeline.Error
		if err != nil && !errors.As(err, &where) {
			t.Fatalf("the error has no place: %v", err)
		}
	})
}
