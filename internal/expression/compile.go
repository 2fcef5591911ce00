package expression

import (
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/expr-lang/expr/ast"
)

// A compiler makes a tree of functions of a syntax tree that expr's parser has made and expr's checker has found right.
// expr's virtual machine isn't used: its numbers are float64 and its objects have no order.
type compiler struct {
	source string
	scope  Scope
	// raw asks for fields as they are written, where they are part of the result as they stand.
	raw bool
	// slots counts the values in a frame, and names are those that are in sight: of variables, and of the pointers of
	// predicates, which begin with #.
	slots int
	names map[string]int
	// along is the path of the list that the innermost predicate goes along; nil where that is none of the scope.
	along []Step
	// compared are the parts of the expression that it compares with null.
	compared []string
	// watch is told which part panics; nil where none is watched.
	watch *watch
	err   *Error
}

// A node is a compiled part of an expression.
type node struct {
	eval func(f *frame) (Value, error)
	// source is the part as text, for messages.
	source string
	// constant is its value, where that is known.
	constant *Value
	short    short
}

// A frame is what an evaluation works on.
type frame struct {
	env any
	// slots hold variables and the items that predicates are about, stack the arguments of functions.
	slots []Value
	stack []Value
	// made counts the items of lists that the expression has made, see grow, and text the bytes of texts, see growText.
	made, text int
	// zones are the time zones that were found by names which aren't constants.
	zones map[string]*time.Location
}

const (
	// maxMade bounds the items of lists that one evaluation may make: 1..1000000000 is an error, and not the end of
	// the machine.
	maxMade = 1_000_000
	// maxText bounds the bytes of the texts that it may make, and maxWritten those of a list or object that is
	// written out. A text that is doubled forty times would be the end as well, and so would a list that holds
	// another one twice, and so on.
	maxText    = 64 << 20
	maxWritten = 256 << 20
)

var (
	errMade    = fmt.Errorf("the expression makes more than %d items", maxMade)
	errText    = fmt.Errorf("the expression makes more than %d MiB of text", maxText>>20)
	errWritten = fmt.Errorf("the result has more than %d MiB", maxWritten>>20)
)

// grow takes note of items made.
func (f *frame) grow(count int) error {
	if f.made += count; count > maxMade || f.made > maxMade {
		return errMade
	}
	return nil
}

// growText takes note of a text made, of so many bytes.
func (f *frame) growText(size int) error {
	if f.text += size; size > maxText || f.text > maxText {
		return errText
	}
	return nil
}

// usage is what becomes of a node's value.
type usage struct {
	// result is set where the node's value becomes (part of) the result unchanged.
	result bool
	// optional is set where a missing member is null.
	optional bool
}

func (c *compiler) fail(n ast.Node, format string, arguments ...any) node {
	if c.err == nil {
		c.err = newError(c.source, n.Location().From, format, arguments...)
	}
	return constantNode(NullValue(), n)
}

func constantNode(v Value, n ast.Node) node {
	return node{func(*frame) (Value, error) { return v, nil }, n.String(), &v, shortOfConstant(v)}
}

// compile compiles a node and what is below it.
func (c *compiler) compile(n ast.Node, use usage) node {
	return c.watch.over(n, c.compileNode(n, use))
}

func (c *compiler) compileNode(n ast.Node, use usage) node {
	if compiled, ok := c.field(n, use); ok {
		return compiled
	}
	if compiled, ok := c.record(n, use); ok {
		return compiled
	}
	switch n := n.(type) {
	case *ast.NilNode:
		return constantNode(NullValue(), n)
	case *ast.BoolNode:
		return constantNode(BoolValue(n.Value), n)
	case *ast.IntegerNode:
		return constantNode(IntValue(int64(n.Value)), n)
	case *ast.FloatNode:
		return constantNode(floatValue(n.Value), n)
	case *ast.ConstantNode:
		return constantNode(n.Value.(literal).Value, n)
	case *ast.StringNode:
		return constantNode(TextValue(n.Value), n)
	case *ast.BytesNode:
		return constantNode(otherValue(n.Value), n)
	case *ast.IdentifierNode:
		return c.slot(n, n.Value)
	case *ast.PointerNode:
		return c.slot(n, "#"+n.Name)
	case *ast.UnaryNode:
		return c.operation(n, unaryOperator(n.Operator), nil, c.compile(n.Node, usage{}))
	case *ast.BinaryNode:
		return c.binary(n, use)
	case *ast.BuiltinNode:
		return c.builtin(n)
	case *ast.CallNode:
		return c.call(n)
	}
	return c.structure(n, use)
}

