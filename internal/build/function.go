package build

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/leat-go/leat/internal/call"
	"github.com/leat-go/leat/internal/mistake"
)

// A function is the user's, with its name, its package before it, and where it begins.
type function struct {
	name string
	at   mistake.Location
	form form
	// taker is what a value of leat.Provide goes to.
	taker string
}

// functionOf returns what the user gave as a function.
func functionOf(fn any) (*function, error) {
	typed, isTyped := fn.(call.Typed)
	if isTyped {
		fn = typed.Function()
	}
	if fn == nil {
		return nil, errors.New("leat.New: a function is needed, got nil")
	}
	value := reflect.ValueOf(fn)
	if value.Kind() != reflect.Func {
		return nil, fmt.Errorf("leat.New: a function is needed, got a value of type %v", value.Type())
	}
	if value.IsNil() {
		return nil, fmt.Errorf("leat.New: the function, a %v, is nil", value.Type())
	}
	f := &function{}
	f.name, f.at = mistake.Function(value)
	if isTyped {
		f.form, f.taker = &typedForm{typed: typed, t: value.Type()}, "field"
	} else {
		f.form, f.taker = &positionalForm{fn: value}, "parameter"
	}
	return f, nil
}
