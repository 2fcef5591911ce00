package expression_test

import (
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/internal/expression"
)

// number draws a number's text, in every way that JSON allows.
func number(t *rapid.T, label string) string {
	if rapid.IntRange(0, 3).Draw(t, label+" kind") == 0 {
		return rapid.SampledFrom([]string{
			"0", "-0", "-0.0", "0.00", "0e5", "1E+2", "1.50", "0.5", "-2.5", "0.1", "0.30", "1e-7", "3", "-3", "1e30", "10",
			"9223372036854775807", "-9223372036854775808", "9223372036854775808", "9007199254740993", "9007199254740993.0",
			"1403715273.312143104", "1403715273.312143105", "1e18", "1e19", "123456789012345678e1", "0.000000000000000001",
			"1000000000000000000000000000000", "0.1000000000000000055511151231257827", "99999999999999999.9", "1e-400", "1e400",
			"2.50e1", "1000", "1000000000", "0.25", "7",
		}).Draw(t, label)
	}
	count := rapid.SampledFrom([]int{1, 2, 3, 5, 9, 17, 18, 19, 20, 40}).Draw(t, label+" digits")
	digits := rapid.StringOfN(rapid.RuneFrom([]rune("0123456789")), count, count, -1).Draw(t, label+" text")
	point := rapid.IntRange(0, count).Draw(t, label+" point")
	before := strings.TrimLeft(digits[:point], "0")
	if before == "" {
		before = "0"
	}
	text := rapid.SampledFrom([]string{"", "-"}).Draw(t, label+" sign") + before
	if point < count {
		text += "." + digits[point:]
	}
	if rapid.IntRange(0, 3).Draw(t, label+" form") == 0 {
		text += rapid.SampledFrom([]string{"e", "E", "e+", "E-", "e-"}).Draw(t, label+" e")
		text += fmt.Sprint(rapid.SampledFrom([]int{0, 1, 2, 9, 17, 18, 19, 20, 30, 300}).Draw(t, label+" exponent"))
	}
	return text
}

// exact returns what a number's text says.
func exact(text string) *big.Rat {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		panic(text + " is no number")
	}
	return r
}

// evaluate evaluates an expression over x and y, which are given by their texts in JSON.
func evaluate(t rapid.TB, source string, numbers ...string) (expression.Value, error) {
	p, err := expression.Compile(source, texts(numbers))
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return p.Value(nil)
}

