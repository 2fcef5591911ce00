package expression

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/expr-lang/expr/types"
	"pgregory.net/rapid"
)

// written are the members of an element, as they are written; nothing is a member that is missing.
type written map[string]string

// writtenScope is a scope with short ways. Its environment is a written.
type writtenScope struct{ list []written }

func (writtenScope) Types() types.Map {
	return types.Map{"a": types.Any, "b": types.Any, "list": types.Array(types.Any)}
}

func (s writtenScope) Field(path []Step, raw bool) (Getter, int, error) {
	name := path[0].Name
	return func(env any) (Value, error) {
		text := env.(written)[name]
		switch {
		case name == "list" || text == "":
			return Value{}, &MissingError{Member: name}
		case raw && text[0] != 'n':
			return RawValue([]byte(text)), nil
		}
		return ValueOfJSON([]byte(text)), nil
	}, 1, nil
}

func (s writtenScope) Raw(path []Step) func(env any) ([]byte, bool) {
	if path[0].Name == "list" {
		return nil
	}
	return func(env any) ([]byte, bool) {
		if text := env.(written)[path[0].Name]; text != "" {
			return []byte(text), true
		}
		return nil, true
	}
}

func (s writtenScope) Length([]Step) (Getter, bool) { return nil, false }

func (s writtenScope) Each(_, member []Step) (Getter, bool) {
	return func(any) (Value, error) {
		var values []Value
		for _, item := range s.list {
			if item[member[0].Name] == "" {
				return Value{}, &MissingError{Member: member[0].Name}
			}
			values = append(values, ValueOfJSON([]byte(item[member[0].Name])))
		}
		return ListValue(values), nil
	}, true
}

func (s writtenScope) Sum(_, member []Step) func(env any) (int64, bool) {
	return func(any) (total int64, ok bool) {
		for _, item := range s.list {
			n, ok := WholeOfJSON([]byte(item[member[0].Name]))
			if total, ok = addOrNot(total, n, ok); !ok {
				return 0, false
			}
		}
		return total, true
	}
}

func addOrNot(a, b int64, ok bool) (int64, bool) {
	sum, fits := addInt(a, b)
	return sum, ok && fits
}

// The short ways of an expression lead to what its evaluation does, byte by byte, and to its errors.
func TestShortWays(t *testing.T) {
	value := rapid.SampledFrom([]string{"", "null", "true", "0", "-0", "1", "-17", "1.0", "1.50", "1e3", "123456789012345678",
		"-999999999999999999", "9223372036854775807", "12345678901234567890", `"x"`, `""`, `"ö"`, `"\u0041"`, `"12"`, "[1]", `{"k":1}`,
		`"a text that is longer than those that are kept, as this one is"`})
	element := rapid.Custom(func(t *rapid.T) written {
		return written{"a": value.Draw(t, "a"), "b": value.Draw(t, "b")}
	})
	expressions := []string{"a", "a?.b", "a ?? b", "a + 10", "10 - a", "a * a", "a + b * 2 - 1", "-a", "a - b",
		"a * 9223372036854775807", "sum(list, .a)", "sum(list, .a) + a", "3", "a?.k",
		"floor(a / 10)", "floor(a / b)", "floor(a)", "floor(a + 1) / 2",
		"floor(7 / 2)", "a / b"}
	rapid.Check(t, func(t *rapid.T) {
		scope := writtenScope{list: rapid.SliceOfN(element, 0, 3).Draw(t, "list")}
		text := rapid.SampledFrom(expressions).Draw(t, "expression")
		for _, compile := range []func(string, Scope) (*Program, error){Compile, CompileRaw} {
			p, err := compile(text, scope)
			if err != nil {
				t.Fatal(err)
			}
			long := p.Clone()
			long.short = short{}
			keyOf, longKeyOf := Single(p), Single(long)
			valueOf, _ := MatchPairOf(p, p)
			longValueOf, _ := MatchPairOf(long, long)
			for _, e := range rapid.SliceOfN(element, 1, 4).Draw(t, "elements") {
				got, want := outcome(p, keyOf, valueOf, e), outcome(long, longKeyOf, longValueOf, e)
				if got != want {
					t.Fatalf("%s of %v: %s, want %s", text, e, got, want)
				}
			}
		}
	})
}

// outcome is what a program makes of an element, in every way.
func outcome(p *Program, keyOf func(any) (Key, error), valueOf func(any) (MatchValue, error), e written) string {
	encoded, err := p.AppendJSON([]byte("before "), e)
	value, noValue := valueOf(e)
	text := fmt.Sprintf("%s, %v; %+v, %v; ", encoded, err, value, noValue)
	for _, key := range []func(any) (Key, error){p.Key, keyOf} {
		k, err := key(e)
		encoded, _ := json.Marshal(k)
		text += fmt.Sprintf("%v %s %v; ", k.Kind(), encoded, err)
	}
	return text
}

func TestShortWaysAllocateNothing(t *testing.T) {
	e := written{"a": "17"}
	scope := &constantScope{raw: []byte(`17`)}
	for _, text := range []string{"a", "a + 10", "2 * a - 1"} {
		p, err := CompileRaw(text, scope)
		if err != nil {
			t.Fatal(err)
		}
		keyOf, dst := Single(p), make([]byte, 0, 64)
		if allocations := testing.AllocsPerRun(100, func() {
			if _, err := p.AppendJSON(dst, e); err != nil {
				t.Fatal(err)
			}
			if _, err := keyOf(e); err != nil {
				t.Fatal(err)
			}
		}); allocations > 0 {
			t.Errorf("%s: %v allocations", text, allocations)
		}
	}
	scope.raw = []byte(`"EURUSD"`)
	p, err := Compile("a", scope)
	if err != nil {
		t.Fatal(err)
	}
	valueOf, _ := MatchPairOf(p, p)
	if allocations := testing.AllocsPerRun(100, func() { _, _ = valueOf(e) }); allocations > 0 {
		t.Errorf("a text that came before: %v allocations", allocations)
	}
}

// constantScope reads one value, whatever the path.
type constantScope struct{ raw []byte }

func (*constantScope) Types() types.Map { return types.Map{"a": types.Any} }

func (s *constantScope) Field(path []Step, _ bool) (Getter, int, error) {
	return func(any) (Value, error) { return ValueOfJSON(s.raw), nil }, len(path), nil
}

func (s *constantScope) Raw([]Step) func(env any) ([]byte, bool) {
	return func(any) ([]byte, bool) { return s.raw, true }
}
