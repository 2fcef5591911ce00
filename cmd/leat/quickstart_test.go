package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestQuickstart does what docs/quickstart.md says, with the files and commands that it prints.
func TestQuickstart(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "quickstart.md"))
	if err != nil {
		t.Fatal(err)
	}
	w, commands := newWorkplace(t, nil), 0
	for _, block := range regexp.MustCompile("(?s)```(\\w+) ?([\\w.]*)\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		switch kind, name, text := block[1], block[2], block[3]; kind {
		case "csv":
			w.write(name, text)
		case "json":
			if diff := cmp.Diff(text, w.read(name)); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		case "sh":
			for line := range strings.Lines(text) {
				commands++
				var arguments []string
				for _, word := range regexp.MustCompile(`'([^']*)'|(\S+)`).FindAllStringSubmatch(line, -1) {
					arguments = append(arguments, word[1]+word[2])
				}
				if status, stdout, stderr := w.call("", arguments[1:]...); status != 0 {
					t.Errorf("%s: status %d, %s%s", line, status, stdout, stderr)
				}
			}
		}
	}
	if commands != 7 {
		t.Errorf("the page has %d commands", commands)
	}
	if got := strings.Count(w.read("all.jsonl"), "\n"); got != 4 {
		t.Errorf("%d results with those that weren't paid", got)
	}
}
