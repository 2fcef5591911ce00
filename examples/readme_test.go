package examples_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whoever adds an example adds a line to the table, and a test.
func TestEveryExampleIsListedAndTested(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if !entry.IsDir() || name == "internal" {
			continue
		}
		if !strings.Contains(string(readme), "\n| ["+name+"]("+name+"/") {
			t.Errorf("README.md has no line for %s", name)
		}
		if tests, err := filepath.Glob(filepath.Join(name, "*_test.go")); err != nil || len(tests) == 0 {
			t.Errorf("%s has no test (%v)", name, err)
		}
	}
}
