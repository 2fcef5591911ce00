package pipeline_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/pipeline"
)

// An element above max_element stops the run, with its place and what raises the limit; one of that size is read.
func TestMaxElement(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "a.jsonl")
	if err := os.WriteFile(data, []byte("{\"a\":1}\n{\"a\":\""+strings.Repeat("x", 3000)+"\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for limit, ok := range map[string]bool{"3008": true, "3007 B": false, "3KiB": true, "2KiB": false, "1MB": true, "3 kB": false} {
		text := "streams: {a: {file: a.jsonl, max_element: " + limit + "}, out: {file: \"-\"}}\nmaster: a\noutput: out\n"
		p, err := pipeline.Parse(filepath.Join(dir, "p.yaml"), []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		err = p.Run(t.Context(), pipeline.Options{Stdout: &bytes.Buffer{}})
		if ok {
			if err != nil {
				t.Errorf("%s: %v", limit, err)
			}
			continue
		}
		if !errors.Is(err, broker.ErrTooLarge) || !strings.HasPrefix(err.Error(), data+":2:1 ") ||
			!strings.Contains(err.Error(), "raise that with max_element: ") {
			t.Errorf("%s: %v", limit, err)
		}
	}
}

// An element that is nested without end is refused at its place: what reads it goes as deep as it is nested.
func TestDeepElement(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "a.jsonl")
	p, err := pipeline.Parse(filepath.Join(dir, "p.yaml"), []byte("streams: {a: {file: a.jsonl}, out: {file: \"-\"}}\nmaster: a\noutput: out\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ open, end string }{{"[", "]"}, {`{"x":`, "}"}} {
		for depth, ok := range map[int]bool{9_000: true, 40_000: false, 5_000_000: false} {
			text := "{\"a\":1}\n{\"a\":" + strings.Repeat(c.open, depth) + "1" + strings.Repeat(c.end, depth) + "}\n"
			if err := os.WriteFile(data, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			err := p.Run(t.Context(), pipeline.Options{Stdout: &bytes.Buffer{}, Logger: slog.New(slog.DiscardHandler)})
			if ok != (err == nil) || !ok && (!strings.HasPrefix(err.Error(), data+":2:") || !strings.Contains(err.Error(), "10000")) {
				t.Errorf("%q %d deep: %.200v", c.open, depth, err)
			}
		}
	}
}
