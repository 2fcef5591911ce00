package diagnosis

import (
	"math/big"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/leat-go/leat/internal/expression"
)

// termOf returns an expression as a term of a sum: in parentheses where it needs them.
func termOf(text string) string { return operand(text, "+", "-", "*", "/", "%", "**") }

// factorOf returns an expression as a factor of a product.
func factorOf(text string) string { return operand(text, "*") }

func operand(text string, allowed ...string) string {
	root, err := expression.Parse(text)
	if err != nil {
		return "(" + text + ")"
	}
	switch n := root.(type) {
	case *ast.IdentifierNode, *ast.MemberNode, *ast.ChainNode, *ast.CallNode, *ast.BuiltinNode, *ast.IntegerNode,
		*ast.FloatNode:
		return text
	case *ast.BinaryNode:
		if slices.Contains(allowed, n.Operator) {
			return text
		}
	}
	return "(" + text + ")"
}

// decimal writes a number as an expression has it.
func decimal(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	if n, exact := r.FloatPrec(); exact {
		return r.FloatString(n)
	}
	return r.FloatString(9)
}

// grouped writes a whole number with commas.
func grouped(number string) string {
	for i := len(number) - 3; i > 0 && !strings.Contains(number, "."); i -= 3 {
		number = number[:i] + "," + number[i:]
	}
	return number
}
