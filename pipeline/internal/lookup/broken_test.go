package lookup

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/mill"
)

// TestBroken: no stream is said to be broken where a key has its matches: else the whole pipeline is checked for why, which takes as
// long as the rest.
func TestBroken(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a.jsonl": "{\"t\":1}\n{\"t\":2}\n", "b.jsonl": "{\"t\":1}\n{\"t\":3}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, options := range []string{"", ", within: 0", ", need: optional", ", take: last, need: optional"} {
		d, err := description.Parse(filepath.Join(dir, "p.yaml"), []byte("streams: {a: {file: a.jsonl}, b: {file: b.jsonl}, "+
			"out: {file: out.jsonl}}\nmaster: a\noutput: out\njoin: [{left: a, right: b, on: a.t == b.t"+options+"}]\n"))
		if err != nil {
			t.Fatal(err)
		}
		m, err := mill.Build(d, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, of := range []struct {
			stream, key string
			isBroken    bool
		}{{"a", "1", false}, {"b", "1", false}, {"a", "2", true}} {
			e, err := Explain(t.Context(), m, slog.New(slog.DiscardHandler), of.stream, of.key, nil)
			if err != nil {
				t.Fatal(err)
			}
			isNeeded := !slices.Contains([]string{", need: optional", ", take: last, need: optional"}, options)
			if got := len(e.Broken) > 0; got != (of.isBroken && isNeeded) {
				t.Errorf("%s, %s of %s: %v is broken", options, of.key, of.stream, e.Broken)
			}
		}
	}
}
