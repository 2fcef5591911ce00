package pipeline_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leat-go/leat/pipeline"
)

// A bigFile is a stream that is large enough to be bisected, in one of the forms that files have.
type bigFile struct {
	keys []int
	form string // lines, list, or printed: a list whose objects go over several lines
}

func (f bigFile) text(random *rand.Rand) []byte {
	var text bytes.Buffer
	if f.form != "lines" {
		text.WriteString("[\n")
	}
	padding := strings.Repeat("x", 350+random.IntN(200))
	for i, key := range f.keys {
		object := fmt.Sprintf(`{"t":%d,"note":"%s{\"t\":%d}"}`, key, padding[:random.IntN(len(padding))], random.IntN(1e6))
		if f.form == "printed" {
			object = fmt.Sprintf("{\n  \"t\": %d,\n  \"in\":\n{\"t\":%d},\n  \"note\": \"%s\"\n}", key, key/3, padding)
		}
		text.WriteString(object)
		switch {
		case f.form == "lines" && random.IntN(50) == 0:
			text.WriteString("\r\n \n")
		case f.form == "lines":
			text.WriteString("\n")
		case i < len(f.keys)-1:
			text.WriteString(",\n")
		default:
			text.WriteString("\n]\n")
		}
	}
	return text.Bytes()
}

// write writes the file, and once more compressed, so that it is read from its beginning.
func (f bigFile) write(t *testing.T, random *rand.Rand, dir, name string) {
	t.Helper()
	text := f.text(random)
	if len(text) < 1<<20 {
		t.Fatalf("%d bytes are too few", len(text))
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string][]byte{name: text, name + ".gz": packed.Bytes()} {
		if err := os.WriteFile(filepath.Join(dir, path), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestExplainBisectsFiles asks the same of large files, which are bisected, and of the same files compressed, which are
// read from their beginning: the answers must be the same, to the line.
func TestExplainBisectsFiles(t *testing.T) {
	skipLong(t)
	for seed := range uint64(12) {
		random := rand.New(rand.NewPCG(seed, 3))
		form := []string{"lines", "list", "printed"}[seed%3]
		disorder := []string{"", "", "two runs", "swap"}[seed/3]
		t.Run(fmt.Sprintf("%d %s %s", seed, form, disorder), func(t *testing.T) {
			dir := t.TempDir()
			name := "a.json"
			if form == "lines" {
				name = "a.jsonl"
			}
			var keys, matches []int
			key := 0
			for range 7000 {
				key += random.IntN(4) * random.IntN(3)
				keys = append(keys, key)
				if random.IntN(10) > 0 && key < 9*7000/4 {
					matches = append(matches, key)
				}
			}
			var ask []int
			for range 5 {
				ask = append(ask, random.IntN(key))
			}
			ask = append(ask, -1, keys[0], key, key+1)
			switch disorder {
			case "two runs":
				keys = slices.Concat(keys[4000:], keys[:4000])
			case "swap":
				at := 2000 + random.IntN(3000)
				keys[at], keys[at+20] = keys[at+20]+1, keys[at]
				ask = []int{keys[at], keys[at+1], keys[at+20]}
			}
			bigFile{keys, form}.write(t, random, dir, name)
			bigFile{matches, form}.write(t, random, dir, strings.Replace(name, "a", "b", 1))
			for _, key := range ask {
				var answers [2]string
				for i, packed := range []string{"", ".gz"} {
					p, err := pipeline.Parse(filepath.Join(dir, "p.yaml"), fmt.Appendf(nil, "streams: {a: {file: %s%s}, b: {file: %s%s}, "+
						"out: {file: o.jsonl}}\nmaster: a\noutput: out\njoin: [{left: a, right: b, on: a.t == b.t}]",
						name, packed, strings.Replace(name, "a", "b", 1), packed))
					if err != nil {
						t.Fatal(err)
					}
					explanation, err := p.Explain(t.Context(), quiet(), pipeline.About{Key: fmt.Sprint(key)})
					if err != nil {
						t.Fatal(err)
					}
					// What is said of the whole join is of its samples, and a compressed file's end isn't in them.
					explanation.Findings = nil
					answers[i] = strings.ReplaceAll(explanation.String(), ".gz", "")
				}
				if diff := cmp.Diff(answers[1], answers[0]); diff != "" {
					t.Errorf("key %d: %s", key, diff)
				}
			}
		})
	}
}
