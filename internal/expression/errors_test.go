package expression_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/leat-go/leat/internal/expression"
)

// TestErrorsHaveLocations points at the part of an expression that is wrong, with a ^ below it, in characters and not
// bytes.
func TestErrorsHaveLocations(t *testing.T) {
	for _, c := range []struct{ source, mark, want string }{
		{"time_ms + tme",
			"          ^", "unknown name tme"},
		{"'éé' + tme",
			"       ^", "unknown name tme"},
		{"name + 'é' * 2",
			"           ^", "* doesn't fit: left is text, right is a number"},
		{"floor(time_ms, 1)",
			"^", "invalid number of arguments"},
		{"upper(name, 1)",
			"^", "too many arguments to call upper"},
		{"upper()",
			"^", "not enough arguments to call upper"},
		{"upper(time_ms)",
			"      ^", "cannot use int64 as argument (type string) to call upper"},
		{"time_ms + (name - 1)",
			"                ^", "- doesn't fit: left is text, right is a number"},
		{"ok and time_ms",
			"   ^", "and doesn't fit: left is true or false, right is a number"},
		{"time_ms ?? ",
			"           ^", "the expression ends here, but something is missing"},
		{"[1, 2",
			"     ^", "the expression ends here, but something is missing"},
		{"{a: 1",
			"     ^", "the expression ends here, but something is missing"},
		{"items[",
			"      ^", "the expression ends here, but something is missing"},
		{"time_ms )",
			"        ^", "unexpected )"},
		{"time_ms = 1",
			"        ^", "unexpected =, did you mean ==?"},
		{"'open",
			"     ^", "literal not terminated"},
		{"time_ms # 1",
			"        ^", "unexpected #"},
		{"# + 1",
			"^", "unexpected #"},
		{"map(items, #.x + #.y)",
			"                   ^", "unknown field y"},
		{"map(items, .z)",
			"            ^", "unknown field z"},
		{"items.x",
			"      ^", "items is a list: write items[0].x for its first item"},
		{"pose.xx",
			"     ^", "unknown field xx"},
		{"self.self.nam",
			"          ^", "unknown field nam, did you mean name?"},
		{"best?.q",
			"      ^", "unknown field q"},
		{"at.Foo()",
			"   ^", "has no method Foo"},
		{"time_ms()",
			"^", "what stands before the parenthesis is no function here"},
		{"1 + 2 / 0 + 3",
			"      ^", "division by zero"},
		{"[1, 5 % 0]",
			"      ^", "division by zero"},
		{"1 + 13 ** 1000000",
			"       ^", "the number gets too large"},
		{"name matches '('",
			"     ^", "missing closing )"},
		{"let a = 1; b",
			"           ^", "unknown name b"},
		{"let name = 1; name",
			"    ^", "cannot redeclare"},
		{"$env.name",
			"^", "there is no $env here: names stand for themselves"},
		{"-name + 1",
			"^", "- doesn't fit: it is text"},
		{"1 + not ok",
			"  ^", "+ doesn't fit: left is a number, right is true or false"},
		{"first(items, 2)",
			"^", "invalid number of arguments (expected 1, got 2)"},
		{"int('x') + 1",
			"^", `"x" is "x", which isn't a number`},
		{"1 in 'abc'",
			"  ^", "in doesn't fit: left is a number, right is text"},
		{"ok ? 1",
			"      ^", "the expression ends here, but something is missing"},
		{"if ok { 1 }",
			"           ^", "the expression ends here"},
		{"foo(1)",
			"^", "unknown name foo"},
		{"items | foo()",
			"        ^", "unknown name foo"},
		{"1..2.5",
			" ^", ".. doesn't fit: left is a number, right is a number"},
	} {
		_, err := expression.CompileStruct(c.source, reflect.TypeFor[element]())
		where, ok := errors.AsType[*expression.Error](err)
		if !ok {
			t.Errorf("%s: error %v", c.source, err)
			continue
		}
		mark := strings.Repeat(" ", where.Offset) + "^"
		if mark != c.mark || where.Column != where.Offset+1 || where.Line != 1 || !strings.Contains(where.Message, c.want) {
			t.Errorf("%v, want %s\n%s\n%s\n%s", err, c.want, c.source, mark, c.mark)
		}
		if want := fmt.Sprintf("expression %q, column %d: %s", c.source, where.Column, where.Message); err.Error() != want {
			t.Errorf("the error reads %v, want %s", err, want)
		}
		expectSecondLine(t, c.source, where)
	}
}

