package expression

import (
	"errors"
	"reflect"
	"slices"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
)

// This file has expr's checker look at an expression, and hides from it what it would refuse though it comes out here.

// check checks the names and types of an expression as it was written.
func (p *Program) check(tree *parser.Tree, config *conf.Config, scope Scope) error {
	var names []string
	for name := range scope.Types() {
		names = append(names, name)
	}
	if err := checkNames(p.source, tree.Node, names); err != nil {
		return err
	}
	if err := checkOverloads(p.source, tree.Node); err != nil {
		return err
	}
	remainders := new(remainders)
	ast.Walk(&tree.Node, remainders)
	comparisons, own := new(comparisons), new(ownCalls)
	ast.Walk(&tree.Node, own)
	own.hide()
	t, err := checker.Check(tree, config)
	for err != nil && comparisons.hide(tree.Node, err) {
		t, err = checker.Check(tree, config)
	}
	remainders.restore()
	comparisons.restore()
	own.restore()
	if err != nil {
		return explain(p.source, tree.Node, err)
	}
	p.kind = checkedKind(t)
	return nil
}

// checkedKind returns the kind of a type that the checker has found. A duration there is one, whereas a field of that
// type is the number that it is in JSON.
func checkedKind(t reflect.Type) Kind {
	if t == reflect.TypeFor[time.Duration]() {
		return Duration
	}
	return kindOf(t)
}

// remainders hides the operator % from expr's checker, which has it for integers only.
type remainders struct{ nodes []*ast.BinaryNode }

// Visit implements ast.Visitor.
func (r *remainders) Visit(node *ast.Node) {
	if n, ok := (*node).(*ast.BinaryNode); ok && n.Operator == "%" {
		n.Operator = "-"
		r.nodes = append(r.nodes, n)
	}
}

func (r *remainders) restore() {
	for _, n := range r.nodes {
		n.Operator = "%"
	}
}

// comparisons hides from expr's checker what is compared with values of another Go type that are of the same kind
// here: the month of a time with a number, and the object of groupBy with another object.
type comparisons struct {
	nodes []*ast.BinaryNode
	lefts []ast.Node
}

// hide puts nil in place of the left operand of the comparison that the checker's error is about, as everything may
// be compared with that; false where the error is about something else. The operand was found right before its
// comparison wasn't.
func (c *comparisons) hide(root ast.Node, err error) bool {
	var where *file.Error
	if !errors.As(err, &where) {
		return false
	}
	finder := &nodeFinder{offset: where.From}
	ast.Walk(&root, finder)
	n := finder.operation
	if n == nil || !comparable(n) {
		return false
	}
	c.nodes, c.lefts = append(c.nodes, n), append(c.lefts, n.Left)
	hidden := &ast.NilNode{}
	hidden.SetLocation(n.Left.Location())
	n.Left = hidden
	return true
}

// comparable reports whether a comparison is one of values of the same kind.
func comparable(n *ast.BinaryNode) bool {
	switch n.Operator {
	case "==", "!=":
		return sameKind(n.Left, n.Right)
	case "in":
		list, ok := n.Right.(*ast.ArrayNode)
		return ok && !slices.ContainsFunc(list.Nodes, func(item ast.Node) bool { return !sameKind(n.Left, item) })
	}
	return false
}

// sameKind reports whether the kinds of two nodes are known and the same.
func sameKind(a, b ast.Node) bool {
	left, right := a.Type(), b.Type()
	if left == nil || right == nil {
		return false
	}
	kind := checkedKind(left)
	if kind == Other {
		return isObjectType(left) && isObjectType(right)
	}
	return kind != Unknown && kind == checkedKind(right)
}

func isObjectType(t reflect.Type) bool { return t.Kind() == reflect.Map || t.Kind() == reflect.Struct }

func (c *comparisons) restore() {
	for i, n := range c.nodes {
		n.Left = c.lefts[i]
	}
}

// maxOverloads bounds how often expr's checker may look at a part of an expression: a few seconds.
const maxOverloads = 1 << 22

// overloads counts how often the checker looks at the arguments of calls. It does so once for each form that a
// function has: a replace in a replace in a replace eight times. So a call that is nested deeply enough would never
// be done with.
type overloads struct {
	// looks are those at the arguments of a call, with all that is in them.
	looks map[ast.Node]int
	// deep is the first call that would take too long; nil where none does.
	deep *ast.BuiltinNode
}

func checkOverloads(source string, root ast.Node) *Error {
	o := &overloads{looks: map[ast.Node]int{}}
	ast.Walk(&root, o)
	if o.deep == nil {
		return nil
	}
	return newError(source, o.deep.Location().From, "%s is nested too deeply: give a name to what is in it, by let",
		o.deep.Name)
}

// Visit implements ast.Visitor. What is in a call comes before it.
func (o *overloads) Visit(node *ast.Node) {
	call, ok := (*node).(*ast.BuiltinNode)
	if !ok || o.deep != nil {
		return
	}
	inner := &mostLooks{o: o, looks: 1}
	for i := range call.Arguments {
		ast.Walk(&call.Arguments[i], inner)
	}
	looks := inner.looks * max(1, len(builtin.Builtins[builtin.Index[call.Name]].Types))
	if looks > maxOverloads {
		o.deep = call
	}
	o.looks[call] = min(looks, maxOverloads)
}

// mostLooks finds the call below a node at whose arguments the checker looks most often.
type mostLooks struct {
	o     *overloads
	looks int
}

// Visit implements ast.Visitor.
func (m *mostLooks) Visit(node *ast.Node) { m.looks = max(m.looks, m.o.looks[*node]) }
