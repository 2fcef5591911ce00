package expression_test

import (
	"encoding/json"
	"math/big"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/expr-lang/expr/builtin"

	"github.com/leat-go/leat/internal/expression"
)

// What the expressions of these tests are about: x is a list of numbers, y of objects, z an object whose members are
// in an unusual order.
var given = texts{
	`[1.50,-0,1e400,123456789012345678901234567890.10,1E+2,0.1]`,
	`[{"b":1.50,"a":1e2,"t":"x"},{"b":123456789012345678901234567890,"a":-0.0,"t":"y"},{"b":0.10,"a":1e400,"t":"x"}]`,
	`{"z":1.50,"a":{"k":[1e400,-0]},"m":"é\n","n":null}`,
}

// functionCases says of every built-in function what comes out, written as JSON.
var functionCases = map[string]string{
	// Functions that pass on what they get keep digits, spelling and order.
	"filter(x, # != 1.5)":               `[-0,1e400,123456789012345678901234567890.10,1E+2,0.1]`,
	"filter(y, .b > 0.1)":               `[{"b":1.50,"a":1e2,"t":"x"},{"b":123456789012345678901234567890,"a":-0.0,"t":"y"}]`,
	"map(y, .a)":                        `[1e2,-0.0,1e400]`,
	"map(y, ({n: .b, t: .t}))[0]":       `{"n":1.50,"t":"x"}`,
	"map(x, #index)":                    `[0,1,2,3,4,5]`,
	"find(x, # == 1.5)":                 `1.50`,
	"find(x, # == 7)":                   `null`,
	"find(y, .a == 100)?.b":             `1.50`,
	"find(y, .a == 7)?.b":               `null`,
	"findIndex(x, # == 100)":            `4`,
	"findIndex(x, # == 7)":              `null`,
	"findLast(y, .t == 'x')":            `{"b":0.10,"a":1e400,"t":"x"}`,
	"findLastIndex(y, .t == 'x')":       `2`,
	"groupBy(y, .t)":                    `{"x":[{"b":1.50,"a":1e2,"t":"x"},{"b":0.10,"a":1e400,"t":"x"}],"y":[{"b":123456789012345678901234567890,"a":-0.0,"t":"y"}]}`,
	"groupBy([1, 1.0, 0.10, 'a'], #)":   `{"1":[1,1.0],"0.1":[0.10],"a":["a"]}`,
	"groupBy([1, 2], #)[2]":             `[2]`,
	"sortBy(y, .b)[2].b":                `123456789012345678901234567890`,
	"sortBy(y, .a, 'desc')[0]":          `{"b":0.10,"a":1e400,"t":"x"}`,
	"sortBy(y, .t)[1]":                  `{"b":0.10,"a":1e400,"t":"x"}`,
	"sort(x)":                           `[-0,0.1,1.50,1E+2,123456789012345678901234567890.10,1e400]`,
	"sort(x, 'desc')[0]":                `1e400`,
	"sort(['b', 'a'])":                  `["a","b"]`,
	"reduce(x, max(#, #acc))":           `1e400`,
	"reduce([0.1, 0.2], # + #acc, 0.3)": `0.6`,
	"first(x)":                          `1.50`,
	"first([])":                         `null`,
	"last(y)":                           `{"b":0.10,"a":1e400,"t":"x"}`,
	"last(x[:5])":                       `1E+2`,
	"get(x, -2)":                        `1E+2`,
	"get(x, 9)":                         `null`,
	"get(z, 'a')":                       `{"k":[1e400,-0]}`,
	"get(z, 'q')":                       `null`,
	"take(x, 3)":                        `[1.50,-0,1e400]`,
	"x[2:4]":                            `[1e400,123456789012345678901234567890.10]`,
	"x[-2:]":                            `[1E+2,0.1]`,
	"reverse(x)[0]":                     `0.1`,
	"reverse(y)[2].a":                   `1e2`,
	"uniq([1.50, 1.5, 1e400, x[2], '1.5', nil, nil, z, z])":                          `[1.50,1e400,"1.5",null,{"z":1.50,"a":{"k":[1e400,-0]},"m":"é\n","n":null}]`,
	"uniq([1 / 4, 0.25, 2 / 8, 1 / 3, 2 / 6, 0.3333333333333333333333333333333333])": `[0.25,0.3333333333333333333333333333333333,0.3333333333333333333333333333333333]`,
	"concat(x[:1], [2.0], y[:1])":                                                    `[1.50,2.0,{"b":1.50,"a":1e2,"t":"x"}]`,
	"flatten([x[:1], [[2.0]], 1e400])":                                               `[1.50,2.0,1e400]`,
	"keys(z)":                                                                        `["z","a","m","n"]`,
	"values(z)":                                                                      `[1.50,{"k":[1e400,-0]},"é\n",null]`,
	"toPairs(z)[1]":                                                                  `["a",{"k":[1e400,-0]}]`,
	"fromPairs(toPairs(z))":                                                          `{"z":1.50,"a":{"k":[1e400,-0]},"m":"é\n","n":null}`,
	"fromPairs([['b', 1.50], ['a', 2], ['b', 3.0]])":                                 `{"b":3.0,"a":2}`,
	"let q = y[1]; q":                                                                `{"b":123456789012345678901234567890,"a":-0.0,"t":"y"}`,
	"true ? z.z : 0":                                                                 `1.50`,
	"z?.q ?? x[3]":                                                                   `123456789012345678901234567890.10`,
	"{z: z.a, b: 1.50, a: [x[1]]}":                                                   `{"z":{"k":[1e400,-0]},"b":1.50,"a":[-0]}`,
	"if z.z > 1 { x[0] } else { 0 }":                                                 `1.50`,
	"max(x[0], x[5])":                                                                `1.50`,
	"max(x)":                                                                         `1e400`,
	"min(x[0], [x[5], 3])":                                                           `0.1`,
	"median([3, x[0], 0.1])":                                                         `1.50`,
	// Counts and conditions.
	"all(x, # >= 0)":             `true`,
	"none(x, # < 0)":             `true`,
	"any(x, # > 1e399)":          `true`,
	"one(y, .b == 0.1)":          `true`,
	"count(y, .t == 'x')":        `2`,
	"count([true, false])":       `1`,
	"len(x) + len(z) + len('é')": `11`,
	"0.10 in x":                  `true`,
	"10e399 in x":                `true`,
	"7 not in x":                 `true`,
	"'a' in z":                   `true`,
	"z.a == {k: [10e399, 0.0]}":  `true`,
	"3 in 1..4":                  `true`,
	"2.0 in 1..4":                `true`,
	// What computes is exact, and written as the shortest decimal.
	"sum(y, .b)":                            `123456789012345678901234567891.6`,
	"sum([0.1, 0.2])":                       `0.3`,
	"mean([0.1, 0.2])":                      `0.15`,
	"median([0.1, 0.2])":                    `0.15`,
	"abs(-1.50)":                            `1.5`,
	"ceil(1.2)":                             `2`,
	"floor(-1.2)":                           `-2`,
	"round(2.50)":                           `3`,
	"int('123456789012345678901234567890')": `123456789012345678901234567890`,
	"int(' 12.9 ')":                         `12`,
	"float('0.10') + 0":                     `0.1`,
	"float('1e400')":                        `1e400`,
	"string(x[3])":                          `"123456789012345678901234567890.10"`,
	"string(0.1 + 0.2)":                     `"0.3"`,
	"string(z)":                             `"{\"z\":1.50,\"a\":{\"k\":[1e400,-0]},\"m\":\"é\\n\",\"n\":null}"`,
	"type(1) + type(1.5) + type('') + type(nil) + type(x) + type(z) + type(true)": `"intfloatstringnilarraymapbool"`,
	"type(date('2026-11-28'))":                                              `"time.Time"`,
	"toJSON({b: x[0], a: x[2]})":                                            `"{\n  \"b\": 1.50,\n  \"a\": 1e400\n}"`,
	"fromJSON('{\"b\": 1.50, \"a\":[1e400],\"b\" :2.0}')":                   `{"a":[1e400],"b":2.0}`,
	"bitand(6, 3) + bitor(6, 3) + bitxor(6, 3) + bitnand(6, 3) + bitnot(6)": `11`,
	"bitshl(1, 3) + bitshr(-8, 1) + bitushr(8, 1)":                          `8`,
	// Text and time.
	"trim(' a ') + trim('xax', 'x') + trimPrefix('ab', 'a') + trimSuffix('ab', 'b')":                  `"aaba"`,
	"upper('a') + lower('B') + replace('aa', 'a', 'b') + replace('aa', 'a', 'b', 1) + repeat('c', 2)": `"Abbbbacc"`,
	"split('a,b', ',')":                               `["a","b"]`,
	"split('a,b,c', ',', 2)":                          `["a","b,c"]`,
	"splitAfter('a,b', ',')":                          `["a,","b"]`,
	"join(split('a,b', ','), '-') + join(['x'])":      `"a-bx"`,
	"indexOf('abab', 'b') + lastIndexOf('abab', 'b')": `4`,
	"hasPrefix('ab', 'a') and hasSuffix('ab', 'b')":   `true`,
	"'ab' matches '^a' and 'ab' contains 'b' and 'ab' startsWith 'a' and 'ab' endsWith 'b'": `true`,
	"z.n contains 'a'":          `false`,
	"fromBase64(toBase64('é'))": `"é"`,
	"date('2026-11-28T10:00:00+01:00') == date('2026-11-28T09:00:00Z')":             `true`,
	"date('28.11.2026', '02.01.2006', 'Europe/Zurich')":                             `"2026-11-28T00:00:00+01:00"`,
	"date('2026-11-28', timezone('Europe/Zurich')) + duration('1h30m')":             `"2026-11-28T01:30:00+01:00"`,
	"date('2026-11-28').Year() + date('2026-11-28').Truncate(duration('1h')).Day()": `2054`,
	"duration('90s')":               `"1m30s"`,
	"duration('90s').Seconds() / 4": `22.5`,
	"'abc'[1:]":                     `"bc"`,
	"x | filter(# > 1) | len()":     `4`,
}

