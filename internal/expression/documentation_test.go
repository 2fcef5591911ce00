package expression_test

import (
	"testing"
)

// documented are the examples of expr's own documentation that say what comes out, and others in its words. All are
// true.
var documented = []string{
	// Literals.
	`42 == 0x2A and 0x2A == 0o52 and 0o52 == 0b101010`, `.5 == 0.5`, `1_000_000 == 1e6`, `"foo" == 'foo'`, "`a\\n` == \"a\\\\n\"",
	`"\u00e9" == "é"`, `"tab\there" contains "	"`, `[1, 2, 3] == [1.0, 2.0, 3.0]`, `{a: 1, "b": 2} == {"b": 2, 'a': 1}`,
	`nil == nil`, `1 /* one */ + 1 == 2 // two`, `true != false`,
	// Operators and how they bind.
	`2 + 3 * 4 == 14`, `(2 + 3) * 4 == 20`, `2 ** 3 ** 2 == 512`, `2 ^ 3 == 8`, `-2 ** 2 == -4`, `7 % 3 == 1`, `-7 % 3 == -1`,
	`7 / 2 == 3.5`, `not true == false`, `!(1 > 2)`, `true or false and false`, `(true || false) && true`, `1 < 2 and 2 >= 2`,
	`1 < 2 < 3`, `not (1 < 3 < 2)`, `"a" < "b"`, `"a" + "b" == "ab"`, `1 == 1 ? true : false`, `(nil ?? 1) == 1`, `(1 ?? 2) == 1`,
	`"John" in ["John", "Jane"]`, `"name" in {"name": "John", "age": 30}`, `"Jim" not in ["John", "Jane"]`, `not ("x" in {a: 1})`,
	`"Hello" contains "ell"`, `"Hello" startsWith "He"`, `"Hello" endsWith "lo"`, `"Hello" matches "^H.*o$"`,
	`not ("Hello" matches "^h")`, `"Hello" not contains "x"`, `"a" matches "a|b"`,
	`let array = [1, 2, 3, 4, 5]; array[1:4] == [2, 3, 4]`, `let array = [1, 2, 3, 4, 5]; array[1:-1] == [2, 3, 4]`,
	`let array = [1, 2, 3, 4, 5]; array[:3] == [1, 2, 3]`, `let array = [1, 2, 3, 4, 5]; array[3:] == [4, 5]`,
	`let array = [1, 2, 3, 4, 5]; array[:] == array`, `[1, 2, 3][0] == 1 and [1, 2, 3][-1] == 3`,
	`"Ab Cd" | lower() | split(" ") == ["ab", "cd"]`, `split(lower("Ab Cd"), " ") == ["ab", "cd"]`, `1..3 == [1, 2, 3]`,
	`let x = 42; x * 2 == 84`, `let x = 42; let y = 2; x * y == 84`,
	`let name = "Ann Bee" | lower() | split(" "); "Hello, " + name[0] + "!" == "Hello, ann!"`,
	`filter(0..9, {# % 2 == 0}) == [0, 2, 4, 6, 8]`, `filter(["a", "bcd"], len(#) > 1) == ["bcd"]`,
	`filter([{n: 1}, {n: 2}], .n > 1) == [{n: 2}]`, `(if 1 > 2 { 3 } else { 4 }) == 4`,
	`(if 1 > 2 { 3 } else if 2 > 1 { 5 } else { 4 }) == 5`, `{a: {b: 1}}.a.b == 1`, `{a: {b: 1}}["a"]["b"] == 1`, `{a: nil}.a?.b == nil`,
	`({a: nil}.a?.b ?? "Anonymous") == "Anonymous"`, `{a: nil}.a?.b.c.d == nil`,
	// Text.
	`trim("  Hello  ") == "Hello"`, `trim("__Hello__", "_") == "Hello"`, `trimPrefix("HelloWorld", "Hello") == "World"`,
	`trimPrefix("HelloWorld", "World") == "HelloWorld"`, `trimSuffix("HelloWorld", "World") == "Hello"`, `upper("hello") == "HELLO"`,
	`lower("HELLO") == "hello"`, `upper("é") == "É"`, `split("apple,orange,grape", ",") == ["apple", "orange", "grape"]`,
	`split("apple,orange,grape", ",", 2) == ["apple", "orange,grape"]`, `split("", ",") == [""]`, `split("ab", "") == ["a", "b"]`,
	`split("a,b", ",", -1) == ["a", "b"]`, `len(split("a,b", ",", 0)) == 0`,
	`splitAfter("apple,orange,grape", ",") == ["apple,", "orange,", "grape"]`,
	`splitAfter("apple,orange,grape", ",", 2) == ["apple,", "orange,grape"]`,
	`replace("Hello World", "World", "Universe") == "Hello Universe"`, `replace("aaa", "a", "b", 2) == "bba"`,
	`replace("ab", "", "-") == "-a-b-"`, `replace("aaa", "a", "b", 0) == "aaa"`, `repeat("Hi", 3) == "HiHiHi"`, `repeat("Hi", 0) == ""`,
	`indexOf("apple pie", "pie") == 6`, `indexOf("apple pie", "x") == -1`, `lastIndexOf("apple pie apple", "apple") == 10`,
	`lastIndexOf("apple", "x") == -1`, `hasPrefix("HelloWorld", "Hello") == true`, `hasSuffix("HelloWorld", "World") == true`,
	`not hasPrefix("a", "ab")`, `hasPrefix("", "")`, `toBase64("Hello World") == "SGVsbG8gV29ybGQ="`,
	`fromBase64("SGVsbG8gV29ybGQ=") == "Hello World"`, `join(["apple", "orange", "grape"], ",") == "apple,orange,grape"`,
	`join(["apple", "orange", "grape"]) == "appleorangegrape"`, `join([], ",") == ""`, `len("Hello") == 5`, `len("éa") == 2`,
	// Times.
	`duration("1h").Seconds() == 3600`, `duration("1h30m") == duration("90m")`, `duration("-1.5s") < duration("0s")`,
	`duration("1us") == duration("1µs")`, `date("2023-08-14").Year() == 2023`, `date("2023-08-14").Month() == 8`,
	`date("2023-08-14").Month() in [8, 9]`, `8 == date("2023-08-14").Month()`, `date("2023-08-14").Weekday() != 2`,
	`date("2023-08-14").Day() == 14`, `date("2023-08-14T10:20:30Z").Hour() == 10`, `date("2023-08-14 10:20:30").Minute() == 20`,
	`date("2023-08-14T10:20:30.5Z").Second() == 30`, `date("2023-08-14").Weekday() == 1`, `date("2023-08-14").YearDay() == 226`,
	`date("Mon, 14 Aug 2023 00:00:00 UTC") == date("2023-08-14")`,
	`date("2023-08-14T00:00:00Z") == date("2023-08-14")`,
	`date("2023-08-14 00:00:00", "2006-01-02 15:04:05", "Europe/Zurich") == date("2023-08-13T22:00:00Z")`,
	`date("2023-08-14 00:00:00").In(timezone("Europe/Zurich")).Hour() == 2`,
	`date("2023-08-14") - date("2023-08-13") == duration("24h")`, `date("2023-08-14") + duration("1h") > date("2023-08-14")`,
	`date("2024-02-29").AddDate(1, 0, 0) == date("2025-03-01")`,
	// Numbers.
	`max(5, 7) == 7`, `min(5, 7) == 5`, `max([1, [5, 2]], 3) == 5`, `abs(-5) == 5`, `ceil(1.5) == 2.0`, `floor(1.5) == 1.0`,
	`round(1.5) == 2.0`, `round(-1.5) == -2`, `round(0.4) == 0`, `ceil(-1.5) == -1`, `floor(-1.5) == -2`, `int(1.9) == 1`, `int(-1.9) == -1`,
	`int("123") == 123`, `float("123.45") == 123.45`, `float(7) == 7`, `sum([1, 2, 3]) == 6`, `sum([]) == 0`, `mean([1, 2, 3]) == 2.0`,
	`mean([]) == 0`, `median([1, 2, 3]) == 2.0`, `median([4, 1, 3, 2]) == 2.5`, `median([]) == 0`, `median([7]) == 7`,
	// Lists.
	`all([1, 2], # > 0)`, `all([], false)`, `not all([1, 2], # > 1)`, `any([1, 2], # > 1)`, `not any([], true)`, `one([1, 2], # > 1)`,
	`not one([2, 2], # > 1)`, `not one([], true)`, `none([1, 2], # > 2)`, `none([], true)`, `not none([1, 2], # > 1)`,
	`map([1, 2], # * 2) == [2, 4]`, `map([], # * 2) == []`, `map(1..3, #index) == [0, 1, 2]`, `filter([1, 2, 3], # > 1) == [2, 3]`,
	`filter(["Jane", "Ann"], # startsWith "J") == ["Jane"]`, `find([1, 2, 3, 4], # > 2) == 3`, `find([1], # > 2) == nil`,
	`findIndex([1, 2, 3, 4], # > 2) == 2`, `findLast([1, 2, 3, 4], # > 2) == 4`, `findLast([1, 2, 3, 4], # < 2) == 1`,
	`findLastIndex([1, 2, 3, 4], # > 2) == 3`, `findLastIndex([1, 2, 3, 4], # < 2) == 0`,
	`groupBy([1, 2, 3], # % 2) == {"1": [1, 3], "0": [2]}`, `groupBy([], #) == {}`, `count([1, 2, 3], # > 1) == 2`,
	`count([1, 2, 3], # > 1) == len(filter([1, 2, 3], # > 1))`, `count([true, false, true]) == 2`, `count([]) == 0`,
	`concat([1, 2], [3, 4]) == [1, 2, 3, 4]`, `concat([], [1], [], [2]) == [1, 2]`, `flatten([1, 2, [3, 4]]) == [1, 2, 3, 4]`,
	`flatten([[[1]], [], [[], 2]]) == [1, 2]`, `uniq([1, 2, 3, 2, 1]) == [1, 2, 3]`, `uniq([1, 1.0, "1", true, true]) == [1, "1", true]`,
	`uniq([[1], [1.0], {a: 1}, {a: 1}, nil, nil]) == [[1], {a: 1}, nil]`, `reduce(1..9, #acc + #) == 45`,
	`reduce(1..9, #acc + #, 0) == 45`, `reduce([], #acc + #, 7) == 7`, `reduce([5], #acc + #) == 5`, `reduce(["a", "b"], #acc + #, "") == "ab"`,
	`reduce([10, 20], #acc + #index, 0) == 1`, `sum([{n: 1}, {n: 2}], .n) == 3`, `sum([{n: 1}, {n: 2}], .n) == sum(map([{n: 1}, {n: 2}], .n))`,
	`first([1, 2, 3]) == 1`, `last([1, 2, 3]) == 3`, `first([]) == nil`, `last([]) == nil`, `take([1, 2, 3, 4], 2) == [1, 2]`,
	`take([1], 5) == [1]`, `take([1], 0) == []`, `reverse([3, 1, 4]) == [4, 1, 3]`, `reverse(reverse([3, 1, 4])) == [3, 1, 4]`,
	`reverse([]) == []`, `sort([3, 1, 4]) == [1, 3, 4]`, `sort([3, 1, 4], "desc") == [4, 3, 1]`, `sort([3, 1, 4], "asc") == [1, 3, 4]`,
	`sort([]) == []`, `sort(["b", "a"]) == ["a", "b"]`, `sort([0.10, 0.1, 1e-1]) == [0.1, 0.1, 0.1]`,
	`sortBy([{n: 2, k: "a"}, {n: 1, k: "b"}, {n: 2, k: "c"}], .n) == [{n: 1, k: "b"}, {n: 2, k: "a"}, {n: 2, k: "c"}]`,
	`map(sortBy([{n: 2, k: "a"}, {n: 1, k: "b"}, {n: 2, k: "c"}], .n, "desc"), .k) == ["a", "c", "b"]`,
	`map([1, 2], let outer = #; map([1, 2], # * outer)) == [[1, 2], [2, 4]]`, `any([[1], []], {let inner = #; len(inner) == 0})`,
	// Objects, and what becomes of values.
	`keys({"name": "John", "age": 30}) == ["name", "age"]`, `values({"name": "John", "age": 30}) == ["John", 30]`, `keys({}) == []`,
	`toPairs({"name": "John", "age": 30}) == [["name", "John"], ["age", 30]]`,
	`fromPairs([["name", "John"], ["age", 30]]) == {"name": "John", "age": 30}`, `fromPairs([]) == {}`, `type(42) == "int"`,
	`type(4.5) == "float"`, `type("hello") == "string"`, `type(date("2026-11-27")) == "time.Time"`, `type([1]) == "array"`, `type({}) == "map"`,
	`type(nil) == "nil"`, `type(true) == "bool"`, `string(123) == "123"`, `string("a") == "a"`, `string([1, "a"]) == "[1,\"a\"]"`,
	`fromJSON(toJSON({"name": "John", "age": 30})) == {"name": "John", "age": 30}`, `toJSON("a") == "\"a\""`, `toJSON(nil) == "null"`,
	`fromJSON(' {"a" : [1, 2]} ').a == [1, 2]`, `fromJSON("1e2") == 100`, `len([1, 2, 3]) == 3`, `len({"name": "John", "age": 30}) == 2`,
	`len([]) + len({}) + len("") == 0`, `get([1, 2, 3], 1) == 2`, `get({"name": "John", "age": 30}, "name") == "John"`,
	`get([1], 9) == nil`, `get([1], -1) == 1`, `get({a: 1}, "b") == nil`,
	// Bits.
	`bitand(0b1010, 0b1100) == 0b1000`, `bitor(0b1010, 0b1100) == 0b1110`, `bitxor(0b1010, 0b1100) == 0b110`,
	`bitnand(0b1010, 0b1100) == 0b10`, `bitnot(0b1010) == -0b1011`, `bitshl(0b101101, 2) == 0b10110100`, `bitshr(0b101101, 2) == 0b1011`,
	`bitushr(-0b101, 2) == 4611686018427387902`,
}

// TestDocumentedExamples evaluates them as they stand, and with an operand of which nothing is known.
func TestDocumentedExamples(t *testing.T) {
	for _, source := range documented {
		expectJSON(t, source, values{}, "true")
	}
}
