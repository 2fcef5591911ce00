package expression_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/leat-go/leat/internal/expression"
)

// Sets of the operands of operators_test.go, by what functions take.
var (
	words    = []string{"word", "digits", "empty"}
	counters = []string{"integer", "negative", "zero"}
	numbers  = []string{"integer", "negative", "zero", "decimal", "big", "huge", "float", "quotient"}
	truths   = []string{"yes", "no"}
)

// takes says of a function with x for one of its arguments which operands go there; all others are errors that say
// what is needed.
var takes = []struct {
	call   string
	fits   []string
	needed string
}{
	{"floor(x)", numbers, "a number"},
	{"ceil(x)", numbers, "a number"},
	{"round(x)", numbers, "a number"},
	{"abs(x)", numbers, "a number"},
	{"int(x)", append([]string{"digits"}, numbers...), "a number"},
	{"float(x)", append([]string{"digits"}, numbers...), "a number"},
	{"sum(x)", numbers, "numbers and lists of numbers"},
	{"sum([x, 1])", numbers, "numbers and lists of numbers"},
	{"sum([[x]], sum(#))", numbers, "numbers and lists of numbers"},
	{"mean(1, x)", numbers, "numbers and lists of numbers"},
	{"median([1], x)", numbers, "numbers and lists of numbers"},
	{"min(x, 1)", numbers, "numbers and lists of numbers"},
	{"max(1, [x])", numbers, "numbers and lists of numbers"},
	{"bitand(x, 1)", counters, "a whole number of 64 bits"},
	{"bitor(1, x)", counters, "a whole number of 64 bits"},
	{"bitxor(x, x)", counters, "a whole number of 64 bits"},
	{"bitnand(x, 1)", counters, "a whole number of 64 bits"},
	{"bitnot(x)", counters, "a whole number of 64 bits"},
	{"bitshl(x, 1)", counters, "a whole number of 64 bits"},
	{"bitshl(1, x)", []string{"integer", "zero"}, ""},
	{"bitshr(x, 2)", counters, "a whole number of 64 bits"},
	{"bitushr(1, x)", []string{"integer", "zero"}, ""},

	{"upper(x)", words, "text"},
	{"lower(x)", words, "text"},
	{"trim(x)", words, "text"},
	{"trim('a', x)", words, "text"},
	{"trimPrefix(x, 'm')", words, "text"},
	{"trimPrefix('mill', x)", words, "text"},
	{"trimSuffix(x, 'l')", words, "text"},
	{"trimSuffix('mill', x)", words, "text"},
	{"split(x, 'i')", words, "text"},
	{"split('mill', x)", words, "text"},
	{"split('mill', 'i', x)", counters, "a whole number that counts items"},
	{"splitAfter(x, 'i')", words, "text"},
	{"splitAfter('mill', x, 2)", words, "text"},
	{"splitAfter('mill', 'l', x)", counters, "a whole number that counts items"},
	{"replace(x, 'm', 'w')", words, "text"},
	{"replace('mill', x, 'w')", words, "text"},
	{"replace('mill', 'm', x)", words, "text"},
	{"replace('mill', 'l', 'w', x)", counters, "a whole number that counts items"},
	{"repeat(x, 2)", words, "text"},
	{"repeat('a', x)", []string{"integer", "zero"}, ""},
	{"indexOf(x, 'l')", words, "text"},
	{"indexOf('mill', x)", words, "text"},
	{"lastIndexOf(x, 'l')", words, "text"},
	{"lastIndexOf('mill', x)", words, "text"},
	{"hasPrefix(x, 'm')", words, "text"},
	{"hasPrefix('mill', x)", words, "text"},
	{"hasSuffix(x, 'l')", words, "text"},
	{"hasSuffix('mill', x)", words, "text"},
	{"toBase64(x)", words, "text"},
	{"fromBase64(x)", []string{"word", "empty"}, ""},
	{"join([x, 'a'])", words, "text"},
	{"join(['a', 'b'], x)", words, "text"},
	{"fromJSON(x)", []string{"digits"}, ""},
	{"date('2026-11-28', x)", nil, ""},
	{"duration(x)", nil, ""},
	{"timezone(x)", nil, ""}, // an empty name is UTC, but a zone can't be written

	{"len(x)", append([]string{"list", "object"}, words...), "a list, object or text"},
	{"first(x)", append([]string{"list", "null"}, words...), "a list"},
	{"last(x)", append([]string{"list", "null"}, words...), "a list"},
	{"reverse(x)", []string{"list"}, "a list"},
	{"uniq(x)", []string{"list"}, "a list"},
	{"flatten(x)", []string{"list"}, "a list"},
	{"take(x, 1)", []string{"list"}, "a list"},
	{"take([1, 2], x)", counters, "a whole number that counts items"},
	{"concat(x)", []string{"list"}, "a list"},
	{"concat([1], x)", []string{"list"}, "a list"},
	{"sort([x, x])", slices.Concat(numbers, words, truths, []string{"instant", "later", "minute"}), "no order"},
	{"sort([1, x])", numbers, ""},
	{"sort([2, 1], x)", nil, `is neither "asc" nor "desc"`},
	{"sortBy([2, 1], #, x)", nil, `is neither "asc" nor "desc"`},
	{"sortBy([2, 1], x)", slices.Concat(numbers, words, truths, []string{"instant", "later", "minute"}), "no order"},
	{"groupBy([1], x)", slices.Concat(numbers, words, truths), "text or a number, which can name a group"},
	{"all(x, true)", []string{"list"}, "a list"},
	{"all([1], x)", truths, "true or false"},
	{"any(x, true)", []string{"list"}, "a list"},
	{"any([1], x)", truths, "true or false"},
	{"none(x, true)", []string{"list"}, "a list"},
	{"none([1], x)", truths, "true or false"},
	{"one(x, true)", []string{"list"}, "a list"},
	{"one([1], x)", truths, "true or false"},
	{"count(x, true)", []string{"list"}, "a list"},
	{"count([1], x)", truths, "true or false"},
	{"count([x])", truths, "true or false"},
	{"filter(x, true)", []string{"list"}, "a list"},
	{"filter([1], x)", truths, "true or false"},
	{"find(x, true)", []string{"list"}, "a list"},
	{"find([1], x)", truths, "true or false"},
	{"findIndex(x, true)", []string{"list"}, "a list"},
	{"findLast([1], x)", truths, "true or false"},
	{"findLastIndex(x, true)", []string{"list"}, "a list"},
	{"map(x, 1)", []string{"list"}, "a list"},
	{"reduce(x, 1)", []string{"list"}, "a list"},
	{"sum(x, 1)", []string{"list"}, "a list"},
	{"sum([1], x)", numbers, "numbers and lists of numbers"},
	{"fromPairs([[x, 1]])", slices.Concat(numbers, words, truths), "has a pair whose name is"},
	{"fromPairs([x])", nil, "has an item that isn't a list of a name and a value"},
	{"fromPairs(x)", nil, ""},
	{"keys(x)", []string{"object"}, "an object"},
	{"values(x)", []string{"object"}, "an object"},
	{"toPairs(x)", []string{"object"}, "an object"},
	{"get(x, 1)", append([]string{"list", "object", "null"}, words...), "a list or object"},
	{"get([1], x)", counters, "a whole number that counts items"},
	{"[1, 2, 3, 4, 5, 6, 7][x]", counters, "a whole number that counts items"},
	{"[1, 2][x:]", counters, "a whole number that counts items"},
	{"[1, 2][:x]", counters, "a whole number that counts items"},
	{"x[:1]", append([]string{"list"}, words...), "a list or text"},
	{"{mill: 1, '6': 1, '': 1, 'true': 1, 'false': 1}[x]", nil, ""},
	{"{(x): 1}", slices.Concat(numbers, words, truths), "a member's name"},
	{"x?.mill", []string{"null", "object"}, ""},
	{"x ? 1 : 2", truths, "true or false"},
	{"if x { 1 } else { 2 }", truths, "true or false"},
}

