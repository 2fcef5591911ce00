package expression

import (
	"github.com/expr-lang/expr/ast"

	"github.com/leat-go/leat/internal/mistake"
)

// guard makes a panic while an expression is evaluated, which is a fault of this package or of a field's methods, an
// error that names the expression, and the location in it. It must be deferred itself.
//
// Where in the expression it was is found by evaluating it once more, with every part of it watched: so it costs
// nothing as long as nobody panics.
func (p *Program) guard(env any, err *error) {
	value := recover()
	if value == nil {
		return
	}
	at := mistake.PanicLocation()
	failed := newError(p.source, p.culprit(env), "this panicked: %v (%s)", value, at)
	*err = &PanicError{failed, value}
}

// A PanicError is a panic while an expression was evaluated.
type PanicError struct {
	// At says where in which expression it was.
	At *Error
	// Value is what was panicked with.
	Value any
}

// Error names the expression, the location in it, the panic, and the line of code.
func (e *PanicError) Error() string { return e.At.Error() }

// Unwrap returns the value where it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// culprit returns the offset of the innermost part of the expression that panics with an environment; 0 where none
// does, this time.
func (p *Program) culprit(env any) (offset int) {
	watch := &watch{}
	watched, err := compileWatched(p.source, p.scope, p.raw, watch)
	if err != nil {
		return 0
	}
	defer func() {
		if recover() != nil {
			offset = watch.offset
		}
	}()
	f := &watched.frame
	f.env = env
	if v, err := watched.eval(f); err == nil {
		_, _ = v.AppendJSON(nil) // what is made when it is written
	}
	return 0
}

// A watch notes which part of an expression panicked first.
type watch struct {
	seen   bool
	offset int
}

// over watches a part of an expression.
func (w *watch) over(n ast.Node, compiled node) node {
	if w == nil || compiled.constant != nil {
		return compiled
	}
	eval, offset := compiled.eval, n.Location().From
	compiled.eval = func(f *frame) (Value, error) {
		returned := false
		defer func() {
			if !returned && !w.seen {
				w.seen, w.offset = true, offset
			}
		}()
		v, err := eval(f)
		returned = true
		return v, err
	}
	return compiled
}
