package expression

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
)

// A function is one of expr's built-in functions, over values of this package. It doesn't keep its arguments.
type function struct {
	least, most int
	apply       func(f *frame, arguments []Value) (Value, error)
}

// functionOf returns a built-in function by its name; those that take a predicate are in predicate.go.
func functionOf(name string) (function, bool) {
	if fold := aggregate(name); fold != nil {
		return function{1, maxMade, func(_ *frame, arguments []Value) (Value, error) {
			numbers, err := flatNumbers(nil, arguments, name)
			if err != nil {
				return Value{}, err
			}
			return fold(numbers)
		}}, true
	}
	if fn, ok := libraryFunction(name); ok {
		return fn, true
	}
	if apply := listFunction(name); apply != nil {
		return function{1, 1, apply}, true
	}
	if apply := bitFunction(name); apply != nil {
		return function{2, 2, apply}, true
	}
	fn, ok := map[string]function{
		"len":      {1, 1, length},
		"type":     {1, 1, func(_ *frame, a []Value) (Value, error) { return TextValue(a[0].typeName()), nil }},
		"string":   {1, 1, toText},
		"join":     {1, 2, join},
		"toJSON":   {1, 1, toJSON},
		"fromJSON": {1, 1, fromJSON},
		"get":      {2, 2, get},
		"take":     {2, 2, take},
		"concat":   {1, maxMade, concat},
		"sort":     {1, 2, sorted},
		"bitnot":   {1, 1, func(_ *frame, a []Value) (Value, error) { return bits1(a[0]) }},
	}[name]
	return fn, ok
}

// numberFunction returns the operator of a built-in function of one number; nil for other functions.
func numberFunction(name string) operator {
	switch name {
	case "floor":
		return numeric(floor)
	case "ceil":
		return numeric(ceil)
	case "round":
		return numeric(round)
	case "abs":
		return numeric(abs)
	case "int":
		return parsing(trunc)
	case "float":
		return parsing(func(v Value) (Value, error) { return v, nil })
	}
	return nil
}

// parsing makes an operator that takes the text of a number, too.
func parsing(apply func(Value) (Value, error)) operator {
	numbers := numeric(apply)
	return func(a, b Value) (Value, error) {
		if a.kind == Text {
			v, ok := ParseNumber(strings.TrimSpace(a.text))
			if !ok {
				return Value{}, &mismatch{0, fmt.Sprintf("is %q, which isn't a number", a.text)}
			}
			a = v
		}
		return numbers(a, b)
	}
}

// builtin compiles a call of a built-in function.
func (c *compiler) builtin(n *ast.BuiltinNode) node {
	if compiled, ok := c.ofLister(n); ok {
		return compiled
	}
	if compiled, ok := c.predicate(n); ok {
		return compiled
	}
	var arguments operands
	for _, argument := range n.Arguments {
		arguments = append(arguments, c.compile(argument, place{}))
	}
	if apply := numberFunction(n.Name); apply != nil && len(arguments) == 1 {
		return c.operation(n, apply, nil, arguments[0])
	}
	fn, ok := functionOf(n.Name)
	if !ok {
		return c.fail(n, "there is no function %s here", n.Name)
	}
	if count := len(arguments); count < fn.least || count > fn.most {
		return c.fail(n, "%s takes %d to %d arguments, and got %d", n.Name, fn.least, fn.most, count)
	}
	return c.application(n, fn, arguments)
}

// application compiles a function with its arguments. What is constant is computed once.
func (c *compiler) application(n *ast.BuiltinNode, fn function, arguments operands) node {
	isConstant := n.Name != "now"
	for _, argument := range arguments {
		isConstant = isConstant && argument.constant != nil
	}
	eval := func(f *frame) (Value, error) {
		base := len(f.stack)
		for _, argument := range arguments {
			v, err := argument.eval(f)
			if err != nil {
				return Value{}, err
			}
			f.stack = append(f.stack, v)
		}
		v, err := fn.apply(f, f.stack[base:])
		f.stack = f.stack[:base]
		if err != nil {
			return Value{}, arguments.explain(err)
		}
		return v, nil
	}
	if !isConstant {
		return node{eval: eval, source: n.String()}
	}
	v, err := eval(&frame{})
	if err != nil {
		return c.fail(n, "%v", err)
	}
	return constantNode(v, n)
}

