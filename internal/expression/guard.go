package expression

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// misuse returns an error for a path whose use the scope knows to be a mistake. optional says that the expression
// provides for null there, by ?. or ??.
func (c *compiler) misuse(path []Step, counted, optional bool) error {
	guard, ok := c.scope.(Guard)
	if !ok {
		return nil
	}
	part, err := guard.Misuse(path, counted)
	if err != nil && part != "" && (optional || c.comparesWithNull(part)) {
		return nil
	}
	return err
}

// comparesWithNull reports whether the expression compares a part of itself, or what lies in it, with null. It isn't
// asked where that is and what follows from it: quotes == nil ? 0 : quotes.bid may be right, and is left to the run.
func (c *compiler) comparesWithNull(part string) bool {
	return slices.ContainsFunc(c.compared, func(text string) bool {
		rest, ok := strings.CutPrefix(text, part)
		return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

// comparedWithNull returns the parts of an expression that it compares with null.
func comparedWithNull(root ast.Node) []string {
	c := &nullComparisons{}
	ast.Walk(&root, c)
	return c.found
}

type nullComparisons struct{ found []string }

// Visit implements ast.Visitor.
func (c *nullComparisons) Visit(node *ast.Node) {
	n, ok := (*node).(*ast.BinaryNode)
	if !ok || n.Operator != "==" && n.Operator != "!=" {
		return
	}
	for _, sides := range [][2]ast.Node{{n.Left, n.Right}, {n.Right, n.Left}} {
		if _, isNull := sides[1].(*ast.NilNode); isNull {
			c.found = append(c.found, strings.ReplaceAll(sides[0].String(), "?.", "."))
		}
	}
}
