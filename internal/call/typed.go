package call

import (
	"context"
	"reflect"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/signature"
)

// A Typed is a function over a struct that mirrors the join tree. Make one with [NewTyped].
type Typed interface {
	// Function returns the user's function.
	Function() any
	// New returns a constructor of functions for the engine. The result is nil where nothing is written.
	New(in *Input, r *Result) func() engine.Function
}

// NewTyped returns a function as a Typed.
func NewTyped[In, Out any](fn func(context.Context, *In) (Out, error)) Typed {
	return typed[In, Out](fn)
}

type typed[In, Out any] func(context.Context, *In) (Out, error)

func (fn typed[In, Out]) Function() any { return (func(context.Context, *In) (Out, error))(fn) }

func (fn typed[In, Out]) New(in *Input, r *Result) func() engine.Function {
	return func() engine.Function {
		c := &typedCalls[In, Out]{fn: fn}
		c.fill = in.filler(reflect.ValueOf(&c.in).Elem())
		if r != nil {
			c.writer = newWriter(*r)
			c.plain = r.Form == signature.One && !r.Pointer
			c.boxed, c.value = &c.out, reflect.ValueOf(&c.out).Elem()
		}
		return c
	}
}

// typedCalls calls a typed function. It belongs to one goroutine.
type typedCalls[In, Out any] struct {
	fn   typed[In, Out]
	in   In
	fill filler
	out  Out
	// writer writes out where plain doesn't say that it is an element; nil where nothing is written. It gets value, and
	// boxed is the pointer to out.
	writer *writer
	plain  bool
	value  reflect.Value
	boxed  any
}

// Call calls the function and writes its result. Beside an error it isn't written, unless that is EndOfStream.
func (c *typedCalls[In, Out]) Call(ctx context.Context, call *engine.Call, emit engine.Emit) error {
	c.fill.fill(call)
	out, failure := c.fn(ctx, &c.in)
	if c.writer == nil {
		return failure
	}
	ending := engine.IsEnd(failure)
	if failure != nil && !ending {
		return failure
	}
	c.out = out
	if err := c.write(emit, ending); err != nil {
		return err
	}
	return failure
}

func (c *typedCalls[In, Out]) write(emit engine.Emit, ending bool) error {
	if c.plain && !ending {
		return emit(c.writer.Output, c.boxed)
	}
	return c.writer.write(c.value, emit, ending)
}
