package expression_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat/internal/expression"
)

// This file says of every operator and every pair of operands what comes out, by rules written down a second time,
// and the simplest way. Each pair is tried as members of which nothing is known, as fields of a struct, and as
// literals.

// An operand is a value that an operator may meet.
type operand struct {
	name string
	kind expression.Kind
	// is says what it is, in messages.
	is string
	// The value in Go, of its kind: a number, a text, a truth value, an instant, a duration.
	number   *big.Rat
	text     string
	truth    bool
	at       time.Time
	duration time.Duration
	// given is the value in a scope, field the name of the struct's field that has it, and literal how it is written.
	given          any
	field, literal string
}

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

var kinds = []operand{
	{name: "integer", kind: expression.Number, number: exact("6"), given: 6, field: "integer", literal: "6"},
	{name: "negative", kind: expression.Number, number: exact("-4"), given: json.RawMessage("-4"), field: "negative", literal: "(-4)"},
	{name: "zero", kind: expression.Number, number: exact("0"), given: json.RawMessage("-0.00"), field: "zero", literal: "0.0"},
	{name: "decimal", kind: expression.Number, number: exact("1.5"), given: json.RawMessage("1.50"), field: "decimal", literal: "1.50"},
	{name: "big", kind: expression.Number, number: exact("12345678901234567890.5"), given: json.RawMessage("12345678901234567890.5"),
		field: "big", literal: "12345678901234567890.5"},
	{name: "huge", kind: expression.Number, number: exact("1e30"), given: json.RawMessage("1e30"), field: "huge",
		literal: "1000000000000000000000000000000"},
	{name: "float", kind: expression.Number, number: exact("0.1"), given: 0.1, field: "float", literal: "0.1"},
	{name: "quotient", kind: expression.Number, number: big.NewRat(1, 3), given: big.NewRat(1, 3), field: "quotient", literal: "(1 / 3)"},
	{name: "word", kind: expression.Text, text: "mill", given: "mill", field: "word", literal: "'mill'"},
	{name: "digits", kind: expression.Text, text: "6", given: "6", field: "digits", literal: `"6"`},
	{name: "empty", kind: expression.Text, text: "", given: "", field: "empty", literal: "''"},
	{name: "yes", kind: expression.Bool, truth: true, given: true, field: "yes", literal: "true"},
	{name: "no", kind: expression.Bool, truth: false, given: false, field: "no", literal: "false"},
	{name: "null", kind: expression.Null, given: nil, field: "null_", literal: "nil"},
	{name: "list", kind: expression.Other, is: "a list", given: json.RawMessage(`[6,"mill",null]`), field: "list",
		literal: "[6, 'mill', nil]"},
	{name: "object", kind: expression.Other, is: "an object", given: json.RawMessage(`{"mill":1,"6":2,"true":3}`), field: "object",
		literal: "{'mill': 1, '6': 2, 'true': 3}"},
	{name: "instant", kind: expression.Time, at: noon, given: noon.In(time.FixedZone("", 3600)), field: "instant",
		literal: "date('2026-11-28T12:00:00Z')"},
	{name: "later", kind: expression.Time, at: noon.Add(time.Hour), given: noon.Add(time.Hour), field: "later",
		literal: "date('2026-11-28T14:00:00+01:00')"},
	{name: "minute", kind: expression.Duration, duration: time.Minute, given: time.Minute, literal: "duration('1m')"},
}

// operands is the struct with all of them but for the duration, which is a number in a struct, as in JSON.
type operands struct {
	Integer  int64          `json:"integer"`
	Negative int8           `json:"negative"`
	Zero     float64        `json:"zero"`
	Decimal  json.Number    `json:"decimal"`
	Big      json.Number    `json:"big"`
	Huge     *big.Int       `json:"huge"`
	Float    float32        `json:"float"`
	Quotient *big.Rat       `json:"quotient"`
	Word     string         `json:"word"`
	Digits   *string        `json:"digits"`
	Empty    string         `json:"empty"`
	Yes      bool           `json:"yes"`
	No       bool           `json:"no"`
	Null     *float64       `json:"null_"`
	List     []any          `json:"list"`
	Object   map[string]int `json:"object"`
	Instant  time.Time      `json:"instant"`
	Later    *time.Time     `json:"later"`
}

