package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// The pictures are those of today's data and results, and the page shows each.
func TestPicturesAreUpToDate(t *testing.T) {
	t.Chdir("..")
	page, err := os.ReadFile("../../docs/joins.md")
	if err != nil {
		t.Fatal(err)
	}
	drawings, err := drawAll()
	if err != nil {
		t.Fatal(err)
	}
	for name, drawing := range drawings {
		there, err := os.ReadFile("../../docs/joins/" + name + ".svg")
		if err != nil || !bytes.Equal(there, drawing) {
			t.Errorf("%s.svg isn't what is drawn today (%v): run go generate in examples/joins", name, err)
		}
		if !strings.Contains(string(page), "](joins/"+name+".svg)") {
			t.Errorf("docs/joins.md doesn't show %s.svg", name)
		}
	}
}
