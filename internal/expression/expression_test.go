package expression_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat/internal/expression"
)

type base struct {
	ID     uint64 `json:"id"`
	Hidden int    `json:"-"`
	Shadow int    `json:"name"`
}

type pose struct {
	X float64 `json:"x"`
	Y *float64
}

type element struct {
	base
	Time     int64         `json:"time_ms"`
	Seconds  float64       `json:"seconds"`
	Name     string        `json:"name"`
	Ok       bool          `json:"ok,omitempty"`
	Count    int8          `json:"count,string"`
	Pose     pose          `json:"pose"`
	Best     *pose         `json:"best"`
	Items    []pose        `json:"items"`
	At       time.Time     `json:"at"`
	Took     time.Duration `json:"took"`
	Any      any           `json:"any"`
	Big      json.Number   `json:"big"`
	Untagged int
	Self     *element `json:"self"`
}

func sample() *element {
	return &element{
		base: base{ID: math.MaxUint64}, Time: 1234, Seconds: 1.5, Name: "robot", Ok: true, Count: 3,
		Pose: pose{X: 2.5}, Items: []pose{{X: 1}, {X: 2}}, At: time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC),
		Took: 90, Any: map[string]any{"n": 4.0}, Big: "123456789012345678901234567890", Untagged: 7,
	}
}

func compileElement(t *testing.T, source string) *expression.Program {
	t.Helper()
	p, err := expression.CompileStruct(source, reflect.TypeFor[element]())
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return p
}

func TestValues(t *testing.T) {
	for source, want := range map[string]string{
		"time_ms":                "1234",
		"Untagged":               "7",
		"id":                     "18446744073709551615",
		"id + 1":                 "18446744073709551616",
		"id * id":                "340282366920938463426481119284349108225",
		"name":                   `"robot"`,
		"name + \"-\" + name":    `"robot-robot"`,
		"ok":                     "true",
		"not ok":                 "false",
		"count * 2":              "6",
		"pose.x":                 "2.5",
		"pose[\"x\"] + 1":        "3.5",
		"items[1].x":             "2",
		"items[-1].x * 10":       "20",
		"big + 1":                "123456789012345678901234567891",
		"any.n + 1":              "5",
		"took":                   "90",
		"at + duration(\"90s\")": "2026-11-22T13:01:30Z",
		"at.Unix() / 2":          "897676200",
		"at.Month() == 11":       "true",
		"at.Month() == 11 and 0 == at.Weekday() and at.Weekday() in [0, 6]": "true",
		"at.Month() != count":                                      "true",
		"pose == best or pose == items[0]":                         "false",
		"groupBy(items, .x) == {'1': [items[0]], '2': [items[1]]}": "true",
		"time_ms / 1000":                                           "1.234",
		"floor(time_ms / 1000)":                                    "1",
		"ceil(time_ms / 1000)":                                     "2",
		"round(time_ms / 1000)":                                    "1",
		"floor(-time_ms / 1000)":                                   "-2",
		"ceil(-time_ms / 1000)":                                    "-1",
		"round(-5 / 2)":                                            "-3",
		"int(-7 / 2)":                                              "-3",
		"10 / 5":                                                   "2",
		"1 / 2":                                                    "0.5",
		"1 / 3 * 3":                                                "1",
		"7 % 3":                                                    "1",
		"-7 % 3":                                                   "-1",
		"(7 / 2) % 1":                                              "0.5",
		"floor(time_ms / 100) % 7":                                 "5",
		"seconds % 1":                                              "0.5",
		"2 ** 10":                                                  "1024",
		"2 ** 64":                                                  "18446744073709551616",
		"2 ** -1":                                                  "0.5",
		"(-1) ** 1000000001":                                       "-1",
		"2 ** 0.5":                                                 "1.4142135623730951",
		"2 + 3 * 4":                                                "14",
		"(2 + 3) * 4":                                              "20",
		"9223372036854775807 + 1":                                  "9223372036854775808",
		"-9223372036854775807 - 2":                                 "-9223372036854775809",
		"time_ms + 1e9":                                            "1000001234",
		"9007199254740993 + 1e3":                                   "9007199254741993",
		"floor(1699999999999999999 / 1000000000)":           "1699999999",
		"9007199254740993 == 9007199254740992.0":            "false",
		"9007199254740993 > 9007199254740992.0":             "true",
		"9223372036854775807 + 0.5 == 2 ** 63":              "false",
		"1700000000000000001 / 1000 == 17e14":               "false",
		"(2 ** 54 - 1) / 2 < 2 ** 53":                       "true",
		"(2 ** 54 - 1) / 2":                                 "9007199254740991.5",
		"1 / 3 == 0.3333333333333333":                       "false",
		"0.1 + 0.2 == 0.3":                                  "true",
		"9007199254740993 == 9007199254740993.0":            "true",
		"1e30 == 1000000000000000000000000000000":           "true",
		"9223372036854775808 - 1":                           "9223372036854775807",
		"-9223372036854775808":                              "-9223372036854775808",
		"0xFFFFFFFFFFFFFFFFFF":                              "4722366482869645213695",
		"0755":                                              "755",
		"07777777777777777777777777":                        "7777777777777777777777777",
		"0o7777777777777777777777777 + 0b1":                 "37778931862957161709568",
		"0.1000000000000000055511151231257827 > 0.1":        "true",
		"1e400 < 1e401":                                     "true",
		"1_000.50":                                          "1000.50",
		"{9223372036854775808: 1}[\"9223372036854775808\"]": "1",
		"1 / 3":                                "0.3333333333333333…",
		"1 / 10 == 0.1":                        "true",
		"abs(-3) + max(1, 5, 2) - min([4, 3])": "5",
		"sum(items, .x) / len(items)":          "1.5",
		"mean([1, 2, 4, 5])":                   "3",
		"median([5, 1, 3])":                    "3",
		"seconds > 1 ? \"late\" : \"early\"":   `"late"`,
		"len(filter(items, .x > 1))":           "1",
		"time_ms in [1, 1234.0]":               "true",
		"3 in 1..4":                            "true",
		"best?.x ?? 8":                         "8",
		"best.x ?? 9":                          "9",
		"let half = time_ms / 2; half + 1":     "618",
		"upper(name)":                          `"ROBOT"`,
		"int(\"12\") + float(\"0.5\")":         "12.5",
		"string(1 / 2)":                        `"0.5"`,
		"any == {\"n\": 4}":                    "true",
		"reduce(1..5, #acc + #)":               "15",
	} {
		expectKey(t, source, want)
		if !strings.HasPrefix(source, "let ") {
			expectKey(t, "ok ? ("+source+") : nil", want)
		}
	}
}

