package expression_test

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/expr-lang/expr"
	"pgregory.net/rapid"

	"github.com/leat-go/leat/internal/expression"
)

// The language is that of expr, so whatever expr's own virtual machine can compute without rounding must come out
// here as well. The tests below stay where float64 is exact: numbers of a few digits, and quotients by powers of two.
// findLast and findLastIndex aren't among them, since expr's machine gets those wrong as operands when they find
// nothing.

// facts is what the expressions of this file are about, in Go for expr; as JSON it is x for this package.
var facts = map[string]any{
	"a": 3, "b": -2, "f": 1.5, "big": 40, "s": "leat", "t": "mill", "yes": true, "no": false, "nil_": nil,
	"ns":     []any{4, 1, 3, 1, -2},
	"words":  []any{"water", "mill", "leat", "mill"},
	"empty":  []any{},
	"nested": []any{[]any{1, 2}, []any{3}, []any{}},
	"rows": []any{
		map[string]any{"k": 2, "w": "mill", "ok": true, "in": map[string]any{"z": 1}},
		map[string]any{"k": 1, "w": "leat", "ok": false, "in": map[string]any{"z": 2}},
		map[string]any{"k": 2, "w": "water", "ok": true, "in": nil},
	},
	"o": map[string]any{"k": 7, "w": "wheel", "l": []any{1, 2}},
}

// A grammar draws expressions of a type over facts. Names that stand for themselves have a $ in front, see plainly. A
// wild one draws mistakes, too: members that aren't there, and values of other types.
type grammar struct {
	t    *rapid.T
	wild bool
}

// plainly returns an expression as it is written.
func plainly(source string) string { return strings.ReplaceAll(source, "$", "") }

func (g grammar) pick(options ...string) string {
	return rapid.SampledFrom(options).Draw(g.t, "choice")
}

// fill draws an expression for each type that a template names, such as <number> or <text>.
func (g grammar) fill(template string, depth int) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(template, "<")
		kind, after, closed := strings.Cut(rest, ">")
		if !found || !closed || expansions[kind] == nil {
			if !found {
				b.WriteString(template)
				return b.String()
			}
			b.WriteString(before + "<")
			template = rest
			continue
		}
		b.WriteString(before + g.draw(kind, depth-1))
		template = after
	}
}

func (g grammar) draw(kind string, depth int) string {
	if g.wild && rapid.IntRange(0, 19).Draw(g.t, "mistake") < 2 {
		return g.pick("o.missing", "rows[9].k", "nil_.k", "nil_", "$s", "$ns", "$a", "last(empty).k", "first(rows).missing", "rows[2].in.z")
	}
	if depth <= 0 {
		return g.pick(leaves[kind]...)
	}
	return g.fill(g.pick(append(slices.Clone(leaves[kind]), expansions[kind]...)...), depth)
}

var leaves = map[string][]string{
	"number": {"$a", "$b", "$f", "$big", "0", "1", "2", "7", "2.5", "o.k", "rows[0].k", "ns[-1]"},
	"int":    {"$a", "$b", "$big", "0", "1", "2", "7", "len(ns)", "o.k"},
	"text":   {"$s", "$t", "''", "'mill'", "'_l-'", "o.w", "rows[1].w", "words[0]"},
	"bool":   {"$yes", "$no", "true", "rows[1].ok"},
	"ints":   {"$ns", "$empty", "[1, 2]", "o.l", "nested[0]"},
	"texts":  {"$words", "$empty", "['a']"},
	"rows":   {"$rows"},
	"maybe":  {"nil_", "$a", "$s", "rows[2].in", "o?.w", "nil_?.k"},
}

