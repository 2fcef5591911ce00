package call

import (
	"context"
	"reflect"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/engine"
)

// A Parameter is a parameter of the function: it makes the argument for each call.
type Parameter interface {
	// argument returns what makes the argument, with memory of its own: it is used by one goroutine.
	argument() argument
}

// An argument makes an argument of the type of the parameter.
type argument func(ctx context.Context, call *engine.Call) reflect.Value

// Context gets the run's context.
func Context() Parameter { return contextParameter{} }

type contextParameter struct{}

func (contextParameter) argument() argument {
	var last context.Context
	var value reflect.Value
	return func(ctx context.Context, _ *engine.Call) reflect.Value {
		if ctx != last {
			kept := ctx // ctx itself would be allocated in each call
			last, value = ctx, reflect.ValueOf(&kept).Elem()
		}
		return value
	}
}

// Master gets the master element or a pointer to it.
func Master(pointer bool) Parameter { return masterParameter{pointer} }

type masterParameter struct{ pointer bool }

func (p masterParameter) argument() argument {
	return func(_ context.Context, call *engine.Call) reflect.Value {
		return elementValue(&call.Masters[0], p.pointer)
	}
}

// Masters gets the masters of a window as a list of type t, elements of the stream.
func Masters(t reflect.Type, s broker.Stream) Parameter { return mastersParameter{t, s} }

type mastersParameter struct {
	t      reflect.Type
	stream broker.Stream
}

func (p mastersParameter) argument() argument {
	lists := newLists(p.stream, p.t)
	return func(_ context.Context, call *engine.Call) reflect.Value {
		return lists.of(call.Masters)
	}
}

// Record gets the record of the master, of a stream called stream.
func Record(public *declaration.Public, stream string) Parameter {
	return recordParameter{public, stream, false}
}

// Records gets a list of the records of a window's masters.
func Records(public *declaration.Public, stream string) Parameter {
	return recordParameter{public, stream, true}
}

type recordParameter struct {
	public *declaration.Public
	stream string
	list   bool
}

func (p recordParameter) argument() argument {
	return func(_ context.Context, call *engine.Call) reflect.Value {
		if !p.list {
			record := reflect.New(p.public.Record)
			p.public.FillRecord(record.Interface(), p.stream, call.Partition, &call.Masters[0])
			return record.Elem()
		}
		records := reflect.MakeSlice(reflect.SliceOf(p.public.Record), len(call.Masters), len(call.Masters))
		for i := range call.Masters {
			p.public.FillRecord(records.Index(i).Addr().Interface(), p.stream, call.Partition, &call.Masters[i])
		}
		return records
	}
}

// Matches gets the matches of the master at some of its children as a list of type t, elements of the stream.
func Matches(t reflect.Type, s broker.Stream, children []int) Parameter {
	return matchesParameter{t, s, children}
}

type matchesParameter struct {
	t        reflect.Type
	stream   broker.Stream
	children []int
}

func (p matchesParameter) argument() argument {
	lists := newLists(p.stream, p.t)
	return func(_ context.Context, call *engine.Call) reflect.Value {
		return lists.matches(&call.Masters[0], p.children)
	}
}

// Match gets the only match of the master at a child as a t, an element or a pointer to one; nil where there is none.
func Match(t reflect.Type, child int) Parameter { return matchParameter{t, child} }

type matchParameter struct {
	t     reflect.Type
	child int
}

func (p matchParameter) argument() argument {
	none, pointer := reflect.Zero(p.t), p.t.Kind() == reflect.Pointer
	return func(_ context.Context, call *engine.Call) reflect.Value {
		matches := call.Masters[0].Matches[p.child]
		if len(matches) == 0 {
			return none
		}
		return elementValue(&matches[0], pointer)
	}
}
