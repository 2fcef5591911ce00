package leat

import (
	"context"
	"fmt"
	"reflect"

	"go.uber.org/dig"

	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/mistake"
)

// Provide gives values to the parameters behind the master, or to the fields of a [Typed] function's input: each to those
// of its type, even if that is a type of elements or lists of them, or else of an interface that it, alone among the
// values, implements. Every call of the function gets the same values. A value that nothing takes is a mistake, and so is
// one that is nil, or a nil pointer, function, map or channel.
func Provide(values ...any) Option {
	return declaration.Many("leat.Provide", func(m *declaration.Mill, o *declaration.Option) {
		m.Provide(o, values)
	})
}

// Container gives what the constructors in a dig container make to the parameters that are no elements and that no
// value of [Provide] fits. They run when the mill is built, as far as parameters need them; parameter objects (dig.In)
// are fine.
func Container(container *dig.Container) Option {
	return declaration.Once("leat.Container", func(m *declaration.Mill, o *declaration.Option) {
		if container == nil {
			m.Mistakes.Add("%s: the container is nil; make one by dig.New()", o)
			return
		}
		m.Container = container
	})
}

// injectedParameter gets the same value in every call.
type injectedParameter struct{ value reflect.Value }

func (p injectedParameter) argument() argument {
	return func(context.Context, *engine.Call) reflect.Value { return p.value }
}

// injected finds the value of a parameter that isn't about elements.
func (b *builder) injected(i int) parameter {
	t := b.t.In(i)
	value, err := b.resolve(t)
	if err != nil {
		b.mistakes.Add("%s: %w", b.parameterText(i), err)
	}
	return injectedParameter{value}
}

func (b *builder) resolve(t reflect.Type) (reflect.Value, error) {
	if p := b.config.ProvidedOf(t); p != nil {
		p.Taken = true
		return p.Value, nil
	}
	var fitting []*declaration.Provided
	for _, p := range b.config.Provided {
		if p.Value.Type().AssignableTo(t) {
			fitting = append(fitting, p)
		}
	}
	switch {
	case len(fitting) == 1:
		fitting[0].Taken = true
		return fitting[0].Value, nil
	case len(fitting) > 1:
		return reflect.Value{}, ambiguous(t, fitting)
	case t == loggerType:
		return reflect.ValueOf(b.config.Logger), nil
	case b.config.Container != nil:
		return fromContainer(b.config.Container, t)
	}
	if p := almost(b.config, t); p != nil {
		p.Taken = true
		return reflect.Value{}, fmt.Errorf("%s gives a %v; give a %v", p.Option, p.Value.Type(), t)
	}
	if right := listed(t); right != nil {
		return reflect.Value{}, fmt.Errorf("no join has %v on its right, and the source has no stream of it; "+
			"add both for its matches, or leat.Provide(value) for a value of your own", right)
	}
	return reflect.Value{}, fmt.Errorf("it is no element, for the source has no stream of %v, and nothing provides it; "+
		"add leat.Provide(value), leat.Container(container), or a stream", element(t))
}

// almost returns the provided value that is what a pointer type points to, or a pointer to it; nil where there is none.
func almost(c *declaration.Mill, t reflect.Type) *declaration.Provided {
	if p := c.ProvidedOf(reflect.PointerTo(t)); p != nil || t.Kind() != reflect.Pointer {
		return p
	}
	return c.ProvidedOf(t.Elem())
}

// listed returns the struct that []R and map[L][]R hold lists of; nil for other types.
func listed(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() == reflect.Slice {
		if t = element(t.Elem()); t.Kind() == reflect.Struct {
			return t
		}
	}
	return nil
}

func ambiguous(t reflect.Type, fitting []*declaration.Provided) error {
	types := make([]string, len(fitting))
	for i, p := range fitting {
		p.Taken = true
		types[i] = p.Value.Type().String()
	}
	return fmt.Errorf("several values of leat.Provide implement %v: %s; leave one, or take it by its own type",
		t, mistake.And(types))
}

// fromContainer asks a container for a value of type t.
func fromContainer(container *dig.Container, t reflect.Type) (value reflect.Value, err error) {
	take := func(arguments []reflect.Value) []reflect.Value {
		value = arguments[0]
		return nil
	}
	taker := reflect.MakeFunc(reflect.FuncOf([]reflect.Type{t}, nil, false), take)
	if err := container.Invoke(taker.Interface()); err != nil {
		return reflect.Value{}, &injectionError{t: t, err: err}
	}
	return value, nil
}

// injectionError says that a container can't make a value.
type injectionError struct {
	t   reflect.Type
	err error
}

// Error gives the root cause: what dig says around it is about the function that asks, which isn't the user's.
func (e *injectionError) Error() string {
	return fmt.Sprintf("the container can't make it: %v; add a constructor by container.Provide(func(...) %v), "+
		"or a value by leat.Provide", dig.RootCause(e.err), e.t)
}

func (e *injectionError) Unwrap() error { return e.err }

// checkProvided checks that every provided value was taken.
func (b *builder) checkProvided() {
	taker := "parameter"
	if b.typed != nil {
		taker = "field"
	}
	for _, p := range b.config.Provided {
		if !p.Taken {
			b.mistakes.Add("%s: no %s takes the %v; leave it out, or put what only some functions take "+
				"into a leat.Container", p.Option, taker, p.Value.Type())
		}
	}
}
