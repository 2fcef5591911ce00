package expression

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/parser/lexer"
)

// parse parses an expression. expr's parser makes a float64 of every number with a point, and refuses what is beyond
// int64; therefore the text of such literals is taken from the source, and put into the tree by literals.resolve
// after the check.
func parse(source string, config *conf.Config) (*parser.Tree, literals, error) {
	literals := numbersIn(source)
	tree, err := parser.ParseWithConfig(literals.replace(source), config)
	if tree != nil {
		ast.Walk(&tree.Node, nullNames{})
	}
	return tree, literals, err
}

// nullNames makes of the name null what nil is: JSON and YAML call it so.
type nullNames struct{}

// Visit implements ast.Visitor.
func (nullNames) Visit(node *ast.Node) {
	if name, ok := (*node).(*ast.IdentifierNode); ok && name.Value == "null" {
		ast.Patch(node, &ast.NilNode{})
	}
}

// literals are the numbers of an expression that expr's parser would not take as they are, by their offset.
type literals map[int]literal

// A literal is a number in an expression.
type literal struct {
	Value
	text string
	// placeholder stands in its place for the parser, as long as the text.
	placeholder string
}

// numbersIn returns the literals of an expression; fewer where it has a mistake, which the parser reports then.
func numbersIn(source string) literals {
	tokens, _ := lexer.Lex(file.NewSource(source))
	found := literals{}
	for _, token := range tokens {
		if token.Kind != lexer.Number {
			continue
		}
		text := strings.ReplaceAll(token.Value, "_", "")
		if _, err := strconv.ParseInt(text, 0, 64); err == nil {
			continue
		}
		if l, ok := newLiteral(text); ok {
			l.text = token.Value
			l.placeholder += strings.Repeat(" ", len(token.Value)-len(l.placeholder))
			found[token.From] = l
		}
	}
	return found
}

func newLiteral(text string) (literal, bool) {
	if len(text) > 1 && strings.ContainsRune("xXbBoO", rune(text[1])) {
		// Without such a prefix a number is decimal, whatever zeros it begins with.
		n, ok := new(big.Int).SetString(text, 0)
		if !ok {
			return literal{}, false
		}
		return literal{Value: longValue(n, 0), placeholder: "0"}, true
	}
	v, plain, ok := parseNumber(text)
	v.written = plain
	placeholder := "0"
	if strings.ContainsAny(text, ".eE") {
		// The checker shall see a number that need not be whole.
		placeholder = ".0"
	}
	return literal{Value: v, placeholder: placeholder}, ok && v.form != beyond
}

// MarshalJSON makes the number readable in the text of a syntax tree.
func (l literal) MarshalJSON() ([]byte, error) { return l.appendNumber(nil, quotientDigits), nil }

// replace returns the source with placeholders in place of the literals.
func (l literals) replace(source string) string {
	if len(l) == 0 {
		return source
	}
	runes := []rune(source)
	for from, literal := range l {
		copy(runes[from:], []rune(literal.placeholder))
	}
	return string(runes)
}

// resolve puts the literals into the tree, as constants.
func (l literals) resolve(tree *parser.Tree) { ast.Walk(&tree.Node, l) }

// Visit implements ast.Visitor.
func (l literals) Visit(node *ast.Node) {
	found, ok := l[(*node).Location().From]
	if !ok {
		return
	}
	switch n := (*node).(type) {
	case *ast.FloatNode, *ast.IntegerNode:
		ast.Patch(node, &ast.ConstantNode{Value: found})
	case *ast.StringNode:
		// A number as the name of an object's member.
		n.Value = found.text
	}
}