func TestFunctions(t *testing.T) {
	for source, want := range functionCases {
		for _, form := range []string{source, "[" + source + "][0]"} {
			if strings.HasPrefix(source, "let ") && form != source {
				continue
			}
			p, err := expression.Compile(form, given)
			if err != nil {
				t.Errorf("%s: %v", form, err)
				continue
			}
			v, err := p.Value(nil)
			if err != nil {
				t.Error(err)
				continue
			}
			if got, err := v.AppendJSON(nil); err != nil || string(got) != want {
				t.Errorf("%s is\n%s, %v, want\n%s", form, got, err, want)
			}
		}
	}
}

// TestEveryFunctionHasACase goes through the functions of the version of expr that is in use.
func TestEveryFunctionHasACase(t *testing.T) {
	var all []string
	for source := range functionCases {
		all = append(all, source)
	}
	for _, name := range builtin.Names {
		if name != "now" && !regexp.MustCompile(`\b`+name+`\(`).MatchString(strings.Join(all, "\n")) { // now is refused
			t.Errorf("%s has no case", name)
		}
	}
}

// TestNoRawErrors calls every function and operator with values of every kind: nothing panics, and no error is one of
// Go's.
func TestNoRawErrors(t *testing.T) {
	values := texts{`null`, `true`, `-1.5`}
	arguments := []string{"x", "y", "z", "'text'", "[z, x]", "{a: z}", "date('2026-11-28')", "duration('1s')", "1e400", "timezone('UTC')"}
	var sources []string
	for _, name := range builtin.Names {
		for _, a := range arguments {
			sources = append(sources, name+"("+a+")", name+"("+a+", #)", name+"("+a+", .a)")
			for _, b := range arguments {
				sources = append(sources, name+"("+a+", "+b+")", name+"('a', "+a+", "+b+")")
			}
		}
	}
	for _, operator := range []string{"+", "-", "*", "/", "%", "**", "==", "<", "in", "and", "or", "??", "..", "contains", "matches"} {
		for _, a := range arguments {
			for _, b := range arguments {
				sources = append(sources, a+" "+operator+" "+b, "["+a+"]["+b+"]", "{a: "+a+"}["+b+"]", a+"["+b+":]", a+" ? "+b+" : 1")
			}
			sources = append(sources, "not "+a, "-"+a, a+".b", a+"?.b", a+".Unix()")
		}
	}
	raw := regexp.MustCompile(`interface|reflect|runtime|panic|nil pointer|\bmap\[|expression\.|%!`)
	for _, source := range sources {
		p, err := expression.Compile(source, values)
		if err == nil {
			_, err = p.Value(nil)
		} else if strings.Contains(err.Error(), "type ") || strings.Contains(err.Error(), "got ") {
			continue // the checker's words
		}
		if err != nil && raw.MatchString(err.Error()) {
			t.Errorf("%s: %v", source, err)
		}
	}
}

