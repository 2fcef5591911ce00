package expression_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/expr-lang/expr/types"

	"github.com/leat-go/leat/internal/expression"
)

// texts is a scope of the names x, y, z … for values, given in JSON.
type texts []string

// Types implements [expression.Scope].
func (s texts) Types() types.Map {
	names := types.Map{}
	for i := range s {
		names[s.name(i)] = types.Any
	}
	return names
}

func (s texts) name(i int) string { return string(rune('x' + i)) }

// Field implements [expression.Scope].
func (s texts) Field(path []expression.Step, _ bool) (expression.Getter, int, error) {
	for i := range s {
		if s.name(i) == path[0].Name {
			raw := []byte(s[i])
			return func(any) (expression.Value, error) { return expression.ValueOfJSON(raw), nil }, 1, nil
		}
	}
	return nil, 0, fmt.Errorf("there is no %s", path[0].Name)
}

// named is a scope of values by their names, given in JSON.
type named map[string]json.RawMessage

// Types implements [expression.Scope].
func (s named) Types() types.Map {
	names := types.Map{}
	for name := range s {
		names[name] = types.Any
	}
	return names
}

// Field implements [expression.Scope].
func (s named) Field(path []expression.Step, _ bool) (expression.Getter, int, error) {
	raw := s[path[0].Name]
	return func(any) (expression.Value, error) { return expression.ValueOfJSON(raw), nil }, 1, nil
}

// values is a scope of Go values by their names; of a [json.RawMessage], of what it holds.
type values map[string]any

// Types implements [expression.Scope]: nothing is known of them, so that operators and functions meet them when they
// are evaluated.
func (s values) Types() types.Map {
	names := types.Map{}
	for name := range s {
		names[name] = types.Any
	}
	return names
}

// Field implements [expression.Scope].
func (s values) Field(path []expression.Step, _ bool) (expression.Getter, int, error) {
	v := expression.ValueOf(s[path[0].Name])
	if raw, ok := s[path[0].Name].(json.RawMessage); ok {
		v = expression.ValueOfJSON(raw)
	}
	return func(any) (expression.Value, error) { return v, nil }, 1, nil
}

// expectJSON evaluates an expression, and expects it to be written so.
func expectJSON(t testing.TB, source string, scope expression.Scope, want string) {
	t.Helper()
	p, err := expression.Compile(source, scope)
	if err != nil {
		t.Error(err)
		return
	}
	if got, err := p.AppendJSON(nil, nil); err != nil || string(got) != want {
		t.Errorf("%s is %s, %v, want %s", source, got, err, want)
	}
}

// expectError compiles and evaluates an expression, and expects an error that says so.
func expectError(t testing.TB, source string, scope expression.Scope, want string) {
	t.Helper()
	p, err := expression.Compile(source, scope)
	var got []byte
	if err == nil {
		got, err = p.AppendJSON(nil, nil)
	}
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s is %s, error %v, want %s", source, got, err, want)
	}
}