// TestArguments tries every operand at every argument of every function.
func TestArguments(t *testing.T) {
	for _, c := range takes {
		for _, o := range kinds {
			p, err := expression.Compile(c.call, values{"x": o.given})
			if err == nil {
				_, err = p.AppendJSON(nil, nil)
			}
			fits := slices.Contains(c.fits, o.name)
			if fits && err != nil {
				t.Errorf("%s of %s: %v", c.call, o.name, err)
			} else if !fits && c.fits != nil && err == nil {
				t.Errorf("%s of %s is no error", c.call, o.name)
			}
			if fits || err == nil {
				continue
			}
			message := err.Error()
			if !strings.Contains(message, c.needed) || !strings.HasPrefix(message, c.call) && !strings.HasPrefix(message, "expression") {
				t.Errorf("%s of %s: error %v, want that it needs %s", c.call, o.name, err, c.needed)
			}
			expectNullKey(t, p, c.call, o)
		}
	}
}

// expectNullKey expects that a key that can't be computed from null is null, and that one that can't be computed from
// anything else is an error.
func expectNullKey(t *testing.T, p *expression.Program, call string, o operand) {
	t.Helper()
	if p == nil {
		return
	}
	key, err := p.Key(nil)
	isList := err == nil || strings.Contains(err.Error(), "it is a list") || strings.Contains(err.Error(), "it is an object")
	if o.kind != expression.Null && err == nil || o.kind == expression.Null && !isList {
		t.Errorf("%s of %s is the key %v, %v", call, o.name, key, err)
	}
}

// TestCounts calls every function with too few and too many arguments.
func TestCounts(t *testing.T) {
	for _, source := range []string{
		"floor()", "floor(1, 2)", "int()", "upper()", "upper('a', 'b')", "trim()", "trim('a', 'b', 'c')", "split('a')",
		"split('a', 'b', 1, 2)", "replace('a', 'b')", "repeat('a')", "join()", "join(['a'], 'b', 'c')", "len()", "len('a', 'b')",
		"type()", "string()", "string(1, 2)", "toJSON()", "fromJSON()", "get([1])", "take([1])", "concat()", "sort()",
		"sort([1], 'asc', 1)", "bitand(1)", "bitnot(1, 2)", "keys()", "keys({}, 1)", "date()", "duration()", "first()", "first([1], 2)",
		"sum()", "mean()", "median()", "min()", "max()", "map([1])", "filter([1])", "reduce([1])", "reduce([1], #, 0, 0)",
		"sortBy([1], #, 'asc', 1)", "groupBy([1])", "now(1, 2)", "timezone()",
	} {
		if _, err := expression.Compile(source, values{}); err == nil {
			t.Errorf("%s is no error", source)
		} else if !strings.HasPrefix(err.Error(), "expression ") {
			t.Errorf("%s: %v has no location", source, err)
		}
	}
}
