package expression_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/expr-lang/expr/builtin"

	"github.com/leat-go/leat/internal/expression"
)

// TestPage evaluates the examples of docs/expressions.md, and finds every function in it: one that expr gets with another
// version, too.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/expressions.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := map[string]bool{}
	for _, match := range regexp.MustCompile("(?m)^\\| `([^`]+)` → `([^`]+)` \\|").FindAllStringSubmatch(string(page), -1) {
		source := strings.ReplaceAll(match[1], `\|`, "|")
		expectJSON(t, source, values{}, match[2])
		for _, name := range regexp.MustCompile(`\w+\(`).FindAllString(source, -1) {
			examples[strings.TrimSuffix(name, "(")] = true
		}
	}
	if len(examples) < 50 {
		t.Fatalf("only %d functions have examples", len(examples))
	}
	_, refused, _ := strings.Cut(string(page), "## What is refused")
	for _, name := range append([]string{"epoch", "record"}, builtin.Names...) {
		isRefused := strings.Contains(refused, "`"+name+"()`")
		switch {
		case isRefused:
			if _, err := expression.Compile(name+"()", values{}); err == nil || !strings.Contains(err.Error(), "refused") {
				t.Errorf("the page says that %s is refused, and it isn't: %v", name, err)
			}
		case name == "record":
			if !strings.Contains(string(page), "`record(trades)`") {
				t.Error("the page lacks record")
			}
		case !examples[name]:
			t.Errorf("the page has no example of %s", name)
		}
	}
}
