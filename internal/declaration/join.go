package declaration

import (
	"reflect"

	"github.com/leat-go/leat/internal/elements"
	"github.com/leat-go/leat/internal/engine"
)

// A Join is what a join option said.
type Join struct {
	Option *Option
	// Left and Right are element types, never pointers.
	Left, Right reflect.Type
	// Name is the right node's where HasName, and LeftName the left one's where HasLeft.
	Name, LeftName string
	HasName        bool
	HasLeft        bool
	Unique         bool
	// Compared says that it is by a comparison instead of keys.
	Compared bool
	// On describes the keys in a plan.
	On string
	// Edge compiles the keys; nil where they are mistaken.
	Edge func() (func() engine.Edge, error)
}

// NewJoin returns the join of an option. L and R are element types, or pointers to them.
func NewJoin[L, R any](o *Option) *Join {
	return &Join{Option: o, Left: elements.TypeFor[L](), Right: elements.TypeFor[R]()}
}

// AddJoin adds a join, with its own options.
func AddJoin[O interface{ DeclareJoin(*Join) }](m *Mill, j *Join, options []O) {
	for i, o := range options {
		if any(o) == nil {
			m.Mistakes.Add("%s: option %d of the join is nil; leave it out", j.Option, i+1)
			continue
		}
		before := *j
		o.DeclareJoin(j)
		checkNames(m, &before, j)
	}
	m.Joins = append(m.Joins, j)
}

// checkNames refuses a second name for a node of a join, which would silently replace the first.
func checkNames(m *Mill, before, after *Join) {
	if before.HasName && after.Name != before.Name {
		m.Mistakes.Add("%s: leat.Named(%q) contradicts leat.Named(%q); a node has one name: leave one out",
			after.Option, after.Name, before.Name)
	}
	if before.HasLeft && after.LeftName != before.LeftName {
		m.Mistakes.Add("%s: leat.Left(%q) contradicts leat.Left(%q); a join has one left node: leave one out, "+
			"or make a join of each", after.Option, after.LeftName, before.LeftName)
	}
}

// A JoinOption sets something of a join.
type JoinOption func(*Join)

// DeclareJoin adds what the option says to a join.
func (o JoinOption) DeclareJoin(j *Join) { o(j) }