// expectSecondLine puts an expression on a second line: the error is there.
func expectSecondLine(t *testing.T, source string, first *expression.Error) {
	t.Helper()
	_, err := expression.CompileStruct("/* é */\n  "+source, reflect.TypeFor[element]())
	where, ok := errors.AsType[*expression.Error](err)
	if !ok || where.Line != 2 || where.Column != first.Column+2 || where.Offset != first.Offset+10 || where.Message != first.Message {
		t.Errorf("on the second line: %v, want %v", err, first)
	} else if !strings.Contains(err.Error(), fmt.Sprintf("line 2, column %d: ", where.Column)) {
		t.Errorf("the error reads %v", err)
	}
}

// TestErrorsOfWholeExpressions has errors that no part is to blame for.
func TestErrorsOfWholeExpressions(t *testing.T) {
	for source, want := range map[string]string{
		"": "the expression is empty", "  \n\t": "the expression is empty", "// nothing": "the expression ends here",
	} {
		if _, err := expression.CompileStruct(source, reflect.TypeFor[element]()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", source, err, want)
		}
	}
	for _, other := range []reflect.Type{reflect.TypeFor[int](), reflect.TypeFor[[]element](), reflect.TypeFor[map[string]int]()} {
		_, err := expression.CompileStruct("x", other)
		if err == nil || !strings.Contains(err.Error(), "expressions need a struct, and "+other.String()+" is none") {
			t.Errorf("over %v: %v", other, err)
		}
	}
	if _, err := expression.CompileStruct("time_ms", reflect.TypeFor[**element]()); err != nil {
		t.Errorf("over a pointer: %v", err)
	}
	long := strings.Repeat("1 + ", 20_000) + "1"
	if _, err := expression.Compile(long, values{}); err == nil || !strings.Contains(err.Error(), "exceeds maximum allowed nodes") {
		t.Errorf("a very long expression: %v", err)
	}
}

// TestParse says what is right of an expression of whose names nothing is known.
func TestParse(t *testing.T) {
	for _, source := range []string{"a", "a.b + c[0]?.d", "f.g(1)", "9223372036854775808 * 1.50", "map(a, .b)"} {
		if tree, err := expression.Parse(source); err != nil || tree == nil {
			t.Errorf("%s: %v", source, err)
		}
	}
	_, err := expression.Parse("a + * b")
	if where, ok := errors.AsType[*expression.Error](err); !ok || where.Column != 5 {
		t.Errorf("a + * b: %v", err)
	}
}

// TestPathsAsText writes paths as they stand in an expression.
func TestPathsAsText(t *testing.T) {
	path := []expression.Step{{Name: "next"}, {Index: 0, IsIndex: true}, {Name: "list"}, {Index: -1, IsIndex: true}, {Name: "x"}}
	if got := expression.PathString(path); got != "next[0].list[-1].x" {
		t.Errorf("the path is %s", got)
	}
	if got := expression.PathString(path[2:3]); got != "list" {
		t.Errorf("the path is %s", got)
	}
}

// TestMissingMembersHaveHints says what there is in place of a member.
func TestMissingMembersHaveHints(t *testing.T) {
	scope := paths{named: named{
		"x":     []byte(`{"time":1,"pose":{"x":1,"y":2},"list":[{"q":1}],"n":null,"text":"t"}`),
		"large": []byte(`{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9}`),
	}}
	for source, want := range map[string]string{
		"x.tme":          "member x.tme is missing; there is time",
		"x.pose.z":       "member x.pose.z is missing; there is x, y",
		"x.pse.x":        "member x.pse.x is missing; there is pose",
		"x.list[0].r":    "member x.list[0].r is missing; there is q",
		"x.list[7].r":    "member x.list[7].r is missing",
		"x.n.r":          "member x.n.r is missing",
		"x.text.r":       "member x.text.r is missing",
		"large.zzzzzzzz": "member large.zzzzzzzz is missing",
		"(x).pose.zz":    "member x.pose.zz is missing; there is x, y",
		"first([x]).tme": "member first([x]).tme is missing; there is time",
		"{time: 1}.tme":  "member {time: 1}.tme is missing; there is time",
		"x.pose['z']":    "member x.pose.z is missing; there is x, y",
		"x[x.text]":      "member x[x.text] is missing; there is list, n, pose, text, time",
	} {
		p, err := expression.Compile(source, scope)
		if err == nil {
			_, err = p.Value(nil)
		}
		if err == nil || !strings.HasSuffix(err.Error(), ": "+want) && !strings.Contains(err.Error(), ": "+want) {
			t.Errorf("%s: %v, want %s", source, err, want)
		} else if strings.HasPrefix(want, "member large") && strings.Contains(err.Error(), "there is") {
			t.Errorf("%s: %v names too much", source, err)
		}
	}
}
