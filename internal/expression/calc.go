package expression

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// A calculation is the part of an expression that is arithmetic and comparison: constants, fields, and what expr's
// virtual machine has evaluated before (arguments), joined by operators. It is where this package differs from expr:
// numbers are taken exactly, see number.go. Most keys are nothing but a calculation and never see the virtual machine.
type calculation struct {
	// apply is the operator; nil at a leaf.
	apply func(a, b operand) (Value, error)
	// whole is a shorter way for two whole numbers, where there is one; it reports false where it isn't enough.
	whole func(x, y int64) (int64, bool)
	left  *calculation
	// right is nil where the operator takes one operand.
	right *calculation
	// get reads a field.
	get Getter
	// argument is the index of an argument; -1 in other nodes.
	argument int
	constant Value
	// source is the node as text, for messages.
	source string
}

// An operand is a value with its text in the expression.
type operand struct {
	Value
	node *calculation
}

func (c *calculation) isConstant() bool {
	return c.apply == nil && c.get == nil && c.argument < 0
}

// eval evaluates the calculation on an environment and the arguments.
func (c *calculation) eval(env any, arguments []any) (Value, error) {
	switch {
	case c.apply != nil:
		return c.operate(env, arguments)
	case c.get != nil:
		return c.get(env)
	case c.argument >= 0:
		return ValueOf(arguments[c.argument]), nil
	}
	return c.constant, nil
}

func (c *calculation) operate(env any, arguments []any) (Value, error) {
	a, err := c.left.eval(env, arguments)
	if err != nil {
		return Value{}, err
	}
	if c.right == nil {
		return c.apply(operand{a, c.left}, operand{})
	}
	b, err := c.right.eval(env, arguments)
	if err != nil {
		return Value{}, err
	}
	if c.whole != nil && a.kind == Number && b.kind == Number && a.form == whole && b.form == whole {
		if n, ok := c.whole(a.int(), b.int()); ok {
			return IntValue(n), nil
		}
	}
	return c.apply(operand{a, c.left}, operand{b, c.right})
}

// shift renumbers the arguments, behind those of another calculation.
func (c *calculation) shift(by int) {
	if c == nil {
		return
	}
	if c.argument >= 0 {
		c.argument += by
	}
	c.left.shift(by)
	c.right.shift(by)
}

// needsArguments reports whether anything in the calculation is left to the virtual machine.
func (c *calculation) needsArguments() bool {
	return c != nil && (c.argument >= 0 || c.left.needsArguments() || c.right.needsArguments())
}

// unaryOperator returns the operator of a sign; nil where it isn't one.
func unaryOperator(name string) func(a, b operand) (Value, error) {
	switch name {
	case "-":
		return negate
	case "+":
		return unary(func(v Value) (Value, error) { return v, nil })
	}
	return nil
}

// functionOperator returns the operator of a built-in function with one argument; nil where it isn't arithmetic.
func functionOperator(name string) func(a, b operand) (Value, error) {
	switch name {
	case "floor":
		return unary(floor)
	case "ceil":
		return unary(ceil)
	case "round":
		return unary(round)
	case "abs":
		return unary(abs)
	case "int":
		return parsing(trunc)
	case "float":
		return parsing(func(v Value) (Value, error) { return v, nil })
	}
	return nil
}

// binaryOperator returns the operator of an arithmetic or comparing sign; nil where it is neither.
func binaryOperator(name string) func(a, b operand) (Value, error) {
	switch name {
	case "+":
		return plus
	case "-":
		return minus
	case "*":
		return binary(mul)
	case "/":
		return binary(div)
	case "%":
		return binary(mod)
	case "**", "^":
		return binary(pow)
	case "==":
		return func(a, b operand) (Value, error) { return BoolValue(equal(a.Value, b.Value)), nil }
	case "!=":
		return func(a, b operand) (Value, error) { return BoolValue(!equal(a.Value, b.Value)), nil }
	case "<":
		return comparing(func(order int) bool { return order < 0 })
	case "<=":
		return comparing(func(order int) bool { return order <= 0 })
	case ">":
		return comparing(func(order int) bool { return order > 0 })
	case ">=":
		return comparing(func(order int) bool { return order >= 0 })
	case "in":
		return contains
	}
	return nil
}

// wholeOperator returns the operator of an arithmetic sign for whole numbers whose result is one; nil for other signs.
func wholeOperator(name string) func(x, y int64) (int64, bool) {
	switch name {
	case "+":
		return addInt
	case "-":
		return subInt
	case "*":
		return mulInt
	}
	return nil
}

func unary(apply func(Value) (Value, error)) func(a, b operand) (Value, error) {
	return func(a, _ operand) (Value, error) {
		if a.kind != Number {
			return Value{}, a.mustBe("a number")
		}
		return apply(a.Value)
	}
}