func expectKey(t *testing.T, source, want string) {
	t.Helper()
	key, err := compileElement(t, source).Key(sample())
	if err != nil {
		t.Errorf("%s: %v", source, err)
	} else if got := key.String(); got != want {
		t.Errorf("%s = %s, want %s", source, got, want)
	}
}

func TestCompileErrors(t *testing.T) {
	for source, want := range map[string]string{
		"":                              `expression "", column 1: the expression is empty`,
		"tme_ms + 10":                   `column 1: unknown name tme_ms, did you mean time_ms?`,
		"10 + pose.z":                   `column 11: unknown field z`,
		"self.tmie_ms":                  `column 6: unknown field tmie_ms, did you mean time_ms?`,
		"pose.foobarbaz":                `column 6: unknown field foobarbaz`,
		"flor(time_ms)":                 `column 1: unknown name flor, did you mean floor?`,
		"time_ms +":                     `column 10: the expression ends here, but something is missing`,
		"(time_ms":                      `column 9: the expression ends here, but something is missing`,
		"time_ms = 1":                   `column 9: unexpected =, did you mean ==?`,
		"time_ms 1":                     `column 9: unexpected 1`,
		"name * 2":                      `column 6: * doesn't fit: left is text, right is a number`,
		"not best":                      `column 1: not doesn't fit: it is a list or object`,
		"-name":                         `column 1: - doesn't fit: it is text`,
		"time_ms < name":                `column 9: < doesn't fit: left is a number, right is text`,
		"time_ms(1)":                    `column 1: what stands before the parenthesis is no function here`,
		"items + any":                   `column 7: + doesn't fit: left is a list or object`,
		"name % 2":                      `column 6: % doesn't fit: left is text, right is a number`,
		"3 not in time_ms":              `column 7: in doesn't fit: left is a number, right is a number`,
		"1 in {a: 2}":                   `column 3: in doesn't fit: left is a number, right is a list or object, whose members' names are text`,
		"name in [1, 2]":                `column 6: in doesn't fit: left is text, right is a list or object, whose items are of another kind`,
		"items == pose":                 `column 7: == doesn't fit: left is a list or object, right is a list or object`,
		"at.Month() == name":            `column 12: == doesn't fit: left is a number, right is text`,
		"at.Month() == 1 + nme":         `column 19: unknown name nme, did you mean name?`,
		"at.Month() == 1 and name == 2": `column 26: == doesn't fit: left is text, right is a number`,
		"name in [at.Month()]":          `column 6: in doesn't fit: left is text, right is a list or object, whose items are of another kind`,
		"nil contains nil":              `column 5: contains doesn't fit: left is null, right is null`,
		"floor(name)":                   `column 1: invalid argument for floor (type string)`,
		"items.x":                       `column 7: items is a list: write items[0].x for its first item`,
		"1 / 0":                         `column 3: division by zero`,
		"Hidden":                        `column 1: unknown name Hidden`,
		"3 ** 1000000":                  `column 3: the number gets too large`,
		"$env":                          `column 1: there is no $env here: names stand for themselves`,
		"time_ms\n+ wrong_one":          `line 2, column 3: unknown name wrong_one`,
	} {
		_, err := expression.CompileStruct(source, reflect.TypeFor[element]())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %s", source, err, want)
		}
	}
}