func written(t rapid.TB, v expression.Value) string {
	key, err := expression.NewKey(v)
	if err != nil {
		t.Fatal(err)
	}
	text, err := key.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestOperatorsAreExact compares every operator and function on numbers with math/big.Rat (R14).
func TestOperatorsAreExact(t *testing.T) {
	one := big.NewRat(1, 1)
	floor := func(x *big.Rat) *big.Rat { return new(big.Rat).SetInt(new(big.Int).Div(x.Num(), x.Denom())) }
	trunc := func(x *big.Rat) *big.Rat { return new(big.Rat).SetInt(new(big.Int).Quo(x.Num(), x.Denom())) }
	neg := func(x *big.Rat) *big.Rat { return new(big.Rat).Neg(x) }
	abs := func(x *big.Rat) *big.Rat { return new(big.Rat).Abs(x) }
	half := func(x *big.Rat) *big.Rat {
		up := floor(new(big.Rat).Add(abs(x), big.NewRat(1, 2)))
		return up.Mul(up, big.NewRat(int64(x.Sign()), 1))
	}
	binary := func(op func(z, x, y *big.Rat) *big.Rat) func(x, y *big.Rat) *big.Rat {
		return func(x, y *big.Rat) *big.Rat { return op(new(big.Rat), x, y) }
	}
	unary := func(op func(x *big.Rat) *big.Rat) func(x, y *big.Rat) *big.Rat {
		return func(x, _ *big.Rat) *big.Rat { return op(x) }
	}
	operators := map[string]func(x, y *big.Rat) *big.Rat{
		"x + y": binary((*big.Rat).Add), "x - y": binary((*big.Rat).Sub), "x * y": binary((*big.Rat).Mul),
		"x / y": binary((*big.Rat).Quo), "-x": unary(neg), "+x": unary(func(x *big.Rat) *big.Rat { return x }),
		"x % y": func(x, y *big.Rat) *big.Rat {
			times := trunc(new(big.Rat).Quo(x, y))
			return new(big.Rat).Sub(x, times.Mul(times, y))
		},
		"x ** 3":   unary(func(x *big.Rat) *big.Rat { return new(big.Rat).Mul(x, new(big.Rat).Mul(x, x)) }),
		"x ^ 2.0":  unary(func(x *big.Rat) *big.Rat { return new(big.Rat).Mul(x, x) }),
		"y ** -1":  func(_, y *big.Rat) *big.Rat { return new(big.Rat).Inv(y) },
		"x ** 0":   unary(func(*big.Rat) *big.Rat { return one }),
		"floor(x)": unary(floor), "ceil(x)": unary(func(x *big.Rat) *big.Rat { return neg(floor(neg(x))) }),
		"int(x)": unary(trunc), "round(x)": unary(half), "abs(x)": unary(abs),
		"floor(x / y)":             func(x, y *big.Rat) *big.Rat { return floor(new(big.Rat).Quo(x, y)) },
		"round(x / y)":             func(x, y *big.Rat) *big.Rat { return half(new(big.Rat).Quo(x, y)) },
		"ceil(x / 3)":              unary(func(x *big.Rat) *big.Rat { return neg(floor(neg(new(big.Rat).Quo(x, big.NewRat(3, 1))))) }),
		"float(x)":                 unary(func(x *big.Rat) *big.Rat { return x }),
		"sum([x, y, x])":           func(x, y *big.Rat) *big.Rat { return new(big.Rat).Add(new(big.Rat).Add(x, y), x) },
		"mean([x, y])":             func(x, y *big.Rat) *big.Rat { return new(big.Rat).Quo(new(big.Rat).Add(x, y), big.NewRat(2, 1)) },
		"median([x, [y]])":         func(x, y *big.Rat) *big.Rat { return new(big.Rat).Quo(new(big.Rat).Add(x, y), big.NewRat(2, 1)) },
		"max(x, y) + min(x, y)":    binary((*big.Rat).Add),
		"reduce([x, y], #acc * #)": binary((*big.Rat).Mul),
		"sum([x, y], # * 2)":       func(x, y *big.Rat) *big.Rat { z := new(big.Rat).Add(x, y); return z.Add(z, z) },
		"let z = x * y; z - y":     func(x, y *big.Rat) *big.Rat { z := new(big.Rat).Mul(x, y); return z.Sub(z, y) },
		"float(string(x)) + int(string(floor(y)))": func(x, y *big.Rat) *big.Rat { return new(big.Rat).Add(x, floor(y)) },
		"fromJSON(toJSON(x)) + y":                  binary((*big.Rat).Add),
		"sort([x, y])[0]": func(x, y *big.Rat) *big.Rat {
			if x.Cmp(y) <= 0 {
				return x
			}
			return y
		},
		"sortBy([x, y], -#, \"asc\")[0]": func(x, y *big.Rat) *big.Rat {
			if x.Cmp(y) >= 0 {
				return x
			}
			return y
		},
		"x / 7 + y":      func(x, y *big.Rat) *big.Rat { return new(big.Rat).Add(new(big.Rat).Quo(x, big.NewRat(7, 1)), y) },
		"x / 1000000000": unary(func(x *big.Rat) *big.Rat { return new(big.Rat).Quo(x, big.NewRat(1e9, 1)) }),
		"x / 0.5":        unary(func(x *big.Rat) *big.Rat { return new(big.Rat).Mul(x, big.NewRat(2, 1)) }),
	}
	for source, want := range operators {
		t.Run(source, rapid.MakeCheck(func(t *rapid.T) {
			x, y := number(t, "x"), number(t, "y")
			if exact(y).Sign() == 0 && (strings.Contains(source, "/ y") || strings.Contains(source, "% y") || source == "y ** -1") {
				return
			}
			v, err := evaluate(t, source, x, y)
			if err != nil {
				t.Fatal(err)
			}
			got, err := expression.NewKey(v)
			if err != nil {
				t.Fatal(err)
			}
			r := want(exact(x), exact(y))
			if gotRat, ok := got.Rat(); !ok || gotRat.Cmp(r) != 0 {
				t.Fatalf("%s with %s and %s is %v, want %s", source, x, y, got, r.RatString())
			}
			expectWritten(t, written(t, v), r)
		}))
	}
}

// expectWritten checks that a computed number is written as the decimal that it is, or to 34 digits.
func expectWritten(t rapid.TB, text string, r *big.Rat) {
	if _, isDecimal := r.FloatPrec(); isDecimal {
		if exact(text).Cmp(r) != 0 {
			t.Fatalf("%s is written %s", r.RatString(), text)
		}
		return
	}
	off := new(big.Rat).Sub(exact(text), r)
	if off.Quo(off, r).Abs(off).Cmp(exact("5e-34")) > 0 {
		t.Fatalf("%s is written %s", r.RatString(), text)
	}
}

// TestComparisonsAreThoseOfTheNumbers compares numbers in all forms: as they are written, divided, and as float64.
func TestComparisonsAreThoseOfTheNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := number(t, "x"), number(t, "y")
		if rapid.Bool().Draw(t, "near") {
			y = x[:max(1, len(x)-1)] // often the same or almost
			if _, ok := new(big.Rat).SetString(y); !ok {
				y = x
			}
		}
		divisor := rapid.SampledFrom([]int64{1, 1, 3, 8, 1000000000}).Draw(t, "divisor")
		forms := fmt.Sprintf("x / %d", divisor)
		order := new(big.Rat).Quo(exact(x), big.NewRat(divisor, 1)).Cmp(exact(y))
		for operator, holds := range map[string]bool{
			"<": order < 0, "<=": order <= 0, "==": order == 0, "!=": order != 0, ">=": order >= 0, ">": order > 0,
		} {
			for source, want := range map[string]bool{
				forms + " " + operator + " y": holds,
				fmt.Sprintf("%d * y %s x", divisor, map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<="}[operator]): holds,
			} {
				if strings.Contains(source, "y  x") {
					continue // == and !=
				}
				v, err := evaluate(t, source, x, y)
				if key, _ := expression.NewKey(v); err != nil || key.String() != fmt.Sprint(want) {
					t.Fatalf("%s with %s and %s is %v, %v", source, x, y, key, err)
				}
			}
		}
	})
}