func operandFields() *operands {
	huge, _ := new(big.Int).SetString("1000000000000000000000000000000", 10)
	digits, later := "6", noon.Add(time.Hour)
	return &operands{
		Integer: 6, Negative: -4, Zero: math.Copysign(0, -1), Decimal: "1.50", Big: "12345678901234567890.5", Huge: huge, Float: 0.1,
		Quotient: big.NewRat(1, 3), Word: "mill", Digits: &digits, Yes: true, List: []any{6, "mill", nil},
		Object: map[string]int{"mill": 1, "6": 2, "true": 3}, Instant: noon, Later: &later,
	}
}

// describe says what an operand is as a message does.
func (o operand) describe() string {
	if o.is != "" {
		return o.is
	}
	return o.kind.String()
}

// A verdict is what a rule says: a result, or that an operand doesn't fit, with a part of the message.
type verdict struct {
	result operand
	wrong  string
	// rounded is set where the result is floating point, and the last digit may be another one.
	rounded bool
	// null is set where that is because the operand is null: as a key it is null then, and not an error.
	null bool
}

func isNumber(r *big.Rat) verdict {
	return verdict{result: operand{kind: expression.Number, number: r}}
}
func isText(s string) verdict     { return verdict{result: operand{kind: expression.Text, text: s}} }
func isTrue(b bool) verdict       { return verdict{result: operand{kind: expression.Bool, truth: b}} }
func isTime(at time.Time) verdict { return verdict{result: operand{kind: expression.Time, at: at}} }
func isDuration(d time.Duration) verdict {
	return verdict{result: operand{kind: expression.Duration, duration: d}}
}

// misfit says that an operand, x or y, isn't what is needed.
func misfit(side string, o operand, needed string) verdict {
	return verdict{wrong: side + " is " + o.describe() + ", not " + needed, null: o.kind == expression.Null}
}

// mixed says that two operands don't go together.
func mixed(x, y operand) verdict {
	return verdict{wrong: "x is " + x.describe() + ", but y is " + y.describe(), null: y.kind == expression.Null}
}

// arithmeticRule is what the operators do that take numbers only.
func arithmeticRule(x, y operand, apply func(x, y *big.Rat) verdict) verdict {
	switch {
	case x.kind != expression.Number:
		return misfit("x", x, "a number")
	case y.kind != expression.Number:
		return misfit("y", y, "a number")
	}
	return apply(x.number, y.number)
}

func plusRule(x, y operand) verdict {
	switch {
	case x.kind == expression.Text && y.kind == expression.Text:
		return isText(x.text + y.text)
	case x.kind == expression.Text:
		return mixed(x, y)
	case x.kind == expression.Time && y.kind == expression.Duration:
		return isTime(x.at.Add(y.duration))
	case x.kind == expression.Duration && y.kind == expression.Time:
		return isTime(y.at.Add(x.duration))
	case x.kind == expression.Duration && y.kind == expression.Duration:
		return isDuration(x.duration + y.duration)
	case x.kind == expression.Time, x.kind == expression.Duration:
		return misfit("y", y, "a duration")
	}
	return arithmeticRule(x, y, func(x, y *big.Rat) verdict { return isNumber(new(big.Rat).Add(x, y)) })
}

func minusRule(x, y operand) verdict {
	switch {
	case x.kind == expression.Time && y.kind == expression.Time:
		return isDuration(x.at.Sub(y.at))
	case x.kind == expression.Time && y.kind == expression.Duration:
		return isTime(x.at.Add(-y.duration))
	case x.kind == expression.Duration && y.kind == expression.Duration:
		return isDuration(x.duration - y.duration)
	case x.kind == expression.Time, x.kind == expression.Duration:
		return misfit("y", y, "a duration")
	}
	return arithmeticRule(x, y, func(x, y *big.Rat) verdict { return isNumber(new(big.Rat).Sub(x, y)) })
}

