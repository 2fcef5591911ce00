package mill

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/expr-lang/expr/ast"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/internal/suggest"
	"github.com/leat-go/leat/pipeline/internal/description"
)

// compileKeys compiles the two sides of a join's condition; streams are the names of all nodes.
func (n *Node) compileKeys(streams []string) error {
	on := n.Join.On
	sides, err := n.split(on)
	if err != nil {
		return err
	}
	owners := [2]*Node{}
	for i := range sides {
		if owners[i], err = n.owner(sides[i], streams); err != nil {
			return err
		}
	}
	if owners[0] == owners[1] {
		return on.Errorf("both sides of == are about %q: one must be about %q, the other about %q", owners[0].Name,
			n.Parent.Name, n.Name)
	}
	for i, side := range sides {
		program, err := expression.Compile(side.text, owners[i].Scope())
		if err != nil {
			return on.Locate(err, side.offset)
		}
		if owners[i] == n {
			n.Right = program
		} else {
			n.Left = program
		}
	}
	if err := expression.CheckPair(n.Left, n.Right); err != nil {
		return on.Errorf("%v", err)
	}
	n.On = n.Left.String() + " == " + n.Right.String()
	return nil
}

// A side is one side of a join's condition.
type side struct {
	on     description.Text
	offset int
	text   string
	names  []*ast.IdentifierNode
}

// split splits a condition at its ==.
func (n *Node) split(on description.Text) (sides [2]side, err error) {
	source := []rune(on.Value)
	if strings.TrimSpace(on.Value) == "" {
		return sides, on.Errorf("%s", n.form())
	}
	root, err := expression.Parse(on.Value)
	if err != nil {
		return sides, on.Locate(err, 0)
	}
	equals, ok := root.(*ast.BinaryNode)
	if !ok || equals.Operator != "==" {
		return sides, n.otherwise(on, root)
	}
	at := equals.Location().From
	unwrap(source, at)
	for i, bounds := range [2][2]int{{0, at}, {at + len("=="), len(source)}} {
		half := string(source[bounds[0]:bounds[1]])
		lead := len([]rune(half)) - len([]rune(strings.TrimLeft(half, " \t\r\n")))
		sides[i] = side{on: on, offset: bounds[0] + lead, text: strings.TrimSpace(half)}
	}
	sides[0].names, sides[1].names = namesIn(equals.Left), namesIn(equals.Right)
	return sides, nil
}

// form says what a condition is.
func (n *Node) form() string {
	return fmt.Sprintf("on must compare two keys by one ==, as in %q", n.Parent.Name+".time + 10 == "+n.Name+".time")
}

// otherwise says what to do instead of a condition that isn't one ==.
func (n *Node) otherwise(on description.Text, condition ast.Node) error {
	operator, instead := "", ""
	switch c := condition.(type) {
	case *ast.BinaryNode:
		operator = c.Operator
	case *ast.UnaryNode:
		operator = c.Operator
	}
	switch operator {
	case "<", "<=", ">", ">=":
		instead = fmt.Sprintf("keys that are near each other are made equal by the steps that both lie in, as in %q",
			"floor("+n.Parent.Name+".time / 10) == floor("+n.Name+".time / 10)")
	case "and", "&&":
		instead = fmt.Sprintf("keep the condition that both streams are in the order of, and choose among its matches in "+
			"emit, as by %q", "filter("+n.Name+", .id == "+n.Parent.Name+".id)")
	case "or", "||":
		instead = "write a pipeline file for each of the conditions"
	case "!=", "not", "!":
		instead = "which elements have no match is told by leat.OnUnmatched, in Go"
	default:
		return on.Errorf("%s", n.form())
	}
	return on.ErrorAt(condition.Location().From, "streams are joined where two keys are equal, by one ==, "+
		"and not by %q: %s", operator, instead)
}

// unwrap blanks parentheses around a whole condition whose == is at an offset: (a.x == b.y).
func unwrap(source []rune, at int) {
	for first, last := 0, len(source)-1; first < at && last > at; {
		switch {
		case unicode.IsSpace(source[first]):
			first++
		case unicode.IsSpace(source[last]):
			last--
		case source[first] != '(' || source[last] != ')':
			return
		default:
			if _, err := expression.Parse(string(source[:at])); err == nil {
				return // they belong to the two sides
			}
			source[first], source[last] = ' ', ' '
		}
	}
}

// namesIn returns the names that a part of an expression uses.
func namesIn(node ast.Node) []*ast.IdentifierNode {
	names := &nameCollector{}
	ast.Walk(&node, names)
	return names.found
}

type nameCollector struct{ found []*ast.IdentifierNode }

// Visit implements ast.Visitor.
func (c *nameCollector) Visit(node *ast.Node) {
	if n, ok := (*node).(*ast.IdentifierNode); ok {
		c.found = append(c.found, n)
	}
}

// owner returns the node whose elements a side is about; streams are the names of all nodes.
func (n *Node) owner(s side, streams []string) (*Node, error) {
	var left, right bool
	both := []string{n.Parent.Name, n.Name}
	for _, name := range s.names {
		left = left || name.Value == n.Parent.Name
		right = right || name.Value == n.Name
		if slices.Contains(streams, name.Value) && !slices.Contains(both, name.Value) {
			return nil, s.errorAt(name, "this join is between %s and %s, so it can't use %s", n.Parent.Name, n.Name, name.Value)
		}
	}
	switch {
	case left && right:
		return nil, s.on.ErrorAt(s.offset, "%s uses both %s and %s: each side of == must be about one of them", s.text,
			n.Parent.Name, n.Name)
	case left:
		return n.Parent, nil
	case right:
		return n, nil
	}
	for _, name := range s.names {
		if suggestion := suggest.Name(name.Value, both); suggestion != "" {
			return nil, s.errorAt(name, "unknown name %s%s", name.Value, suggestion)
		}
	}
	return nil, s.on.ErrorAt(s.offset, "%s names neither %s nor %s: each side of == must be about one of them", s.text,
		n.Parent.Name, n.Name)
}

func (s side) errorAt(node ast.Node, format string, arguments ...any) error {
	return s.on.ErrorAt(node.Location().From, format, arguments...)
}
