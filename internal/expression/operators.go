package expression

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// An operator computes a value of two operands; unary ones get only the first.
type operator func(a, b Value) (Value, error)

// A mismatch says that an operand, or an argument of a function, is no value that goes there. What the operand was in
// the expression is put in front of it, see operands.explain.
type mismatch struct {
	operand int
	what    string
	// null says that the operand is null.
	null bool
}

func (m *mismatch) Error() string { return m.what }

func mustBe(operand int, v Value, what string) error {
	return &mismatch{operand, fmt.Sprintf("is %s, not %s", v.describe(), what), v.kind == Null}
}

// A nullError is the error of an operation that needs something else than null.
type nullError struct{ error }

func asNull(err error, null bool) error {
	if null {
		return &nullError{err}
	}
	return err
}

// mixedKinds says that two operands don't go together.
type mixedKinds struct{ left, right Value }

func (m *mixedKinds) Error() string {
	return fmt.Sprintf("%s doesn't go with %s", m.left.describe(), m.right.describe())
}

// operands are those of an operation in an expression, for its errors.
type operands []node

// explain returns an operation's error with the operands as they stand in the expression.
func (o operands) explain(err error) error {
	switch e := err.(type) {
	case *mismatch:
		if e.operand < len(o) {
			return asNull(fmt.Errorf("%s %s", o[e.operand].source, e.what), e.null)
		}
	case *mixedKinds:
		err := fmt.Errorf("%s is %s, but %s is %s", o[0].source, e.left.describe(), o[1].source, e.right.describe())
		return asNull(err, e.left.kind == Null || e.right.kind == Null)
	}
	if err == errDivision && len(o) == 2 && o[1].constant == nil {
		return fmt.Errorf("%w: %s is 0", err, o[1].source)
	}
	return err
}

// unaryOperator returns the operator of a sign; nil where it isn't one.
func unaryOperator(name string) operator {
	switch name {
	case "-":
		return negate
	case "+":
		return numeric(func(v Value) (Value, error) { return v, nil })
	case "!", "not":
		return func(a, _ Value) (Value, error) {
			truth, err := a.truth(0)
			return BoolValue(!truth), err
		}
	}
	return nil
}

// truth returns a truth value, which is the operand with a number.
func (v Value) truth(operand int) (bool, error) {
	if v.kind != Bool {
		return false, mustBe(operand, v, "true or false")
	}
	return v.n == 1, nil
}

