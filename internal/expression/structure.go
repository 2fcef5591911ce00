package expression

import (
	"errors"
	"fmt"
	"math"

	"github.com/expr-lang/expr/ast"
)

// This file compiles what chooses values and puts them together: members, slices, conditions, variables, lists,
// objects.

// errNothing ends a chain in which something in front of ?. is null.
var errNothing = errors.New("nothing there")

// chain compiles a.b?.c: it is null where something in front of a ?. is.
func chain(n ast.Node, inner node) node {
	eval := inner.eval
	return node{eval: func(f *frame) (Value, error) {
		v, err := eval(f)
		if err == errNothing {
			return NullValue(), nil
		}
		return v, err
	}, source: n.String(), short: inner.short}
}

// member compiles a member of an object or an item of a list, of what was computed.
//
// Where the member is optional, so is all of the path in front of it: in map(next, .a.b ?? 0) an item without a gives
// 0, as prev.a.b ?? 0 does, whose path the scope follows as a whole.
func (c *compiler) member(n *ast.MemberNode, use usage) node {
	source, optional := n.String(), use.optional || n.Optional
	base := c.compile(n.Node, usage{optional: optional})
	key := c.compile(n.Property, usage{})
	return node{eval: func(f *frame) (Value, error) {
		from, err := base.eval(f)
		if err != nil {
			return Value{}, err
		}
		if from.kind == Null && n.Optional {
			return Value{}, errNothing
		}
		if from.kind == Null && optional {
			return NullValue(), nil
		}
		which, err := key.eval(f)
		if err != nil {
			return Value{}, err
		}
		v, err := access(from, which, source)
		if optional && isMissing(err) {
			return NullValue(), nil
		}
		if err != nil {
			return Value{}, operands{base, key}.explain(err)
		}
		return v, nil
	}, source: source}
}

// access returns the item or member of a value that a key says; source is all of that, for messages.
func access(from, key Value, source string) (Value, error) {
	if from.kind == Null {
		return Value{}, &mismatch{what: "is null, and has no members: ?. in place of . provides for that", null: true}
	}
	if from.isObject() {
		name, ok := key.name()
		if !ok {
			return Value{}, mustBe(1, key, "a member's name")
		}
		v, ok := from.member(name)
		if !ok {
			return Value{}, missingMember(from, name, source)
		}
		return v, nil
	}
	if from.kind != Text && !from.isList() {
		return Value{}, mustBe(0, from, "a list or object")
	}
	at, err := index(key, 1)
	if err != nil {
		return Value{}, err
	}
	v, count, ok := from.item(at)
	if !ok {
		return Value{}, &ItemError{fmt.Sprintf("index out of range: %d (array length is %d)", at, count)}
	}
	return v, nil
}

func missingMember(from Value, name, source string) error {
	raw, err := from.AppendJSON(nil)
	if err != nil {
		raw = nil // without a hint
	}
	return &MissingError{Member: source, Object: raw, Path: []Step{{Name: name}}}
}

// index returns a whole number that counts items; operand is the operand that it is.
func index(v Value, operand int) (int, error) {
	if v.kind == Number {
		if n, ok := v.integer(); ok && n >= math.MinInt32 && n <= math.MaxInt32 {
			return int(n), nil
		}
	}
	return 0, mustBe(operand, v, "a whole number that counts items")
}

// item returns an item of a list, or a byte of a text as expr does, by its index from the front, or from the end
// where that is negative, and how many there are.
func (v Value) item(at int) (item Value, count int, ok bool) {
	items, isList := v.items()
	if count = len(items); !isList {
		count = len(v.text)
	}
	if at < 0 {
		at += count
	}
	switch {
	case at < 0 || at >= count:
		return Value{}, count, false
	case isList:
		return items[at], count, true
	}
	return IntValue(int64(v.text[at])), count, true
}

// slice compiles a part of a list or of a text, list[from:to].
func (c *compiler) slice(n *ast.SliceNode) node {
	parts := operands{c.compile(n.Node, usage{})}
	for _, bound := range []ast.Node{n.From, n.To} {
		if bound == nil {
			parts = append(parts, node{})
		} else {
			parts = append(parts, c.compile(bound, usage{}))
		}
	}
	return node{eval: func(f *frame) (Value, error) {
		whole, err := parts[0].eval(f)
		if err != nil {
			return Value{}, err
		}
		items, isList := whole.items()
		count := len(items)
		if !isList {
			if whole.kind != Text {
				return Value{}, parts.explain(mustBe(0, whole, "a list or text"))
			}
			count = len(whole.text)
		}
		from, err := parts.bound(f, 1, 0, count)
		if err != nil {
			return Value{}, err
		}
		to, err := parts.bound(f, 2, count, count)
		if err != nil {
			return Value{}, err
		}
		from = min(from, to)
		if isList {
			return ListValue(items[from:to:to]), nil
		}
		return TextValue(whole.text[from:to]), nil
	}, source: n.String()}
}

