package expression

import (
	"errors"
	"fmt"

	"github.com/expr-lang/expr/ast"
)

// This file has the functions that go along a list with a predicate, such as filter(next, .x > 1).

// A loop goes along a list.
type loop struct {
	list node
	// body is computed for each item; without an eval it is the item.
	body node
	// The slots of an item, its index, and what reduce has come to.
	item, index, result int
}

// reversed are the functions that go from the end of a list.
func reversed(name string) bool { return name == "findLast" || name == "findLastIndex" }

// predicate compiles a function that takes a predicate; false for others.
func (c *compiler) predicate(n *ast.BuiltinNode) (node, bool) {
	fold := loopFunction(n.Name)
	if fold == nil || n.Name == "sum" && len(n.Arguments) == 1 {
		return node{}, false // sum is an aggregate function without a predicate
	}
	l := &loop{list: c.compile(n.Arguments[0], usage{})}
	if len(n.Arguments) > 1 {
		body, ok := n.Arguments[1].(*ast.PredicateNode)
		if !ok {
			return c.fail(n, "%s takes a list and a predicate", n.Name), true
		}
		outer := c.along
		c.along, _ = pathOf(n.Arguments[0], c.isName)
		l.item, l.body = c.declare([]string{"#", "#index", "#acc"}, func() node { return c.compile(body.Node, usage{}) })
		l.index, l.result = l.item+1, l.item+2
		c.along = outer
	}
	parts := operands{l.list, l.body}
	if len(n.Arguments) > 2 {
		parts = append(parts, c.compile(n.Arguments[2], usage{}))
	}
	return node{eval: func(f *frame) (Value, error) {
		items, err := l.items(f)
		if err != nil {
			return Value{}, err
		}
		var extra []Value
		if len(parts) > 2 {
			v, err := parts[2].eval(f)
			if err != nil {
				return Value{}, err
			}
			extra = []Value{v}
		}
		v, err := fold(f, l, items, extra)
		if err != nil {
			return Value{}, parts.explain(err)
		}
		return v, nil
	}, source: n.String()}, true
}

func (l *loop) items(f *frame) (list, error) {
	v, err := l.list.eval(f)
	if err != nil {
		return nil, err
	}
	items, ok := v.items()
	if !ok {
		return nil, operands{l.list}.explain(mustBe(0, v, "a list"))
	}
	return items, nil
}

// at computes the body for an item.
func (l *loop) at(f *frame, items list, i int) (Value, error) {
	if l.body.eval == nil {
		return items[i], nil
	}
	f.slots[l.item], f.slots[l.index] = items[i], IntValue(int64(i))
	return l.body.eval(f)
}

// holds computes the body for an item as a condition.
func (l *loop) holds(f *frame, items list, i int) (bool, error) {
	v, err := l.at(f, items, i)
	if err != nil {
		return false, err
	}
	holds, err := v.truth(0)
	switch {
	case err == nil:
		return holds, nil
	case l.body.eval == nil:
		return false, asNull(fmt.Errorf("an item of %s %w", l.list.source, err), v.kind == Null)
	}
	return false, operands{l.body}.explain(err)
}

// count counts the items for which the body holds; up to a limit.
func (l *loop) count(f *frame, items list, limit int) (count int, err error) {
	for i := range items {
		holds, err := l.holds(f, items, i)
		if err != nil {
			return 0, err
		}
		if holds {
			if count++; count == limit {
				return count, nil
			}
		}
	}
	return count, nil
}

// all computes the body for all items.
func (l *loop) all(f *frame, items list) (list, error) {
	if err := f.grow(len(items)); err != nil {
		return nil, err
	}
	values := make(list, len(items))
	for i := range items {
		v, err := l.at(f, items, i)
		if err != nil {
			return nil, err
		}
		values[i] = v
	}
	return values, nil
}

