package declaration

import (
	"fmt"
	"reflect"

	"github.com/leat-go/leat/internal/elements"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/keys"
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
	keys.Options
	// complaints say what is wrong with the join's options by themselves.
	complaints []string
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
	j.check(m)
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

// Complain says that an option of the join is mistaken, or contradicts another.
func (j *Join) Complain(format string, args ...any) {
	j.complaints = append(j.complaints, fmt.Sprintf(format, args...))
}

// SetTake says which match is taken. option is the name of what the user wrote.
func (j *Join) SetTake(take engine.Take, option string) {
	if j.Take != engine.TakeAll && j.Take != take {
		j.Complain("%s contradicts %s; an element takes one of its matches: leave one out", option, keys.TakeOption(j.Take))
	}
	j.Take = take
}

// SetNeed says what becomes of an element by its matches. option is the name of what the user wrote.
func (j *Join) SetNeed(need engine.Need, option string) {
	if j.Need != engine.NeedOne && j.Need != need {
		j.Complain("%s contradicts another option: a match is needed, leat.Optional, or leat.Absent; leave one out", option)
	}
	j.Need = need
}

// SetWithin says what the reach is.
func (j *Join) SetWithin(before, after any) {
	given := &keys.Within{Before: before, After: after}
	for _, bound := range []any{before, after} {
		if bound == nil {
			j.Complain("%v: a bound is nil; give a number, a time.Duration, or leat.Any", given)
			return
		}
	}
	if j.IsNamed && *j.Within != *given {
		j.Complain("%v contradicts %v; a join has one reach: leave one out", given, j.Within)
	}
	j.Within, j.IsNamed = given, true
}

// AddMatchKey adds a match key.
func (j *Join) AddMatchKey(by keys.MatchKey, err error) {
	j.By = append(j.By, by)
	switch {
	case err != nil:
		j.Complain("%v", err)
	case by.Left != j.Left || by.Right != j.Right:
		j.Complain("leat.By is over %v and %v, but the join is of %v with %v; give functions of these",
			by.Left, by.Right, j.Left, j.Right)
	}
}

// check checks the options of a join together.
func (j *Join) check(m *Mill) {
	for _, complaint := range j.complaints {
		m.Mistakes.Add("%s: %s", j.Option, complaint)
	}
	if len(j.complaints) > 0 {
		j.Edge = nil
		return
	}
	if j.Compared && (j.Within != nil || j.Take != engine.TakeAll || j.Unequal || len(j.By) > 0) {
		m.Mistakes.Add("%s: a comparison says by itself what matches, and knows no distances; use leat.Join with keys for "+
			"leat.Within, leat.By, leat.Unequal, leat.Last, leat.First and leat.Nearest", j.Option)
		return
	}
	if err := j.Options.Check(); err != nil {
		m.Mistakes.Add("%s: %w", j.Option, err)
		j.Edge = nil
	}
}