var expansions = map[string][]string{
	"number": {
		"(<number> + <number>)", "(<number> - <number>)", "(<number> * <number>)", "(<number> / 4)", "-<number>", "+<number>",
		"(<number>) ** 2", "(<int> % 5)", "abs(<number>)", "floor(<number>)", "ceil(<number>)", "round(<number>)", "int(<number>)",
		"float(<number>)", "(<bool> ? <number> : <number>)", "(nil_ ?? <number>)", "max(<number>, <number>)",
		"min(<number>, <number>, <number>)", "sum(<ints>)", "sum(<rows>, .k)", "sum(<ints>, # * 2)", "mean([<number>, <number>])",
		"median([<number>, <number>, <number>])", "len(<text>)", "len(<ints>)", "count(<ints>, # > <number>)", "count(<rows>, .ok)",
		"reduce(<ints>, #acc + #, <number>)", "reduce(<ints>, #acc - # * #index, 0)", "(find(<ints>, # > <number>) ?? 0)",
		"(first(<ints>) ?? 1)", "(last(<ints>) ?? 1)", "get(<ints>, 9) ?? <number>", "indexOf(<text>, <text>)",
		"bitand(<int>, 6)", "bitor(<int>, <int>)", "bitxor(<int>, <int>)", "bitnot(<int>)", "bitshl(<int>, 2)", "bitshr(<int>, 1)",
		"(let v = <number>; v + v)", "int(string(<int>))", "if <bool> { <number> } else { <number> }", "(findIndex(<ints>, # > 0) ?? 5)",
		"len(toPairs(o))", "lastIndexOf(<text>, 'l')", "fromJSON(toJSON(<int>))", "values({q: <number>})[0]",
	},
	"int": {"(<int> + <int>)", "(<int> - <int>)", "-<int>", "(<int> % 3)", "len(<texts>)", "(<bool> ? <int> : <int>)"},
	"text": {
		"(<text> + <text>)", "upper(<text>)", "lower(<text>)", "trim(<text>)", "trim(<text>, 'l')", "trimPrefix(<text>, 'm')",
		"trimSuffix(<text>, 'l')", "repeat(<text>, 2)", "replace(<text>, 'l', <text>)", "join(<texts>, <text>)", "string(<int>)",
		"(<bool> ? <text> : <text>)", "<text>[1:]", "<text>[:-1]", "(first(<texts>) ?? 'q')", "type(<text>)", "type(<bool>)", "toBase64(<text>)",
		"(nil_ ?? <text>)", "string(<bool>)", "replace(<text>, 'l', <text>, 1)", "join(map(<rows>, .w), '+')",
		"(find(<rows>, .k > <number>)?.w ?? <text>)", "keys({q: 1})[0]", "fromBase64(toBase64(<text>))",
	},
	"bool": {
		"(<number> < <number>)", "(<number> >= <number>)", "(<number> == <number>)", "(<text> != <text>)", "(<text> < <text>)",
		"not <bool>", "(<bool> and <bool>)", "(<bool> || <bool>)", "(<text> contains <text>)", "(<text> startsWith <text>)",
		"(<text> endsWith <text>)", "(<text> matches '^[lm]')", "(<int> in <ints>)", "(<text> not in <texts>)", "('k' in o)",
		"all(<ints>, # > <number>)", "any(<rows>, .ok and .k > <number>)", "none(<ints>, # == <number>)", "one(<rows>, .k == <int>)",
		"(<maybe> == nil)", "(<ints> == <ints>)", "hasPrefix(<text>, 'm')", "hasSuffix(<text>, <text>)", "(<int> in 1..4)",
		"(1 < <number> < 5)", "(<maybe> != <maybe>)", "(<rows>[0].in == {'z': 1})", "any(<rows>, .in?.z == <int>)",
	},
	"ints": {
		"filter(<ints>, # > <number>)", "map(<ints>, # + <int>)", "map(<rows>, .k)", "<ints>[1:]", "<ints>[-2:]", "<ints>[:<int>]",
		"sort(<ints>)", "sort(<ints>, 'desc')", "reverse(<ints>)", "uniq(<ints>)", "concat(<ints>, <ints>)", "take(<ints>, 2)",
		"flatten(nested)", "[<int>, <int>]", "(<int>..6)", "map(<ints>, #index)", "map(filter(<rows>, .ok), .k)", "map(sortBy(<rows>, .w), .k)",
		"(<bool> ? <ints> : <ints>)", "filter(<ints>, let v = #; v % 2 == 0)", "map(<ints>, let v = #; count(ns, # > v))",
	},
	"texts": {
		"map(<rows>, .w)", "split(<text>, 'l')", "splitAfter(<text>, 'l')", "sort(<texts>)", "reverse(<texts>)", "uniq(<texts>)",
		"filter(<texts>, # != <text>)", "map(<texts>, upper(#))", "take(<texts>, 1)", "concat(<texts>, <texts>)", "keys({q: 1})",
		"map(sortBy(<rows>, .w, 'desc'), .w)", "map(<ints>, string(#))", "split(<text>, 'l', 2)",
	},
	"rows": {
		"filter(<rows>, .k > <number>)", "sortBy(<rows>, .k)", "sortBy(<rows>, .w, 'desc')", "reverse(<rows>)", "<rows>[:2]",
		"filter(<rows>, .ok)", "concat(<rows>, <rows>)", "(groupBy(rows, .w)['mill'])", "flatten([<rows>])", "take(<rows>, 1)",
	},
	"maybe": {
		"find(<ints>, # > <number>)", "first(<ints>)", "last(<texts>)", "get(o, <text>)", "<bool>",
		"<number>", "get(<ints>, <int>)", "(<maybe> ?? <maybe>)", "find(<rows>, .k == <int>)?.in?.z", "{q: <number>, 'r': [<text>]}",
		"fromPairs([[<text>, <int>]])",
	},
}

