package joins_test

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/leat-go/leat/examples/joins"
	"github.com/leat-go/leat/pipeline"
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
			var ofMill, ofFile bytes.Buffer
			if err := kind.Run(t.Context(), &ofMill); err != nil {
				t.Fatal(err)
			}
			file, err := pipeline.Load(kind.Name + ".yaml")
			if err != nil {
				t.Fatal(err)
			}
			if err := file.Run(t.Context(), pipeline.Options{Stdout: &ofFile}); err != nil {
				t.Fatal(err)
			}
			if want := said[kind.Name]; ofMill.String() != want || ofFile.String() != want {
				t.Errorf("the mill gives\n%sthe pipeline file\n%swhere the page says\n%s", &ofMill, &ofFile, want)
			}
		})
	}
}

// Code and pipeline files on the page are parts of the files that it names.
func TestPageShowsRealCode(t *testing.T) {
	shown := blocks(t, "<!-- (examples/\\S+) -->\n```(?:go|yaml)")
	if len(shown) < 2*len(joins.Kinds()) {
		t.Errorf("the page shows only %d parts of files", len(shown))
	}
	for _, block := range shown {
		file, err := os.ReadFile("../../" + block[1])
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(file), strings.TrimSpace(block[2])) {
			t.Errorf("%s has nothing like\n%s", block[1], block[2])
		}
	}
}

// blocks returns the blocks of docs/joins.md behind what begins like this, and what its group matched.
func blocks(t *testing.T, begin string) [][]string {
	t.Helper()
	page, err := os.ReadFile("../../docs/joins.md")
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile("(?ms)^"+begin+"\n(.*?)^```$").FindAllStringSubmatch(string(page), -1)
}
