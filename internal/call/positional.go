// Package call knows how a function of the user's is called: with parameters, by reflection, or as a typed one,
// directly. It arranges the arguments, and writes the results. What it makes belongs to one goroutine.
package call

import (
	"context"
	"reflect"

	"github.com/leat-go/leat/internal/engine"
)

// function calls the user's function by reflection. It belongs to one goroutine.
type function struct {
	fn        reflect.Value
	arguments []argument
	// values is the memory of the arguments' values.
	values  []reflect.Value
	writers []*writer
	// failing says that the last result is an error.
	failing bool
}

// Positional returns a constructor of functions for the engine, of one with parameters. failing says that its last
// result is an error.
func Positional(fn reflect.Value, parameters []Parameter, results []Result, failing bool) func() engine.Function {
	return func() engine.Function {
		f := &function{fn: fn, values: make([]reflect.Value, len(parameters)), failing: failing}
		for _, p := range parameters {
			f.arguments = append(f.arguments, p.argument())
		}
		for _, r := range results {
			f.writers = append(f.writers, newWriter(r))
		}
		return f
	}
}

// Call calls the function and writes its results. Beside an error they aren't written, unless it is EndOfStream.
func (f *function) Call(ctx context.Context, call *engine.Call, emit engine.Emit) error {
	for i, argument := range f.arguments {
		f.values[i] = argument(ctx, call)
	}
	results := f.fn.Call(f.values)
	var failure error
	if f.failing {
		failure, _ = results[len(results)-1].Interface().(error)
	}
	ending := engine.IsEnd(failure)
	if failure != nil && !ending {
		return failure
	}
	for i, w := range f.writers {
		if err := w.write(results[i], emit, ending); err != nil {
			return err
		}
	}
	return failure
}