func TestRuntimeErrors(t *testing.T) {
	for source, want := range map[string]string{
		"any.m + 1":               "any.m + 1: member any.m is missing; there is n",
		"any + 1":                 "any + 1: any is an object, not a number",
		"10 / Untagged - 1 + any": "10 / Untagged - 1 + any: any is an object, not a number",
		"1 / (time_ms - 1234)":    "1 / (time_ms - 1234): division by zero: time_ms - 1234 is 0",
		"(-1) ** (seconds - 1)":   "(-1) ** (seconds - 1): the result is not a number (NaN)",
		"items[5].x":              "items[5].x: index out of range: 5 (array length is 2)",
		"not any.n":               "not any.n: any.n is a number, not true or false",
		"ok and any.n":            "ok and any.n: any.n is a number, not true or false",
		"any.n contains name":     "any.n contains name: any.n is a number, not text",
		"upper(any.n)":            "upper(any.n): any.n is a number, not text",
		"items[any]":              "items[any]: any is an object, not a whole number that counts items",
		"any[any]":                "any[any]: any is an object, not a member's name",
		"at + any.n":              `at + any.n: any.n is a number, not a duration such as duration("10s")`,
		"any.n < any.name":        "any.n < any.name: member any.name is missing; there is n",
		"any.n == 4 ? any : 1":    "any.n == 4 ? any : 1: it is an object, which has no order",
	} {
		_, err := compileElement(t, source).Key(sample())
		if err == nil || err.Error() != want {
			t.Errorf("%s: error %v, want %s", source, err, want)
		}
	}
}

// TestNullKeys has keys that are null, or can't be computed because something is: R7a's null, and no mistake. What is
// passed on as a value is a mistake as ever.
func TestNullKeys(t *testing.T) {
	for source, want := range map[string]string{
		"best":             "",
		"pose.Y":           "",
		"best.x":           "best.x: member best.x is missing",
		"best.x + 1":       "best.x + 1: member best.x is missing",
		"pose.Y * 2":       "pose.Y * 2: pose.Y is null, not a number",
		"2 * pose.Y":       "2 * pose.Y: pose.Y is null, not a number",
		"floor(pose.Y)":    "floor(pose.Y): pose.Y is null, not a number",
		"any.n < pose.Y":   "any.n < pose.Y: pose.Y can't be compared: it is null, which has no order",
		"max(pose.Y, 1)":   "max(pose.Y, 1): max takes numbers and lists of numbers, and got null",
		"any?.m":           "",
		"any?.m?.n":        "",
		"not any?.m":       "not any?.m: any?.m is null, not true or false",
		"any?.m ? 1 : 2":   "any?.m ? 1 : 2: any?.m is null, not true or false",
		"first(items).Y.z": "first(items).Y.z: first(items).Y is null, and has no members: ?. in place of . provides for that",
	} {
		program := compileElement(t, source)
		if key, err := program.Key(sample()); err != nil || !key.IsNull() || key.String() != "null" {
			t.Errorf("%s: key %v, error %v, want null", source, key, err)
		}
		if _, err := program.Value(sample()); fmt.Sprint(err) != want && (want != "" || err != nil) {
			t.Errorf("%s: error %v, want %s", source, err, want)
		}
	}
	key := expression.Single(compileElement(t, "pose.Y"))
	if k, err := key(sample()); err != nil || !k.IsNull() {
		t.Errorf("%v, %v", k, err)
	}
}

