package expression_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/internal/expression"
)

// TestFloatsOfNumbers compares Float, and roots, with what strconv and math make of a number's text.
func TestFloatsOfNumbers(t *testing.T) {
	near := func(got, want float64) bool {
		return got == want || math.Abs(got-want) <= math.Abs(math.Nextafter(want, got)-want)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := number(t, "x")
		want, _ := strconv.ParseFloat(text, 64)
		key, err := expression.NewKey(expression.NumberOf([]byte(text)))
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := key.Float(); !ok || !near(got, want) {
			t.Fatalf("%s is nearest to %v, want %v", text, got, want)
		}
		root, err := evaluate(t, "x ** 0.5", text)
		if math.IsInf(want, 0) {
			if err == nil {
				t.Fatalf("%s has the root %s", text, written(t, root))
			}
			return
		}
		if want < 0 {
			return // not a number
		}
		if got, err := strconv.ParseFloat(written(t, root), 64); err != nil || !near(got, math.Pow(want, 0.5)) {
			t.Fatalf("%s has the root %v, want %v", text, got, math.Pow(want, 0.5))
		}
	})
	third, err := evaluate(t, "x / y", "1", "3")
	if err != nil {
		t.Fatal(err)
	}
	key, err := expression.NewKey(third)
	if f, ok := key.Float(); err != nil || !ok || f != 1.0/3 {
		t.Errorf("1 / 3 is nearest to %v, %v", f, err)
	}
}

// TestKeysOfEveryKind says how keys are shown, encoded, and put into records.
func TestKeysOfEveryKind(t *testing.T) {
	at := time.Date(2026, 11, 28, 12, 0, 0, 5, time.FixedZone("", 3600))
	for _, c := range []struct {
		value                 any
		kind                  expression.Kind
		shown, encoded, bytes string
	}{
		{true, expression.Bool, "true", "true", "true"},
		{"a\"b", expression.Text, `"a\"b"`, `"a\"b"`, `a"b`},
		{json.Number("1.50"), expression.Number, "1.50", "1.50", "1.5"},
		{json.Number("1e2"), expression.Number, "1e2", "1e2", "100"},
		{1.3e9, expression.Number, "1300000000", "1300000000", "1300000000"},
		{1e21, expression.Number, "1000000000000000000000", "1000000000000000000000", "1000000000000000000000"},
		{float32(0.1), expression.Number, "0.1", "0.1", "0.1"},
		{math.Inf(-1), expression.Number, "-Inf", `"-Inf"`, "-Inf"},
		{uint8(7), expression.Number, "7", "7", "7"},
		{at, expression.Time, "2026-11-28T12:00:00.000000005+01:00", `"2026-11-28T12:00:00.000000005+01:00"`,
			"2026-11-28T11:00:00.000000005Z"},
		{90 * time.Second, expression.Duration, "1m30s", `"1m30s"`, "1m30s"},
	} {
		k := key(t, c.value)
		encoded, err := json.Marshal(k)
		if err != nil {
			t.Errorf("%v: %v", c.value, err)
		}
		bytes, err := k.Bytes()
		if err != nil {
			t.Errorf("%v: %v", c.value, err)
		}
		if k.Kind() != c.kind || k.String() != c.shown || string(encoded) != c.encoded || string(bytes) != c.bytes {
			t.Errorf("%v: kind %v, shown %s, encoded %s, bytes %s", c.value, k.Kind(), k, encoded, bytes)
		}
		if _, ok := k.Float(); ok != (c.kind == expression.Number) {
			t.Errorf("%v is a number: %v", c.value, ok)
		}
		if _, ok := k.Text(); ok != (c.kind == expression.Text) {
			t.Errorf("%v is text: %v", c.value, ok)
		}
	}
	other, err := key(t, at.In(time.UTC)).Bytes()
	if bytes, _ := key(t, at).Bytes(); err != nil || string(bytes) != string(other) {
		t.Errorf("one instant in two time zones has the bytes %s and %s, %v", bytes, other, err)
	}
	if zero, err := json.Marshal(expression.Key{}); err != nil || string(zero) != "null" {
		t.Errorf("no key is encoded %s, %v", zero, err)
	}
	for _, value := range []any{nil, math.NaN(), []any{1}} {
		if k, err := expression.NewKey(expression.ValueOf(value)); err == nil {
			t.Errorf("%v is the key %v", value, k)
		}
	}
}

