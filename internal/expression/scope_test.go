package expression_test

import (
	"fmt"

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