func timesRule(x, y operand) verdict {
	if x.kind == expression.Number && y.kind == expression.Duration {
		x, y = y, x
	}
	if x.kind == expression.Duration && y.kind == expression.Number {
		product := new(big.Rat).Mul(new(big.Rat).SetInt64(int64(x.duration)), y.number)
		if !product.IsInt() || !product.Num().IsInt64() {
			return verdict{wrong: "the duration is longer than 292 years"}
		}
		return isDuration(time.Duration(product.Num().Int64()))
	}
	return arithmeticRule(x, y, func(x, y *big.Rat) verdict { return isNumber(new(big.Rat).Mul(x, y)) })
}

func divideRule(x, y *big.Rat) verdict {
	if y.Sign() == 0 {
		return verdict{wrong: "division by zero"}
	}
	return isNumber(new(big.Rat).Quo(x, y))
}

// remainderRule is what is left of x, with its sign.
func remainderRule(x, y *big.Rat) verdict {
	if y.Sign() == 0 {
		return verdict{wrong: "division by zero"}
	}
	quotient := new(big.Rat).Quo(x, y)
	whole := new(big.Rat).SetInt(new(big.Int).Quo(quotient.Num(), quotient.Denom()))
	return isNumber(new(big.Rat).Sub(x, whole.Mul(whole, y)))
}

// powerRule is exact for whole exponents, and floating point for others.
func powerRule(x, y *big.Rat) verdict {
	if !y.IsInt() {
		base, _ := x.Float64()
		exponent, _ := y.Float64()
		power := math.Pow(base, exponent)
		switch {
		case math.IsNaN(power):
			return verdict{wrong: "NaN"}
		case math.IsInf(power, 0):
			return verdict{wrong: "beyond the range of floating numbers"}
		}
		return verdict{result: operand{kind: expression.Number, number: shortestOf(power)}, rounded: true}
	}
	if !y.Num().IsInt64() && y.Sign() > 0 {
		return powerRule(x, exact("1e9")) // even, and large enough for what becomes of it
	}
	n := y.Num().Int64()
	switch {
	case n < 0 && x.Sign() == 0:
		return verdict{wrong: "division by zero"}
	case n < 0:
		return powerRule(new(big.Rat).Inv(x), new(big.Rat).Neg(y))
	case n > 1000 && x.Sign() == 0:
		return isNumber(x)
	case n > 1000:
		return verdict{wrong: "the number gets too large"}
	}
	power := big.NewRat(1, 1)
	for range n {
		power.Mul(power, x)
	}
	return isNumber(power)
}

func shortestOf(f float64) *big.Rat { return exact(fmt.Sprint(f)) }

// sameValue reports whether two operands are equal: values of different kinds never are.
func sameValue(x, y operand) bool {
	if x.kind != y.kind {
		return false
	}
	switch x.kind {
	case expression.Number:
		return x.number.Cmp(y.number) == 0
	case expression.Time:
		return x.at.Equal(y.at)
	case expression.Other:
		return x.name == y.name
	}
	return x.text == y.text && x.truth == y.truth && x.duration == y.duration
}

// orderRule compares what has an order, and is of one kind.
func orderRule(x, y operand, holds func(order int) bool) verdict {
	hasOrder := func(o operand) bool { return o.kind != expression.Null && o.kind != expression.Other }
	switch {
	case !hasOrder(x):
		return verdict{wrong: "x can't be compared: it is " + x.describe(), null: x.kind == expression.Null}
	case !hasOrder(y):
		return verdict{wrong: "y can't be compared: it is " + y.describe(), null: y.kind == expression.Null}
	case x.kind != y.kind:
		return mixed(x, y)
	}
	order := 0
	switch x.kind {
	case expression.Number:
		order = x.number.Cmp(y.number)
	case expression.Text:
		order = strings.Compare(x.text, y.text)
	case expression.Time:
		order = x.at.Compare(y.at)
	case expression.Bool:
		if x.truth != y.truth {
			order = 1
			if y.truth {
				order = -1
			}
		}
	}
	return isTrue(holds(order))
}

