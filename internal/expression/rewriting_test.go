package expression_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/internal/expression"
)

// What is compiled depends on more than the expression: constants are folded; a scope may take a whole path of
// members, or only its first step; it may hand values over as they are written, and know lists without making their
// items. None of that may show in a result. The tests of this file evaluate random expressions in all of these ways,
// mistakes included.

// literalFacts are the facts that names with a $ stand for, as literals.
var literalFacts = map[string]string{
	"a": "3", "b": "(-2)", "f": "1.5", "big": "40", "s": "'leat'", "t": `"mill"`, "yes": "true", "no": "false",
	"ns": "[4, 1, 3, 1, -2]", "words": "['water', 'mill', 'leat', 'mill']", "empty": "[]",
	"rows": "[{in: {z: 1}, k: 2, ok: true, w: 'mill'}, {in: {z: 2}, k: 1, ok: false, w: 'leat'}, {in: nil, k: 2, ok: true, w: 'water'}]",
}

// folded returns an expression with literals in place of the names that have a $.
func folded(source string) string {
	return regexp.MustCompile(`\$[a-z]+`).ReplaceAllStringFunc(source, func(name string) string { return literalFacts[name[1:]] })
}

// paths is a scope that follows paths to their ends, as those of streams do. With raw it hands over what is written,
// where it is asked to.
type paths struct {
	named
	raw bool
}

// Field implements [expression.Scope].
func (s paths) Field(path []expression.Step, raw bool) (expression.Getter, int, error) {
	path = slices.Clone(path)
	return func(any) (expression.Value, error) {
		at, err := s.follow(path)
		switch {
		case err != nil:
			return expression.Value{}, err
		case s.raw && raw && at[0] != 'n':
			return expression.RawValue(at), nil
		}
		return expression.ValueOfJSON(at), nil
	}, len(path), nil
}

// follow returns what a path leads to.
func (s paths) follow(path []expression.Step) (json.RawMessage, error) {
	at := s.named[path[0].Name]
	for i, step := range path[1:] {
		next, ok := stepInto(at, step)
		if !ok {
			return nil, &expression.MissingError{Member: expression.PathString(path), Object: at, Path: path[i+1:]}
		}
		at = next
	}
	return at, nil
}

func stepInto(at json.RawMessage, step expression.Step) (json.RawMessage, bool) {
	if !step.IsIndex {
		var members map[string]json.RawMessage
		_ = json.Unmarshal(at, &members)
		next, ok := members[step.Name]
		return next, ok
	}
	var items []json.RawMessage
	_ = json.Unmarshal(at, &items)
	if step.Index < 0 {
		step.Index += len(items)
	}
	if step.Index < 0 || step.Index >= len(items) {
		return nil, false
	}
	return items[step.Index], true
}

// lists is a scope that can tell something of its lists, as that of a call can of matches.
type lists struct {
	paths
	asked map[string]int
}

// Length implements [expression.Lister].
func (s lists) Length(path []expression.Step) (expression.Getter, bool) {
	items, ok := s.items(path)
	if !ok {
		return nil, false
	}
	s.asked["len"]++
	return func(any) (expression.Value, error) { return expression.IntValue(int64(len(items))), nil }, true
}

// Each implements [expression.Lister].
func (s lists) Each(path, member []expression.Step) (expression.Getter, bool) {
	items, ok := s.items(path)
	if !ok {
		return nil, false
	}
	s.asked["each"]++
	return func(any) (expression.Value, error) {
		var values []expression.Value
		for _, item := range items {
			inner := paths{named: named{"item": item}}
			at, err := inner.follow(append([]expression.Step{{Name: "item"}}, member...))
			if err != nil {
				return expression.Value{}, err
			}
			values = append(values, expression.ValueOfJSON(at))
		}
		return expression.ListValue(values), nil
	}, true
}

func (s lists) items(path []expression.Step) (items []json.RawMessage, ok bool) {
	at, err := s.follow(path)
	return items, err == nil && at[0] == '[' && json.Unmarshal(at, &items) == nil
}

