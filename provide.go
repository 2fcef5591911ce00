package leat

import (
	"go.uber.org/dig"

	"github.com/leat-go/leat/internal/declaration"
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