// inRule looks for an item of the list, or a member's name of the object.
func inRule(x, y operand) verdict {
	switch {
	case y.kind == expression.Null:
		return isTrue(false)
	case y.name == "list":
		return isTrue(slices.Contains([]string{"integer", "word", "null"}, x.name))
	case y.name == "object":
		return isTrue(slices.Contains([]string{"integer", "word", "digits", "yes"}, x.name))
	}
	return misfit("y", y, "a list or object")
}

// logicalRule is and, or: the left operand may decide it.
func logicalRule(x, y operand, decided bool) verdict {
	switch {
	case x.kind != expression.Bool:
		return misfit("x", x, "true or false")
	case x.truth == decided:
		return isTrue(decided)
	case y.kind != expression.Bool:
		return misfit("y", y, "true or false")
	}
	return isTrue(y.truth)
}

// textRule is what the operators on text do: null has no text in it.
func textRule(x, y operand, holds func(x, y string) bool) verdict {
	for i, o := range []operand{x, y} {
		switch o.kind {
		case expression.Text:
		case expression.Null:
			return isTrue(false)
		default:
			return misfit([]string{"x", "y"}[i], o, "text")
		}
	}
	return isTrue(holds(x.text, y.text))
}

func negated(v verdict) verdict {
	v.result.truth = !v.result.truth
	return v
}

var rules = map[string]func(x, y operand) verdict{
	"+":      plusRule,
	"-":      minusRule,
	"*":      timesRule,
	"/":      func(x, y operand) verdict { return arithmeticRule(x, y, divideRule) },
	"%":      func(x, y operand) verdict { return arithmeticRule(x, y, remainderRule) },
	"**":     func(x, y operand) verdict { return arithmeticRule(x, y, powerRule) },
	"^":      func(x, y operand) verdict { return arithmeticRule(x, y, powerRule) },
	"==":     func(x, y operand) verdict { return isTrue(sameValue(x, y)) },
	"!=":     func(x, y operand) verdict { return isTrue(!sameValue(x, y)) },
	"<":      func(x, y operand) verdict { return orderRule(x, y, func(order int) bool { return order < 0 }) },
	"<=":     func(x, y operand) verdict { return orderRule(x, y, func(order int) bool { return order <= 0 }) },
	">":      func(x, y operand) verdict { return orderRule(x, y, func(order int) bool { return order > 0 }) },
	">=":     func(x, y operand) verdict { return orderRule(x, y, func(order int) bool { return order >= 0 }) },
	"in":     inRule,
	"not in": func(x, y operand) verdict { return negated(inRule(x, y)) },
	"and":    func(x, y operand) verdict { return logicalRule(x, y, false) },
	"&&":     func(x, y operand) verdict { return logicalRule(x, y, false) },
	"or":     func(x, y operand) verdict { return logicalRule(x, y, true) },
	"||":     func(x, y operand) verdict { return logicalRule(x, y, true) },
	"??": func(x, y operand) verdict {
		if x.kind == expression.Null {
			return verdict{result: y}
		}
		return verdict{result: x}
	},
	"contains":   func(x, y operand) verdict { return textRule(x, y, strings.Contains) },
	"startsWith": func(x, y operand) verdict { return textRule(x, y, strings.HasPrefix) },
	"endsWith":   func(x, y operand) verdict { return textRule(x, y, strings.HasSuffix) },
	"matches": func(x, y operand) verdict {
		return textRule(x, y, func(x, y string) bool { return regexp.MustCompile(y).MatchString(x) })
	},
}

// refused reports whether expr's checker takes an operation for a mistake that has a result where the kinds aren't
// known: when values of different kinds are compared, or one of them is null, and when truth values are put in order.
func refused(x operand, operator string, y operand) bool {
	tolerant := []string{"==", "!=", "in", "not in", "and", "&&", "or", "||"}
	isNull := x.kind == expression.Null || y.kind == expression.Null
	return slices.Contains(tolerant, operator) || isNull || x.kind == expression.Bool && y.kind == expression.Bool
}