// TestFloatsAreTheShortestDecimals compares the float64 and float32 fields of a struct with decimals (R14).
func TestFloatsAreTheShortestDecimals(t *testing.T) {
	type floats struct {
		F float64 `json:"f"`
		G float64 `json:"g"`
		S float32 `json:"s"`
	}
	compiled := map[string]*expression.Program{}
	for _, source := range []string{"f", "f * 3", "f < g", "s", "floor(f)", "round(f)"} {
		p, err := expression.CompileStruct(source, reflect.TypeFor[floats]())
		if err != nil {
			t.Fatal(err)
		}
		compiled[source] = p
	}
	rapid.Check(t, func(t *rapid.T) {
		float := rapid.OneOf(rapid.Float64(), rapid.Custom(func(t *rapid.T) float64 {
			f, _ := strconv.ParseFloat(number(t, "f"), 64)
			if math.IsInf(f, 0) {
				return 0.1
			}
			return f
		}))
		e := &floats{float.Draw(t, "f"), float.Draw(t, "g"), rapid.Float32().Draw(t, "s")}
		shortest := exact(strconv.FormatFloat(e.F, 'e', -1, 64))
		for source, want := range map[string]*big.Rat{
			"f": shortest, "f * 3": new(big.Rat).Mul(shortest, big.NewRat(3, 1)),
			"s":        exact(strconv.FormatFloat(float64(e.S), 'e', -1, 32)),
			"floor(f)": new(big.Rat).SetInt(new(big.Int).Div(shortest.Num(), shortest.Denom())),
		} {
			key, err := compiled[source].Key(e)
			if err != nil {
				t.Fatal(err)
			}
			if r, ok := key.Rat(); !ok || r.Cmp(want) != 0 {
				t.Fatalf("%s of %v is %v", source, *e, key)
			}
		}
		if key, err := compiled["f < g"].Key(e); err != nil || key.String() != fmt.Sprint(e.F < e.G) {
			t.Fatalf("%v < %v is %v, %v", e.F, e.G, key, err)
		}
	})
}

