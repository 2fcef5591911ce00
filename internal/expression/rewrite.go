package expression

import (
	"errors"
	"fmt"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/checker/nature"
	"github.com/expr-lang/expr/conf"
)

// A rewriter takes the arithmetic and the fields out of a syntax tree. What it takes becomes a calculation, which stands
// in the tree as a call of a function with a name of its own; what is left is the virtual machine's.
type rewriter struct {
	source string
	scope  Scope
	// raw asks for fields as they are written, where they are part of the result as they stand.
	raw   bool
	calls map[*ast.CallNode]*calculation
	// texts holds the nodes as they were written.
	texts map[ast.Node]string
	err   *Error
}

func (r *rewriter) fail(node ast.Node, format string, arguments ...any) {
	if r.err == nil {
		r.err = newError(r.source, node.Location().From, format, arguments...)
	}
}

// place is where in an expression a node stands.
type place struct {
	// result is set where the node's value becomes (part of) the result unchanged.
	result bool
	// optional is set where a missing member is null.
	optional bool
}

// rewrite rewrites a node and what is below it.
func (r *rewriter) rewrite(node *ast.Node, at place) {
	if *node == nil || r.field(node, at) {
		return
	}
	// Types found by the checker don't hold for what is put in.
	(*node).SetNature(nature.Nature{})
	r.texts[*node] = (*node).String()
	switch n := (*node).(type) {
	case *ast.UnaryNode:
		r.rewrite(&n.Node, place{})
		if apply := unaryOperator(n.Operator); apply != nil {
			r.operation(node, apply, &n.Node)
		}
	case *ast.BinaryNode:
		r.binary(node, n, at)
	case *ast.BuiltinNode:
		r.builtin(node, n)
	case *ast.CallNode:
		r.call(n)
	case *ast.MemberNode:
		r.rewrite(&n.Node, place{optional: n.Optional})
		r.rewrite(&n.Property, place{})
	default:
		r.structure(*node, at)
	}
}

// structure rewrites what is inside a node that is itself left as it is.
func (r *rewriter) structure(node ast.Node, at place) {
	switch n := node.(type) {
	case *ast.ChainNode:
		r.rewrite(&n.Node, place{result: at.result, optional: true})
	case *ast.SliceNode:
		r.all(place{}, &n.Node, &n.From, &n.To)
	case *ast.PredicateNode:
		r.rewrite(&n.Node, place{})
	case *ast.VariableDeclaratorNode:
		r.rewrite(&n.Value, place{})
		r.rewrite(&n.Expr, at)
	case *ast.SequenceNode:
		for i := range n.Nodes {
			r.rewrite(&n.Nodes[i], place{result: at.result && i == len(n.Nodes)-1})
		}
	case *ast.ConditionalNode:
		r.rewrite(&n.Cond, place{})
		r.all(at, &n.Exp1, &n.Exp2)
	case *ast.ArrayNode:
		for i := range n.Nodes {
			r.rewrite(&n.Nodes[i], place{result: at.result})
		}
	case *ast.MapNode:
		for i := range n.Pairs {
			r.rewrite(&n.Pairs[i], place{result: at.result})
		}
	case *ast.PairNode:
		r.rewrite(&n.Key, place{})
		r.rewrite(&n.Value, place{result: at.result})
	}
}

func (r *rewriter) all(at place, nodes ...*ast.Node) {
	for _, node := range nodes {
		r.rewrite(node, at)
	}
}

func (r *rewriter) binary(node *ast.Node, n *ast.BinaryNode, at place) {
	if n.Operator == "??" {
		r.rewrite(&n.Left, place{result: at.result, optional: true})
		r.rewrite(&n.Right, at)
		return
	}
	r.all(place{}, &n.Left, &n.Right)
	if apply := binaryOperator(n.Operator); apply != nil {
		r.operation(node, apply, &n.Left, &n.Right).whole = wholeOperator(n.Operator)
	}
}

func (r *rewriter) builtin(node *ast.Node, n *ast.BuiltinNode) {
	r.texts[n] = n.String()
	if r.list(node, n) {
		return
	}
	for i := range n.Arguments {
		r.rewrite(&n.Arguments[i], place{})
	}
	if apply := functionOperator(n.Name); apply != nil && len(n.Arguments) == 1 {
		r.operation(node, apply, &n.Arguments[0])
		return
	}
	if fold := aggregate(n.Name); fold != nil {
		r.fold(node, n.Name, fold, n.Arguments)
	}
}

// list takes over what a scope knows of its lists: len(path), map(path, .member) and sum(path, .member).
func (r *rewriter) list(node *ast.Node, n *ast.BuiltinNode) bool {
	lister, ok := r.scope.(Lister)
	if !ok || len(n.Arguments) == 0 {
		return false
	}
	path, _ := pathOf(n.Arguments[0], r.isName)
	var get Getter
	switch {
	case len(path) == 0:
		return false
	case n.Name == "len":
		get, ok = lister.Length(path)
	case (n.Name == "map" || n.Name == "sum") && len(n.Arguments) == 2:
		predicate, _ := n.Arguments[1].(*ast.PredicateNode)
		if predicate == nil {
			return false
		}
		member, _ := pathOf(predicate.Node, isItem)
		if len(member) < 2 {
			return false
		}
		get, ok = lister.Each(path, member[1:])
	default:
		return false
	}
	if !ok {
		return false
	}
	r.replace(node, &calculation{get: get, argument: -1, source: r.texts[n]}, nil)
	if n.Name == "sum" {
		r.texts[*node] = r.texts[n]
		r.fold(node, n.Name, sum, []ast.Node{*node})
	}
	return true
}

