package expression

import (
	"errors"
	"fmt"
	"slices"
)

// aggregate returns one of expr's built-in functions that fold numbers, which may come as arguments or in lists; nil
// for other names.
func aggregate(name string) func(numbers []Value) (Value, error) {
	switch name {
	case "sum":
		return sum
	case "mean":
		return mean
	case "median":
		return median
	case "min":
		return func(numbers []Value) (Value, error) { return extreme(numbers, -1) }
	case "max":
		return func(numbers []Value) (Value, error) { return extreme(numbers, 1) }
	}
	return nil
}

func sum(numbers []Value) (total Value, err error) {
	total = IntValue(0)
	for _, n := range numbers {
		if total, err = add(total, n); err != nil {
			return Value{}, err
		}
	}
	return total, nil
}

func mean(numbers []Value) (Value, error) {
	if len(numbers) == 0 {
		return IntValue(0), nil
	}
	total, err := sum(numbers)
	if err != nil {
		return Value{}, err
	}
	return div(total, IntValue(int64(len(numbers))))
}

func median(numbers []Value) (Value, error) {
	if len(numbers) == 0 {
		return IntValue(0), nil
	}
	sorted, err := sortedNumbers(numbers)
	if err != nil {
		return Value{}, err
	}
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle], nil
	}
	return mean(sorted[middle-1 : middle+1])
}

func extreme(numbers []Value, side int) (Value, error) {
	if len(numbers) == 0 {
		return Value{}, errors.New("min and max need at least one number")
	}
	sorted, err := sortedNumbers(numbers)
	if err != nil {
		return Value{}, err
	}
	if side < 0 {
		return sorted[0], nil
	}
	return sorted[len(sorted)-1], nil
}

// flatNumbers appends the numbers among values, those in lists included. What lists in lists hold counts as made, as
// for flatten: a list may hold another one many times.
func (f *frame) flatNumbers(numbers, values []Value, name string, nested bool) ([]Value, error) {
	for _, v := range values {
		if v.kind == Number {
			numbers = append(numbers, v)
			continue
		}
		items, ok := v.items()
		if !ok {
			err := fmt.Errorf("%s takes numbers and lists of numbers, and got %s", name, v.describe())
			return nil, asNull(err, v.kind == Null)
		}
		if nested {
			if err := f.grow(len(items)); err != nil {
				return nil, err
			}
		}
		var err error
		if numbers, err = f.flatNumbers(numbers, items, name, true); err != nil {
			return nil, err
		}
	}
	return numbers, nil
}

// sortedNumbers returns the numbers in order. It is an error if one is NaN.
func sortedNumbers(numbers []Value) ([]Value, error) {
	for _, n := range numbers {
		if err := n.ordered(); err != nil {
			return nil, err
		}
	}
	sorted := slices.Clone(numbers)
	slices.SortStableFunc(sorted, compareNumbers)
	return sorted, nil
}
