package expression_test

import (
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"regexp"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/leat-go/leat/internal/expression"
)

// FuzzExpression compiles and evaluates whatever comes: nothing panics, and every error of compiling has its place.
func FuzzExpression(f *testing.F) {
	for _, source := range []string{
		"time_ms", "floor(time_ms / 1000)", "seconds * 2 ** 0.5", "name + \"x\"", "tme + 10", "((id))", "1 / 0",
		"items[0].x + items[-1].x", "best?.x ?? 0", "sum(items, .x)", "map(items, {#.x + 1})", "at + duration(\"1s\")",
		"let a = 1; a + a", "any.n in [1, 2]", "10 ** 100", "-(-9223372036854775807 - 1)", "name matches \"^r\"",
		"ok ? pose : items", "1..5", "\xff", "time_ms\n+\nx", "max()", "sum(1)", "$env.name", "self.self.self.name",
	} {
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 200 {
			return
		}
		p, err := expression.CompileStruct(source, reflect.TypeFor[element]())
		var where *expression.Error
		switch {
		case err == nil:
			_, _ = p.Key(sample())
		case !errors.As(err, &where):
			t.Errorf("%q: the error has no place: %v", source, err)
		case where.Column < 1 || where.Line < 1 || where.Offset > utf8.RuneCountInString(source):
			t.Errorf("%q: the error's place is not in the expression: %+v", source, where)
		}
	})
}

// FuzzArithmetic compares random arithmetic on whole numbers with big.Rat.
func FuzzArithmetic(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, int64(1<<62))
	f.Add([]byte{4, 200, 3, 3, 2, 100, 17, 5, 5, 9, 250, 1}, int64(-1<<63))
	f.Add([]byte{5, 5, 3, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0}, int64(1234))
	f.Fuzz(func(t *testing.T, choices []byte, field int64) {
		g := &generator{choices: choices, field: field}
		source, want := g.expression(4)
		p, err := expression.CompileStruct(source, reflect.TypeFor[element]())
		var got expression.Key
		if err == nil {
			got, err = p.Key(&element{Time: field})
		}
		if want == nil {
			if err == nil {
				t.Fatalf("%s (time_ms = %d) = %s, want a division by zero", source, field, got)
			}
			return
		}
		if err != nil {
			t.Fatalf("%s (time_ms = %d): %v", source, field, err)
		}
		if expression.Compare(got, key(t, want)) != 0 {
			t.Fatalf("%s (time_ms = %d) = %s, want %s", source, field, got, want)
		}
	})
}

// FuzzNumbers reads, writes and compares numbers as math/big.Rat does, and orders three of them.
func FuzzNumbers(f *testing.F) {
	f.Add("1.50", "1.5", "15e-1")
	f.Add("-0.0", "0", "1e-400")
	f.Add("9223372036854775807", "9223372036854775808", "9.223372036854775808E+18")
	f.Add("123456789012345678901234567890.123456789", "1e1000000000", "1e-1000000000")
	f.Add("0.1000000000000000055511151231257827", "1E+2", "100.000")
	form := regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)
	small := regexp.MustCompile(`[eE][+-]?[0-9]{4,}$`)
	f.Fuzz(func(t *testing.T, a, b, c string) {
		var keys []expression.Key
		for _, text := range []string{a, b, c} {
			if len(text) > 1000 || !form.MatchString(text) {
				return
			}
			read := expression.NumberOf([]byte(text))
			if raw, err := read.AppendJSON(nil); err != nil || string(raw) != text {
				t.Fatalf("%s is written %s, %v", text, raw, err)
			}
			k, err := expression.NewKey(read)
			if err != nil {
				return // with an exponent beyond measure
			}
			again, ok := expression.ParseNumber(k.String())
			if other, err := expression.NewKey(again); !ok || err != nil || expression.Compare(k, other) != 0 {
				t.Fatalf("%s is shown as %s, which is %s", text, k, other)
			}
			keys = append(keys, k)
		}
		if !small.MatchString(a) && !small.MatchString(b) {
			if got, want := expression.Compare(keys[0], keys[1]), exact(a).Cmp(exact(b)); got != want {
				t.Fatalf("Compare(%s, %s) = %d, want %d", a, b, got, want)
			}
		}
		slices.SortFunc(keys, expression.Compare)
		for i := range keys {
			for j := range keys {
				if order := expression.Compare(keys[i], keys[j]); order != -expression.Compare(keys[j], keys[i]) || i < j && order > 0 {
					t.Fatalf("%s and %s have no order among %s", keys[i], keys[j], keys)
				}
			}
		}
	})
}

// generator makes an expression, and its value, of bytes.
type generator struct {
	choices []byte
	field   int64
}

func (g *generator) next() byte {
	if len(g.choices) == 0 {
		return 7
	}
	choice := g.choices[0]
	g.choices = g.choices[1:]
	return choice
}

// expression returns an expression and its value; nil if it divides by zero.
func (g *generator) expression(depth int) (string, *big.Rat) {
	choice := g.next()
	if depth == 0 || choice%8 == 7 {
		if choice%2 == 0 {
			return "time_ms", new(big.Rat).SetInt64(g.field)
		}
		n := int64(g.next()) << (choice % 54)
		return fmt.Sprint(n), new(big.Rat).SetInt64(n)
	}
	left, a := g.expression(depth - 1)
	switch choice % 8 {
	case 5:
		return fmt.Sprintf("floor(%s)", left), floorRat(a)
	case 6:
		return fmt.Sprintf("-(%s)", left), apply(a, a, func(z, x, _ *big.Rat) *big.Rat { return z.Neg(x) })
	}
	right, b := g.expression(depth - 1)
	switch choice % 8 {
	case 0:
		return fmt.Sprintf("(%s + %s)", left, right), apply(a, b, (*big.Rat).Add)
	case 1:
		return fmt.Sprintf("(%s - %s)", left, right), apply(a, b, (*big.Rat).Sub)
	case 2:
		return fmt.Sprintf("(%s * %s)", left, right), apply(a, b, (*big.Rat).Mul)
	}
	if b == nil || b.Sign() == 0 {
		return fmt.Sprintf("(%s / %s)", left, right), nil
	}
	return fmt.Sprintf("(%s / %s)", left, right), apply(a, b, (*big.Rat).Quo)
}

func apply(a, b *big.Rat, op func(z, x, y *big.Rat) *big.Rat) *big.Rat {
	if a == nil || b == nil {
		return nil
	}
	return op(new(big.Rat), a, b)
}

func floorRat(r *big.Rat) *big.Rat {
	if r == nil {
		return nil
	}
	return new(big.Rat).SetInt(new(big.Int).Div(r.Num(), r.Denom()))
}