// binaryOperator returns the operator of a sign; nil where there is none that takes both of its operands in any case.
func binaryOperator(name string) operator {
	switch name {
	case "+":
		return plus
	case "-":
		return minus
	case "*":
		return times
	case "/":
		return arithmetic(div)
	case "%":
		return arithmetic(mod)
	case "**", "^":
		return arithmetic(pow)
	case "==":
		return func(a, b Value) (Value, error) { return BoolValue(equal(a, b)), nil }
	case "!=":
		return func(a, b Value) (Value, error) { return BoolValue(!equal(a, b)), nil }
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
	return textOperator(name)
}

// textOperator returns the operators on text, which are false for null.
func textOperator(name string) operator {
	var holds func(a, b string) (bool, error)
	switch name {
	case "matches":
		holds = func(a, b string) (bool, error) { return regexp.MatchString(b, a) }
	case "contains":
		holds = func(a, b string) (bool, error) { return strings.Contains(a, b), nil }
	case "startsWith":
		holds = func(a, b string) (bool, error) { return strings.HasPrefix(a, b), nil }
	case "endsWith":
		holds = func(a, b string) (bool, error) { return strings.HasSuffix(a, b), nil }
	default:
		return nil
	}
	return func(a, b Value) (Value, error) {
		for i, v := range []Value{a, b} {
			switch v.kind {
			case Text:
			case Null:
				return BoolValue(false), nil
			default:
				return Value{}, mustBe(i, v, "text")
			}
		}
		is, err := holds(a.text, b.text)
		return BoolValue(is), err
	}
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

// numeric makes an operator of a function of one number.
func numeric(apply func(Value) (Value, error)) operator {
	return func(a, _ Value) (Value, error) {
		if a.kind != Number {
			return Value{}, mustBe(0, a, "a number")
		}
		return apply(a)
	}
}

// arithmetic makes an operator of a function of two numbers.
func arithmetic(apply func(a, b Value) (Value, error)) operator {
	return func(a, b Value) (Value, error) {
		if a.kind != Number {
			return Value{}, mustBe(0, a, "a number")
		}
		if b.kind != Number {
			return Value{}, mustBe(1, b, "a number")
		}
		return apply(a, b)
	}
}

func negate(a, b Value) (Value, error) {
	if a.kind == Duration {
		return durationValue(subInt(0, a.int()))
	}
	return numeric(neg)(a, b)
}

func plus(a, b Value) (Value, error) {
	switch {
	case a.kind == Number:
	case a.kind == Text && b.kind == Text:
		return TextValue(a.text + b.text), nil
	case a.kind == Text:
		return Value{}, &mixedKinds{a, b}
	case a.kind == Time && b.kind == Duration:
		return ValueOf(a.ref.(time.Time).Add(time.Duration(b.n))), nil
	case a.kind == Duration && b.kind == Time:
		return ValueOf(b.ref.(time.Time).Add(time.Duration(a.n))), nil
	case a.kind == Duration && b.kind == Duration:
		return durationValue(addInt(a.int(), b.int()))
	case a.kind == Time, a.kind == Duration:
		return Value{}, mustBe(1, b, durationNeeded)
	}
	return arithmetic(add)(a, b)
}

func minus(a, b Value) (Value, error) {
	switch {
	case a.kind == Number:
	case a.kind == Time && b.kind == Duration:
		return ValueOf(a.ref.(time.Time).Add(-time.Duration(b.n))), nil
	case a.kind == Time && b.kind == Time:
		return between(b.ref.(time.Time), a.ref.(time.Time))
	case a.kind == Duration && b.kind == Duration:
		return durationValue(subInt(a.int(), b.int()))
	case a.kind == Time, a.kind == Duration:
		return Value{}, mustBe(1, b, durationNeeded)
	}
	return arithmetic(sub)(a, b)
}

func comparing(holds func(order int) bool) operator {
	return func(a, b Value) (Value, error) {
		if a.kind != b.kind && a.ordered() == nil && b.ordered() == nil {
			return Value{}, &mixedKinds{a, b}
		}
		for i, v := range []Value{a, b} {
			if err := v.ordered(); err != nil {
				return Value{}, &mismatch{operand: i, what: "can't be compared: " + err.Error(), null: v.kind == Null}
			}
		}
		return BoolValue(holds(compareValues(a, b))), nil
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
	case Number:
		if a.form == beyond && b.form == beyond {
			return a.text == b.text
		}
	case Other:
		return equalOthers(a, b)
	}
	return a.ordered() == nil && b.ordered() == nil && compareValues(a, b) == 0
}

// equalOthers compares lists item by item, and objects member by member, in whatever order these are.
func equalOthers(a, b Value) bool {
	if x, ok := a.items(); ok {
		y, ok := b.items()
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !equal(x[i], y[i]) {
				return false
			}
		}
		return true
	}
	x, okX := a.members()
	y, okY := b.members()
	if !okX || !okY || len(x.names) != len(y.names) {
		return false
	}
	for i, name := range x.names {
		if at := y.find(name); at < 0 || !equal(x.values[i], y.values[at]) {
			return false
		}
	}
	return true
}

// contains reports whether a is an item of the list b, or names a member of the object b.
func contains(a, b Value) (Value, error) {
	if b.kind == Null {
		return BoolValue(false), nil
	}
	if items, ok := b.items(); ok {
		for _, item := range items {
			if equal(a, item) {
				return BoolValue(true), nil
			}
		}
		return BoolValue(false), nil
	}
	if !b.isObject() {
		return Value{}, mustBe(1, b, "a list or object")
	}
	name, ok := a.name()
	if ok {
		_, ok = b.member(name)
	}
	return BoolValue(ok), nil
}