// TestFunctionErrors says how functions answer what they can't take.
func TestFunctionErrors(t *testing.T) {
	values := texts{`{"a":null,"b":"text","n":1.5}`, `[1,"x",[2]]`, `null`}
	for source, want := range map[string]string{
		"sum(y)":                            "sum takes numbers and lists of numbers, and got text",
		"sum(y, # == 1 ? nil : 1)":          "sum takes numbers and lists of numbers, and got null",
		"max([])":                           "min and max need at least one number",
		"min(z)":                            "min takes numbers and lists of numbers, and got null",
		"filter(x.a, true)":                 "x.a is null, not a list",
		"filter(y, #)":                      "# is a number, not true or false",
		"count(y)":                          "is a number, not true or false",
		"sort(y)":                           "what is to be sorted is of several kinds: a number and text",
		"sort([1, x.a])":                    "what is to be sorted has no order: it is null, which has no order",
		"sort([1], x.b)":                    `x.b is neither "asc" nor "desc"`,
		"sortBy(y, 1, x.b)":                 `x.b is neither "asc" nor "desc"`,
		"groupBy(y, x.a)":                   "x.a is null, not text or a number, which can name a group",
		"reduce([], #acc + #)":              "reduce needs a first value where the list is empty",
		"fromPairs(y)":                      "y has an item that isn't a list of a name and a value",
		"fromPairs([[x.a, 1]])":             "has a pair whose name is null",
		"join(y)":                           "y has an item that is a number, not text",
		"fromJSON(x.b)":                     "x.b isn't JSON",
		"take(y, x.n)":                      "x.n is a number, not a whole number that counts items",
		"take(x, 1)":                        "x is an object, not a list",
		"keys(y)":                           "y is a list, not an object",
		"concat(y, x)":                      "x is an object, not a list",
		"len(x.n)":                          "x.n is a number, not a list, object or text",
		"y[7]":                              "index out of range: 7 (array length is 3)",
		"y[x.n]":                            "x.n is a number, not a whole number that counts items",
		"y[1:x.b]":                          "x.b is text, not a whole number that counts items",
		"x.n[1:]":                           "x.n is a number, not a list or text",
		"1..x.n":                            "x.n is a number, not a whole number that counts items",
		"x.m":                               "member x.m is missing; there is a, b, n",
		"first([x]).m":                      "member first([x]).m is missing; there is a, b, n",
		"x.a.m":                             "x.a is null, and has no members: ?. in place of . provides for that",
		"x.n.m":                             "x.n is a number, not a list or object",
		"x in x.b":                          "x.b is text, not a list or object",
		"{(z): 1}":                          "z is null, not a member's name",
		"int(x.b)":                          `x.b is "text", which isn't a number`,
		"upper(x.n)":                        "x.n is a number, not text",
		"repeat(x.b, x.a)":                  "x.a is null, not a whole number that counts items",
		"date(x.n, '%Y')":                   "x.n is a number, not text",
		"date([x.n][0] + 1e12)":             "out of range as seconds since 1970: divide it by 1000",
		"date(x.b)":                         `x.b is "text": it isn't written as in 2026-11-27T10:00:00Z: give its layout`,
		"bitshl(1, -x.n + 0.5)":             "by less than 0",
		"bitand(1, x.n)":                    "x.n is a number, not a whole number of 64 bits",
		"bitnot(x.n)":                       "x.n is a number, not a whole number of 64 bits",
		"x.b + 1":                           "x.b is text, but 1 is a number",
		"x.n < x.b":                         "x.n is a number, but x.b is text",
		"x.n / (x.n - 1.5)":                 "division by zero: x.n - 1.5 is 0",
		"x.n % (x.n - 1.5)":                 "division by zero: x.n - 1.5 is 0",
		"(x.n - 1.5) ** -1":                 "division by zero",
		"x.b matches '(' + x.b":             "error parsing regexp",
		"first([date('2026-11-28')]).Foo()": "has no function Foo",
		"date('2026-11-28').Add(x.b)":       "x.b is text, where time.Duration is needed",
		"first([date('2026-11-28')]).Add()": "takes 1 arguments, and got 0",
		"x.b.Foo()":                         "x.b is text, not a time or duration, and has no functions",
		"date('2026-11-28') - x.b":          `x.b is text, not a duration such as duration("10s")`,
		"duration('1s') + date(x.b)":        `x.b is "text": it isn't written as in 2026-11-27T10:00:00Z: give its layout`,
		"duration(x.b)":                     `x.b is "text": it isn't written as a duration`,
		"float(x.a)":                        "x.a is null, not a number",
		"-x.b":                              "x.b is text, not a number",
		"get(x.n, 1)":                       "x.n is a number, not a list or object",
	} {
		p, err := expression.Compile(source, values)
		if err == nil {
			_, err = p.Value(nil)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", source, err, want)
		}
	}
}

