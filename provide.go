package leat

import (
	"reflect"

	"github.com/leat-go/leat/internal/declaration"
)

// Provide gives values to the function. Each goes to the parameters behind the master that have its type, or to such
// fields of a [Typed] function's input:
//
//	leat.New(func(ctx context.Context, a Audio, db *sql.DB) error { ... }, leat.Provide(db), ...)
//
// A parameter of an interface type gets the value that implements it, if only one does. A provided value takes
// precedence over what its type would mean otherwise, such as a list of elements. Every call gets the same values.
// [New] returns an error for a value that no parameter takes, for a second one of a type, and for a nil: also a nil
// pointer, function, map or channel.
func Provide(values ...any) Option {
	return declaration.Many("leat.Provide", func(m *declaration.Mill, o *declaration.Option) {
		m.Provide(o, values)
	})
}

// An Invoker calls a function with values that it makes for its parameters, as *dig.Container and *dig.Scope do, where
// O is dig.InvokeOption. It is what [Container] takes, so that only programs that have a container are built with dig.
type Invoker[O any] interface {
	Invoke(function any, options ...O) error
}

// Container gives values that the constructors in a dig container make:
//
//	container := dig.New()
//	...
//	leat.New(fn, leat.Container(container), ...)
//
// They go to the parameters that are no elements and that no value of [Provide] fits. [New] runs the constructors that
// the parameters need. Parameter objects (dig.In) are fine.
func Container[O any](container Invoker[O]) Option {
	return declaration.Once("leat.Container", func(m *declaration.Mill, o *declaration.Option) {
		if v := reflect.ValueOf(container); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
			m.Mistakes.Add("%s: the container is nil; make one by dig.New()", o)
			return
		}
		m.Container = declaration.NewContainer(container)
	})
}