// TestOperatorsOnEveryPairOfKinds checks results and errors against the rules.
func TestOperatorsOnEveryPairOfKinds(t *testing.T) {
	for operator, rule := range rules {
		for _, x := range kinds {
			for _, y := range kinds {
				want := rule(x, y)
				expectVerdict(t, "x "+operator+" y", values{"x": x.given, "y": y.given}, want)
				expectTyped(t, x, operator, y, want)
				expectFolded(t, x, operator, y, want)
			}
		}
	}
}

// expectVerdict evaluates an expression over operands of which nothing is known.
func expectVerdict(t *testing.T, source string, scope values, want verdict) {
	t.Helper()
	p, err := expression.Compile(source, scope)
	if err != nil {
		t.Errorf("%v", err)
		return
	}
	what := fmt.Sprintf("%s of %v and %v", source, scope["x"], scope["y"])
	expectResult(t, what, p, nil, want)
	if key, err := p.Key(nil); want.null && (err != nil || !key.IsNull()) {
		t.Errorf("%s is the key %v, %v, want null", what, key, err)
	} else if want.wrong != "" && !want.null && err == nil {
		t.Errorf("%s is the key %v, want an error", what, key)
	}
}

func expectResult(t *testing.T, what string, p *expression.Program, env any, want verdict) {
	t.Helper()
	v, err := p.Value(env)
	if err == nil && want.wrong != "" {
		_, err = v.AppendJSON(nil) // not a number
	}
	switch {
	case want.wrong != "":
		if err == nil || !strings.Contains(err.Error(), want.wrong) {
			t.Errorf("%s: error %v, want %s", what, err, want.wrong)
		}
	case err != nil:
		t.Errorf("%s: %v", what, err)
	case want.rounded:
		got, want := approximately(v), want.result.approximate()
		if math.Abs(got-want) > 1e-15*math.Abs(want) {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	case !sameAs(v, want.result):
		t.Errorf("%s is %v", what, v)
	}
}

func approximately(v expression.Value) float64 {
	key, err := expression.NewKey(v)
	if err != nil {
		return math.NaN()
	}
	f, _ := key.Float()
	return f
}

func (o operand) approximate() float64 {
	f, _ := o.number.Float64()
	return f
}

// sameAs reports whether a value is an operand's.
func sameAs(v expression.Value, o operand) bool {
	if o.kind == expression.Null || o.kind == expression.Other {
		return v.Kind() == o.kind
	}
	key, err := expression.NewKey(v)
	if err != nil || v.Kind() != o.kind {
		return false
	}
	switch o.kind {
	case expression.Number:
		got, ok := key.Rat()
		return ok && got.Cmp(o.number) == 0
	case expression.Text:
		got, _ := key.Text()
		return got == o.text
	case expression.Bool:
		return key.String() == fmt.Sprint(o.truth)
	case expression.Time:
		got, err := time.Parse(time.RFC3339Nano, key.String())
		return err == nil && got.Equal(o.at)
	}
	return key.String() == o.duration.String()
}

// expectTyped compiles an operation on fields of a struct: expr's checker may refuse it, but it never comes out
// otherwise.
func expectTyped(t *testing.T, x operand, operator string, y operand, want verdict) {
	t.Helper()
	if x.field == "" || y.field == "" {
		return
	}
	source := x.field + " " + operator + " " + y.field
	p, err := expression.CompileStruct(source, reflect.TypeFor[operands]())
	if err != nil {
		expectRefusal(t, err, x, operator, y, len(x.field)+2, want)
		return
	}
	want.wrong = strings.NewReplacer("x is", x.field+" is", "y is", y.field+" is", "x can't", x.field+" can't",
		"y can't", y.field+" can't").Replace(want.wrong)
	expectResult(t, source, p, operandFields(), want)
}

// expectFolded compiles an operation on literals, which is computed at once.
func expectFolded(t *testing.T, x operand, operator string, y operand, want verdict) {
	t.Helper()
	source := x.literal + " " + operator + " " + y.literal
	p, err := expression.Compile(source, values{})
	if err != nil {
		expectRefusal(t, err, x, operator, y, len(x.literal)+2, want)
		return
	}
	if want.wrong != "" {
		want.wrong = "" // the names differ
		if v, err := p.AppendJSON(nil, nil); err == nil {
			t.Errorf("%s is %s, want an error", source, v)
		}
		return
	}
	expectResult(t, source, p, nil, want)
}

// expectRefusal expects an error of compiling where there is one of evaluating, and at the operator.
func expectRefusal(t *testing.T, err error, x operand, operator string, y operand, column int, want verdict) {
	t.Helper()
	if want.wrong == "" && !refused(x, operator, y) {
		t.Errorf("%v", err)
	}
	if operator == "not in" {
		column += len("not ")
	}
	if where, ok := err.(*expression.Error); !ok || where.Column != column {
		t.Errorf("%v: it isn't at column %d", err, column)
	}
}

// TestLargePowers has whole exponents beyond int64, which come out as exactly as smaller ones: not at all, but for
// -1, 0 and 1.
func TestLargePowers(t *testing.T) {
	scope := values{"x": json.RawMessage("1e30"), "odd": json.RawMessage("9223372036854775809"), "one": json.RawMessage("1.0")}
	for source, want := range map[string]string{
		"one ** x": "1", "(-one) ** x": "1", "(-one) ** odd": "-1", "(-1) ** -odd": "-1", "(-1) ** 1e20": "1", "0 ** x": "0",
		"0.0 ** odd": "0", "(-1) ** 9223372036854775809.0": "-1", "(-1) ** (odd * 10)": "1",
	} {
		expectJSON(t, source, scope, want)
	}
	for source, want := range map[string]string{
		"2 ** x": "the number gets too large", "0.1 ** x": "the number gets too large", "(1 / 3) ** -x": "the number gets too large",
		"0 ** -x": "division by zero", "1.0000001 ** odd": "the number gets too large",
	} {
		expectError(t, source, scope, want)
	}
}

// TestSigns has the operators of one operand.
func TestSigns(t *testing.T) {
	for _, x := range kinds {
		scope := values{"x": x.given}
		switch x.kind {
		case expression.Number:
			expectVerdict(t, "-x", scope, isNumber(new(big.Rat).Neg(x.number)))
			expectVerdict(t, "+x", scope, isNumber(x.number))
		case expression.Duration:
			expectVerdict(t, "-x", scope, isDuration(-x.duration))
			expectVerdict(t, "+x", scope, misfit("x", x, "a number"))
		default:
			expectVerdict(t, "-x", scope, misfit("x", x, "a number"))
			expectVerdict(t, "+x", scope, misfit("x", x, "a number"))
		}
		for _, not := range []string{"not x", "!x", "x ? false : true"} {
			if x.kind == expression.Bool {
				expectVerdict(t, not, scope, isTrue(!x.truth))
			} else {
				expectVerdict(t, not, scope, misfit("x", x, "true or false"))
			}
		}
	}
}

// TestRanges has from..to on every pair: both ends are whole numbers.
func TestRanges(t *testing.T) {
	for _, x := range kinds {
		for _, y := range kinds {
			scope := values{"x": x.given, "y": y.given}
			switch {
			case !counts(x):
				expectVerdict(t, "len(x..y)", scope, misfit("x", x, "a whole number that counts items"))
			case !counts(y):
				expectVerdict(t, "len(x..y)", scope, misfit("y", y, "a whole number that counts items"))
			default:
				length := new(big.Rat).Sub(y.number, x.number)
				if length.Add(length, big.NewRat(1, 1)).Sign() < 0 {
					length = new(big.Rat)
				}
				expectVerdict(t, "len(x..y)", scope, isNumber(length))
			}
		}
	}
}

func counts(o operand) bool {
	return o.kind == expression.Number && o.number.IsInt() && o.number.Num().BitLen() < 31
}
