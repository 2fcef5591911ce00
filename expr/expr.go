// Package expr has options for mills whose keys are expressions from configuration, such as "floor(time_ms / 1000)",
// instead of functions. The language is that of github.com/expr-lang/expr; a program that doesn't import this package
// doesn't carry it.
//
// Numbers are decimals of any length, / divides exactly, and a floating field is the shortest decimal that denotes it,
// so that 0.1 + 0.2 is 0.3. Fields have their names in JSON.
package expr

import (
	"fmt"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/elements"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/internal/keys"
)

// Join is [leat.Join] with two expressions as keys, over the fields of the left and of the right element, such as
// "time_seconds" and "floor(time_ms / 1000)". [leat.New] checks them. A key is null, and matches nothing (see
// [leat.Join]), where a field that it is made of is a nil pointer, or is behind one. Keys by expression
// have no distances: [leat.Within] is for key functions. Both types must be given:
// expr.Join[Audio, Video](...).
func Join[L, R any](left, right string, options ...leat.JoinOption) leat.Option {
	return declaration.Many("expr.Join", func(m *declaration.Mill, o *declaration.Option) {
		j := declaration.NewJoin[L, R](o)
		j.On = left + " == " + right
		j.Edge = func() (func() engine.Edge, error) { return edge(j, left, right) }
		declaration.AddJoin(m, j, options)
	})
}

// edge compiles the keys of a join. Programs belong to one goroutine, so each task gets its own.
func edge(j *declaration.Join, left, right string) (func() engine.Edge, error) {
	leftProgram, err := expression.CompileStruct(left, j.Left)
	if err != nil {
		return nil, fmt.Errorf("left key, over %v: %w", j.Left, err)
	}
	rightProgram, err := expression.CompileStruct(right, j.Right)
	if err != nil {
		return nil, fmt.Errorf("right key, over %v: %w", j.Right, err)
	}
	if err := expression.CheckPair(leftProgram, rightProgram); err != nil {
		return nil, err
	}
	if _, err := keys.EqualKeys[expression.Key](nil, nil, expression.Compare, &j.Options); err != nil {
		return nil, err
	}
	return func() engine.Edge {
		leftKey, rightKey, err := expression.Pair(leftProgram, rightProgram)
		if err != nil {
			panic(err) // CheckPair has said that it is none
		}
		left, right := engine.Nullable(leftKey, expression.Key.IsNull), engine.Nullable(rightKey, expression.Key.IsNull)
		edge, err := keys.EqualKeys(left, right, expression.Compare, &j.Options)
		if err != nil {
			panic(err) // it was none when the join was made
		}
		return edge()
	}, nil
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
