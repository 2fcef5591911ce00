package expression

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/expr-lang/expr/ast"
)

// call compiles a call of a function of ours, or of a method: those of times and durations are Go's.
func (c *compiler) call(n *ast.CallNode) node {
	if compiled, ok := c.own(n); ok {
		return compiled
	}
	method, ok := n.Callee.(*ast.MemberNode)
	if !ok {
		return c.fail(n, "what stands before the parenthesis is no function here")
	}
	name, ok := method.Property.(*ast.StringNode)
	if !ok {
		return c.fail(n, "a method goes by its name")
	}
	base := c.compile(method.Node, usage{optional: method.Optional})
	var arguments operands
	for _, argument := range n.Arguments {
		arguments = append(arguments, c.compile(argument, usage{}))
	}
	return node{eval: func(f *frame) (Value, error) {
		receiver, err := base.eval(f)
		if err != nil {
			return Value{}, err
		}
		if receiver.kind == Null && method.Optional {
			return Value{}, errNothing
		}
		values := make([]Value, len(arguments))
		for i, argument := range arguments {
			if values[i], err = argument.eval(f); err != nil {
				return Value{}, err
			}
		}
		if receiver.kind != Time && receiver.kind != Duration {
			return Value{}, operands{base}.explain(mustBe(0, receiver, "a time or duration, and has no functions"))
		}
		v, err := callMethod(reflect.ValueOf(receiver.native()), name.Value, values)
		if err != nil {
			return Value{}, arguments.explain(err)
		}
		return v, nil
	}, source: n.String()}
}

func callMethod(receiver reflect.Value, name string, values []Value) (Value, error) {
	method := receiver.MethodByName(name)
	if !method.IsValid() {
		return Value{}, fmt.Errorf("%s has no function %s", receiver.Type(), name)
	}
	t := method.Type()
	if t.NumIn() != len(values) || t.IsVariadic() {
		return Value{}, fmt.Errorf("%s.%s takes %d arguments, and got %d", receiver.Type(), name, t.NumIn(), len(values))
	}
	hasError := t.NumOut() == 2 && t.Out(1) == reflect.TypeFor[error]()
	if t.NumOut() != 1 && !hasError {
		return Value{}, fmt.Errorf("%s.%s has %d results, of which an expression has no use but for one", receiver.Type(),
			name, t.NumOut())
	}
	in := make([]reflect.Value, len(values))
	for i, v := range values {
		var err error
		if in[i], err = v.argument(t.In(i), i); err != nil {
			return Value{}, err
		}
	}
	out := method.Call(in)
	if hasError && !out[1].IsNil() {
		return Value{}, out[1].Interface().(error)
	}
	return inRange(receiver.Interface(), name, in, ValueOf(out[0].Interface()))
}

// argument returns a value as an argument of a method, which is an operand with a number. Go's conversion would cut a
// number off that isn't whole, or is too large.
func (v Value) argument(t reflect.Type, operand int) (reflect.Value, error) {
	native := reflect.ValueOf(v.native())
	isText := native.Kind() == reflect.String
	fits := native.IsValid() && native.CanConvert(t) && isText == (t.Kind() == reflect.String)
	if fits && v.kind == Number && t.Kind() >= reflect.Int && t.Kind() <= reflect.Int64 {
		n, ok := v.integer()
		fits = ok && !reflect.Zero(t).OverflowInt(n)
	}
	if !fits {
		return reflect.Value{}, &mismatch{operand: operand, what: fmt.Sprintf("is %s, where %s is needed", v.shownAs(), t),
			null: v.kind == Null}
	}
	return native.Convert(t), nil
}

// shownAs says what a value is, with the number where it is one.
func (v Value) shownAs() string {
	if v.kind == Number {
		return v.shown()
	}
	return v.describe()
}

// inRange returns a method's result, or an error where Go's method would only give the nearest that it can, or
// nonsense.
func inRange(receiver any, name string, arguments []reflect.Value, result Value) (Value, error) {
	at, isTime := receiver.(time.Time)
	switch {
	case isTime && name == "Sub":
		return between(arguments[0].Interface().(time.Time), at)
	case isTime && name == "UnixNano" && !time.Unix(0, result.int()).Equal(at):
		return Value{}, errors.New("the time is too far from 1970 to be counted in nanoseconds of 64 bits")
	}
	return result, nil
}
