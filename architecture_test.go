package leat_test

import (
	"bytes"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/leat-go/leat"

// TestRoomsImportWhatIsBelow holds the rooms against the drawing in ARCHITECTURE.md: each imports only rooms on lines
// below its own.
func TestRoomsImportWhatIsBelow(t *testing.T) {
	line := make(map[string]int)
	for i, names := range drawnRooms(t) {
		for _, name := range names {
			line[name] = i
		}
	}
	if len(line) < 30 {
		t.Fatalf("the drawing has only %d rooms", len(line))
	}
	for name, above := range line {
		for _, imported := range imports(t, name) {
			if below, ok := line[imported]; ok && below <= above {
				t.Errorf("%s imports %s, which isn't below it", name, imported)
			}
		}
	}
}

// drawnRooms returns the rooms on each line of the drawing.
func drawnRooms(t *testing.T) (lines [][]string) {
	t.Helper()
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, drawing, found := strings.Cut(string(text), "never what is beside it:\n\n")
	if !found {
		t.Fatal("ARCHITECTURE.md has no drawing")
	}
	drawing, _, _ = strings.Cut(drawing, "\n\n")
	for line := range strings.Lines(drawing) {
		lines = append(lines, strings.Fields(line))
	}
	return lines
}

// TestRoomsAreDrawn finds rooms that the drawing doesn't have. Programs and what only tests and examples use needn't be
// in it.
func TestRoomsAreDrawn(t *testing.T) {
	drawn := slices.Concat(drawnRooms(t)...)
	for _, name := range rooms(t) {
		if !slices.Contains(drawn, name) {
			t.Errorf("%s isn't in ARCHITECTURE.md's drawing, above what it imports", name)
		}
	}
}

// rooms returns the folders of all packages but of those that needn't be drawn.
func rooms(t *testing.T) (names []string) {
	t.Helper()
	undrawn := regexp.MustCompile(`^(\.|bench|cmd|crashtest|examples|interop|tools|codec/(compare|internal/codectest)|` +
		`broker/internal/relation/relationtest|pipeline/internal/storage/storagetest|` +
		`internal/(deps|monitor/(browser|simulation)|[a-z]+server))(/|$)|/testdata(/|$)`)
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		if name := filepath.ToSlash(filepath.Dir(path)); !undrawn.MatchString(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
		return nil
	})
	if err != nil || len(names) < 30 {
		t.Fatalf("found %d rooms: %v", len(names), err)
	}
	return names
}

// TestDocumentsNameWhatIsThere finds names of Go files in the documents that no file has, or has any more.
func TestDocumentsNameWhatIsThere(t *testing.T) {
	var files []string
	if err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && filepath.Ext(path) == ".go" {
			files = append(files, "/"+filepath.ToSlash(path))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	documents, err := filepath.Glob("docs/*.md")
	if err != nil || len(documents) == 0 {
		t.Fatalf("no documents: %v", err)
	}
	named := regexp.MustCompile("`([a-zA-Z0-9_/]+\\.go)`")
	for _, document := range append(documents, "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md") {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range named.FindAllStringSubmatch(string(text), -1) {
			if !slices.ContainsFunc(files, func(file string) bool { return strings.HasSuffix(file, "/"+match[1]) }) {
				t.Errorf("%s names %s, which isn't there", document, match[1])
			}
		}
	}
}

// TestWhatRoomsDoNotReach checks what some packages must not reach, directly or through others.
func TestWhatRoomsDoNotReach(t *testing.T) {
	for name, unwanted := range map[string][]string{
		"leat":               {"internal/expression", "github.com/expr-lang/expr"},
		"internal/signature": {"broker", "internal/engine", "internal/declaration"},
		"internal/engine":    {"leat", "pipeline", "internal/declaration"},
	} {
		reached := make(map[string]string) // by which package
		reach(t, name, reached)
		for _, u := range unwanted {
			if by, ok := reached[u]; ok {
				t.Errorf("%s reaches %s, by %s", name, u, by)
			}
		}
	}
}

func reach(t *testing.T, name string, reached map[string]string) {
	t.Helper()
	for _, imported := range imports(t, name) {
		if _, ok := reached[imported]; ok {
			continue
		}
		reached[imported] = name
		if !strings.Contains(imported, ".") {
			reach(t, imported, reached)
		}
	}
}

// imports returns what a package of this module imports: packages of this module by their folder, the root by its name,
// and those of other modules by their path. The standard library is left out.
func imports(t *testing.T, name string) (imported []string) {
	t.Helper()
	folder := name
	if name == "leat" {
		folder = "."
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s has no files: %v", name, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			p, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			switch rest, ours := strings.CutPrefix(p, module+"/"); {
			case ours:
				p = rest
			case p == module:
				p = path.Base(module)
			case !strings.Contains(p, "."):
				continue
			}
			imported = append(imported, p)
		}
	}
	slices.Sort(imported)
	return slices.Compact(imported)
}

// TestFuzzingStartsNoServer finds fuzz targets beside a TestMain that starts a server. Each of a target's worker processes
// would start one, too, which holds the pipes that the fuzzer waits for: it waits for ever.
func TestFuzzingStartsNoServer(t *testing.T) {
	fuzzes := regexp.MustCompile(`(?m)^func Fuzz`)
	starts := regexp.MustCompile(`"` + module + `/internal/[a-z]+server"`)
	targets, servers := map[string]bool{}, map[string]bool{}
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		folder := filepath.Dir(path)
		targets[folder] = targets[folder] || fuzzes.Match(text)
		servers[folder] = servers[folder] || starts.Match(text) && bytes.Contains(text, []byte("func TestMain("))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for folder, fuzzed := range targets {
		if fuzzed && servers[folder] {
			t.Errorf("%s has fuzz targets and a TestMain that starts a server: put what is fuzzed in a package of its own", folder)
		}
	}
	if !targets[filepath.FromSlash("broker/rabbitmq/internal/amqp1")] || !servers[filepath.FromSlash("broker/rabbitmq")] {
		t.Error("the fuzz targets or the tests with servers that are known weren't found")
	}
}