// loopFunction returns a function that takes a predicate, over a loop; nil for other functions.
func loopFunction(name string) func(f *frame, l *loop, items list, extra []Value) (Value, error) {
	switch name {
	case "all", "none", "any", "one", "count":
		return counting(name)
	case "find", "findIndex", "findLast", "findLastIndex":
		return finding(name)
	case "filter":
		return filter
	case "map":
		return func(f *frame, l *loop, items list, _ []Value) (Value, error) {
			values, err := l.all(f, items)
			return ListValue(values), err
		}
	case "sum":
		return func(f *frame, l *loop, items list, _ []Value) (Value, error) {
			values, err := l.all(f, items)
			if err != nil {
				return Value{}, err
			}
			numbers, err := f.flatNumbers(nil, values, name, true)
			if err != nil {
				return Value{}, err
			}
			return sum(numbers)
		}
	case "groupBy":
		return groupBy
	case "sortBy":
		return sortBy
	case "reduce":
		return reduce
	}
	return nil
}

func counting(name string) func(f *frame, l *loop, items list, _ []Value) (Value, error) {
	return func(f *frame, l *loop, items list, _ []Value) (Value, error) {
		switch name {
		case "any", "none":
			count, err := l.count(f, items, 1)
			return BoolValue((count > 0) == (name == "any")), err
		case "one":
			count, err := l.count(f, items, len(items)+1)
			return BoolValue(count == 1), err
		case "count":
			count, err := l.count(f, items, len(items)+1)
			return IntValue(int64(count)), err
		}
		for i := range items {
			if holds, err := l.holds(f, items, i); err != nil || !holds {
				return BoolValue(false), err
			}
		}
		return BoolValue(true), nil
	}
}

func finding(name string) func(f *frame, l *loop, items list, _ []Value) (Value, error) {
	return func(f *frame, l *loop, items list, _ []Value) (Value, error) {
		for i := range items {
			if reversed(name) {
				i = len(items) - 1 - i
			}
			holds, err := l.holds(f, items, i)
			switch {
			case err != nil:
				return Value{}, err
			case holds && (name == "find" || name == "findLast"):
				return items[i], nil
			case holds:
				return IntValue(int64(i)), nil
			}
		}
		return NullValue(), nil
	}
}

func filter(f *frame, l *loop, items list, _ []Value) (Value, error) {
	kept := list{}
	for i := range items {
		holds, err := l.holds(f, items, i)
		if err != nil {
			return Value{}, err
		}
		if holds {
			kept = append(kept, items[i])
		}
	}
	return ListValue(kept), f.grow(len(kept))
}

// groupBy makes an object of the groups, in the order in which they begin.
func groupBy(f *frame, l *loop, items list, _ []Value) (Value, error) {
	groups := &object{}
	for i := range items {
		v, err := l.at(f, items, i)
		if err != nil {
			return Value{}, err
		}
		name, ok := v.name()
		if !ok {
			return Value{}, operands{l.body}.explain(mustBe(0, v, "text or a number, which can name a group"))
		}
		var group list
		if at := groups.find(name); at >= 0 {
			group, _ = groups.values[at].items()
		}
		groups.set(name, ListValue(append(group, items[i])))
	}
	return objectValue(groups), f.grow(len(items))
}

func sortBy(f *frame, l *loop, items list, extra []Value) (Value, error) {
	order, err := direction(extra, 2)
	if err != nil {
		return Value{}, err
	}
	keys, err := l.all(f, items)
	if err != nil {
		return Value{}, err
	}
	items, err = sortedBy(items, keys, order)
	return ListValue(items), err
}

func reduce(f *frame, l *loop, items list, extra []Value) (Value, error) {
	var result Value
	first := 0
	switch {
	case len(extra) > 0:
		result = extra[0]
	case len(items) == 0:
		return Value{}, errors.New("reduce needs a first value where the list is empty: reduce(list, expression, 0)")
	default:
		result, first = items[0], 1
	}
	for i := first; i < len(items); i++ {
		f.slots[l.result] = result
		var err error
		if result, err = l.at(f, items, i); err != nil {
			return Value{}, err
		}
	}
	return result, nil
}
