// Package expression compiles and evaluates the expressions of configuration: keys of joins and windows, and what a
// pipeline writes. The language is that of github.com/expr-lang/expr, whose parser and checker read it; the
// evaluation is this package's, because numbers must not be rounded, and because what is passed on must stay as it is
// written:
//
//   - A number is what its text says (R14): decimals are decimals, of any length, and so are literals. A division is
//     exact: 10 / 5 is 2, 1 / 3 * 3 is 1, and floor(time / 1000) is right for every number. Only a power whose
//     exponent is no whole number is computed in floating point, and is the shortest decimal of the float64 then.
//   - A floating field of a Go struct is the shortest decimal that denotes it.
//   - Numbers that are passed on keep their digits, and objects the order of their members, through all functions.
//   - A missing member, null where a number is needed, and a result that is not a number are errors that name the
//     member.
//
// How the files go together: parsing (literal.go, errors.go), checking (check.go), compiling (compile.go,
// structure.go, operators.go), functions (functions.go finds them, predicate.go, lists.go, aggregate.go, text.go,
// bits.go, library.go, method.go), values (value.go, duration.go, object.go, json.go, fields.go), numbers (decimal.go
// reads and writes, number.go and power.go compute, compare.go compares), keys (key.go, pair.go). A panic is an error
// that names the expression (panic.go).
package expression

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/types"

	"github.com/leat-go/leat/internal/mistake"
)

// A Getter reads a field from an environment. It returns a [*MissingError] where the element hasn't got it, or an
// [*ItemError] where a list is too short. It must be safe for concurrent use.
type Getter func(env any) (Value, error)

// A Step is one step of a field's path: a name, or an index from the front (0 and more) or from the end (-1 and less).
type Step struct {
	Name    string
	Index   int
	IsIndex bool
}

// PathString returns a path as it is written in an expression, without the dot in front.
func PathString(path []Step) string {
	var b strings.Builder
	for i, step := range path {
		switch {
		case step.IsIndex:
			fmt.Fprintf(&b, "[%d]", step.Index)
		case i > 0:
			b.WriteString("." + step.Name)
		default:
			b.WriteString(step.Name)
		}
	}
	return b.String()
}

// A Scope tells which names an expression may use, and how they are read.
type Scope interface {
	// Types returns the names with their types, as far as they are known.
	Types() types.Map
	// Field returns the function that reads a path, which begins with one of the names, and how many of its steps the
	// function takes. Where these are not all, it is asked again for the shorter path. With raw, the value becomes a
	// part of the result as it stands, and may be a RawValue of whatever but null.
	Field(path []Step, raw bool) (get Getter, used int, err error)
}

// A Lister is a Scope that can tell something of lists without making all of their items.
type Lister interface {
	// Length returns what reads the length of the list that a path leads to; false where it leads elsewhere.
	Length(path []Step) (get Getter, ok bool)
	// Each returns what reads a member, given by its path, of each item of the list that a path leads to, as a list; false
	// where there is no such list or member.
	Each(path, member []Step) (get Getter, ok bool)
}

// A Rawer is a Scope over JSON, which most of what is read is only passed on of, or is a whole number.
type Rawer interface {
	// Raw returns what reads the value that a path leads to as it is written, which is nothing where Field's function returns
	// a [*MissingError] or an [*ItemError]. It reports false where that function must be asked. It is nil where the path
	// doesn't lead to a value that is written.
	Raw(path []Step) func(env any) (raw []byte, ok bool)
}

// A Summer is a Lister that sums a member of the items of a list up where these are whole numbers.
type Summer interface {
	// Sum returns what sums a member, given by its path, of the items of the list that a path leads to, where Each returns
	// what reads them. That reports false where one is no whole number of few digits, see WholeOfJSON, or the sum is too large.
	Sum(path, member []Step) func(env any) (n int64, ok bool)
}

// A Guard is a Scope that knows which uses of a path would be mistakes.
type Guard interface {
	// Misuse returns an error for a path, of which counted says that it is what len counts. It is no mistake where the
	// expression provides for null: part is the beginning of the path that may be null, and empty where that isn't why.
	Misuse(path []Step, counted bool) (part string, err error)
}

// A Program is a compiled expression. It is used by one goroutine at a time; see Clone.
type Program struct {
	source string
	scope  Scope
	raw    bool
	kind   Kind
	eval   func(f *frame) (Value, error)
	short  short
	frame  frame
}

// CompileStruct compiles an expression over the fields of the struct type t, by their names in JSON. Errors are of type
// [*Error].
func CompileStruct(source string, t reflect.Type) (*Program, error) {
	if t = deref(t); t.Kind() != reflect.Struct {
		return nil, newError(source, 0, "expressions need a struct, and %s is none", t)
	}
	return Compile(source, structScope{t})
}