// isName reports whether a node is one of the scope's names.
func (r *rewriter) isName(node ast.Node) (string, bool) {
	n, ok := node.(*ast.IdentifierNode)
	if !ok {
		return "", false
	}
	_, ok = r.scope.Types()[n.Value]
	return n.Value, ok
}

// isItem reports whether a node is the item that a predicate is about.
func isItem(node ast.Node) (string, bool) {
	n, ok := node.(*ast.PointerNode)
	return "", ok && n.Name == ""
}

// fold replaces a node by an aggregate function of rewritten arguments.
func (r *rewriter) fold(node *ast.Node, name string, fold func([]Value) (Value, error), arguments []ast.Node) {
	if len(arguments) == 2 {
		if _, ok := arguments[1].(*ast.PredicateNode); ok {
			arguments = []ast.Node{&ast.BuiltinNode{Name: "map", Arguments: arguments}}
		}
	}
	list := arguments[0]
	if len(arguments) > 1 {
		// They go to the function as one list: a calculation's operators take two operands.
		list = &ast.ArrayNode{Nodes: arguments}
	}
	r.operation(node, func(a, _ operand) (Value, error) {
		numbers, err := flatten(nil, []any{a.Go()}, name)
		if err != nil {
			return Value{}, err
		}
		return fold(numbers)
	}, &list)
}

func (r *rewriter) call(n *ast.CallNode) {
	if method, ok := n.Callee.(*ast.MemberNode); ok {
		method.SetNature(nature.Nature{})
		r.rewrite(&method.Node, place{})
	}
	for i := range n.Arguments {
		r.rewrite(&n.Arguments[i], place{})
	}
}

// field replaces an access to a field by a calculation that reads it. It reports false for everything else.
func (r *rewriter) field(node *ast.Node, at place) bool {
	path, nodes := pathOf(*node, r.isName)
	if len(path) == 0 {
		return false
	}
	get, used, err := r.scope.Field(path, at.result && r.raw)
	if err != nil {
		r.fail(*node, "%v", err)
		return true
	}
	if used < len(path) {
		return false
	}
	for _, n := range nodes {
		at.optional = at.optional || n.Optional
	}
	if at.optional {
		get = orNull(get)
	}
	r.replace(node, &calculation{get: get, argument: -1, source: (*node).String()}, nil)
	return true
}

func orNull(get Getter) Getter {
	return func(env any) (Value, error) {
		v, err := get(env)
		var missing *MissingError
		if errors.As(err, &missing) {
			return NullValue(), nil
		}
		return v, err
	}
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

// operation replaces a node by a calculation over its operands, which were rewritten before.
func (r *rewriter) operation(node *ast.Node, apply func(a, b operand) (Value, error), operands ...*ast.Node) *calculation {
	result := &calculation{apply: apply, argument: -1, source: r.texts[*node]}
	var arguments []ast.Node
	var parts []*calculation
	for _, o := range operands {
		part, more := r.leaf(*o)
		part.shift(len(arguments))
		arguments = append(arguments, more...)
		parts = append(parts, part)
	}
	constant := parts[0].isConstant()
	result.left = parts[0]
	if len(parts) > 1 {
		result.right = parts[1]
		constant = constant && parts[1].isConstant()
	}
	if constant {
		v, err := result.eval(nil, nil)
		if err != nil {
			r.fail(*node, "%v", err)
		}
		result = &calculation{constant: v, argument: -1, source: result.source}
	}
	r.replace(node, result, arguments)
	return result
}

// leaf returns a rewritten node as a part of a calculation, with the arguments that this needs.
func (r *rewriter) leaf(node ast.Node) (*calculation, []ast.Node) {
	c := &calculation{argument: -1}
	switch n := node.(type) {
	case *ast.CallNode:
		if inner, ok := r.calls[n]; ok {
			delete(r.calls, n)
			return inner, n.Arguments[1:]
		}
	case *ast.IntegerNode:
		c.constant = IntValue(int64(n.Value))
	case *ast.ConstantNode:
		c.constant = n.Value.(literal).Value
	case *ast.StringNode:
		c.constant = TextValue(n.Value)
	case *ast.BoolNode:
		c.constant = BoolValue(n.Value)
	case *ast.NilNode:
		c.constant = NullValue()
	}
	if c.source = r.texts[node]; c.source == "" {
		c.source = node.String()
	}
	if c.constant.kind != Unknown {
		return c, nil
	}
	c.argument = 0
	return c, []ast.Node{node}
}

// replace puts a call of the calculation in a node's place. Its first argument is the environment.
func (r *rewriter) replace(node *ast.Node, c *calculation, arguments []ast.Node) {
	callee := &ast.IdentifierNode{}
	call := &ast.CallNode{Callee: callee, Arguments: append([]ast.Node{&ast.IdentifierNode{Value: "$env"}}, arguments...)}
	callee.SetLocation((*node).Location())
	ast.Patch(node, call)
	r.calls[call] = c
}

// functions names the calls that are left and declares their functions.
func (r *rewriter) functions(config *conf.Config) {
	for call, c := range r.calls {
		name := fmt.Sprintf("$%d", len(config.Functions))
		call.Callee.(*ast.IdentifierNode).Value = name
		config.Functions[name] = &builtin.Function{Name: name, Func: func(arguments ...any) (any, error) {
			v, err := c.eval(arguments[0], arguments[1:])
			if err != nil {
				return nil, err
			}
			return v.Go(), nil
		}}
	}
}