func TestNothingIsMadeWithoutBounds(t *testing.T) {
	if testing.Short() {
		t.Skip("this is about time and memory, of which the race detector takes ten times as much")
	}
	for _, source := range []string{
		"1..1000000000", "map(1..1000, map(1..1000, map(1..1000, #)))", "repeat('aaaaaaaaaa', 10000000)", "repeat('', 10000000)",
		"reduce(1..100, concat(#acc, #acc), [1])", "-2147483648..2147483647",
		// What is doubled again and again.
		"reduce(1..60, #acc + #acc, 'aa')", "reduce(1..60, upper(#acc) + '', repeat('a', 1000000) + repeat('a', 900000))",
		"replace(repeat('a', 1000000), '', repeat('b', 1000000))", "join(1..1000000 | map(''), repeat('b', 1000000))",
		"split(x.long, '')", "splitAfter(x.long, 'a')",
		// Lists and objects that hold one another many times.
		"reduce(1..60, [#acc, #acc], x.long)", "reduce(1..60, ({a: #acc, b: #acc}), x.long)",
		"toJSON(reduce(1..60, [#acc, #acc], x.long))", "string(reduce(1..60, [#acc, #acc], x.long))",
		"sum(reduce(1..60, [#acc, #acc], 1))", "max(0, reduce(1..60, [#acc, #acc], 1))", "flatten(reduce(1..60, [#acc, #acc], 1))",
	} {
		p, err := expression.Compile(source, texts{`{"long":"` + strings.Repeat("a", 2_000_000) + `"}`})
		if err == nil {
			_, err = p.AppendJSON(nil, nil)
		}
		if err == nil || !regexp.MustCompile("makes more than|the result has more than|at most").MatchString(err.Error()) {
			t.Errorf("%s: %v", source, err)
		}
	}
}