// factFields is a struct of the facts, its members in the order that encoding/json gives those of maps.
type factFields struct {
	A      int       `json:"a"`
	B      int64     `json:"b"`
	Big    uint8     `json:"big"`
	Empty  []int     `json:"empty"`
	F      float64   `json:"f"`
	Nested [][]int   `json:"nested"`
	Nil    any       `json:"nil_"`
	No     bool      `json:"no"`
	Ns     []int     `json:"ns"`
	O      factO     `json:"o"`
	Rows   []factRow `json:"rows"`
	S      string    `json:"s"`
	T      *string   `json:"t"`
	Words  []string  `json:"words"`
	Yes    bool      `json:"yes"`
}

type factO struct {
	K int    `json:"k"`
	L []int  `json:"l"`
	W string `json:"w"`
}

type factRow struct {
	In *factIn `json:"in"`
	K  float32 `json:"k"`
	Ok bool    `json:"ok"`
	W  string  `json:"w"`
}

type factIn struct {
	Z int `json:"z"`
}

// An outcome is what an expression gives: JSON, or an error.
type outcome struct {
	json string
	err  error
}

func (o outcome) String() string {
	if o.err != nil {
		return "an error (" + o.err.Error() + ")"
	}
	return o.json
}

func outcomeOf(p *expression.Program, env any) outcome {
	raw, err := p.AppendJSON(nil, env)
	return outcome{string(raw), err}
}

// TestRewritingDoesNotShow evaluates an expression plainly, and then in every other way.
func TestRewritingDoesNotShow(t *testing.T) {
	scope := factScope(t).(named)
	fields := new(factFields)
	for name, raw := range scope {
		if err := json.Unmarshal([]byte(`{"`+name+`":`+string(raw)+`}`), fields); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]string{"number", "text", "bool", "ints", "texts", "rows", "maybe"}).Draw(t, "kind")
		source := grammar{t: t, wild: rapid.Bool().Draw(t, "wild")}.draw(kind, rapid.IntRange(1, 4).Draw(t, "depth"))
		p, err := expression.Compile(plainly(source), scope)
		if err != nil {
			return // text where a number must be, say
		}
		want := outcomeOf(p, nil)
		expectKind(t, p)
		expectOutcome(t, "once more", outcomeOf(p, nil), want)
		expectOutcome(t, "of a clone", outcomeOf(p.Clone(), nil), want)
		for _, way := range []struct {
			name    string
			scope   expression.Scope
			compile func(string, expression.Scope) (*expression.Program, error)
		}{
			{"with paths", paths{scope, false}, expression.Compile},
			{"with raw values", paths{scope, true}, expression.CompileRaw},
			{"with lists", lists{paths{scope, true}, map[string]int{}}, expression.CompileRaw},
		} {
			other, err := way.compile(plainly(source), way.scope)
			if err != nil {
				t.Fatalf("%s %s: %v", plainly(source), way.name, err)
			}
			expectOutcome(t, source+" "+way.name, outcomeOf(other, nil), want)
		}
		expectFoldedOutcome(t, source, scope, want)
		expectWrapped(t, source, scope, want)
		if typed, err := expression.CompileStruct(plainly(source), reflect.TypeFor[factFields]()); err == nil {
			expectOutcome(t, source+" over a struct", outcomeOf(typed, fields), want)
			expectKindOf(t, typed, fields)
		}
	})
}

