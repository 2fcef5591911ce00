package expression

import (
	"fmt"
	"strings"

	"github.com/expr-lang/expr/builtin"

	"github.com/leat-go/leat/internal/instant"
)

// libraryFunction returns a function on text, and timezone, which is expr's own: numbers come to it only as counts.
func libraryFunction(name string) (function, bool) {
	// What the arguments are: text, or a whole number.
	signature, ok := map[string]struct {
		least int
		kinds string
	}{
		"trim": {1, "tt"}, "trimPrefix": {1, "tt"}, "trimSuffix": {1, "tt"}, "upper": {1, "t"}, "lower": {1, "t"},
		"split": {2, "ttn"}, "splitAfter": {2, "ttn"}, "replace": {3, "tttn"}, "repeat": {2, "tn"},
		"indexOf": {2, "tt"}, "lastIndexOf": {2, "tt"}, "hasPrefix": {2, "tt"}, "hasSuffix": {2, "tt"},
		"toBase64": {1, "t"}, "fromBase64": {1, "t"}, "timezone": {1, "t"},
	}[name]
	if !ok {
		return function{}, false
	}
	library := builtin.Builtins[builtin.Index[name]]
	return function{signature.least, len(signature.kinds), func(f *frame, arguments []Value) (Value, error) {
		values := make([]any, len(arguments))
		for i, argument := range arguments {
			var err error
			if values[i], err = argument.forLibrary(signature.kinds[i], i); err != nil {
				return Value{}, err
			}
		}
		if err := f.before(name, values); err != nil {
			return Value{}, err
		}
		return fromLibrary(library, values)
	}}, true
}

// before refuses what the library would panic at, or what would get too large.
func (f *frame) before(name string, values []any) error {
	switch name {
	case "repeat":
		count := values[1].(int)
		if count > maxMade {
			return &mismatch{operand: 1, what: fmt.Sprintf("is %d: a text can be repeated %d times at most", count, maxMade)}
		}
		return large(len(values[0].(string)), count)
	case "replace":
		text, old, with := values[0].(string), values[1].(string), values[2].(string)
		return large(max(0, len(with)-len(old)), strings.Count(text, old))
	case "split", "splitAfter":
		return f.grow(strings.Count(values[0].(string), values[1].(string)))
	case "timezone":
		_, err := instant.Zone(values[0].(string))
		return err
	}
	return nil
}

// large returns an error where so many texts of a size are too much.
func large(size, count int) error {
	if size > 0 && count > maxText/size {
		return errText
	}
	return nil
}

func (v Value) forLibrary(kind byte, argument int) (any, error) {
	if kind == 'n' {
		return index(v, argument)
	}
	if v.kind != Text {
		return nil, mustBe(argument, v, "text")
	}
	return v.text, nil
}

func fromLibrary(library *builtin.Function, values []any) (Value, error) {
	var result any
	var err error
	switch {
	case library.Fast != nil:
		result = library.Fast(values[0])
	case library.Safe != nil:
		result, _, err = library.Safe(values...)
	default:
		result, err = library.Func(values...)
	}
	if texts, ok := result.([]string); ok {
		items := make(list, len(texts))
		for i, text := range texts {
			items[i] = TextValue(text)
		}
		return ListValue(items), err
	}
	return ValueOf(result), err
}