// ofLister takes over what a scope knows of its lists: len(path), map(path, .member) and sum(path, .member).
func (c *compiler) ofLister(n *ast.BuiltinNode) (node, bool) {
	lister, ok := c.scope.(Lister)
	if !ok || len(n.Arguments) == 0 {
		return node{}, false
	}
	path, _ := pathOf(n.Arguments[0], c.isName)
	if len(path) == 0 {
		return node{}, false
	}
	var get Getter
	switch {
	case n.Name == "len":
		get, ok = lister.Length(path)
	case (n.Name == "map" || n.Name == "sum") && len(n.Arguments) == 2:
		get, ok = eachMemberOf(lister, path, n.Arguments[1])
	default:
		return node{}, false
	}
	if !ok {
		return node{}, false
	}
	result := node{eval: func(f *frame) (Value, error) { return get(f.env) }, source: n.String()}
	if n.Name == "sum" {
		fn, _ := functionOf("sum")
		return c.application(n, fn, operands{result}), true
	}
	return result, true
}

// eachMemberOf returns what reads the member of each item that a predicate such as .member is.
func eachMemberOf(lister Lister, path []Step, argument ast.Node) (Getter, bool) {
	predicate, ok := argument.(*ast.PredicateNode)
	if !ok {
		return nil, false
	}
	member, nodes := pathOf(predicate.Node, isItem)
	if len(member) < 2 || slices.ContainsFunc(nodes, func(n *ast.MemberNode) bool { return n.Optional }) {
		return nil, false
	}
	return lister.Each(path, member[1:])
}

// isItem reports whether a node is the item that a predicate is about.
func isItem(n ast.Node) (string, bool) {
	pointer, ok := n.(*ast.PointerNode)
	return "", ok && pointer.Name == ""
}

// libraryFunction returns a function on text and time, which is expr's own: numbers come to it only as counts.
func libraryFunction(name string) (function, bool) {
	// What the arguments are: text, a whole number, or a time zone.
	signature, ok := map[string]struct {
		least int
		kinds string
	}{
		"trim": {1, "tt"}, "trimPrefix": {1, "tt"}, "trimSuffix": {1, "tt"}, "upper": {1, "t"}, "lower": {1, "t"},
		"split": {2, "ttn"}, "splitAfter": {2, "ttn"}, "replace": {3, "tttn"}, "repeat": {2, "tn"},
		"indexOf": {2, "tt"}, "lastIndexOf": {2, "tt"}, "hasPrefix": {2, "tt"}, "hasSuffix": {2, "tt"},
		"toBase64": {1, "t"}, "fromBase64": {1, "t"}, "duration": {1, "t"}, "timezone": {1, "t"},
		"date": {1, "zttt"}, "now": {0, "z"},
	}[name]
	if !ok {
		return function{}, false
	}
	library := builtin.Builtins[builtin.Index[name]]
	return function{signature.least, len(signature.kinds), func(f *frame, arguments []Value) (Value, error) {
		values := make([]any, len(arguments))
		for i, argument := range arguments {
			var err error
			if values[i], err = argument.forLibrary(signature.kinds[i], i); err != nil {
				return Value{}, err
			}
		}
		if err := f.before(name, values); err != nil {
			return Value{}, err
		}
		return fromLibrary(library, values)
	}}, true
}

// before refuses what the library would panic at, or what would get too large.
func (f *frame) before(name string, values []any) error {
	switch name {
	case "repeat":
		text, count := values[0].(string), values[1].(int)
		if count > maxMade {
			return errMade
		}
		return f.grow(len(text) * max(count, 0))
	case "date":
		if _, isZone := values[0].(*time.Location); isZone && len(values) == 1 {
			return errors.New("date takes a text behind the time zone")
		}
	case "now":
		if len(values) == 1 {
			if _, isZone := values[0].(*time.Location); !isZone {
				return &mismatch{0, "is no time zone"}
			}
		}
	}
	return nil
}

