package object

import (
	"fmt"
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/types"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/rawjson"
)

// A MemberKey is an expression over the members of one object, each by its name: robot_id, or floor(time_ms / 1000). It
// is safe for concurrent use.
type MemberKey struct {
	// Program is the expression. What it is evaluated over is what Pick returns.
	Program *expression.Program
	members *rawjson.Paths
	records *Records
}

// CompileMemberKey compiles an expression, with the same functions and exact numbers as in pipeline files. A member
// goes by its name, and one whose name is none in expressions by $env["unit price"]. Errors are of type [*expression.Error].
func CompileMemberKey(text string) (*MemberKey, error) { return CompileKey(text, nil) }

// CompileKey is CompileMemberKey for elements that come in records.
func CompileKey(text string, records *Records) (*MemberKey, error) {
	names, err := membersIn(text)
	if err != nil {
		return nil, err
	}
	members, asked := new(rawjson.Paths), records.forOne()
	program, err := expression.Compile(text, memberScope{names, members, asked})
	if err != nil {
		return nil, err
	}
	asked.noteIn(records)
	return &MemberKey{program, members, asked}, nil
}

// Members returns the names of the members that the expression uses.
func (k *MemberKey) Members() []string { return k.members.Names() }

// CheckOrder returns an error where a stream can't be in the order of the key.
func (k *MemberKey) CheckOrder() error {
	if kind := k.Program.Kind(); kind == expression.Other || kind == expression.Null {
		return fmt.Errorf("%s is %s, which has no order", k.Program, kind)
	}
	if k.members.Len() == 0 && !k.asksRecords() {
		return fmt.Errorf("%s is the same for all elements: name the member that they are in the order of, such as time",
			k.Program)
	}
	return nil
}

// asksRecords reports whether the expression is about the records of elements.
func (k *MemberKey) asksRecords() bool { return k.records != nil && k.records.Asked }

// membersIn returns the members that an expression names.
func membersIn(text string) (types.Map, error) {
	root, err := expression.Parse(text)
	if err != nil {
		return nil, err
	}
	names := &memberNames{types: types.Map{}, calls: map[ast.Node]bool{}}
	ast.Walk(&root, names)
	return names.members(), nil
}

// whole stands for the element where its members go by their own names: of it, any of them can be named.
const whole = "$env"

// withoutWhole returns a path from the element's member on.
func withoutWhole(path []expression.Step) []expression.Step {
	if len(path) > 1 && path[0].Name == whole && !path[1].IsIndex {
		return path[1:]
	}
	return path
}

// memberNames collects the names that an expression uses, without those of functions.
type memberNames struct {
	found []*ast.IdentifierNode
	types types.Map
	calls map[ast.Node]bool
}

// Visit implements ast.Visitor.
func (n *memberNames) Visit(node *ast.Node) {
	switch x := (*node).(type) {
	case *ast.IdentifierNode:
		n.found = append(n.found, x)
	case *ast.CallNode:
		n.calls[x.Callee] = true
	case *ast.MemberNode:
		base, isName := x.Node.(*ast.IdentifierNode)
		if property, ok := x.Property.(*ast.StringNode); ok && isName && base.Value == whole {
			n.types[property.Value] = types.Any
		}
	}
}

func (n *memberNames) members() types.Map {
	for _, name := range n.found {
		if !n.calls[name] {
			n.types[name.Value] = types.Any
		}
	}
	return n.types
}

// A Picker finds in objects what a key needs of them. It is used by one goroutine at a time.
type Picker struct {
	members *rawjson.Paths
	object  picked
}

// picked is an object with the spans of the members that a key needs.
type picked struct {
	raw    []byte
	spans  []rawjson.Span
	record *expression.Record
}

// Picker returns a new picker.
func (k *MemberKey) Picker() *Picker {
	return &Picker{k.members, picked{spans: make([]rawjson.Span, k.members.Len())}}
}

// Pick checks that raw is a JSON object, and returns what the key's program is evaluated over until the next call.
// Errors are of type [*codec.Error].
func (p *Picker) Pick(raw []byte) (env any, err error) {
	clear(p.object.spans)
	p.object.raw = raw
	if _, err := p.members.Find(raw, p.object.spans); err != nil {
		return nil, err
	}
	return &p.object, nil
}

// PickObject is Pick for an object that knows the record that it came in.
func (p *Picker) PickObject(o *Object) (env any, err error) {
	p.object.record = o.record
	return p.Pick(o.Raw)
}

// memberScope lets an expression use the members of an object. The environment is a *picked.
type memberScope struct {
	names   types.Map
	members *rawjson.Paths
	records *Records
}

// Types implements [expression.Scope].
func (s memberScope) Types() types.Map { return s.names }

// Field implements [expression.Scope].
func (s memberScope) Field(path []expression.Step, _ bool) (expression.Getter, int, error) {
	used := len(path)
	path = withoutWhole(path)
	index, name, within := s.members.Add(path), expression.PathString(path), slices.Clone(path)
	return func(env any) (expression.Value, error) {
		object := env.(*picked)
		span := object.spans[index]
		if span.End == 0 {
			return expression.Value{}, &expression.MissingError{Member: name, Object: object.raw, Path: within}
		}
		return expression.ValueOfJSON(object.raw[span.Start:span.End]), nil
	}, used, nil
}

// Raw implements [expression.Rawer].
func (s memberScope) Raw(path []expression.Step) func(env any) (raw []byte, ok bool) {
	index := s.members.Add(path)
	return func(env any) ([]byte, bool) {
		object := env.(*picked)
		span := object.spans[index]
		if span.End == 0 {
			return nil, true
		}
		return object.raw[span.Start:span.End], true
	}
}
