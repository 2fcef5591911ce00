package mill

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/expr-lang/expr/ast"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/internal/exprkeys"
	"github.com/leat-go/leat/internal/keys"
	"github.com/leat-go/leat/internal/suggest"
	"github.com/leat-go/leat/pipeline/internal/description"
)

// compileKeys compiles what a join says; streams are the names of all nodes.
func (n *Node) compileKeys(streams []string) (err error) {
	join := n.Join
	if n.Left, n.Right, err = n.compilePair(condition{"on", join.On}, streams); err != nil {
		return err
	}
	n.On = n.Left.String() + " == " + n.Right.String()
	if w := join.Within; join.HasReach() {
		if err := expression.CheckReach(n.Left, n.Right, w.Unit); err != nil {
			return w.At.Errorf("%v", err)
		}
	}
	n.options = keys.Options{Unique: join.Unique, Unequal: join.Unequal, Take: join.Take, Need: join.Need,
		Within: withinOf(join.Within), IsNamed: true}
	for _, by := range join.By {
		left, right, err := n.compilePair(condition{"by", by}, streams)
		if err != nil {
			return err
		}
		key := keys.MatchKey{Text: left.String() + " == " + right.String()}
		if err := exprkeys.SetMatchKey(&key, left, right); err != nil {
			return by.Errorf("%v", err)
		}
		n.By = append(n.By, MatchKey{left, right})
		n.options.By = append(n.options.By, key)
	}
	if err = n.options.Check(); err == nil {
		n.newEdge, err = exprkeys.Edge(n.Left, n.Right, &n.options)
	}
	if err != nil {
		return join.On.Errorf("%v", err)
	}
	return nil
}

// withinOf returns a reach as package keys has it; nil for none.
func withinOf(w *description.Within) *keys.Within {
	if w == nil {
		return nil
	}
	of := func(b description.Bound) any {
		switch {
		case b.Any:
			return keys.Any
		case b.Distance.IsZero():
			return 0
		}
		return b.Distance
	}
	return &keys.Within{Before: of(w.Before), After: of(w.After)}
}

// compilePair compiles the two sides of a condition.
func (n *Node) compilePair(c condition, streams []string) (left, right *expression.Program, err error) {
	sides, err := n.split(c)
	if err != nil {
		return nil, nil, err
	}
	owners := [2]*Node{}
	for i := range sides {
		if owners[i], err = n.owner(sides[i], streams); err != nil {
			return nil, nil, err
		}
	}
	if owners[0] == owners[1] {
		return nil, nil, c.Errorf("both sides of == are about %q: one must be about %q, the other about %q", owners[0].Name,
			n.Parent.Name, n.Name)
	}
	for i, side := range sides {
		program, err := expression.Compile(side.text, owners[i].Scope())
		if err != nil {
			return nil, nil, c.Locate(err, side.offset)
		}
		if owners[i] == n {
			right = program
		} else {
			left = program
		}
	}
	for _, p := range []*expression.Program{left, right} {
		if c.member == "by" && (p.Kind() == expression.Other || p.Kind() == expression.Null) {
			return nil, nil, c.Errorf("%s is %s, which can't be a match key: give a number, a text, true or false, or a time",
				p, p.Kind())
		}
	}
	if err := expression.CheckPair(left, right); err != nil {
		return nil, nil, c.Errorf("%v", err)
	}
	return left, right, nil
}

// A condition is a text with an == between two keys, and the name of the member that it is: on or by.
type condition struct {
	member string
	description.Text
}

// A side is one side of a condition.
type side struct {
	on     description.Text
	offset int
	text   string
	names  []*ast.IdentifierNode
}

// split splits a condition at its ==.
func (n *Node) split(c condition) (sides [2]side, err error) {
	source := []rune(c.Value)
	if strings.TrimSpace(c.Value) == "" {
		return sides, c.Errorf("%s", n.form(c))
	}
	root, err := expression.Parse(c.Value)
	if err != nil {
		return sides, c.Locate(err, 0)
	}
	equals, ok := root.(*ast.BinaryNode)
	if !ok || equals.Operator != "==" {
		return sides, n.otherwise(c, root)
	}
	at := equals.Location().From
	unwrap(source, at)
	for i, bounds := range [2][2]int{{0, at}, {at + len("=="), len(source)}} {
		half := string(source[bounds[0]:bounds[1]])
		lead := len([]rune(half)) - len([]rune(strings.TrimLeft(half, " \t\r\n")))
		sides[i] = side{on: c.Text, offset: bounds[0] + lead, text: strings.TrimSpace(half)}
	}
	sides[0].names, sides[1].names = namesIn(equals.Left), namesIn(equals.Right)
	return sides, nil
}

// form says what a condition is.
func (n *Node) form(c condition) string {
	example := n.Parent.Name + ".time + 10 == " + n.Name + ".time"
	if c.member == "by" {
		example = n.Parent.Name + ".id == " + n.Name + ".id"
	}
	return fmt.Sprintf("%s must compare two keys by one ==, as in %q", c.member, example)
}

// otherwise says what to do instead of a condition that isn't one ==.
func (n *Node) otherwise(c condition, root ast.Node) error {
	operator, instead := "", ""
	switch x := root.(type) {
	case *ast.BinaryNode:
		operator = x.Operator
	case *ast.UnaryNode:
		operator = x.Operator
	}
	switch operator {
	case "<", "<=", ">", ">=":
		instead = fmt.Sprintf("keys that are near each other match by a reach, as in on: %q with within: {before: 10}, "+
			"or within: {before: 10s} where they are times", n.Parent.Name+".time == "+n.Name+".time")
	case "and", "&&":
		instead = fmt.Sprintf("keep in on the condition that both streams are in the order of, and give each other one in "+
			"by, as in by: [%q]", n.Parent.Name+".id == "+n.Name+".id")
	case "or", "||":
		instead = "write a pipeline file for each of the conditions"
	case "!=", "not", "!":
		instead = "need: absent leaves those elements that have no match, and equal: false with a reach takes no equal " +
			"keys for matches"
	default:
		return c.Errorf("%s", n.form(c))
	}
	return c.ErrorAt(root.Location().From, "streams are joined where two keys are equal, by one ==, "+
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
	names := &nameCollector{calls: map[ast.Node]bool{}}
	ast.Walk(&node, names)
	return slices.DeleteFunc(names.found, func(n *ast.IdentifierNode) bool { return names.calls[n] })
}

type nameCollector struct {
	found []*ast.IdentifierNode
	// calls are the names of functions.
	calls map[ast.Node]bool
}

// Visit implements ast.Visitor.
func (c *nameCollector) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		c.found = append(c.found, n)
	case *ast.CallNode:
		c.calls[n.Callee] = true
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
