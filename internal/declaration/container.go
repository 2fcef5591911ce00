package declaration

import (
	"errors"
	"reflect"
)

// A Container makes values, by constructors that the user has given to it.
type Container struct {
	// Invoke calls a function with values for its parameters.
	Invoke func(function any) error
	// room is the package of the container's type.
	room string
}

// NewContainer returns what a container of another package does.
func NewContainer[O any](container interface {
	Invoke(function any, options ...O) error
}) *Container {
	return &Container{func(function any) error { return container.Invoke(function) }, room(container)}
}

// Cause returns the error of a constructor, or that of the container where there is none below: the last that is of its
// own package.
func (c *Container) Cause(err error) error {
	for room(err) == c.room {
		below := errors.Unwrap(err)
		if below == nil {
			break
		}
		err = below
	}
	return err
}

// room returns the path of the package that the type of a value is of.
func room(of any) string {
	t := reflect.TypeOf(of)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.PkgPath()
}
