package keys

import (
	"fmt"
	"reflect"
	"time"

	"github.com/leat-go/leat/internal/elements"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/mistake"
)

// A MatchKey is a pair of functions of which an element and its matches have the same value.
type MatchKey struct {
	// Left and Right are the element types that the functions are over.
	Left, Right reflect.Type
	// Text describes the pair in a plan.
	Text string
	// New makes the match keys of a task where the pair is the only one, and Functions make its functions for one task
	// where there are several. They are nil where the pair is mistaken.
	New       func() engine.MatchKeys
	Functions func() (left, right func(element any) (any, error))
}

// NewMatchKey returns the match key of two functions. It is an error if values of the type that are equal need not
// be ==.
func NewMatchKey[L, R any, K comparable](left func(L) K, right func(R) K) (MatchKey, error) {
	m := MatchKey{Left: elements.TypeFor[L](), Right: elements.TypeFor[R](),
		Text: mistake.KeyFunction(left) + " == " + mistake.KeyFunction(right)}
	t, pointer := pointed[K]()
	if field, why := unequal(t); why != "" && !isTime(t) {
		return m, matchKeyMistake(reflect.TypeFor[K](), field, why)
	}
	switch {
	case pointer:
		setMatchKey(&m, nonNull(pointedValue(guarded(left))), nonNull(pointedValue(guarded(right))))
	case isTime(t):
		setMatchKey(&m, instantOf(guarded(left)), instantOf(guarded(right)))
	default:
		setMatchKey(&m, guarded(left), guarded(right))
	}
	return m, nil
}

// setMatchKey sets the functions of a match key, which several tasks may use.
func setMatchKey[K comparable](m *MatchKey, left, right func(element any) (K, error)) {
	SetFunctions(m, func() (_, _ func(element any) (K, error)) { return left, right })
}

// SetFunctions sets the functions of a match key, of which each task gets its own. Their error is engine.NullKey where
// a value is null.
func SetFunctions[K comparable](m *MatchKey, functions func() (left, right func(element any) (K, error))) {
	m.New = func() engine.MatchKeys { return engine.NewMatchKey(functions())() }
	m.Functions = func() (_, _ func(element any) (any, error)) {
		left, right := functions()
		return asAny(left), asAny(right)
	}
}

// asAny returns a function for the values of another one, as any.
func asAny[K any](key func(any) (K, error)) func(any) (any, error) {
	return func(element any) (any, error) { return key(element) }
}

// nonNull returns a function for the values of another one, of which nil is null.
func nonNull(value func(any) (any, error)) func(any) (any, error) {
	return func(element any) (any, error) {
		v, err := value(element)
		if v == nil && err == nil {
			err = engine.NullKey
		}
		if at, ok := v.(time.Time); ok {
			return newInstant(at), err
		}
		return v, err
	}
}

// An instantKey is an instant that == tells from others, whatever its time zone.
type instantKey struct {
	seconds     int64
	nanoseconds int
}

func newInstant(t time.Time) instantKey { return instantKey{t.Unix(), t.Nanosecond()} }

// instantOf returns a function for the times that another one returns. A K is a time.Time.
func instantOf[K any](key func(any) (K, error)) func(any) (instantKey, error) {
	return func(element any) (instantKey, error) {
		k, err := key(element)
		return newInstant(*instant(&k)), err
	}
}

// A pair is a value of several match keys.
type pair struct{ a, b any }

// matchKeys returns what makes the match keys of all pairs for a task; nil where there are none.
func matchKeys(all []MatchKey) func() engine.MatchKeys {
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0].New
	}
	return func() engine.MatchKeys {
		left, right := all[0].Functions()
		for i := range all[1:] {
			l, r := all[1+i].Functions()
			left, right = paired(left, l), paired(right, r)
		}
		return engine.NewMatchKey(left, right)()
	}
}

// paired returns a function for the pairs of the values of two others.
func paired(a, b func(any) (any, error)) func(any) (any, error) {
	return func(element any) (any, error) {
		x, err := a(element)
		if err != nil {
			return nil, err
		}
		y, err := b(element)
		if err != nil {
			return nil, err
		}
		return pair{x, y}, nil
	}
}

// matchKeyMistake says why a type can't be that of a match key, because of the field given, and what would be right.
func matchKeyMistake(t reflect.Type, field, why string) error {
	part := t.String()
	if field != "" {
		part += "." + field
	}
	return fmt.Errorf("leat.By: values of type %v can't be told apart: %s is %s, of which == doesn't compare the value; "+
		"return a number, a text, a struct or array of these, a time.Time, or a pointer to one, of which nil is null",
		t, part, why)
}
