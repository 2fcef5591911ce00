package signature

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/leat-go/leat/internal/mistake"
)

// A Result is a result of a function, other than its error.
type Result struct {
	Index int
	Type  reflect.Type
	Form  Form
	// Pointer says that elements come as pointers, of which nil ones are not written.
	Pointer bool
	Element reflect.Type
	// Mistake says what is wrong with it wherever it is written; empty where nothing is.
	Mistake string
}

// Form is how elements come in a result.
type Form int

// The forms of results.
const (
	// One is an element, or the pointer to one.
	One Form = iota
	Slice
	Sequence
	// Fallible is a sequence of elements with errors.
	Fallible
)

// String returns the result as mistakes name it: "result 1 (main.Text)".
func (r Result) String() string {
	return fmt.Sprintf("result %d (%s)", r.Index+1, mistake.Type(r.Type))
}

// readResults reads the results of a function. failing says that the last one is an error.
func readResults(t reflect.Type, facts *Facts) (results []Result, failing bool) {
	n := t.NumOut()
	if n > 0 && t.Out(n-1) == errorType {
		failing = true
		n--
	}
	for i := range n {
		r := facts.result(t.Out(i))
		r.Index, r.Type = i, t.Out(i)
		results = append(results, r)
	}
	return results, failing
}

// result reads the type of a result.
func (f *Facts) result(t reflect.Type) Result {
	if t == errorType {
		return Result{Mistake: "an error must be the last result, and there is one at most"}
	}
	if slices.Contains(f.Outputs, element(t)) {
		return newResult(One, t)
	}
	switch {
	case t.Kind() == reflect.Slice:
		return elementResult(Slice, t.Elem())
	case t.Kind() == reflect.Func && t.CanSeq():
		return elementResult(Sequence, t.In(0).In(0))
	case t.Kind() == reflect.Func && t.CanSeq2():
		if second := t.In(0).In(1); second != errorType {
			return Result{Mistake: fmt.Sprintf("the second type of a sequence is that of an error, not %v; make it %s",
				second, "iter.Seq2["+mistake.Type(t.In(0).In(0))+", error]")}
		}
		return elementResult(Fallible, t.In(0).In(0))
	}
	return elementResult(One, t)
}

func newResult(f Form, e reflect.Type) Result {
	return Result{Form: f, Pointer: e.Kind() == reflect.Pointer, Element: element(e)}
}

// elementResult checks that e may be an element, or a pointer to one.
func elementResult(f Form, e reflect.Type) Result {
	r := newResult(f, e)
	switch r.Element.Kind() {
	case reflect.Chan, reflect.Func, reflect.Interface, reflect.Pointer, reflect.UnsafePointer: // errors, too
		r.Mistake = "this can't be written; a result is an element R, *R, []R, iter.Seq[R] or iter.Seq2[R, error], " +
			"and the last one may be an error"
	}
	return r
}