func (v Value) forLibrary(kind byte, argument int) (any, error) {
	if kind == 'n' {
		return index(v, argument)
	}
	if zone, ok := v.ref.(*time.Location); ok && kind == 'z' {
		return zone, nil
	}
	if v.kind != Text {
		return nil, mustBe(argument, v, "text")
	}
	return v.text, nil
}

func fromLibrary(library *builtin.Function, values []any) (Value, error) {
	var result any
	var err error
	switch {
	case library.Fast != nil:
		result = library.Fast(values[0])
	case library.Safe != nil:
		result, _, err = library.Safe(values...)
	default:
		result, err = library.Func(values...)
	}
	if texts, ok := result.([]string); ok {
		items := make(list, len(texts))
		for i, text := range texts {
			items[i] = TextValue(text)
		}
		return ListValue(items), err
	}
	return ValueOf(result), err
}

func length(_ *frame, a []Value) (Value, error) {
	if a[0].kind == Text {
		return IntValue(int64(utf8.RuneCountInString(a[0].text))), nil
	}
	if items, ok := a[0].items(); ok {
		return IntValue(int64(len(items))), nil
	}
	if o, ok := a[0].members(); ok {
		return IntValue(int64(len(o.names))), nil
	}
	return Value{}, mustBe(0, a[0], "a list, object or text")
}

// typeName returns the name that expr has for a value's type.
func (v Value) typeName() string {
	switch v.kind {
	case Null, Unknown:
		return "nil"
	case Bool:
		return "bool"
	case Number:
		if v.form == whole || v.form == long && v.d >= 0 {
			return "int"
		}
		return "float"
	case Text:
		return "string"
	case Time, Duration:
		return reflect.TypeOf(v.native()).String()
	}
	switch {
	case v.isList():
		return "array"
	case v.isObject():
		return "map"
	}
	return "unknown"
}

func toText(_ *frame, a []Value) (Value, error) {
	text, err := a[0].string()
	return TextValue(text), err
}

func join(_ *frame, a []Value) (Value, error) {
	items, ok := a[0].items()
	if !ok {
		return Value{}, mustBe(0, a[0], "a list")
	}
	var glue string
	if len(a) > 1 {
		if a[1].kind != Text {
			return Value{}, mustBe(1, a[1], "text")
		}
		glue = a[1].text
	}
	texts := make([]string, len(items))
	for i, item := range items {
		if item.kind != Text {
			return Value{}, &mismatch{0, fmt.Sprintf("has an item that is %s, not text", item.describe())}
		}
		texts[i] = item.text
	}
	return TextValue(strings.Join(texts, glue)), nil
}

func toJSON(_ *frame, a []Value) (Value, error) {
	raw, err := a[0].AppendJSON(nil)
	if err != nil {
		return Value{}, err
	}
	var indented bytes.Buffer
	err = json.Indent(&indented, raw, "", "  ")
	return TextValue(indented.String()), err
}

func fromJSON(_ *frame, a []Value) (Value, error) {
	if a[0].kind != Text {
		return Value{}, mustBe(0, a[0], "text")
	}
	raw := []byte(a[0].text)
	var valid json.RawMessage
	if err := json.Unmarshal(raw, &valid); err != nil {
		return Value{}, &mismatch{0, "isn't JSON: " + err.Error()}
	}
	return ValueOfJSON(Tidy(nil, raw)), nil
}

// get is access without an error for what isn't there.
func get(_ *frame, a []Value) (Value, error) {
	if a[0].kind == Null {
		return NullValue(), nil
	}
	if a[0].isObject() {
		if name, ok := a[1].name(); ok {
			if v, ok := a[0].member(name); ok {
				return v, nil
			}
		}
		return NullValue(), nil
	}
	if a[0].kind != Text && !a[0].isList() {
		return Value{}, mustBe(0, a[0], "a list or object")
	}
	at, err := index(a[1], 1)
	if err != nil {
		return Value{}, err
	}
	if v, _, ok := a[0].item(at); ok {
		return v, nil
	}
	return NullValue(), nil
}

