package topic

import (
	"fmt"
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/types"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/rawjson"
)

// A Key is an expression over the members of an object that makes a record's key: robot_id, or floor(time_ms / 1000).
// It is safe for concurrent use.
type Key struct {
	program *expression.Program
	picker  *rawjson.Paths
}

// CompileKey compiles an expression, with the same functions and exact numbers as in pipeline files. A member goes by
// its name, as far as that is a name in expressions.
func CompileKey(text string) (*Key, error) {
	root, err := expression.Parse(text)
	if err != nil {
		return nil, err
	}
	names := &memberNames{types: types.Map{}, calls: map[ast.Node]bool{}}
	ast.Walk(&root, names)
	k := &Key{picker: new(rawjson.Paths)}
	k.program, err = expression.Compile(text, memberScope{names.members(), k.picker})
	return k, err
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

// A picked is an object with the spans of the members that a key needs.
type picked struct {
	raw   []byte
	spans []rawjson.Span
}

// memberScope lets an expression use the members of an object. The environment is a *picked.
type memberScope struct {
	names  types.Map
	picker *rawjson.Paths
}

// Types implements [expression.Scope].
func (s memberScope) Types() types.Map { return s.names }

// Field implements [expression.Scope].
func (s memberScope) Field(path []expression.Step, _ bool) (expression.Getter, int, error) {
	index, name, within := s.picker.Add(path), expression.PathString(path), slices.Clone(path)
	return func(env any) (expression.Value, error) {
		object := env.(*picked)
		span := object.spans[index]
		if span.End == 0 {
			return expression.Value{}, &expression.MissingError{Member: name, Object: object.raw, Path: within}
		}
		return expression.ValueOfJSON(object.raw[span.Start:span.End]), nil
	}, len(path), nil
}

// keyer returns a function that checks that a record is a JSON object, and computes its key: the bytes of a string,
// and the JSON of everything else. A nil Key gives no keys.
func (k *Key) keyer() func(object []byte) ([]byte, error) {
	if k == nil {
		var none rawjson.Paths
		return func(raw []byte) ([]byte, error) {
			_, err := none.Find(raw, nil)
			return nil, err
		}
	}
	key := expression.Single(k.program)
	object := &picked{spans: make([]rawjson.Span, k.picker.Len())}
	return func(raw []byte) ([]byte, error) {
		clear(object.spans)
		object.raw = raw
		if _, err := k.picker.Find(raw, object.spans); err != nil {
			return nil, err
		}
		value, err := key(object)
		if err != nil {
			return nil, fmt.Errorf("the key can't be computed: %w", err)
		}
		return value.Bytes()
	}
}