// bound evaluates a bound of a slice of so many items.
func (o operands) bound(f *frame, operand, otherwise, count int) (int, error) {
	if o[operand].eval == nil {
		return otherwise, nil
	}
	v, err := o[operand].eval(f)
	if err != nil {
		return 0, err
	}
	at, err := index(v, operand)
	if err != nil {
		return 0, o.explain(err)
	}
	if at < 0 {
		at += count
	}
	return max(0, min(at, count)), nil
}

// otherwise compiles left ?? right.
func otherwise(n ast.Node, left, right node) node {
	return node{eval: func(f *frame) (Value, error) {
		v, err := left.eval(f)
		if err != nil || v.kind != Null {
			return v, err
		}
		return right.eval(f)
	}, source: n.String()}
}

// logical compiles and, or: decided is the left truth value that decides it.
func logical(n ast.Node, decided bool, left, right node) node {
	parts := operands{left, right}
	return node{eval: func(f *frame) (Value, error) {
		for i, part := range parts {
			v, err := part.eval(f)
			if err != nil {
				return Value{}, err
			}
			truth, err := v.truth(i)
			if err != nil {
				return Value{}, parts.explain(err)
			}
			if truth == decided {
				return v, nil
			}
		}
		return BoolValue(!decided), nil
	}, source: n.String()}
}

// interval compiles from..to, the list of the whole numbers between.
func interval(n ast.Node, from, to node) node {
	bounds := operands{from, to}
	return node{eval: func(f *frame) (Value, error) {
		var ends [2]int
		for i, bound := range bounds {
			v, err := bound.eval(f)
			if err != nil {
				return Value{}, err
			}
			if ends[i], err = index(v, i); err != nil {
				return Value{}, bounds.explain(err)
			}
		}
		count := max(0, ends[1]-ends[0]+1)
		if err := f.grow(count); err != nil {
			return Value{}, err
		}
		items := make(list, count)
		for i := range items {
			items[i] = IntValue(int64(ends[0] + i))
		}
		return ListValue(items), nil
	}, source: n.String()}
}

func (c *compiler) conditional(n *ast.ConditionalNode, use usage) node {
	condition, yes, no := c.compile(n.Cond, usage{}), c.compile(n.Exp1, use), c.compile(n.Exp2, use)
	return node{eval: func(f *frame) (Value, error) {
		holds, err := condition.holds(f)
		switch {
		case err != nil:
			return Value{}, err
		case holds:
			return yes.eval(f)
		}
		return no.eval(f)
	}, source: n.String()}
}

// holds evaluates a condition.
func (n node) holds(f *frame) (bool, error) {
	v, err := n.eval(f)
	if err != nil {
		return false, err
	}
	holds, err := v.truth(0)
	if err != nil {
		return false, operands{n}.explain(err)
	}
	return holds, nil
}

func (c *compiler) variable(n *ast.VariableDeclaratorNode, use usage) node {
	value := c.compile(n.Value, usage{})
	slot, body := c.declare([]string{n.Name}, func() node { return c.compile(n.Expr, use) })
	return node{eval: func(f *frame) (Value, error) {
		v, err := value.eval(f)
		if err != nil {
			return Value{}, err
		}
		f.slots[slot] = v
		return body.eval(f)
	}, source: n.String()}
}

func (c *compiler) sequence(n *ast.SequenceNode, use usage) node {
	var parts []node
	for i, part := range n.Nodes {
		parts = append(parts, c.compile(part, usage{result: use.result && i == len(n.Nodes)-1}))
	}
	return node{eval: func(f *frame) (v Value, err error) {
		for _, part := range parts {
			if v, err = part.eval(f); err != nil {
				return Value{}, err
			}
		}
		return v, nil
	}, source: n.String()}
}

func (c *compiler) list(n *ast.ArrayNode, use usage) node {
	var parts []node
	for _, item := range n.Nodes {
		parts = append(parts, c.compile(item, usage{result: use.result}))
	}
	return node{eval: func(f *frame) (_ Value, err error) {
		if err := f.grow(len(parts)); err != nil {
			return Value{}, err
		}
		items := make(list, len(parts))
		for i, part := range parts {
			if items[i], err = part.eval(f); err != nil {
				return Value{}, err
			}
		}
		return ListValue(items), nil
	}, source: n.String()}
}

func (c *compiler) object(n *ast.MapNode, use usage) node {
	var names, values []node
	for _, p := range n.Pairs {
		pair := p.(*ast.PairNode)
		names = append(names, c.compile(pair.Key, usage{}))
		values = append(values, c.compile(pair.Value, usage{result: use.result}))
	}
	return node{eval: func(f *frame) (Value, error) {
		if err := f.grow(len(names)); err != nil {
			return Value{}, err
		}
		o := &object{}
		for i := range names {
			key, err := names[i].eval(f)
			if err != nil {
				return Value{}, err
			}
			name, ok := key.name()
			if !ok {
				return Value{}, operands{names[i]}.explain(mustBe(0, key, "a member's name"))
			}
			v, err := values[i].eval(f)
			if err != nil {
				return Value{}, err
			}
			o.set(name, v)
		}
		return objectValue(o), nil
	}, source: n.String()}
}