// TestNumbersAreWrittenAsTheyStand parses and writes numbers (R14).
func TestNumbersAreWrittenAsTheyStand(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := number(t, "x")
		if got := written(t, expression.NumberOf([]byte(text))); got != text {
			t.Fatalf("%s is written %s", text, got)
		}
		v, ok := expression.ParseNumber(text)
		if got := written(t, v); !ok || exact(got).Cmp(exact(text)) != 0 {
			t.Fatalf("%s is read as %s", text, got)
		}
	})
	for _, text := range []string{"", "-", ".", "1.2.3", "1e", "e5", "0x10", "1_000", "Inf", "NaN", " 1", "1 ", "--1", "1e+"} {
		if v, ok := expression.ParseNumber(text); ok {
			t.Errorf("%q is the number %s", text, fmt.Sprint(expression.NewKey(v)))
		}
	}
}

// TestComputedNumbersArePlain shows how computed numbers are written.
func TestComputedNumbersArePlain(t *testing.T) {
	for source, want := range map[string]string{
		"1.50 + 1": "2.5", "0.5 + 0.5": "1", "1e30 + 0": "1000000000000000000000000000000", "10 ** 50 * 3": "3e50",
		"1.5 * 10 ** 60": "1.5e60", "10 ** -50": "1e-50", "10 ** -9": "0.000000001", "2 ** 100": "1267650600228229401496703205376",
		"1 / 3": "0.3333333333333333333333333333333333", "20 / 3": "6.666666666666666666666666666666667",
		"2 ** 0.5": "1.4142135623730951", "1 / 8": "0.125", "-1 / 6": "-0.1666666666666666666666666666666667",
		"0.0 * -1": "0", "1.50": "1.50", "300 / 1000": "0.3", "9 ** 0.5": "3",
	} {
		v, err := evaluate(t, source)
		if got := written(t, v); err != nil || got != want {
			t.Errorf("%s is written %s, %v, want %s", source, got, err, want)
		}
	}
}

// TestNothingLargeIsBuilt computes with numbers that must not be written out.
func TestNothingLargeIsBuilt(t *testing.T) {
	const huge, tiny, beyond = "1e1000000000", "-1e-1000000000", "1e99999999999999999999"
	for source, want := range map[string]string{
		"x > 1": "true", "y < 0": "true", "y > -1": "true", "x * x > x": "true", "x / 3 < x": "the number gets too large",
		"x + 1": "the number gets too large", "x + 0 == x": "true",
		"0 - y > 0": "true", "floor(y)": "-1", "round(y)": "0", "x * y": "-1", "x == y": "false",
		"z > 1": "can only be passed on", "z + 1": "can only be passed on", "x ** 0.5": "beyond the range of floating numbers",
		"7 ** 10 ** 9": "the number gets too large", "x ** x": "the number gets too large",
	} {
		p, err := expression.Compile(source, texts{huge, tiny, beyond})
		if err == nil {
			var key expression.Key
			if key, err = p.Key(nil); err == nil && key.String() != want {
				t.Errorf("%s is %v, want %s", source, key, want)
			}
		}
		if err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", source, err, want)
		}
	}
}