// TestResultsAreThoseOfExpr evaluates random expressions here and by expr.
func TestResultsAreThoseOfExpr(t *testing.T) {
	scope := factScope(t)
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]string{"number", "text", "bool", "ints", "texts", "rows", "maybe"}).Draw(t, "kind")
		source := grammar{t: t}.draw(kind, rapid.IntRange(1, 5).Draw(t, "depth"))
		source = plainly(source)
		program, err := expr.Compile(source, expr.Env(scope.Types()))
		if err != nil {
			return // a list that is compared with a number, say
		}
		want, err := expr.Run(program, facts)
		if err != nil {
			return // a member of null, say
		}
		expectSame(t, source, scope, want)
	})
}

func expectSame(t rapid.TB, source string, scope expression.Scope, want any) {
	t.Helper()
	p, err := expression.Compile(source, scope)
	if err != nil {
		t.Fatalf("%s is %v for expr, and here: %v", source, want, err)
	}
	v, err := p.Value(nil)
	if err != nil {
		t.Fatalf("%s is %v for expr, and here: %v", source, want, err)
	}
	encoded, err := v.AppendJSON(nil)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	var got any
	if err := json.Unmarshal(encoded, &got); err != nil {
		t.Fatalf("%s is %s, which isn't JSON: %v", source, encoded, err)
	}
	if want := plain(reflect.ValueOf(want)); !alike(got, want) {
		t.Fatalf("%s is %v here and %v for expr", source, got, want)
	}
}

// factScope returns the facts as a scope of the same names.
func factScope(t rapid.TB) expression.Scope {
	scope := named{}
	for name, value := range facts {
		raw, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		scope[name] = raw
	}
	return scope
}

// plain returns a value of expr as encoding/json would read it.
func plain(v reflect.Value) any {
	for v.IsValid() && (v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer) {
		v = v.Elem()
	}
	switch {
	case !v.IsValid():
		return nil
	case v.CanInt():
		if d, ok := v.Interface().(time.Duration); ok {
			return d.String()
		}
		return float64(v.Int())
	case v.CanUint():
		return float64(v.Uint())
	case v.CanFloat():
		return v.Float()
	case v.Kind() == reflect.Slice:
		items := []any{}
		for i := range v.Len() {
			items = append(items, plain(v.Index(i)))
		}
		return items
	case v.Kind() == reflect.Map:
		members := map[string]any{}
		for each := v.MapRange(); each.Next(); {
			members[fmt.Sprint(each.Key().Interface())] = plain(each.Value())
		}
		return members
	}
	if at, ok := v.Interface().(time.Time); ok {
		return at.Format(time.RFC3339Nano)
	}
	return v.Interface()
}

// alike reports whether two values are equal but for the last digits of floating numbers.
func alike(a, b any) bool {
	switch a := a.(type) {
	case float64:
		b, ok := b.(float64)
		return ok && (a == b || math.Abs(a-b) <= 1e-12*math.Abs(a))
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, alike)
	case map[string]any:
		b, ok := b.(map[string]any)
		for name := range a {
			ok = ok && alike(a[name], b[name])
		}
		return ok && len(a) == len(b)
	}
	return a == b
}
