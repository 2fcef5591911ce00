package call

import (
	"reflect"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/signature"
)

// A Result is a result of a function, with the number of the output that it goes to.
type Result struct {
	signature.Result
	Output int
}

// A writer writes a result of one goroutine's calls.
type writer struct {
	Result
	// buffer holds a copy of an element that has no address, and boxed its pointer.
	buffer reflect.Value
	boxed  any
}

func newWriter(r Result) *writer {
	buffer := reflect.New(r.Element)
	return &writer{Result: r, buffer: buffer.Elem(), boxed: buffer.Interface()}
}

// write gives the elements of a result to emit. ending says that the function returned EndOfStream beside it: then the
// zero value of a single element isn't written (R6).
func (w *writer) write(v reflect.Value, emit engine.Emit, ending bool) error {
	switch {
	case w.Form == signature.One:
		return w.one(v, emit, ending)
	case v.IsNil():
		return nil
	case w.Form == signature.Slice:
		for i := range v.Len() {
			if err := w.one(v.Index(i), emit, false); err != nil {
				return err
			}
		}
		return nil
	case w.Form == signature.Sequence:
		return w.sequence(v, emit)
	}
	return w.fallible(v, emit)
}

// sequence writes the elements of a sequence.
//
// It and fallible aren't part of write, because a range over a function makes the variables around it escape.
func (w *writer) sequence(v reflect.Value, emit engine.Emit) error {
	for e := range v.Seq() {
		if err := w.one(e, emit, false); err != nil {
			return err
		}
	}
	return nil
}

// fallible writes the elements of a sequence up to the first error.
func (w *writer) fallible(v reflect.Value, emit engine.Emit) error {
	for e, failed := range v.Seq2() {
		if failed.IsNil() {
			if err := w.one(e, emit, false); err != nil {
				return err
			}
			continue
		}
		failure := failed.Interface().(error)
		if engine.IsEnd(failure) {
			if err := w.one(e, emit, true); err != nil {
				return err
			}
		}
		return failure
	}
	return nil
}

// one writes an element, unless it is a nil pointer, or the zero value and ending.
func (w *writer) one(v reflect.Value, emit engine.Emit, ending bool) error {
	switch {
	case w.Pointer && v.IsNil(), ending && v.IsZero():
		return nil
	case w.Pointer:
		return emit(w.Output, v.Interface())
	case v.CanAddr():
		return emit(w.Output, v.Addr().Interface())
	}
	w.buffer.Set(v)
	return emit(w.Output, w.boxed)
}