func binary(apply func(a, b Value) (Value, error)) func(a, b operand) (Value, error) {
	return func(a, b operand) (Value, error) {
		if a.kind != Number {
			return Value{}, a.mustBe("a number")
		}
		if b.kind != Number {
			return Value{}, b.mustBe("a number")
		}
		v, err := apply(a.Value, b.Value)
		if errors.Is(err, errDivision) && !b.node.isConstant() {
			err = fmt.Errorf("%w: %s is 0", err, b.node.source)
		}
		return v, err
	}
}

// parsing takes a text, too.
func parsing(apply func(Value) (Value, error)) func(a, b operand) (Value, error) {
	numbers := unary(apply)
	return func(a, b operand) (Value, error) {
		if a.kind == Text {
			v, ok := ParseNumber(strings.TrimSpace(a.text))
			if !ok {
				return Value{}, fmt.Errorf("%s is %q, which isn't a number", a.node.source, a.text)
			}
			a.Value = v
		}
		return numbers(a, b)
	}
}

func (o operand) mustBe(what string) error {
	return fmt.Errorf("%s is %s, not %s", o.node.source, o.kind, what)
}

// mixed says that two operands don't go together.
func mixed(a, b operand) error {
	return fmt.Errorf("%s is %s, but %s is %s", a.node.source, a.kind, b.node.source, b.kind)
}

func negate(a, b operand) (Value, error) {
	if a.kind == Duration {
		return Value{kind: Duration, n: -a.n}, nil
	}
	return unary(neg)(a, b)
}

func plus(a, b operand) (Value, error) {
	switch {
	case a.kind == Number:
	case a.kind == Text && b.kind == Text:
		return TextValue(a.text + b.text), nil
	case a.kind == Text:
		return Value{}, mixed(a, b)
	case a.kind == Time && b.kind == Duration:
		return ValueOf(a.ref.(time.Time).Add(time.Duration(b.n))), nil
	case a.kind == Duration && b.kind == Time:
		return ValueOf(b.ref.(time.Time).Add(time.Duration(a.n))), nil
	case a.kind == Duration && b.kind == Duration:
		return Value{kind: Duration, n: a.n + b.n}, nil
	case a.kind == Time, a.kind == Duration:
		return Value{}, b.mustBe(`a duration such as duration("10s")`)
	}
	return binary(add)(a, b)
}

func minus(a, b operand) (Value, error) {
	switch {
	case a.kind == Number:
	case a.kind == Time && b.kind == Duration:
		return ValueOf(a.ref.(time.Time).Add(-time.Duration(b.n))), nil
	case a.kind == Time && b.kind == Time:
		return ValueOf(a.ref.(time.Time).Sub(b.ref.(time.Time))), nil
	case a.kind == Duration && b.kind == Duration:
		return Value{kind: Duration, n: a.n - b.n}, nil
	case a.kind == Time, a.kind == Duration:
		return Value{}, b.mustBe(`a duration such as duration("10s")`)
	}
	return binary(sub)(a, b)
}

func comparing(holds func(order int) bool) func(a, b operand) (Value, error) {
	return func(a, b operand) (Value, error) {
		left, err := NewKey(a.Value)
		if err != nil {
			return Value{}, fmt.Errorf("%s: %w", a.node.source, err)
		}
		right, err := NewKey(b.Value)
		if err != nil {
			return Value{}, fmt.Errorf("%s: %w", b.node.source, err)
		}
		if a.kind != b.kind {
			return Value{}, mixed(a, b)
		}
		return BoolValue(holds(Compare(left, right))), nil
	}
}

// equal compares any two values. Values of different kinds, and NaN, equal nothing.
func equal(a, b Value) bool {
	if a.kind != b.kind {
		return false
	}
	switch a.kind {
	case Null:
		return true
	case Other:
		return equalOthers(a.ref, b.ref)
	}
	left, err := NewKey(a)
	if err != nil {
		return false
	}
	right, err := NewKey(b)
	return err == nil && Compare(left, right) == 0
}

func equalOthers(a, b any) bool {
	switch a := a.(type) {
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !equal(ValueOf(a[i]), ValueOf(b[i])) {
				return false
			}
		}
		return true
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for name := range a {
			if other, ok := b[name]; !ok || !equal(ValueOf(a[name]), ValueOf(other)) {
				return false
			}
		}
		return true
	}
	return false
}

// contains reports whether a is an item of the list b, a member of the object b.
func contains(a, b operand) (Value, error) {
	switch list := b.ref.(type) {
	case []any:
		for _, item := range list {
			if equal(a.Value, ValueOf(item)) {
				return BoolValue(true), nil
			}
		}
		return BoolValue(false), nil
	case []int:
		// What expr makes of 1..3.
		for _, item := range list {
			if equal(a.Value, IntValue(int64(item))) {
				return BoolValue(true), nil
			}
		}
		return BoolValue(false), nil
	case map[string]any:
		_, ok := list[a.text]
		return BoolValue(ok && a.kind == Text), nil
	}
	if b.kind == Null {
		return BoolValue(false), nil
	}
	return Value{}, b.mustBe("a list or object")
}
