package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/leat-go/leat/examples/joins"
)

// The pictures are those of today's data and results, and the page shows each.
func TestPicturesAreUpToDate(t *testing.T) {
	t.Chdir("..")
	page, err := os.ReadFile("../../docs/joins.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range joins.Kinds() {
		drawing, err := draw(kind)
		if err != nil {
			t.Fatal(err)
		}
		there, err := os.ReadFile("../../docs/joins/" + kind.Name + ".svg")
		if err != nil || !bytes.Equal(there, drawing) {
			t.Errorf("%s.svg isn't what is drawn today (%v): run go generate in examples/joins", kind.Name, err)
		}
		if !strings.Contains(string(page), "](joins/"+kind.Name+".svg)") {
			t.Errorf("docs/joins.md doesn't show %s.svg", kind.Name)
		}
	}
}