// TestListsAreAsked says which functions ask a scope for a length, or a member of each item, and which make the items.
func TestListsAreAsked(t *testing.T) {
	for source, c := range map[string]struct {
		want      string
		len, each int
	}{
		"len(rows)":                     {`3`, 1, 0},
		"len(o.l)":                      {`2`, 1, 0},
		"len(nested[0])":                {`2`, 1, 0},
		"len(s)":                        {`4`, 0, 0},
		"len(o)":                        {`3`, 0, 0},
		"len([1])":                      {`1`, 0, 0},
		"map(rows, .k)":                 {`[2,1,2]`, 0, 1},
		"map(rows, #.w)":                {`["mill","leat","water"]`, 0, 1},
		"map(rows[:2], .in.z)":          {`[1,2]`, 0, 0},
		"sum(rows, .k)":                 {`5`, 0, 1},
		"sum(map(rows, .k))":            {`5`, 0, 1},
		"sum(rows, .k * 2)":             {`10`, 0, 0},
		"map(rows, #)[0].w":             {`"mill"`, 0, 0},
		"map(rows, .in?.z)":             {`[1,2,null]`, 0, 0},
		"map(rows, .in.z ?? 0)":         {`[1,2,0]`, 0, 0},
		"map(rows, .missing ?? 'q')":    {`["q","q","q"]`, 0, 0},
		"count(rows, .ok)":              {`2`, 0, 0},
		"let rows_ = rows; len(rows_)":  {`3`, 0, 0},
		"map(ns, let rows_ = #; rows_)": {`[4,1,3,1,-2]`, 0, 0},
		"map([1], len(rows))":           {`[3]`, 1, 0},
		"rows | map(.w) | len()":        {`3`, 0, 1},
		"len(rows) + len(ns) - len(ns)": {`3`, 3, 0},
		"[len(empty), sum(empty, .x)]":  {`[0,0]`, 1, 1},
	} {
		scope := lists{paths{factScope(t).(named), true}, map[string]int{}}
		expectJSON(t, source, scope, c.want)
		if scope.asked["len"] != c.len || scope.asked["each"] != c.each {
			t.Errorf("%s asks %v, want %d lengths and %d members", source, scope.asked, c.len, c.each)
		}
	}
	scope := lists{paths{factScope(t).(named), true}, map[string]int{}}
	expectError(t, "map(rows, .missing)", scope, "member item.missing is missing; there is in, k, ok, w")
	expectError(t, "sum(rows, .w)", scope, "sum takes numbers and lists of numbers, and got text")
}

// TestOptionalPaths has what ?? and ?. provide for: whatever is missing or null along a path, whether the scope
// follows it or the expression does.
func TestOptionalPaths(t *testing.T) {
	scope := factScope(t).(named)
	for source, want := range map[string]string{
		"o.missing ?? 1":             `1`,
		"o.missing.more ?? 1":        `1`,
		"nil_.k.more ?? 1":           `1`,
		"rows[9].k ?? 1":             `1`,
		"rows[-4].k ?? 1":            `1`,
		"rows[2].in.z ?? 1":          `1`,
		"rows[0].in.z ?? 1":          `1`,
		"o?.missing":                 `null`,
		"o?.missing?.more":           `null`,
		"nil_?.k.more.more":          `null`,
		"rows[2].in?.z":              `null`,
		"rows[9]?.k":                 `null`,
		"o.k ?? o.missing":           `7`,
		"o.missing ?? nil_ ?? o.k":   `7`,
		"(o.missing ?? o.l)[0]":      `1`,
		"[o.missing ?? 1, o.k]":      `[1,7]`,
		"yes ? o.missing ?? 2 : 0":   `2`,
		"(o?.missing ?? 1) + 1":      `2`,
		"o['missing'] ?? 1":          `1`,
		"o[s] ?? 1":                  `1`,
		"ns[a + 9] ?? 1":             `1`,
		"s[9] ?? 1":                  `1`,
		"(yes ? o.missing : 1) ?? 2": `2`,
	} {
		for _, other := range []expression.Scope{scope, paths{scope, false}, paths{scope, true}} {
			expectJSON(t, source, other, want)
			expectJSON(t, "map([1], "+source+")[0]", other, want)
		}
		inner := regexp.MustCompile(`\b(o|nil_|rows|ns|s)\b([.?[\s]|$)`).ReplaceAllString(source, "#.$1$2")
		expectJSON(t, "map([{o: o, nil_: nil_, rows: rows, ns: ns, s: s}], "+inner+")[0]", scope, want)
	}
	for source, want := range map[string]string{
		"o.missing":            "member o.missing is missing; there is k, l, w",
		"(o.missing + 1) ?? 1": "member o.missing is missing",
		"len(o.missing) ?? 1":  "member o.missing is missing",
		"[o.missing] ?? 1":     "member o.missing is missing",
		"nil_ ?? o.missing":    "member o.missing is missing",
		"o[nil_] ?? 1":         "nil_ is null, not a member's name",
		"s.k ?? 1":             "",
	} {
		for _, other := range []expression.Scope{scope, paths{scope, false}} {
			if want != "" {
				expectError(t, source, other, want)
			}
		}
	}
}