// bitFunction returns a function on the bits of two whole numbers; nil for other functions.
func bitFunction(name string) func(f *frame, a []Value) (Value, error) {
	apply := map[string]func(x, y int64) int64{
		"bitand":  func(x, y int64) int64 { return x & y },
		"bitor":   func(x, y int64) int64 { return x | y },
		"bitxor":  func(x, y int64) int64 { return x ^ y },
		"bitnand": func(x, y int64) int64 { return x &^ y },
		"bitshl":  func(x, y int64) int64 { return x << y },
		"bitshr":  func(x, y int64) int64 { return x >> y },
		"bitushr": func(x, y int64) int64 { return int64(uint64(x) >> y) },
	}[name]
	if apply == nil {
		return nil
	}
	return func(_ *frame, a []Value) (Value, error) {
		x, okX := a[0].bits()
		y, okY := a[1].bits()
		switch {
		case !okX:
			return Value{}, mustBe(0, a[0], "a whole number of 64 bits")
		case !okY:
			return Value{}, mustBe(1, a[1], "a whole number of 64 bits")
		case y < 0 && strings.HasPrefix(name, "bits") || y < 0 && name == "bitushr":
			return Value{}, &mismatch{1, fmt.Sprintf("is %d: one can't shift by less than 0", y)}
		}
		return IntValue(apply(x, y)), nil
	}
}

func (v Value) bits() (int64, bool) {
	if v.kind != Number {
		return 0, false
	}
	return v.integer()
}

func bits1(v Value) (Value, error) {
	n, ok := v.bits()
	if !ok {
		return Value{}, mustBe(0, v, "a whole number of 64 bits")
	}
	return IntValue(^n), nil
}

// call compiles a call of a method: those of times and durations are Go's.
func (c *compiler) call(n *ast.CallNode) node {
	method, ok := n.Callee.(*ast.MemberNode)
	if !ok {
		return c.fail(n, "what stands before the parenthesis is no function here")
	}
	name, ok := method.Property.(*ast.StringNode)
	if !ok {
		return c.fail(n, "a method goes by its name")
	}
	base := c.compile(method.Node, place{optional: method.Optional})
	var arguments operands
	for _, argument := range n.Arguments {
		arguments = append(arguments, c.compile(argument, place{}))
	}
	return node{eval: func(f *frame) (Value, error) {
		receiver, err := base.eval(f)
		if err != nil {
			return Value{}, err
		}
		if receiver.kind == Null && method.Optional {
			return Value{}, errNothing
		}
		values := make([]Value, len(arguments))
		for i, argument := range arguments {
			if values[i], err = argument.eval(f); err != nil {
				return Value{}, err
			}
		}
		if receiver.kind != Time && receiver.kind != Duration {
			return Value{}, operands{base}.explain(mustBe(0, receiver, "a time or duration, and has no functions"))
		}
		v, err := callMethod(reflect.ValueOf(receiver.native()), name.Value, values)
		if err != nil {
			return Value{}, arguments.explain(err)
		}
		return v, nil
	}, source: n.String()}
}

func callMethod(receiver reflect.Value, name string, values []Value) (Value, error) {
	method := receiver.MethodByName(name)
	if !method.IsValid() {
		return Value{}, fmt.Errorf("%s has no function %s", receiver.Type(), name)
	}
	t := method.Type()
	if t.NumIn() != len(values) || t.IsVariadic() || t.NumOut() == 0 {
		return Value{}, fmt.Errorf("%s.%s takes %d arguments, and got %d", receiver.Type(), name, t.NumIn(), len(values))
	}
	in := make([]reflect.Value, len(values))
	for i, v := range values {
		argument := reflect.ValueOf(v.native())
		if !argument.IsValid() || !argument.CanConvert(t.In(i)) || argument.Kind() == reflect.String != (t.In(i).Kind() == reflect.String) {
			return Value{}, &mismatch{i, fmt.Sprintf("is %s, where %s is needed", v.describe(), t.In(i))}
		}
		in[i] = argument.Convert(t.In(i))
	}
	out := method.Call(in)
	if err, ok := out[len(out)-1].Interface().(error); ok && err != nil {
		return Value{}, err
	}
	return ValueOf(out[0].Interface()), nil
}