// Compile compiles an expression for its value. Errors are of type [*Error].
func Compile(source string, scope Scope) (*Program, error) {
	return compile(source, scope, false)
}

// CompileRaw is like Compile, but asks the scope for raw values where the expression passes them on unchanged.
func CompileRaw(source string, scope Scope) (*Program, error) {
	return compile(source, scope, true)
}

// Parse parses an expression without looking at its names. Errors are of type [*Error].
func Parse(source string) (ast.Node, error) {
	tree, _, err := parse(source, configOf(structScope{reflect.TypeFor[struct{}]()}))
	if err != nil {
		return nil, compileError(source, err)
	}
	return tree.Node, nil
}

func compile(source string, scope Scope, raw bool) (*Program, error) {
	return compileWatched(source, scope, raw, nil)
}

// compileWatched compiles an expression whose evaluation is watched, if watch isn't nil.
func compileWatched(source string, scope Scope, raw bool, watch *watch) (p *Program, err error) {
	defer func() {
		if value := recover(); value != nil {
			p, err = nil, newError(source, 0, "reading it panicked: %v (%s)", value, mistake.PanicLocation())
		}
	}()
	if strings.TrimSpace(source) == "" {
		return nil, newError(source, 0, "the expression is empty")
	}
	config := configOf(scope)
	tree, literals, err := parse(source, config)
	if err != nil {
		return nil, compileError(source, err)
	}
	p = &Program{source: source, scope: scope, raw: raw}
	if err := p.check(tree, config, scope); err != nil {
		return nil, err
	}
	literals.resolve(tree)
	c := &compiler{source: source, scope: scope, raw: raw, watch: watch, compared: comparedWithNull(tree.Node)}
	root := c.compile(tree.Node, usage{result: true})
	p.eval, p.short = root.eval, root.short
	if c.err != nil {
		return nil, c.err
	}
	p.frame.slots = make([]Value, c.slots)
	return p, nil
}

// Clone returns a program that may be used by another goroutine.
func (p *Program) Clone() *Program {
	clone := *p
	clone.frame = frame{slots: make([]Value, len(p.frame.slots))}
	return &clone
}

// String returns the expression.
func (p *Program) String() string { return p.source }

// Kind returns the kind of the program's values as far as the types of the fields tell it; Unknown otherwise.
func (p *Program) Kind() Kind { return p.kind }

// Value evaluates the expression. The environment of a program made by CompileStruct is a pointer to the struct.
// Lists and objects may refer to the environment.
func (p *Program) Value(env any) (Value, error) {
	v, err := p.run(env)
	if err != nil {
		return Value{}, p.failed(err)
	}
	return v, nil
}

// AppendJSON evaluates the expression and appends its value as JSON.
func (p *Program) AppendJSON(dst []byte, env any) (_ []byte, err error) {
	if p.raw && p.short.raw != nil {
		if raw, ok := p.short.written(env); ok {
			return append(dst, raw...), nil
		}
	} else if p.short.whole != nil {
		if n, ok := p.short.whole(env); ok {
			return strconv.AppendInt(dst, n, 10), nil
		}
	}
	v, err := p.Value(env)
	if err != nil {
		return dst, err
	}
	defer p.guard(env, &err) // lists and objects may be made while they are written
	if dst, err = v.AppendJSON(dst); err != nil {
		return dst, p.failed(err)
	}
	return dst, nil
}

func (p *Program) run(env any) (_ Value, err error) {
	defer p.guard(env, &err)
	f := &p.frame
	f.env, f.made, f.text, f.stack = env, 0, 0, f.stack[:0]
	return p.eval(f)
}

// Key evaluates the expression for a key. It is null where the value is, and where it can't be computed because what
// it is computed from is null: an operand, or something in front of a member. It is an error if the value has no
// order.
func (p *Program) Key(env any) (Key, error) {
	if !p.raw && p.short.whole != nil {
		if n, ok := p.short.whole(env); ok {
			return wholeKey(n), nil
		}
	}
	v, err := p.run(env)
	switch {
	case err != nil && isNull(err):
		return keyOf(NullValue()), nil
	case err != nil:
		return Key{}, p.failed(err)
	case v.isWhole(), v.kind == Null:
		return keyOf(v), nil // most are whole numbers
	}
	if err := v.ordered(); err != nil {
		return Key{}, p.failed(err)
	}
	return keyOf(v), nil
}

func (p *Program) failed(err error) error {
	if missing, ok := errors.AsType[*MissingError](err); ok {
		missing.look()
	}
	if _, ok := errors.AsType[*PanicError](err); ok {
		return err // it names the expression
	}
	return fmt.Errorf("%s: %w", p.source, err)
}
