// Package expression compiles and evaluates the expressions of configuration: keys of joins and windows, and what a
// pipeline writes. The language is that of github.com/expr-lang/expr; its parser, checker and virtual machine do the
// work, and this package does the arithmetic, because keys must not be rounded:
//
//   - Whole numbers are exact, however large: nothing overflows. A division is exact, too: 10 / 5 is 2, and
//     floor(time / 1000) is right for every whole number. A result that is no integer in the end is compared as the
//     nearest float64, so that 1 / 10 equals 0.1, unless it has too many digits for that: then it stays exact.
//   - Floating numbers follow IEEE 754. Together with a whole number that a float64 can't hold they are taken exactly.
//   - Numbers compare as numbers, exactly, whether they came out whole or floating.
//   - A missing member, null where a number is needed, and a result that is not a number are errors that name the member.
package expression

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"
)

// A Getter reads a field from an environment. It returns a [*MissingError] where the element hasn't got it. It must be
// safe for concurrent use.
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
	// part of the result as it stands, and may be of kind Other with a json.RawMessage.
	Field(path []Step, raw bool) (get Getter, used int, err error)
}

// A Lister is a Scope that can tell something of lists without making all of their items.
type Lister interface {
	// Length returns what reads the length of the list that a path leads to; false where it leads elsewhere.
	Length(path []Step) (get Getter, ok bool)
	// Each returns what reads a member, given by its path, of each item of the list that a path leads to, as a []any, with
	// nil for missing ones; false where there is no such list or member.
	Each(path, member []Step) (get Getter, ok bool)
}

// A Program is a compiled expression. It is used by one goroutine at a time; see Clone.
type Program struct {
	source string
	kind   Kind
	// direct is the whole expression where it is a calculation; code is used otherwise.
	direct  *calculation
	code    *vm.Program
	machine *vm.VM
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
	tree, _, err := parse(source, nil)
	if err != nil {
		return nil, compileError(source, err)
	}
	return tree.Node, nil
}

func compile(source string, scope Scope, raw bool) (*Program, error) {
	if strings.TrimSpace(source) == "" {
		return nil, newError(source, 0, "the expression is empty")
	}
	config := conf.New(scope.Types())
	tree, literals, err := parse(source, config)
	if err != nil {
		return nil, compileError(source, err)
	}
	p := &Program{source: source}
	if err := p.check(tree, config, scope); err != nil {
		return nil, err
	}
	literals.resolve(tree)
	r := &rewriter{source: source, scope: scope, raw: raw, calls: map[*ast.CallNode]*calculation{},
		texts: map[ast.Node]string{}}
	r.rewrite(&tree.Node, place{result: true})
	if r.err != nil {
		return nil, r.err
	}
	if whole, _ := r.root(tree.Node); whole != nil {
		p.direct = whole
		return p, nil
	}
	return p, p.assemble(tree, r)
}

// root returns the calculation that a whole expression is, or nil.
func (r *rewriter) root(node ast.Node) (*calculation, bool) {
	if call, ok := node.(*ast.CallNode); ok {
		if c, ok := r.calls[call]; ok && !c.needsArguments() {
			return c, true
		}
		return nil, false
	}
	if c, arguments := r.leaf(node); len(arguments) == 0 {
		return c, true
	}
	return nil, false
}

// check checks the names and types of an expression as it was written.
func (p *Program) check(tree *parser.Tree, config *conf.Config, scope Scope) error {
	var names []string
	for name := range scope.Types() {
		names = append(names, name)
	}
	if err := checkNames(p.source, tree.Node, names); err != nil {
		return err
	}
	remainders := new(remainders)
	ast.Walk(&tree.Node, remainders)
	t, err := checker.Check(tree, config)
	remainders.restore()
	if err != nil {
		return explain(p.source, tree.Node, err)
	}
	p.kind = kindOf(t)
	if t == reflect.TypeFor[time.Duration]() {
		p.kind = Duration
	}
	return nil
}

// remainders hides the operator % from expr's checker, which has it for integers only.
type remainders struct{ nodes []*ast.BinaryNode }

// Visit implements ast.Visitor.
func (r *remainders) Visit(node *ast.Node) {
	if n, ok := (*node).(*ast.BinaryNode); ok && n.Operator == "%" {
		n.Operator = "-"
		r.nodes = append(r.nodes, n)
	}
}

func (r *remainders) restore() {
	for _, n := range r.nodes {
		n.Operator = "%"
	}
}

// assemble compiles what the rewriter has left.
func (p *Program) assemble(tree *parser.Tree, r *rewriter) error {
	config := conf.CreateNew()
	r.functions(config)
	if _, err := checker.Check(tree, config); err != nil {
		return compileError(p.source, err)
	}
	code, err := compiler.Compile(tree, config)
	if err != nil {
		return compileError(p.source, err)
	}
	p.code, p.machine = code, new(vm.VM)
	return nil
}

// Clone returns a program that may be used by another goroutine.
func (p *Program) Clone() *Program {
	clone := *p
	if clone.machine != nil {
		clone.machine = new(vm.VM)
	}
	return &clone
}

// String returns the expression.
func (p *Program) String() string { return p.source }

// Kind returns the kind of the program's values as far as the types of the fields tell it; Unknown otherwise.
func (p *Program) Kind() Kind { return p.kind }

// Value evaluates the expression. The environment of a program made by CompileStruct is a pointer to the struct.
func (p *Program) Value(env any) (Value, error) {
	if p.direct != nil {
		v, err := p.direct.eval(env, nil)
		if err != nil {
			return Value{}, p.failed(err)
		}
		return v, nil
	}
	result, err := p.machine.Run(p.code, env)
	if err != nil {
		return Value{}, p.failed(runtimeError(err))
	}
	return ValueOf(result), nil
}

// Key evaluates the expression for a key. It is an error if the value has no order.
func (p *Program) Key(env any) (Key, error) {
	v, err := p.Value(env)
	if err != nil {
		return Key{}, err
	}
	if v.kind == Number && v.form == whole {
		return Key{v}, nil // most are
	}
	key, err := NewKey(v)
	if err != nil {
		return Key{}, p.failed(err)
	}
	return key, nil
}

func (p *Program) failed(err error) error {
	if missing, ok := errors.AsType[*MissingError](err); ok {
		missing.look()
	}
	return fmt.Errorf("%s: %w", p.source, err)
}
