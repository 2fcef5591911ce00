package expression

import (
	"fmt"
	"reflect"

	"github.com/expr-lang/expr/ast"
)

// call compiles a call of a method: those of times and durations are Go's.
func (c *compiler) call(n *ast.CallNode) node {
	method, ok := n.Callee.(*ast.MemberNode)
	if !ok {
		return c.fail(n, "what stands before the parenthesis is no function here")
	}
	name, ok := method.Property.(*ast.StringNode)
	if !ok {
		return c.fail(n, "a method goes by its name")
	}
	base := c.compile(method.Node, place{optional: method.Optional})
	var arguments operands
	for _, argument := range n.Arguments {
		arguments = append(arguments, c.compile(argument, place{}))
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
	if t.NumIn() != len(values) || t.IsVariadic() || t.NumOut() == 0 {
		return Value{}, fmt.Errorf("%s.%s takes %d arguments, and got %d", receiver.Type(), name, t.NumIn(), len(values))
	}
	in := make([]reflect.Value, len(values))
	for i, v := range values {
		argument := reflect.ValueOf(v.native())
		isText := argument.Kind() == reflect.String
		if !argument.IsValid() || !argument.CanConvert(t.In(i)) || isText != (t.In(i).Kind() == reflect.String) {
			return Value{}, &mismatch{operand: i, what: fmt.Sprintf("is %s, where %s is needed", v.describe(), t.In(i)),
				null: v.kind == Null}
		}
		in[i] = argument.Convert(t.In(i))
	}
	out := method.Call(in)
	if err, ok := out[len(out)-1].Interface().(error); ok && err != nil {
		return Value{}, err
	}
	return ValueOf(out[0].Interface()), nil
}
