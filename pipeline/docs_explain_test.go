package pipeline_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
)

// What docs/explain.md shows of near keys is what explain says of the files that it shows.
func TestTheShownExplanations(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "explain.md"))
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string) string {
		found := regexp.MustCompile("(?ms)^```" + kind + "\n(.*?)^```").FindSubmatch(page)
		if found == nil {
			t.Fatalf("there is no block of %s", kind)
		}
		return strings.ReplaceAll(string(found[1]), "\r\n", "\n")
	}
	files := map[string]string{}
	name := ""
	for line := range strings.Lines(block("json")) {
		if strings.HasPrefix(line, "{") {
			files[name] += line
		} else {
			name = strings.TrimSpace(line)
		}
	}
	p, err := pipeline.Parse(filepath.Join(folder(t, files), "p.yaml"), []byte(block("yaml")))
	if err != nil {
		t.Fatal(err)
	}
	asked := strings.Split("\n"+block("console"), "\n$ leat explain p.yaml ")[1:]
	for _, text := range asked {
		command, want, _ := strings.Cut(text, "\n")
		var about pipeline.About
		words := strings.Fields(command)
		for i := 0; i+1 < len(words); i += 2 {
			switch words[i] {
			case "--key":
				about.Key = words[i+1]
			case "--stream":
				about.Stream = words[i+1]
			}
		}
		explanation, err := p.Explain(t.Context(), quiet(), about)
		if err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		var got []string
		for _, partition := range explanation.Partitions {
			got = append(got, partition.Sentences...)
		}
		want = strings.TrimSpace(want)
		if text := regexp.MustCompile(`of \S*/`).ReplaceAllString(strings.Join(got, "\n"), "of "); text != want {
			t.Errorf("%s: got\n%s\nwant\n%s", command, text, want)
		}
	}
	if len(asked) < 3 {
		t.Errorf("%d explanations are shown", len(asked))
	}
}
