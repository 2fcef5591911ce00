package leat

import (
	"fmt"
	"reflect"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/internal/keys"
	"github.com/leat-go/leat/internal/mistake"
)

// JoinExpr is [Join] with keys from configuration: two expressions over the fields of the left and of the right element,
// by their names in JSON, such as "time_seconds" and "floor(time_ms / 1000)". They are checked when the mill is built.
// A key is null, and matches nothing (see [Join]), where a field that it is made of is a nil pointer, or is behind one.
// The language is that of github.com/expr-lang/expr; numbers are decimals of any length, / divides exactly, and a floating
// field is the shortest decimal that denotes it, so that 0.1 + 0.2 is 0.3. Both types must be given:
// leat.JoinExpr[Audio, Video](...).
func JoinExpr[L, R any](left, right string, options ...JoinOption) Option {
	return &option{name: "JoinExpr", at: mistake.Caller(0), many: true, set: func(c *config, o *option) {
		j := newJoin[L, R](o)
		j.on = left + " == " + right
		j.edge = func() (func() engine.Edge, error) { return exprEdge(j, left, right) }
		c.addJoin(j, options)
	}}
}

// exprEdge compiles the keys of a join. Programs belong to one goroutine, so each task gets its own.
func exprEdge(j *join, left, right string) (func() engine.Edge, error) {
	leftProgram, err := expression.CompileStruct(left, j.left)
	if err != nil {
		return nil, fmt.Errorf("left key, over %v: %w", j.left, err)
	}
	rightProgram, err := expression.CompileStruct(right, j.right)
	if err != nil {
		return nil, fmt.Errorf("right key, over %v: %w", j.right, err)
	}
	if err := expression.CheckPair(leftProgram, rightProgram); err != nil {
		return nil, err
	}
	return func() engine.Edge {
		leftKey, rightKey, err := expression.Pair(leftProgram, rightProgram)
		if err != nil {
			panic(err) // CheckPair has said that it is none
		}
		left, right := engine.Nullable(leftKey, expression.Key.IsNull), engine.Nullable(rightKey, expression.Key.IsNull)
		return engine.KeyEdge(left, right, expression.Compare, j.unique)()
	}, nil
}

// WindowExpr is [Window] with a key from configuration: an expression over the fields of the master element, such as
// "floor(time / 300)", in the language of [JoinExpr]. The type must be given: leat.WindowExpr[Audio](...).
func WindowExpr[M any](key string) Option {
	return &option{name: "WindowExpr", at: mistake.Caller(0), set: func(c *config, o *option) {
		master := element(reflect.TypeFor[M]())
		c.addWindow(&window{
			option: o,
			master: master,
			text:   "by " + key,
			key:    func() (keys.Changes, error) { return exprWindow(master, key) },
		})
	}}
}

func exprWindow(master reflect.Type, key string) (keys.Changes, error) {
	program, err := expression.CompileStruct(key, master)
	if err != nil {
		return nil, fmt.Errorf("window key, over %v: %w", master, err)
	}
	if err := expression.CheckPair(program, program); err != nil {
		return nil, err
	}
	return func() func(any) (bool, error) {
		return keys.ChangesOf(expression.Single(program), sameKey)()
	}, nil
}

func sameKey(a, b expression.Key) bool { return expression.Compare(a, b) == 0 }
