package expression_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/expr-lang/expr/types"

	"github.com/leat-go/leat/internal/expression"
)

// A trap is a scope with a list of numbers, numbers, and bomb, whose reading panics with a value.
type trap struct{ with any }

// Types implements [expression.Scope].
func (trap) Types() types.Map {
	return types.Map{"numbers": types.Array(types.Any), "one": types.Any, "bomb": types.Any}
}

// Field implements [expression.Scope].
func (s trap) Field(path []expression.Step, _ bool) (expression.Getter, int, error) {
	return func(any) (expression.Value, error) {
		switch path[0].Name {
		case "numbers":
			return expression.ValueOfJSON([]byte("[1,2,3]")), nil
		case "one":
			return expression.ValueOf(1), nil
		}
		panic(s.with)
	}, 1, nil
}

// TestPanicsAreErrors lets the evaluation panic in all sorts of places: the error names the expression, the innermost
// part that panicked, and the line of code; and the program can be used afterwards.
func TestPanicsAreErrors(t *testing.T) {
	for source, column := range map[string]string{
		"bomb":                                "column 1",
		"one + bomb":                          "column 7",
		"one > 0 ? [one, {a: bomb}] : nil":    "column 21",
		"map(numbers, # == 2 ? bomb + 1 : #)": "column 23",
		"filter(numbers, {let b = #; b > 2 and bomb})": "column 39",
		"one +\n  floor(bomb)":                         "line 2, column 9",
		"bomb?.x ?? 1":                                 "column 1",
	} {
		p, err := expression.Compile(source, trap{io.ErrClosedPipe})
		if err != nil {
			t.Error(err)
			continue
		}
		for _, evaluate := range []func() error{
			func() error { _, err := p.Value(nil); return err },
			func() error { _, err := p.Key(nil); return err },
			func() error { _, err := p.Clone().AppendJSON(nil, nil); return err },
		} {
			err := evaluate()
			panicked, ok := errors.AsType[*expression.PanicError](err)
			if !ok || !errors.Is(err, io.ErrClosedPipe) || panicked.At.Source != source {
				t.Errorf("%s: %v", source, err)
				continue
			}
			for _, want := range []string{column + ": this panicked: io: read/write on closed pipe", "panic_test.go:"} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%s: %v, want %s", source, err, want)
				}
			}
		}
	}
}

// TestPanicsOfOneElement panics for one element only: those after it are evaluated.
func TestPanicsOfOneElement(t *testing.T) {
	p, err := expression.Compile("one + bomb", trap{"no error"})
	if err != nil {
		t.Fatal(err)
	}
	key, _ := expression.PairOf(p, p)
	for range 2 {
		_, err := key(nil)
		if panicked, ok := errors.AsType[*expression.PanicError](err); !ok || panicked.Value != "no error" || panicked.Unwrap() != nil {
			t.Errorf("a panic with a text is %v", err)
		}
	}
}