// structure compiles what isn't computed but chosen or put together.
func (c *compiler) structure(n ast.Node, use usage) node {
	switch n := n.(type) {
	case *ast.ChainNode:
		return chain(n, c.compile(n.Node, usage{result: use.result, optional: true}))
	case *ast.MemberNode:
		return c.member(n, use)
	case *ast.SliceNode:
		return c.slice(n)
	case *ast.VariableDeclaratorNode:
		return c.variable(n, use)
	case *ast.SequenceNode:
		return c.sequence(n, use)
	case *ast.ConditionalNode:
		return c.conditional(n, use)
	case *ast.ArrayNode:
		return c.list(n, use)
	case *ast.MapNode:
		return c.object(n, use)
	}
	return c.fail(n, "this can't stand here")
}

// field compiles an access to a field of the scope; false for everything else.
func (c *compiler) field(n ast.Node, use usage) (node, bool) {
	path, nodes := pathOf(n, c.isName)
	if len(path) == 0 {
		return node{}, false
	}
	get, used, err := c.scope.Field(path, use.result && c.raw)
	if err != nil {
		return c.fail(n, "%v", err), true
	}
	if used < len(path) {
		return node{}, false
	}
	for _, n := range nodes {
		use.optional = use.optional || n.Optional
	}
	if use.optional {
		get = orNull(get)
	}
	if err := c.misuse(path, false, use.optional); err != nil {
		return c.fail(n, "%v", err), true
	}
	return node{eval: func(f *frame) (Value, error) { return get(f.env) }, source: n.String(),
		short: c.shortOfField(path, use.optional)}, true
}

// isName reports whether a node is one of the scope's names.
func (c *compiler) isName(n ast.Node) (string, bool) {
	identifier, ok := n.(*ast.IdentifierNode)
	if !ok {
		return "", false
	}
	if _, isVariable := c.names[identifier.Value]; isVariable {
		return "", false
	}
	_, ok = c.scope.Types()[identifier.Value]
	return identifier.Value, ok
}

func orNull(get Getter) Getter {
	return func(env any) (Value, error) {
		v, err := get(env)
		if isMissing(err) {
			return NullValue(), nil
		}
		return v, err
	}
}

// isMissing reports whether an expression failed because a member or an item isn't there.
func isMissing(err error) bool {
	if err == nil {
		return false
	}
	_, noMember := errors.AsType[*MissingError](err)
	_, noItem := errors.AsType[*ItemError](err)
	return noMember || noItem
}

// pathOf returns the steps of a field access that begins at a node that is a root, and its member nodes; none for other
// nodes.
func pathOf(node ast.Node, root func(ast.Node) (string, bool)) ([]Step, []*ast.MemberNode) {
	if name, ok := root(node); ok {
		return []Step{{Name: name}}, nil
	}
	n, ok := node.(*ast.MemberNode)
	if !ok || n.Method {
		return nil, nil
	}
	path, nodes := pathOf(n.Node, root)
	if len(path) == 0 {
		return nil, nil
	}
	switch property := n.Property.(type) {
	case *ast.StringNode:
		return append(path, Step{Name: property.Value}), append(nodes, n)
	case *ast.IntegerNode:
		return append(path, Step{IsIndex: true, Index: property.Value}), append(nodes, n)
	case *ast.UnaryNode:
		if last, ok := property.Node.(*ast.IntegerNode); ok && property.Operator == "-" {
			return append(path, Step{IsIndex: true, Index: -last.Value}), append(nodes, n)
		}
	}
	return nil, nil
}

