package joins_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/leat-go/leat/examples/joins"
	"github.com/leat-go/leat/pipeline"
	"github.com/leat-go/leat/pipeline/filesort"
)

// What docs/joins.md says of a kind of join is what comes out, by the mill as by the pipeline file.
func TestResultsAreThoseOfThePage(t *testing.T) {
	said := make(map[string]string)
	for _, block := range blocks(t, "<!-- results of (\\w+) -->\n```") {
		said[block[1]] = block[2]
	}
	kinds := joins.Kinds()
	if len(said) != len(kinds) {
		t.Errorf("the page has results of %d joins, not %d", len(said), len(kinds))
	}
	for _, kind := range kinds {
		t.Run(kind.Name, func(t *testing.T) {
			want := said[kind.Name]
			var ofMill, ofFile bytes.Buffer
			if err := kind.Run(t.Context(), &ofMill); err != nil || ofMill.String() != want {
				t.Errorf("the mill gives (%v)\n%swhere the page says\n%s", err, &ofMill, want)
			}
			file, err := pipeline.Load(kind.Name + ".yaml")
			if err != nil {
				t.Fatal(err)
			}
			err = file.Run(t.Context(), pipeline.Options{Stdout: &ofFile})
			if err != nil || ofFile.String() != want {
				t.Errorf("the pipeline file gives (%v)\n%swhere the page says\n%s", err, &ofFile, want)
			}
		})
	}
}

// What is out of order by 1 at most, leat sort puts in order.
func TestSortGivesTheOrderedQuotes(t *testing.T) {
	order, err := filesort.Compile("time", "1")
	if err != nil {
		t.Fatal(err)
	}
	sorted := filepath.Join(t.TempDir(), "sorted.jsonl")
	if _, err := order.Sort(t.Context(), "quotes-disordered.jsonl", sorted, filesort.Options{}); err != nil {
		t.Fatal(err)
	}
	got, want := read(t, sorted), read(t, "quotes.jsonl")
	if got != want {
		t.Errorf("sorted, the quotes are\n%snot\n%s", got, want)
	}
}

// Code and pipeline files on the page are parts of the files that it names.
func TestPageShowsRealCode(t *testing.T) {
	shown := blocks(t, "<!-- (examples/\\S+) -->\n```(?:go|yaml)")
	if len(shown) < 2*len(joins.Kinds()) {
		t.Errorf("the page shows only %d parts of files", len(shown))
	}
	for _, block := range shown {
		if !strings.Contains(unindented(read(t, "../../"+block[1])), unindented(strings.TrimSpace(block[2]))) {
			t.Errorf("%s has nothing like\n%s", block[1], block[2])
		}
	}
}

// unindented returns a text without tabs: how deep code lies doesn't matter.
func unindented(text string) string { return strings.ReplaceAll(text, "\t", "") }

// blocks returns the blocks of docs/joins.md behind what begins like this, and what its group matched.
func blocks(t *testing.T, begin string) [][]string {
	t.Helper()
	page := read(t, "../../docs/joins.md")
	return regexp.MustCompile("(?ms)^"+begin+"\n(.*?)^```$").FindAllStringSubmatch(page, -1)
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
