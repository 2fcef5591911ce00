package expression

import (
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
)

// This file has the short ways of the expressions that most keys and results are: a member, and whole numbers that are
// computed of such. Wherever one of them doesn't lead to the value, the expression is evaluated.

// A short is what is known of a part of an expression beside its evaluation.
type short struct {
	// raw reads the part's value as it is written, see [Rawer]; nil where it isn't a path. optional says that a missing one
	// is null.
	raw      func(env any) (raw []byte, ok bool)
	optional bool
	// whole computes the part's value where that is a whole number of few digits; nil where it can't.
	whole func(env any) (n int64, ok bool)
	// numerator and denominator are whole of the two sides of a division.
	numerator, denominator func(env any) (n int64, ok bool)
}

// written returns the value of a path as it is written; false where the expression must be evaluated.
func (s *short) written(env any) (raw []byte, ok bool) {
	if raw, ok = s.raw(env); ok && raw == nil {
		return null, s.optional
	}
	return raw, ok
}

var null = []byte("null")

// shortOfField returns the short way of a path.
func (c *compiler) shortOfField(path []Step, optional bool) short {
	r, ok := c.scope.(Rawer)
	if !ok {
		return short{}
	}
	raw := r.Raw(path)
	if raw == nil {
		return short{}
	}
	return short{raw: raw, optional: optional, whole: func(env any) (int64, bool) {
		if written, ok := raw(env); ok && written != nil {
			return smallInt(written)
		}
		return 0, false
	}}
}

func shortOfConstant(v Value) short {
	if !v.isWhole() {
		return short{}
	}
	n := v.int()
	return short{whole: func(any) (int64, bool) { return n, true }}
}

// shortOf returns the short way of an operation on two parts, which are whole numbers.
func shortOf(apply func(x, y int64) (int64, bool), left, right short) short {
	if apply == nil || left.whole == nil || right.whole == nil {
		return short{}
	}
	return short{whole: func(env any) (int64, bool) {
		x, ok := left.whole(env)
		if !ok {
			return 0, false
		}
		y, ok := right.whole(env)
		if !ok {
			return 0, false
		}
		return apply(x, y)
	}}
}

// floor returns the short way of the whole number below a quotient, or below a whole number.
func (s *short) floor() func(env any) (n int64, ok bool) {
	numerator, denominator := s.numerator, s.denominator
	if numerator == nil || denominator == nil {
		return s.whole
	}
	return func(env any) (int64, bool) {
		x, ok := numerator(env)
		if !ok {
			return 0, false
		}
		y, ok := denominator(env)
		if !ok || y <= 0 {
			return 0, false
		}
		quotient := x / y
		if x%y < 0 {
			quotient--
		}
		return quotient, true
	}
}

// shortOfSum returns the short way of the sum of a member of a list's items.
func (c *compiler) shortOfSum(path []Step, predicate ast.Node) short {
	s, ok := c.scope.(Summer)
	if !ok {
		return short{}
	}
	return short{whole: s.Sum(path, memberOfItem(predicate))}
}

// WholeOfJSON returns the whole number of few digits that valid JSON is; false for other values, and for nothing.
func WholeOfJSON(raw []byte) (n int64, ok bool) {
	if len(raw) == 0 {
		return 0, false
	}
	return smallInt(raw)
}

// plainText returns what stands between the quotes of a valid JSON string of ASCII without escapes; false for others.
func plainText(quoted []byte) ([]byte, bool) {
	text := quoted[1 : len(quoted)-1]
	for _, c := range text {
		if c == '\\' || c >= utf8.RuneSelf {
			return nil, false
		}
	}
	return text, true
}
