package examples_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
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

// README.md says which Go is needed, and no module asks for a later one.
func TestNoModuleNeedsALaterGoThanREADMESays(t *testing.T) {
	root := os.DirFS("..")
	readme, err := fs.ReadFile(root, "README.md")
	if err != nil {
		t.Fatal(err)
	}
	said := regexp.MustCompile(`It needs Go ([0-9]+\.[0-9]+),`).FindSubmatch(readme)
	if said == nil {
		t.Fatal("README.md doesn't say which Go is needed")
	}
	for _, module := range []string{".", "bench", "codec/compare", "internal/monitor/browser", "tools"} {
		file, err := fs.ReadFile(root, path.Join(module, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		asked := regexp.MustCompile(`(?m)^go (\S+)$`).FindSubmatch(file)
		if asked == nil || string(asked[1]) != string(said[1])+".0" {
			t.Errorf("the module in %s asks for %q, but README.md says that Go %s is enough", module, asked, said[1])
		}
	}
}

// What README.md shows as a part of a file, by the line <!-- FILE --> before the block, is there.
func TestREADMEShowsRealCode(t *testing.T) {
	root := os.DirFS("..")
	readme, err := fs.ReadFile(root, "README.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("(?ms)^<!-- (\\S+\\.go) -->\n```go\n(.*?)^```$").FindAllStringSubmatch(string(readme), -1)
	if len(shown) == 0 {
		t.Fatal("README.md shows no code of a file")
	}
	for _, block := range shown {
		code, err := fs.ReadFile(root, block[1])
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(code), block[2]) {
			t.Errorf("%s has nothing like\n%s", block[1], block[2])
		}
	}
}

// What docs/storages.md shows as a pipeline file is one of examples/shop, which are run by the tests there.
func TestStoragesShowRealPipelines(t *testing.T) {
	root := os.DirFS("..")
	page, err := fs.ReadFile(root, "docs/storages.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Count(string(page), "```yaml\n")
	block := regexp.MustCompile("(?ms)^<!-- (examples/shop/\\S+\\.yaml) -->\n```yaml\n(.*?)^```$")
	shown := block.FindAllStringSubmatch(string(page), -1)
	if len(shown) == 0 || len(shown) != blocks {
		t.Fatalf("%d of %d pipeline files are of examples/shop", len(shown), blocks)
	}
	for _, block := range shown {
		file, err := fs.ReadFile(root, block[1])
		if err != nil {
			t.Fatal(err)
		}
		if string(file) != block[2] {
			t.Errorf("%s isn't what docs/storages.md shows", block[1])
		}
	}
}
