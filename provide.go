package leat

import (
	"go.uber.org/dig"

	"github.com/leat-go/leat/internal/declaration"
)

// Provide gives values to the function. Each goes to the parameters behind the master, or to the fields of a [Typed]
// function's input, that have its type:
//
//	leat.New(func(ctx context.Context, a Audio, db *sql.DB) error { ... }, leat.Provide(db), ...)
//
// A parameter of an interface type gets the value that implements it, if only one does. A value goes before what its
// type would mean otherwise, such as a list of elements. Every call gets the same values. [New] returns an error for a
// value that nothing takes, for a second one of a type, and for one that is nil, or a nil pointer, function, map or
// channel.
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