// TestStructure has what puts values together.
func TestStructure(t *testing.T) {
	var many []string
	for i := range 20 {
		many = append(many, fmt.Sprintf("m%d: %d", i, i))
	}
	object := "{" + strings.Join(many, ", ") + "}"
	values := texts{`{"a":{"b":[1,{"c":2.50}]},"n":null,"é":1}`, `[3,1,2]`}
	for source, want := range map[string]string{
		"1; 2; x.a.b[0]":                                        `1`,
		"let a = 1; let b = a + 1; [a, b]":                      `[1,2]`,
		"let i = 5; map(y, # + i + #index)":                     `[8,7,9]`,
		"map(y, let d = # * 2; d + 1)":                          `[7,3,5]`,
		"map(y, filter(y, # > 1))":                              `[[3,2],[3,2],[3,2]]`,
		"map(y, {let o = #; map(y, # * o)})[0]":                 `[9,3,6]`,
		"if y[0] > 2 { 'a' } else if true { 'b' } else { 'c' }": `"a"`,
		"x?.n?.q":                  `null`,
		"x.n?.q.r.s":               `null`,
		"x?.q?.r ?? 7":             `7`,
		"x.a.b[-1].c":              `2.50`,
		"x['é']":                   `1`,
		"x.a[\"b\"][1]?.c":         `2.50`,
		"false and x.n":            `false`,
		"true or x.n":              `true`,
		"1 < 2 < 3":                `true`,
		"not (1 in [2])":           `true`,
		object + ".m17":            `17`,
		"keys(" + object + ")[19]": `"m19"`,
		object + " == " + object:   `true`,
		"{a: 1} == {a: 2} or {a: 1} == {b: 1} or [1] == [1, 2] or {a: x} == {a: 1}": `false`,
		"{a: 1, 'a': 2.0}":                `{"a":2.0}`,
		"{(y[0]): 1, 1.50: 2}":            `{"3":1,"1.50":2}`,
		"x.n ?? 'abc'[-2:]":               `"bc"`,
		"[][:3]":                          `[]`,
		"y[5:]":                           `[]`,
		"4..1":                            `[]`,
		"string(nil)":                     `"<nil>"`,
		"string(duration('90s'))":         `"1m30s"`,
		"'\\u0001\"\\\\' + \"\\n\\t\\r\"": `"\u0001\"\\\n\t\r"`,
		"toJSON([])":                      `"[]"`,
	} {
		p, err := expression.Compile(source, values)
		if err != nil {
			t.Error(err)
			continue
		}
		v, err := p.Value(nil)
		if err != nil {
			t.Error(err)
			continue
		}
		if got, err := v.AppendJSON(nil); err != nil || string(got) != want {
			t.Errorf("%s is %s, %v, want %s", source, got, err, want)
		}
	}
}