// TestBytesAreEqualForEqualKeys takes numbers for the keys of records, by which they are put into partitions.
func TestBytesAreEqualForEqualKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := number(t, "x")
		zeros := x
		if !strings.ContainsAny(x, ".eE") {
			zeros += ".00"
		}
		want := ""
		for _, source := range []string{"x", "y", "x + 0", "y * 1", "x / 4 * 4", "x / 3 * 3"} {
			v, err := evaluate(t, source, x, zeros)
			if err != nil {
				t.Fatal(err)
			}
			key, err := expression.NewKey(v)
			if err != nil {
				t.Fatal(err)
			}
			got, err := key.Bytes()
			if err != nil || exact(string(got)).Cmp(exact(x)) != 0 {
				t.Fatalf("%s of %s has the bytes %s, %v", source, x, got, err)
			}
			if want == "" {
				want = string(got)
			}
			if string(got) != want {
				t.Fatalf("%s of %s has the bytes %s, and x has %s", source, x, got, want)
			}
		}
	})
}

// TestShortNumbersNeedNoMemory holds that keys of at most 18 digits cost no allocation.
func TestShortNumbersNeedNoMemory(t *testing.T) {
	type element struct {
		Time    int64   `json:"time"`
		Seconds float64 `json:"seconds"`
	}
	numbers := texts{"1403715273.31214310", "123456789012345678", "0.1"}
	for _, source := range []string{"x", "x + 0.1", "y / 1000000000", "x - z", "z * 3", "floor(x / 30)", "y % 7", "abs(-z)"} {
		p, err := expression.Compile(source, numbers)
		if err != nil {
			t.Fatal(err)
		}
		expectNoMemory(t, p, nil)
	}
	for _, source := range []string{"time", "time + 0.1", "time / 1000", "floor(time / 30)", "seconds", "seconds + 0.1", "seconds * 1000"} {
		p, err := expression.CompileStruct(source, reflect.TypeFor[element]())
		if err != nil {
			t.Fatal(err)
		}
		expectNoMemory(t, p, &element{1700000000123, 1403715273.312})
	}
}

func expectNoMemory(t *testing.T, p *expression.Program, env any) {
	first, err := p.Key(env)
	if err != nil {
		t.Fatal(err)
	}
	if count := testing.AllocsPerRun(100, func() {
		next, err := p.Key(env)
		if err != nil || expression.Compare(first, next) != 0 {
			t.Fatal(next, err)
		}
	}); count != 0 {
		t.Errorf("%s takes %v allocations", p, count)
	}
}

func BenchmarkDecimals(b *testing.B) {
	for source, numbers := range map[string]texts{
		"x + 0.1":                              {"1403715273.3"},
		"x / 1000000000":                       {"1403715273312143104"},
		"x + y":                                {"1403715273.312143104", "0.00000000000000000001"},
		"((x - y) ** 2 + (z - y) ** 2) ** 0.5": {"841.4709848078965", "454.64871341284085", "41.12000805986722"},
	} {
		b.Run(source, func(b *testing.B) {
			p, err := expression.Compile(source, numbers)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Key(nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCompare compares keys that differ in their last digit.
func BenchmarkCompare(b *testing.B) {
	for _, numbers := range []texts{
		{"1700000000123", "1700000000124"}, {"1403715273.312", "1403715273.31201"}, {"1403715273.312143104", "1403715273.312143105"},
		{"12345678901234567890.5", "12345678901234567890.6"},
	} {
		b.Run(numbers[0], func(b *testing.B) {
			var keys [2]expression.Key
			for i, text := range numbers {
				var err error
				if keys[i], err = expression.NewKey(expression.NumberOf([]byte(text))); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				if expression.Compare(keys[0], keys[1]) >= 0 {
					b.Fatal(keys)
				}
			}
		})
	}
}