func TestPairs(t *testing.T) {
	for _, c := range []struct{ left, right, want string }{
		{"time_ms", "seconds * 1000", ""},
		{"time_ms", "any", ""},
		{"at", "at + duration(\"1s\")", ""},
		{"time_ms", "name", "keys must be of one kind, but left is a number (time_ms) and right is text (name)"},
		{"ok", "id", "keys must be of one kind, but left is true or false (ok) and right is a number (id)"},
		{"pose", "pose", "pose is a list or object, which has no order"},
		{"at - at", "at", "keys must be of one kind, but left is a duration (at - at) and right is a time (at)"},
	} {
		_, _, err := expression.Pair(compileElement(t, c.left), compileElement(t, c.right))
		if fmt.Sprint(err) != c.want && (err != nil || c.want != "") {
			t.Errorf("%s == %s: error %v, want %s", c.left, c.right, err, c.want)
		}
	}
}

func TestKindsMustAgreeAtRunTime(t *testing.T) {
	left, right, err := expression.Pair(compileElement(t, "time_ms"), compileElement(t, "any"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := left(sample()); err != nil {
		t.Fatal(err)
	}
	if _, err := right(&element{Any: 7}); err != nil {
		t.Error(err)
	}
	_, err = right(&element{Any: "7"})
	if want := "any is text here, but time_ms was a number before"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// TestCompareIsExact compares numbers in every form with what big.Rat says.
func TestCompareIsExact(t *testing.T) {
	var numbers []any
	for _, n := range []int64{0, 1, -1, 1 << 53, 1<<53 + 1, math.MaxInt64, math.MaxInt64 - 1, math.MinInt64} {
		numbers = append(numbers, n, float64(n), float64(n)+0.5, uint64(n), new(big.Int).Lsh(big.NewInt(n), 3))
	}
	numbers = append(numbers, 1e300, -1e300, math.SmallestNonzeroFloat64, math.Copysign(0, -1))
	for _, a := range numbers {
		for _, b := range numbers {
			if got, want := expression.Compare(key(t, a), key(t, b)), rat(a).Cmp(rat(b)); got != want {
				t.Errorf("Compare(%v, %v) = %d, want %d", a, b, got, want)
			}
		}
		if expression.Compare(key(t, a), key(t, math.Inf(1))) != -1 || expression.Compare(key(t, math.Inf(-1)), key(t, a)) != -1 {
			t.Errorf("%v isn't between the infinities", a)
		}
	}
}

func key(t *testing.T, x any) expression.Key {
	t.Helper()
	k, err := expression.NewKey(expression.ValueOf(x))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func rat(x any) *big.Rat {
	switch x := x.(type) {
	case int64:
		return new(big.Rat).SetInt64(x)
	case uint64:
		return new(big.Rat).SetUint64(x)
	case float64:
		r, _ := new(big.Rat).SetString(strconv.FormatFloat(x, 'e', -1, 64))
		return r
	}
	return new(big.Rat).SetInt(x.(*big.Int))
}

func TestCloneRunsBesideTheOriginal(t *testing.T) {
	p := compileElement(t, "upper(name) + name")
	done := make(chan error)
	for range 4 {
		go func(p *expression.Program) {
			var err error
			for range 1000 {
				var k expression.Key
				if k, err = p.Key(sample()); err == nil && k.String() != `"ROBOTrobot"` {
					err = fmt.Errorf("got %s", k)
				}
				if err != nil {
					break
				}
			}
			done <- err
		}(p.Clone())
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// TestFieldNamesAreThoseOfJSON decodes every member that encoding/json writes for a struct and finds the same value.
func TestFieldNamesAreThoseOfJSON(t *testing.T) {
	type Inner struct {
		A int `json:"a"`
		B int `json:"b"`
		C int
	}
	type Other struct {
		B int `json:"b"`
		D int
	}
	type outer struct {
		Inner
		*Other
		A     int `json:"a"`
		Named Inner
		E     int `json:",omitempty"`
	}
	v := outer{Inner{1, 2, 3}, &Other{4, 5}, 6, Inner{7, 8, 9}, 10}
	encoded, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(encoded, &members); err != nil {
		t.Fatal(err)
	}
	delete(members, "Named")
	for name, want := range members {
		p, err := expression.CompileStruct(name, reflect.TypeFor[outer]())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if k, err := p.Key(&v); err != nil || k.String() != fmt.Sprint(want) {
			t.Errorf("%s = %v, %v, want %v", name, k, err, want)
		}
	}
	if _, err := expression.CompileStruct("b", reflect.TypeFor[outer]()); err == nil {
		t.Error("b is ambiguous and was found")
	}
}

func BenchmarkKey(b *testing.B) {
	for _, source := range []string{"time_ms", "time_ms + 10", "floor(time_ms / 1000)", "seconds * 2", "len(name)"} {
		b.Run(source, func(b *testing.B) {
			p, err := expression.CompileStruct(source, reflect.TypeFor[element]())
			if err != nil {
				b.Fatal(err)
			}
			e := sample()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Key(e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