// TestKeysBehindNull has keys of paths that lead behind null, in lists from both ends: null, and no mistake. What is
// missing is one.
func TestKeysBehindNull(t *testing.T) {
	scope := paths{named: named{"x": json.RawMessage(`{"n":null,"l":[{"k":1},null],"o":{"l":[]}}`)}}
	for source, isNull := range map[string]bool{
		"x.n.k": true, "x.n.k.more": true, "x.n[0]": true, "x.l[1].k": true, "x.l[-1].k": true, "x.l[-1].k.more": true,
		"x.l[0].q": false, "x.l[2].k": false, "x.l[-3].k": false, "x.o.l[0].k": false, "x.o.q": false, "x.l.k": false, "x.o[0].k": false,
	} {
		p, err := expression.Compile(source, scope)
		if err != nil {
			t.Fatal(err)
		}
		if key, err := p.Key(nil); (err == nil && key.IsNull()) != isNull {
			t.Errorf("%s is the key %v, %v", source, key, err)
		}
		if _, err := p.Value(nil); err == nil {
			t.Errorf("%s has a value", source)
		}
	}
}

func expectOutcome(t rapid.TB, how string, got, want outcome) {
	t.Helper()
	if (got.err == nil) != (want.err == nil) || got.err == nil && got.json != want.json {
		t.Fatalf("%s: %v, want %v", how, got, want)
	}
}

// expectKind expects that a program's values are of the kind that it has told before they are computed, or null.
func expectKind(t rapid.TB, p *expression.Program) {
	t.Helper()
	expectKindOf(t, p, nil)
}

func expectKindOf(t rapid.TB, p *expression.Program, env any) {
	t.Helper()
	v, err := p.Value(env)
	if err == nil && p.Kind() != expression.Unknown && v.Kind() != p.Kind() && v.Kind() != expression.Null {
		t.Fatalf("%s is %v, and was to be %v", p, v.Kind(), p.Kind())
	}
}

// expectFoldedOutcome puts literals in place of names. Since more is known then, expr's checker may refuse it, and
// what is an error in any case is one before anything runs.
func expectFoldedOutcome(t rapid.TB, source string, scope named, want outcome) {
	t.Helper()
	p, err := expression.Compile(folded(source), scope)
	if _, ok := errors.AsType[*expression.Error](err); err != nil && !ok {
		t.Fatalf("%s: %v has no location", folded(source), err)
	}
	if err == nil {
		expectOutcome(t, folded(source), outcomeOf(p, nil), want)
	}
}

// wrappings pass on the value of an expression.
var wrappings = []string{
	"let w = (%s); w", "[(%s)][0]", "{q: (%s)}.q", "yes ? (%s) : 1", "no ? 1 : (%s)", "nil_ ?? (%s)", "map([1], (%s))[0]",
	"filter([(%s)], true)[0]", "first([(%s)])", "if yes { %s } else { 0 }", "1; (%s)", "reduce([1], (%s), 0)",
	"get({q: (%s)}, 'q')", "values({q: (%s)})[0]", "last(concat([1], [(%s)]))", "find([(%s)], true)", "(%s) ?? nil",
	"fromJSON(toJSON(%s))", "sortBy([(%s)], 1)[0]", "groupBy([(%s)], 'g').g[0]", "fromPairs([['q', (%s)]]).q",
	"reverse([(%s), 1])[-1]", "[1, (%s)][1:][0]", "toPairs({q: (%s)})[0][1]",
}

// expectWrapped puts an expression into some of them.
func expectWrapped(t *rapid.T, source string, scope named, want outcome) {
	t.Helper()
	source = plainly(source)
	for range 4 {
		form := fmt.Sprintf(rapid.SampledFrom(wrappings).Draw(t, "form"), source)
		if strings.Contains(form, "??") && want.err != nil {
			continue // what is missing is null there
		}
		p, err := expression.Compile(form, scope)
		if err != nil {
			t.Fatalf("%v", err)
		}
		expectOutcome(t, form, outcomeOf(p, nil), want)
	}
}
