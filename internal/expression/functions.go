package expression

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// A function is one of expr's built-in functions, over values of this package. It doesn't keep its arguments.
type function struct {
	least, most int
	apply       func(f *frame, arguments []Value) (Value, error)
}

// functionOf returns a built-in function by its name; those that take a predicate are in predicate.go.
func functionOf(name string) (function, bool) {
	if fold := aggregate(name); fold != nil {
		return function{1, maxMade, func(f *frame, arguments []Value) (Value, error) {
			numbers, err := f.flatNumbers(nil, arguments, name, false)
			if err != nil {
				return Value{}, err
			}
			return fold(numbers)
		}}, true
	}
	if fn, ok := libraryFunction(name); ok {
		return fn, true
	}
	if apply := listFunction(name); apply != nil {
		return function{1, 1, apply}, true
	}
	if apply := bitFunction(name); apply != nil {
		return function{2, 2, apply}, true
	}
	fn, ok := map[string]function{
		"len":      {1, 1, length},
		"type":     {1, 1, func(_ *frame, a []Value) (Value, error) { return TextValue(a[0].typeName()), nil }},
		"string":   {1, 1, toText},
		"join":     {1, 2, join},
		"toJSON":   {1, 1, toJSON},
		"fromJSON": {1, 1, fromJSON},
		"get":      {2, 2, get},
		"take":     {2, 2, take},
		"concat":   {1, maxMade, concat},
		"sort":     {1, 2, sorted},
		"bitnot":   {1, 1, bitNot},
	}[name]
	return fn, ok
}

// numberFunction returns the operator of a built-in function of one number; nil for other functions.
func numberFunction(name string) operator {
	switch name {
	case "floor":
		return numeric(floor)
	case "ceil":
		return numeric(ceil)
	case "round":
		return numeric(round)
	case "abs":
		return numeric(abs)
	case "int":
		return parsing(trunc)
	case "float":
		return parsing(func(v Value) (Value, error) { return v, nil })
	}
	return nil
}

// parsing makes an operator that takes the text of a number, too.
func parsing(apply func(Value) (Value, error)) operator {
	numbers := numeric(apply)
	return func(a, b Value) (Value, error) {
		if a.kind == Text {
			v, ok := ParseNumber(strings.TrimSpace(a.text))
			if !ok {
				return Value{}, &mismatch{operand: 0, what: fmt.Sprintf("is %q, which isn't a number", a.text)}
			}
			a = v
		}
		return numbers(a, b)
	}
}

// builtin compiles a call of a built-in function.
func (c *compiler) builtin(n *ast.BuiltinNode) node {
	if compiled, ok := c.ofLister(n); ok {
		return compiled
	}
	if compiled, ok := c.predicate(n); ok {
		return compiled
	}
	var arguments operands
	for _, argument := range n.Arguments {
		arguments = append(arguments, c.compile(argument, usage{}))
	}
	if apply := numberFunction(n.Name); apply != nil && len(arguments) == 1 {
		result := c.operation(n, apply, nil, arguments[0])
		if n.Name == "floor" && result.constant == nil {
			result.short.whole = arguments[0].short.floor()
		}
		return result
	}
	fn, ok := functionOf(n.Name)
	if !ok {
		return c.fail(n, "there is no function %s here", n.Name)
	}
	if count := len(arguments); count < fn.least || count > fn.most {
		return c.fail(n, "%s takes %d to %d arguments, and got %d", n.Name, fn.least, fn.most, count)
	}
	return c.application(n, fn, arguments)
}

// application compiles a function with its arguments, with constant folding.
func (c *compiler) application(n *ast.BuiltinNode, fn function, arguments operands) node {
	isConstant := true
	for _, argument := range arguments {
		isConstant = isConstant && argument.constant != nil
	}
	eval := func(f *frame) (Value, error) {
		base := len(f.stack)
		for _, argument := range arguments {
			v, err := argument.eval(f)
			if err != nil {
				return Value{}, err
			}
			f.stack = append(f.stack, v)
		}
		v, err := fn.apply(f, f.stack[base:])
		f.stack = f.stack[:base]
		if err == nil && v.kind == Text {
			err = f.growText(len(v.text))
		}
		if err != nil {
			return Value{}, arguments.explain(err)
		}
		return v, nil
	}
	if !isConstant {
		return node{eval: eval, source: n.String()}
	}
	v, err := eval(&frame{})
	if err != nil {
		return c.fail(n, "%v", err)
	}
	return constantNode(v, n)
}

// ofLister takes over what a scope knows of its lists: len(path), map(path, .member) and sum(path, .member).
func (c *compiler) ofLister(n *ast.BuiltinNode) (node, bool) {
	lister, ok := c.scope.(Lister)
	if !ok || len(n.Arguments) == 0 {
		return node{}, false
	}
	path, nodes := pathOf(n.Arguments[0], c.isName)
	if len(path) == 0 {
		return node{}, false
	}
	optional := slices.ContainsFunc(nodes, func(n *ast.MemberNode) bool { return n.Optional })
	if err := c.misuse(path, n.Name == "len", optional); err != nil {
		return c.fail(n.Arguments[0], "%v", err), true
	}
	var get Getter
	switch {
	case n.Name == "len":
		get, ok = lister.Length(path)
	case (n.Name == "map" || n.Name == "sum") && len(n.Arguments) == 2:
		get, ok = eachMemberOf(lister, path, n.Arguments[1])
	default:
		return node{}, false
	}
	if !ok {
		return node{}, false
	}
	result := node{eval: func(f *frame) (Value, error) { return get(f.env) }, source: n.String()}
	if n.Name == "sum" {
		fn, _ := functionOf("sum")
		total := c.application(n, fn, operands{result})
		total.short = c.shortOfSum(path, n.Arguments[1])
		return total, true
	}
	return result, true
}

// eachMemberOf returns what reads the member of each item that a predicate such as .member is.
func eachMemberOf(lister Lister, path []Step, argument ast.Node) (Getter, bool) {
	member := memberOfItem(argument)
	if len(member) == 0 {
		return nil, false
	}
	return lister.Each(path, member)
}

// memberOfItem returns the path that a predicate such as .member is; nothing where it is another.
func memberOfItem(argument ast.Node) []Step {
	predicate, ok := argument.(*ast.PredicateNode)
	if !ok {
		return nil
	}
	member, nodes := pathOf(predicate.Node, isItem)
	if len(member) < 2 || slices.ContainsFunc(nodes, func(n *ast.MemberNode) bool { return n.Optional }) {
		return nil
	}
	return member[1:]
}

// isItem reports whether a node is the item that a predicate is about.
func isItem(n ast.Node) (string, bool) {
	pointer, ok := n.(*ast.PointerNode)
	return "", ok && pointer.Name == ""
}
