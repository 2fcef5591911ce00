// Package expr has options for mills whose keys are expressions from configuration, such as "floor(time_ms / 1000)",
// instead of functions. The language is that of github.com/expr-lang/expr; a program that doesn't import this package
// doesn't carry it.
//
// Numbers are decimals of any length, / divides exactly, and a floating field is the shortest decimal that denotes it,
// so that 0.1 + 0.2 is 0.3. Fields have their names in JSON.
//
// Keys are made of elements alone, as those of [leat.Join] are: record(…), the record that an element came in, is known in
// pipeline files only. What a join needs of a record must be a field of the element.
package expr

import (
	"fmt"
	"reflect"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/elements"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/internal/exprkeys"
	"github.com/leat-go/leat/internal/keys"
)

// Join is [leat.Join] with two expressions as keys, over the fields of the left and of the right element, such as
// "time_seconds" and "floor(time_ms / 1000)". [leat.New] checks them. A key is null, and matches nothing (see
// [leat.Join]), where a field that it is made of is a nil pointer, or is behind one. Both types must be given:
// expr.Join[Audio, Video](...).
//
// Distances between keys are exact, whatever their numbers are. A bound of [leat.Within] is a number, or a
// time.Duration where keys are times. A floating number is the shortest decimal that denotes it; a json.Number has any
// digits.
func Join[L, R any](left, right string, options ...leat.JoinOption) leat.Option {
	return declaration.Many("expr.Join", func(m *declaration.Mill, o *declaration.Option) {
		j := declaration.NewJoin[L, R](o)
		j.On = left + " == " + right
		j.Edge = func() (func() engine.Edge, error) {
			leftKey, rightKey, err := compile(left, j.Left, right, j.Right)
			if err != nil {
				return nil, err
			}
			return exprkeys.Edge(leftKey, rightKey, &j.Options)
		}
		declaration.AddJoin(m, j, options)
	})
}

// compile compiles the keys of both sides, each over the fields of a struct type.
func compile(left string, leftType reflect.Type, right string, rightType reflect.Type) (
	leftKey, rightKey *expression.Program, err error) {
	if leftKey, err = expression.CompileStruct(left, leftType); err != nil {
		return nil, nil, fmt.Errorf("left key, over %v: %w", leftType, err)
	}
	if rightKey, err = expression.CompileStruct(right, rightType); err != nil {
		return nil, nil, fmt.Errorf("right key, over %v: %w", rightType, err)
	}
	return leftKey, rightKey, nil
}

// By is [leat.By] with two expressions as match key, over the fields of the left and of the right element, such as
// "ticker" and "lower(symbol)". What is equal is what is equal in keys of [Join]: numbers are compared as numbers,
// times as instants. A join by functions may have it, too. Both types must be given: expr.By[Trade, Quote](...).
func By[L, R any](left, right string) leat.JoinOption {
	return declaration.JoinOption(func(j *declaration.Join) {
		m := keys.MatchKey{Left: elements.TypeFor[L](), Right: elements.TypeFor[R](), Text: left + " == " + right}
		leftKey, rightKey, err := compile(left, m.Left, right, m.Right)
		if err == nil {
			err = exprkeys.SetMatchKey(&m, leftKey, rightKey)
		}
		if err != nil {
			err = fmt.Errorf("expr.By: %w", err)
		}
		j.AddMatchKey(m, err)
	})
}

// Window is [leat.Window] with an expression as key, over the fields of the master element, such as "floor(time /
// 300)". The type must be given: expr.Window[Audio](...).
func Window[M any](key string) leat.Option {
	return declaration.Once("expr.Window", func(m *declaration.Mill, o *declaration.Option) {
		w := &declaration.Window{Option: o, Master: elements.TypeFor[M](), Text: "by " + key}
		w.Key = func() (keys.Changes, error) { return changes(w, key) }
		m.AddWindow(w)
	})
}

// changes compiles the key of a window. Programs belong to one goroutine, so each task gets its own.
func changes(w *declaration.Window, key string) (keys.Changes, error) {
	program, err := expression.CompileStruct(key, w.Master)
	if err != nil {
		return nil, fmt.Errorf("window key, over %v: %w", w.Master, err)
	}
	if err := expression.CheckPair(program, program); err != nil {
		return nil, err
	}
	return func() func(any) (bool, error) {
		return keys.ChangesOf(expression.Single(program), same)()
	}, nil
}

func same(a, b expression.Key) bool { return expression.Compare(a, b) == 0 }
