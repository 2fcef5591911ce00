package expression

import (
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// This file has the functions on lists and objects that take no predicate.

func length(_ *frame, a []Value) (Value, error) {
	if a[0].kind == Text {
		return IntValue(int64(utf8.RuneCountInString(a[0].text))), nil
	}
	if items, ok := a[0].items(); ok {
		return IntValue(int64(len(items))), nil
	}
	if o, ok := a[0].members(); ok {
		return IntValue(int64(len(o.names))), nil
	}
	return Value{}, mustBe(0, a[0], "a list, object or text")
}

// get is access without an error for what isn't there.
func get(_ *frame, a []Value) (Value, error) {
	if a[0].kind == Null {
		return NullValue(), nil
	}
	if a[0].isObject() {
		if name, ok := a[1].name(); ok {
			if v, ok := a[0].member(name); ok {
				return v, nil
			}
		}
		return NullValue(), nil
	}
	if a[0].kind != Text && !a[0].isList() {
		return Value{}, mustBe(0, a[0], "a list or object")
	}
	at, err := index(a[1], 1)
	if err != nil {
		return Value{}, err
	}
	if v, _, ok := a[0].item(at); ok {
		return v, nil
	}
	return NullValue(), nil
}

// listFunction returns a function of one list or object; nil for other functions.
func listFunction(name string) func(f *frame, a []Value) (Value, error) {
	ofList := func(apply func(f *frame, items list) (Value, error)) func(f *frame, a []Value) (Value, error) {
		return func(f *frame, a []Value) (Value, error) {
			items, ok := a[0].items()
			if !ok {
				return Value{}, mustBe(0, a[0], "a list")
			}
			return apply(f, items)
		}
	}
	ofObject := func(apply func(o *object, i int) Value) func(f *frame, a []Value) (Value, error) {
		return func(f *frame, a []Value) (Value, error) {
			o, ok := a[0].members()
			if !ok {
				return Value{}, mustBe(0, a[0], "an object")
			}
			items := make(list, len(o.names))
			for i := range items {
				items[i] = apply(o, i)
			}
			return ListValue(items), f.grow(len(items))
		}
	}
	switch name {
	case "first":
		return atEnd(0)
	case "last":
		return atEnd(-1)
	case "reverse":
		return ofList(func(f *frame, items list) (Value, error) {
			items = slices.Clone(items)
			slices.Reverse(items)
			return ListValue(items), f.grow(len(items))
		})
	case "uniq":
		return ofList(uniq)
	case "flatten":
		return ofList(func(f *frame, items list) (Value, error) {
			flat, err := f.flatten(nil, items, 0)
			return ListValue(flat), err
		})
	case "fromPairs":
		return ofList(fromPairs)
	case "keys":
		return ofObject(func(o *object, i int) Value { return TextValue(o.names[i]) })
	case "values":
		return ofObject(func(o *object, i int) Value { return o.values[i] })
	case "toPairs":
		return ofObject(func(o *object, i int) Value { return ListValue(list{TextValue(o.names[i]), o.values[i]}) })
	}
	return nil
}

// atEnd returns first or last: null for an empty list, and for null.
func atEnd(at int) func(f *frame, a []Value) (Value, error) {
	return func(_ *frame, a []Value) (Value, error) {
		if a[0].kind == Null {
			return a[0], nil
		}
		if a[0].kind != Text && !a[0].isList() {
			return Value{}, mustBe(0, a[0], "a list")
		}
		if item, _, ok := a[0].item(at); ok {
			return item, nil
		}
		return NullValue(), nil
	}
}

// uniq keeps the first of equal items.
func uniq(f *frame, items list) (Value, error) {
	seen := map[Kind]map[string]bool{}
	var others, kept list
	for _, item := range items {
		name, ok := item.name()
		switch {
		// A quotient's name is rounded, as 1 / 3 is when it is written, and another number may be written so.
		case !ok, item.kind == Number && !item.isDecimal():
			if slices.ContainsFunc(others, func(other Value) bool { return equal(other, item) }) {
				continue
			}
			others = append(others, item)
		case seen[item.kind][name]:
			continue
		case seen[item.kind] == nil:
			seen[item.kind] = map[string]bool{name: true}
		default:
			seen[item.kind][name] = true
		}
		kept = append(kept, item)
	}
	return ListValue(kept), f.grow(len(kept))
}

// maxNested is how deep lists are flattened.
const maxNested = 10_000

func (f *frame) flatten(flat, items list, depth int) (list, error) {
	if depth > maxNested {
		return nil, errors.New("the list is nested too deeply")
	}
	if err := f.grow(len(items)); err != nil {
		return nil, err
	}
	var err error
	for _, item := range items {
		if inner, ok := item.items(); !ok {
			flat = append(flat, item)
		} else if flat, err = f.flatten(flat, inner, depth+1); err != nil {
			return nil, err
		}
	}
	return flat, nil
}

func fromPairs(f *frame, items list) (Value, error) {
	o := &object{}
	for _, item := range items {
		pair, ok := item.items()
		if !ok || len(pair) != 2 {
			return Value{}, &mismatch{0, "has an item that isn't a list of a name and a value", item.kind == Null}
		}
		name, ok := pair[0].name()
		if !ok {
			return Value{}, &mismatch{0, "has a pair whose name is " + pair[0].describe(), pair[0].kind == Null}
		}
		o.set(name, pair[1])
	}
	return objectValue(o), f.grow(len(items))
}

func take(_ *frame, a []Value) (Value, error) {
	items, ok := a[0].items()
	if !ok {
		return Value{}, mustBe(0, a[0], "a list")
	}
	count, err := index(a[1], 1)
	if err != nil {
		return Value{}, err
	}
	count = max(0, min(count, len(items)))
	return ListValue(items[:count:count]), nil
}

func concat(f *frame, a []Value) (Value, error) {
	var joined list
	for i := range a {
		items, ok := a[i].items()
		if !ok {
			return Value{}, mustBe(i, a[i], "a list")
		}
		if err := f.grow(len(items)); err != nil {
			return Value{}, err
		}
		joined = append(joined, items...)
	}
	return ListValue(joined), nil
}

// sorted is sort(list) or sort(list, "desc").
func sorted(f *frame, a []Value) (Value, error) {
	items, ok := a[0].items()
	if !ok {
		return Value{}, mustBe(0, a[0], "a list")
	}
	order, err := direction(a[1:], 1)
	if err != nil {
		return Value{}, err
	}
	if err := f.grow(len(items)); err != nil {
		return Value{}, err
	}
	items, err = sortedBy(items, items, order)
	return ListValue(items), err
}

// direction returns what "asc" and "desc" multiply an order with.
func direction(arguments []Value, operand int) (int, error) {
	if len(arguments) == 0 {
		return 1, nil
	}
	switch arguments[0].text {
	case "asc":
		return 1, nil
	case "desc":
		return -1, nil
	}
	return 0, &mismatch{operand, `is neither "asc" nor "desc"`, arguments[0].kind == Null}
}

// sortedBy sorts items by their keys, stably. The keys must be of one kind.
func sortedBy(items, keys list, direction int) (list, error) {
	order := make([]int, len(items))
	for i, key := range keys {
		order[i] = i
		if err := key.ordered(); err != nil {
			return nil, fmt.Errorf("what is to be sorted has no order: %w", err)
		}
		if key.kind != keys[0].kind {
			err := fmt.Errorf("what is to be sorted is of several kinds: %s and %s", keys[0].describe(), key.describe())
			return nil, asNull(err, key.kind == Null)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return direction * compareValues(keys[a], keys[b]) })
	ordered := make(list, len(items))
	for i, from := range order {
		ordered[i] = items[from]
	}
	return ordered, nil
}
