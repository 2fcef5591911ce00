package pipeline_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// An entry of docs/errors.md is a message as it is printed there, with … for what differs from case to case.
type entry struct {
	text   string
	pieces []string       // what is between the …
	begins *regexp.Regexp // matches the messages that begin so
}

// indexed returns the entries of docs/errors.md: the code that a bullet begins with, up to its colon.
func indexed(t *testing.T) (page string, entries []entry) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "errors.md"))
	if err != nil {
		t.Fatal(err)
	}
	bullets := regexp.MustCompile("(?m)^- ((?:`[^`]+`(?:,\\s+)?)+):\\s+\\S").FindAllStringSubmatch(string(text), -1)
	for _, bullet := range bullets {
		for _, code := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(bullet[1], -1) {
			message := strings.Join(strings.Fields(code[1]), " ")
			entries = append(entries, entry{
				message, pieces(message),
				regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(message), "…", ".*")),
			})
		}
	}
	if all := strings.Count(string(text), "\n- `"); len(bullets) != all || all < 200 {
		t.Fatalf("of %d bullets %d have the form of an entry: its messages as code, and a colon", all, len(bullets))
	}
	return string(text), entries
}

// pieces cuts a message at what differs. A text in quotes differs as one without them does.
func pieces(message string) []string {
	message = regexp.MustCompile(`%[-+#.\d\[\]]*[a-zA-Z]`).ReplaceAllString(message, "…")
	message = strings.NewReplacer("%%", "%", `"…"`, "…").Replace(message)
	return slices.DeleteFunc(strings.Split(message, "…"), func(piece string) bool { return piece == "" })
}

// matches says whether the pieces of an entry are in a message, in their order.
func (e entry) matches(message string) bool {
	for _, piece := range e.pieces {
		_, rest, ok := strings.Cut(message, piece)
		if !ok {
			return false
		}
		message = rest
	}
	return true
}

// What a user may search for is on the page: each message that tests know, and each that the code makes of a pipeline file.
func TestErrorsAreInTheIndex(t *testing.T) {
	_, entries := indexed(t)
	for _, message := range tested(t) {
		if !slices.ContainsFunc(entries, func(e entry) bool { return e.begins.MatchString(message) }) {
			t.Errorf("docs/errors.md has no entry that begins as this message of the tests: %s", message)
		}
	}
	for _, folder := range []string{
		"internal/description", "internal/mill", "internal/format", "internal/storage", "internal/schemaregistry", "internal/object",
		"avro", "protobuf", "jsonschema", "postgres", "sqlite", "mysql", "rabbitmq", "nats", "redis",
	} {
		for place, message := range literals(t, folder, true) {
			words := strings.Join(pieces(message), "…")
			if len(words) > 16 && !slices.ContainsFunc(entries, func(e entry) bool { return e.matches(words) }) {
				t.Errorf("docs/errors.md has no entry for the message of %s: %s", place, message)
			}
		}
	}
}

// What is on the page is what the code says today.
func TestTheIndexOfErrorsIsThatOfToday(t *testing.T) {
	_, entries := indexed(t)
	said := slices.Collect(maps.Values(literals(t, "..", false)))
	for i, message := range said {
		said[i] = strings.Join(pieces(message), "…")
	}
	known := tested(t)
	for i, e := range entries {
		if slices.ContainsFunc(entries[:i], func(before entry) bool { return before.text == e.text }) {
			t.Errorf("docs/errors.md has this entry twice: %s", e.text)
		}
		if letters := len(strings.Join(e.pieces, "")); letters < 9 {
			t.Errorf("docs/errors.md has an entry with only %d letters that are fixed: %s", letters, e.text)
		}
		if !slices.ContainsFunc(said, e.matches) && !slices.ContainsFunc(known, e.begins.MatchString) {
			t.Errorf("docs/errors.md has a message that nothing says: %s", e.text)
		}
	}
}

// The files that the page shows as wrong are wrong in the way it says, and those beside them are right.
func TestTheShownMistakesAreMistakes(t *testing.T) {
	page, _ := indexed(t)
	wrong, right := 0, 0
	for _, block := range regexp.MustCompile("(?ms)^ *```yaml\n(.*?)^ *```").FindAllStringSubmatch(page, -1) {
		first, text, _ := strings.Cut(block[1], "\n")
		err := mistake(whole(text))
		switch message, isWrong := strings.CutPrefix(strings.TrimSpace(first), "# wrong: "); {
		case isWrong:
			wrong++
			if err == nil || !strings.Contains(err.Error(), message) {
				t.Errorf("%s\nis answered with %v\nand not with %s", text, err, message)
			}
		case strings.HasPrefix(first, "# right"):
			right++
			if err != nil {
				t.Errorf("%v\n%s", err, text)
			}
		default:
			t.Errorf("an example begins neither with # wrong: nor with # right: %s", first)
		}
	}
	if wrong < 8 || wrong != right {
		t.Errorf("there are %d wrong examples, and %d right ones", wrong, right)
	}
}

// whole adds to an example what it leaves out: two streams, a join of them, an output.
func whole(text string) string {
	text = strings.Join(regexp.MustCompile(`(?m)^\t`).Split(text, -1), "")
	for member, value := range map[string]string{
		"streams": "{orders: {file: orders.jsonl}, items: {file: items.jsonl}, joined: {file: joined.jsonl}}",
		"master":  "orders",
		"join":    `[{left: orders, right: items, on: "orders.time == items.time"}]`,
		"output":  "joined",
	} {
		if !regexp.MustCompile(`(?m)^` + member + `:`).MatchString(text) {
			text += "\n" + member + ": " + value + "\n"
		}
	}
	return text
}

// tested returns the messages that the tests of pipeline files know.
func tested(t *testing.T) (messages []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("*", "testdata", "messages.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, filepath.Join("testdata", "messages.txt")) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range regexp.MustCompile(`(?m)^>>> (?:p\.yaml:[0-9:]+ )?(.+)$`).FindAllStringSubmatch(string(text), -1) {
			messages = append(messages, line[1])
		}
	}
	if len(messages) < 150 {
		t.Fatalf("only %d messages were found", len(messages))
	}
	return messages
}

// literals returns the texts in the code below a folder, each under its place; with made only those that errors are made of.
func literals(t *testing.T, folder string, made bool) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(filepath.FromSlash(folder), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (slices.Contains([]string{"bench", "crashtest", "testdata", "storagetest", ".git"}, d.Name())) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && made {
				if name, ok := call.Fun.(*ast.SelectorExpr); ok && (name.Sel.Name == "Errorf" || name.Sel.Name == "New") {
					keep(found, files, call.Args)
				}
			}
			if e, ok := n.(ast.Expr); ok && !made {
				return !keep(found, files, []ast.Expr{e})
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// keep puts the first of some expressions under its place if it is a text.
func keep(found map[string]string, files *token.FileSet, expressions []ast.Expr) bool {
	if len(expressions) == 0 {
		return false
	}
	text, ok := textOf(expressions[0])
	if ok {
		at := files.Position(expressions[0].Pos())
		found[fmt.Sprintf("%s:%d:%d", at.Filename, at.Line, at.Column)] = text
	}
	return ok
}

// textOf returns the text that an expression is, with … for what is put between its parts.
func textOf(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		x, isX := textOf(e.X)
		y, isY := textOf(e.Y)
		if !isX {
			x = "…"
		}
		if !isY {
			y = "…"
		}
		return x + y, e.Op == token.ADD && (isX || isY)
	}
	return "", false
}
