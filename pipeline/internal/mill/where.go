package mill

import (
	"errors"
	"fmt"
	"sync"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/object"
)

// A filter says which elements of a stream take part.
type filter struct {
	*expression.Program
	// clones are for those who ask at the same time.
	clones sync.Pool
}

// compileWhere compiles which elements of the node's stream take part, if not all do.
func (n *Node) compileWhere() error {
	where := n.Stream.Reading.Where
	if where == nil {
		return nil
	}
	program, err := object.CompileCondition(where.Value, n.members, n.records)
	if err != nil {
		return where.Locate(err, 0)
	}
	n.where = &filter{Program: program}
	n.where.clones.New = func() any { return program.Clone() }
	return nil
}

// HasWhere reports whether elements of the node's stream may be left out.
func (n *Node) HasWhere() bool { return n.where != nil }

// TakesPart reports whether an element takes part in the join: where its stream says where, that must be true. The error
// says why that can't be told. It is safe for concurrent use.
func (n *Node) TakesPart(element any) (bool, error) {
	if n.where == nil {
		return true, nil
	}
	program := n.where.clones.Get().(*expression.Program)
	defer n.where.clones.Put(program)
	takesPart, err := program.Holds(element)
	missing, ok := errors.AsType[*expression.MissingError](err)
	if ok && len(missing.Path) > 1 && missing.Path[0].Name == n.Name {
		return false, fmt.Errorf("%w: here a member goes by its own name, %s", err, expression.PathString(missing.Path[1:]))
	}
	return takesPart, err
}