// TestNestedCallsAreCompiledOnce nests functions deeply: if a level compiled its argument twice, this would not end.
// Those that expr checks once for each form that they have are refused where that takes too long.
func TestNestedCallsAreCompiledOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("this is about time and memory, of which the race detector takes ten times as much")
	}
	for _, name := range builtin.Names {
		for _, form := range []string{"%s([%s])", "%s(%s, #)", "%s(%s)", "[%s(%s)][0]"} {
			source := "x"
			for range 100 {
				source = strings.Replace(strings.Replace(form, "%s", name, 1), "%s", source, 1)
			}
			_, _ = expression.Compile(source, given) // an error or none
		}
	}
	for _, form := range []string{"(%s)", "-%s", "[%s]", "({a: %s}).a", "%s ?? 1", "(%s).a", "(%s)[0]", "(%s)?.a", "1 + (%s)", "not (%s)",
		"(%s) ? 1 : 2", "true ? (%s) : 2", "(let v = %s; v)", "(1; %s)", "(%s)[1:]", "(%s) in x", "(%s)..3", "(%s).Year()",
		"x.a(%s)", "if (%s) { 1 } else { 2 }"} {
		source := "x"
		for range 100 {
			source = strings.Replace(form, "%s", source, 1)
		}
		_, _ = expression.Compile(source, given)
	}
}

// TestDeeplyNestedForms has a function of several forms nested: as deep as anybody needs, and deeper.
func TestDeeplyNestedForms(t *testing.T) {
	nested := func(depth int) string { return "'aaa'" + strings.Repeat(" | replace('a', 'b')", depth) }
	expectJSON(t, nested(12), given, `"bbb"`)
	expectError(t, nested(100), given, "replace is nested too deeply: give a name to what is in it, by let")
	expectJSON(t, "let x1 = "+nested(12)+"; let x2 = x1"+strings.TrimPrefix(nested(12), "'aaa'")+"; x2", given, `"bbb"`)
}

// TestDeepFieldsOfStructs looks into lists, maps and pointers of Go structs, whose members are in the struct's order.
func TestDeepFieldsOfStructs(t *testing.T) {
	type inner struct {
		Z float64 `json:"z"`
		A float32 `json:"a"`
	}
	type outer struct {
		List []*inner         `json:"list"`
		Map  map[string]inner `json:"map"`
		Any  any              `json:"any"`
		Rat  *big.Rat         `json:"rat"`
		Raw  json.RawMessage  `json:"raw"`
		Num  json.Number      `json:"num"`
	}
	e := &outer{
		List: []*inner{{0.1, 0.1}, nil}, Map: map[string]inner{"b": {2, 2.5}, "a": {1e21, 1}},
		Any: []any{uint8(7), 0.2, map[string]any{"k": 1e-7}}, Rat: exact("0.30"),
		Raw: json.RawMessage(` {"b": 1.50, "a" : 1e400,"b":2.0} `), Num: "1.50",
	}
	for source, want := range map[string]string{
		"list":                                   `[{"z":0.1,"a":0.1},null]`,
		"map":                                    `{"a":{"z":1000000000000000000000,"a":1},"b":{"z":2,"a":2.5}}`,
		"any":                                    `[7,0.2,{"k":0.0000001}]`,
		"list[0].a + any[1]":                     `0.3`,
		"raw":                                    `{"a":1e400,"b":2.0}`,
		"raw.b + num":                            `3.5`,
		"num":                                    `1.50`,
		"map.b.z":                                `2`,
		"rat * 3":                                `0.9`,
		"filter(list, # != nil)[0].z == rat / 3": `true`,
	} {
		p, err := expression.CompileStruct(source, reflect.TypeFor[outer]())
		if err != nil {
			t.Error(err)
			continue
		}
		v, err := p.Value(e)
		if err != nil {
			t.Error(err)
			continue
		}
		if got, err := v.AppendJSON(nil); err != nil || string(got) != want {
			t.Errorf("%s is %s, %v, want %s", source, got, err, want)
		}
	}
}
