package call

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"

	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/elements"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/mistake"
)

// Injected gets the same value in every call.
func Injected(value reflect.Value) Parameter { return injectedParameter{value} }

type injectedParameter struct{ value reflect.Value }

func (p injectedParameter) argument() argument {
	return func(context.Context, *engine.Call) reflect.Value { return p.value }
}

// An Injector finds values that aren't about elements, among what leat.Provide and leat.Container give.
type Injector struct{ declared *declaration.Mill }

// NewInjector returns an injector of what options gave.
func NewInjector(m *declaration.Mill) *Injector { return &Injector{m} }

// Value returns the value for a parameter or field of a type. A container makes it now.
func (in *Injector) Value(t reflect.Type) (reflect.Value, error) {
	if p := in.declared.ProvidedOf(t); p != nil {
		p.Used = true
		return p.Value, nil
	}
	var fitting []*declaration.Provided
	for _, p := range in.declared.Provided {
		if p.Value.Type().AssignableTo(t) {
			fitting = append(fitting, p)
		}
	}
	switch {
	case len(fitting) == 1:
		fitting[0].Used = true
		return fitting[0].Value, nil
	case len(fitting) > 1:
		return reflect.Value{}, ambiguous(t, fitting)
	case t == reflect.TypeFor[*slog.Logger]():
		return reflect.ValueOf(in.declared.Logger), nil
	case in.declared.Container != nil:
		return fromContainer(in.declared.Container, t)
	}
	if p := almost(in.declared, t); p != nil {
		p.Used = true
		return reflect.Value{}, fmt.Errorf("%s gives a %v; give a %v", p.Option, p.Value.Type(), t)
	}
	if right := listed(t); right != nil {
		return reflect.Value{}, fmt.Errorf("no join has %v on its right, and the source has no stream of it; "+
			"add both for its matches, or leat.Provide(value) for a value of your own", right)
	}
	return reflect.Value{}, fmt.Errorf("it is no element, for the source has no stream of %v, and nothing provides it; "+
		"add leat.Provide(value), leat.Container(container), or a stream", elements.Type(t))
}

// almost returns a provided value that differs from t only in being a pointer, or none; nil where there is none.
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
		if t = elements.Type(t.Elem()); t.Kind() == reflect.Struct {
			return t
		}
	}
	return nil
}

func ambiguous(t reflect.Type, fitting []*declaration.Provided) error {
	types := make([]string, len(fitting))
	for i, p := range fitting {
		p.Used = true
		types[i] = p.Value.Type().String()
	}
	return fmt.Errorf("several values of leat.Provide implement %v: %s; leave one, or take it by its own type",
		t, mistake.And(types))
}

// fromContainer asks a container for a value of type t.
func fromContainer(container *declaration.Container, t reflect.Type) (value reflect.Value, err error) {
	take := func(arguments []reflect.Value) []reflect.Value {
		value = arguments[0]
		return nil
	}
	taker := reflect.MakeFunc(reflect.FuncOf([]reflect.Type{t}, nil, false), take)
	if err := container.Invoke(taker.Interface()); err != nil {
		return reflect.Value{}, &injectionError{t: t, err: err, cause: container.Cause(err)}
	}
	return value, nil
}

// injectionError says that a container can't make a value.
type injectionError struct {
	t          reflect.Type
	err, cause error
}

// Error gives the cause: what the container says around it is about the function that asks, which isn't the user's.
func (e *injectionError) Error() string {
	return fmt.Sprintf("the container can't make it: %v; add a constructor by container.Provide(func(...) %v), "+
		"or a value by leat.Provide", e.cause, e.t)
}

func (e *injectionError) Unwrap() error { return e.err }

// Unused returns a mistake for each provided value that no taker, a parameter or field, gets.
func (in *Injector) Unused(taker string) (mistakes mistake.List) {
	for _, p := range in.declared.Provided {
		if !p.Used {
			mistakes.Add("%s: no %s takes the %v; leave it out, or put what only some functions take "+
				"into a leat.Container", p.Option, taker, p.Value.Type())
		}
	}
	return mistakes
}
