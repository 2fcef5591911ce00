// Package exprkeys makes edges and match keys of expressions, for joins in Go as in pipeline files.
package exprkeys

import (
	"errors"
	"fmt"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/internal/keys"
)

// arithmetic is that of keys by expression, whatever their kind.
var arithmetic = keys.Arithmetic[expression.Key, expression.Distance]{
	Minus:   expression.Between,
	Plus:    expression.Key.Plus,
	Compare: expression.CompareDistances,
	Negate:  expression.Distance.Negated,
	Bound:   expression.DistanceOf,
	Show:    expression.Distance.Go,
	Against: expression.Against,
	Farther: expression.Farther,
}

// Edge returns a constructor of edges whose keys two programs compute, with the options given. A program belongs to one
// goroutine, so that each edge gets its own. It is an error if keys of the two can't be compared, or the options don't
// fit them, as far as the kinds of the keys are known; else that is an error of the first key that shows it.
func Edge(left, right *expression.Program, o *keys.Options) (func() engine.Edge, error) {
	if err := expression.CheckPair(left, right); err != nil {
		return nil, err
	}
	unit, err := unitOf(o.Within)
	if err != nil {
		return nil, err
	}
	if o.HasReach() {
		if err := expression.CheckReach(left, right, unit); err != nil {
			return nil, fmt.Errorf("%v: %w", o.Within, err)
		}
	}
	if _, err := arithmetic.Edge(nil, nil, expression.Compare, o); err != nil {
		return nil, err
	}
	return func() engine.Edge {
		leftKey, rightKey := expression.PairOf(left, right)
		if o.HasReach() {
			leftKey = expression.Measured(left, leftKey, unit)
			rightKey = expression.Measured(right, rightKey, unit)
		}
		edge, err := arithmetic.Edge(nullable(leftKey), nullable(rightKey), expression.Compare, o)
		if err != nil {
			panic(err) // it was none above
		}
		return edge()
	}, nil
}

// unitOf returns the kind of the bounds of a reach, nil for none.
func unitOf(w *keys.Within) (expression.Kind, error) {
	if w == nil {
		return expression.Unknown, nil
	}
	var bounds []expression.Distance
	for _, given := range []any{w.Before, w.After} {
		if given == keys.Any {
			continue
		}
		bound, err := expression.DistanceOf(given)
		if err != nil {
			return expression.Unknown, fmt.Errorf("%v: %w", w, err)
		}
		bounds = append(bounds, bound)
	}
	unit, err := expression.Unit(bounds...)
	if err != nil {
		return unit, fmt.Errorf("%v: %w", w, err)
	}
	return unit, nil
}

func nullable(key func(element any) (expression.Key, error)) func(element any) (expression.Key, error) {
	return engine.Nullable(key, expression.Key.IsNull)
}

// SetMatchKey makes m, whose element types and text are set, the match key that two programs compute. It is an error if
// values of the two can't be equal, as far as their kinds are known; else a value of another kind than those before is
// an error when it comes.
func SetMatchKey(m *keys.MatchKey, left, right *expression.Program) error {
	if err := expression.CheckPair(left, right); err != nil {
		return noMatchKey(err)
	}
	keys.SetFunctions(m, func() (_, _ func(element any) (expression.MatchValue, error)) {
		leftKey, rightKey := expression.MatchPairOf(left, right)
		return matchValue(leftKey), matchValue(rightKey)
	})
	return nil
}

// matchValue returns a function for the values of another one, of which zero is null.
func matchValue(value func(element any) (expression.MatchValue, error)) func(element any) (expression.MatchValue, error) {
	return func(element any) (expression.MatchValue, error) {
		v, err := value(element)
		switch {
		case err != nil:
			return v, noMatchKey(err)
		case v == expression.MatchValue{}:
			return v, engine.NullKey
		}
		return v, nil
	}
}

// noMatchKey says what a match key may be where an error is that it isn't.
func noMatchKey(err error) error {
	if errors.Is(err, expression.ErrNoOrder) {
		return fmt.Errorf("%w: a match key is a number, a text, a truth value, a time or a length of time", err)
	}
	return err
}
