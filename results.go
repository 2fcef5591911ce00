package leat

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/mistake"
)

// A result is a result of the function, other than its error.
type result struct {
	// stream is the number of the output.
	stream int
	form   form
	// pointer says that elements come as pointers, of which nil ones are not written.
	pointer bool
	element reflect.Type
}

// form is how elements come in a result.
type form int

const (
	single form = iota
	slice
	sequence
	// fallible is a sequence of elements with errors.
	fallible
)

// results reads the function's results. failing says that the last one is an error.
func (b *builder) results() (results []result, failing bool) {
	n := b.t.NumOut()
	if n > 0 && b.t.Out(n-1) == errorType {
		failing = true
		n--
	}
	for i := range n {
		r, mistake := b.result(b.t.Out(i))
		if mistake != "" {
			b.mistakes.Add("%s: %s", b.resultText(i), mistake)
			continue
		}
		r.stream = b.output(r.element, b.resultText(i))
		results = append(results, r)
	}
	return results, failing
}

// result reads the type of a result; it says what is wrong with it where it can't be written.
func (b *builder) result(t reflect.Type) (result, string) {
	if t == errorType {
		return result{}, "an error must be the last result, and there is one at most"
	}
	if b.sinkStreams.Has(element(t)) {
		return newResult(single, t), ""
	}
	switch {
	case t.Kind() == reflect.Slice:
		return b.elementResult(slice, t.Elem())
	case t.Kind() == reflect.Func && t.CanSeq():
		return b.elementResult(sequence, t.In(0).In(0))
	case t.Kind() == reflect.Func && t.CanSeq2():
		if second := t.In(0).In(1); second != errorType {
			return result{}, fmt.Sprintf("the second type of a sequence is that of an error, not %v; make it %s",
				second, "iter.Seq2["+mistake.Type(t.In(0).In(0))+", error]")
		}
		return b.elementResult(fallible, t.In(0).In(0))
	}
	return b.elementResult(single, t)
}

func newResult(f form, e reflect.Type) result {
	return result{form: f, pointer: e.Kind() == reflect.Pointer, element: element(e)}
}

// elementResult checks that e may be an element, or a pointer to one.
func (b *builder) elementResult(f form, e reflect.Type) (result, string) {
	r := newResult(f, e)
	switch r.element.Kind() {
	case reflect.Chan, reflect.Func, reflect.Interface, reflect.Pointer, reflect.UnsafePointer: // errors, too
		return r, "this can't be written; a result is an element R, *R, []R, iter.Seq[R] or iter.Seq2[R, error], " +
			"and the last one may be an error"
	}
	return r, ""
}

func (b *builder) resultText(i int) string {
	return fmt.Sprintf("result %d (%s)", i+1, mistake.Type(b.t.Out(i)))
}

// A writer writes a result of one goroutine's calls.
type writer struct {
	result
	// buffer holds a copy of an element that has no address, and boxed its pointer.
	buffer reflect.Value
	boxed  any
}

func newWriter(r result) *writer {
	buffer := reflect.New(r.element)
	return &writer{result: r, buffer: buffer.Elem(), boxed: buffer.Interface()}
}

// write gives the elements of a result to emit. With ending, which stands for an EndOfStream beside it, the zero value
// of a single element means none (R6).
func (w *writer) write(v reflect.Value, emit engine.Emit, ending bool) error {
	switch {
	case w.form == single:
		return w.one(v, emit, ending)
	case v.IsNil():
		return nil
	case w.form == slice:
		for i := range v.Len() {
			if err := w.one(v.Index(i), emit, false); err != nil {
				return err
			}
		}
		return nil
	case w.form == sequence:
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
		if errors.Is(failure, EndOfStream) {
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
	case w.pointer && v.IsNil(), ending && v.IsZero():
		return nil
	case w.pointer:
		return emit(w.stream, v.Interface())
	case v.CanAddr():
		return emit(w.stream, v.Addr().Interface())
	}
	w.buffer.Set(v)
	return emit(w.stream, w.boxed)
}
