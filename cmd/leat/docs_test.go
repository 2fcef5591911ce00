package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// The documentation has every command and flag, and no others.
func TestTheDocumentedFlagsAreThoseThereAre(t *testing.T) {
	parser, err := (&app{stdout: io.Discard, stderr: io.Discard}).newParser()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join("..", "..", "docs", "pipeline.md"))
	if err != nil {
		t.Fatal(err)
	}
	page, flags := string(data), map[string]bool{}
	var look func(n *kong.Node)
	look = func(n *kong.Node) {
		for _, flag := range n.Flags {
			flags["--"+flag.Name] = true
			if flag.Name != "help" && !regexp.MustCompile("--"+flag.Name+"\\b").MatchString(page) {
				t.Errorf("docs/pipeline.md doesn't have --%s of %s", flag.Name, n.FullPath())
			}
		}
		if len(n.Children) == 0 && !strings.Contains(page, "`"+n.FullPath()) {
			t.Errorf("docs/pipeline.md doesn't have %s", n.FullPath())
		}
		for _, child := range n.Children {
			if child.Hidden {
				continue
			}
			look(child)
		}
	}
	look(parser.Model.Node)
	for _, path := range []string{
		"README.md", "docs/pipeline.md", "docs/explain.md", "docs/monitor.md", "docs/formats.md",
		"docs/errors.md", "docs/json.md", "docs/csv.md", "docs/parquet.md",
	} {
		text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(path)))
		if err != nil {
			t.Fatal(err)
		}
		for _, flag := range regexp.MustCompile(`[^-\w](--[a-z][a-z-]*)`).FindAllStringSubmatch(string(text), -1) {
			if !flags[flag[1]] {
				t.Errorf("%s has %s, which no command takes", path, flag[1])
			}
		}
	}
}