// slot compiles a variable, or what a predicate is about.
func (c *compiler) slot(n ast.Node, name string) node {
	i, ok := c.names[name]
	if !ok {
		return c.fail(n, "unknown name %s", n)
	}
	return node{eval: func(f *frame) (Value, error) { return f.slots[i], nil }, source: n.String()}
}

// declare gives names slots for what compile compiles.
func (c *compiler) declare(names []string, compile func() node) (first int, compiled node) {
	outer, inner := c.names, make(map[string]int, len(c.names)+len(names))
	maps.Copy(inner, c.names)
	first = c.slots
	for i, name := range names {
		inner[name] = first + i
	}
	c.slots += len(names)
	c.names = inner
	compiled = compile()
	c.names = outer
	return first, compiled
}

// operation compiles an operator, with constant folding: its result is a constant where its operands are. whole, if
// it isn't nil, is a shorter way for two whole numbers.
func (c *compiler) operation(
	n ast.Node, apply operator, whole func(x, y int64) (int64, bool), parts ...node,
) node {
	if apply == nil {
		return c.fail(n, "there is no such operator")
	}
	result := node{source: n.String()}
	isConstant := parts[0].constant != nil
	if len(parts) == 1 {
		result.eval = unaryEval(apply, parts[0])
	} else {
		result.eval = binaryEval(apply, whole, parts[0], parts[1])
		result.short = shortOf(whole, parts[0].short, parts[1].short)
		isConstant = isConstant && parts[1].constant != nil
	}
	if !isConstant {
		return result
	}
	v, err := result.eval(&frame{})
	if err != nil {
		return c.fail(n, "%v", err)
	}
	return constantNode(v, n)
}

func unaryEval(apply operator, operand node) func(*frame) (Value, error) {
	eval := operand.eval
	return func(f *frame) (Value, error) {
		a, err := eval(f)
		if err != nil {
			return Value{}, err
		}
		v, err := apply(a, Value{})
		if err != nil {
			return Value{}, operands{operand}.explain(err)
		}
		return v, nil
	}
}

func binaryEval(apply operator, whole func(x, y int64) (int64, bool), left, right node) func(*frame) (Value, error) {
	evalLeft, evalRight := left.eval, right.eval
	return func(f *frame) (Value, error) {
		a, err := evalLeft(f)
		if err != nil {
			return Value{}, err
		}
		b, err := evalRight(f)
		if err != nil {
			return Value{}, err
		}
		if whole != nil && a.isWhole() && b.isWhole() {
			if n, ok := whole(a.int(), b.int()); ok {
				return IntValue(n), nil
			}
		}
		v, err := apply(a, b)
		if err == nil && v.kind == Text {
			err = f.growText(len(v.text))
		}
		if err != nil {
			return Value{}, operands{left, right}.explain(err)
		}
		return v, nil
	}
}

func (v Value) isWhole() bool { return v.kind == Number && v.form == whole }

func (c *compiler) binary(n *ast.BinaryNode, use usage) node {
	switch n.Operator {
	case "??":
		left := c.compile(n.Left, usage{result: use.result, optional: true})
		return otherwise(n, left, c.compile(n.Right, use))
	case "and", "&&":
		return logical(n, false, c.compile(n.Left, usage{}), c.compile(n.Right, usage{}))
	case "or", "||":
		return logical(n, true, c.compile(n.Left, usage{}), c.compile(n.Right, usage{}))
	}
	left, right := c.compile(n.Left, usage{}), c.compile(n.Right, usage{})
	if n.Operator == ".." {
		return interval(n, left, right)
	}
	result := c.operation(n, binaryOperator(n.Operator), wholeOperator(n.Operator), left, right)
	if n.Operator == "/" && result.constant == nil {
		result.short.numerator, result.short.denominator = left.short.whole, right.short.whole
	}
	return result
}
