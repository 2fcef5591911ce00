package declaration

import (
	"reflect"

	"github.com/leat-go/leat/internal/elements"
	"github.com/leat-go/leat/internal/engine"
)

// A Sort is what an option said of the order of a stream.
type Sort struct {
	Option *Option
	// Element is the element type, never a pointer, and Name the node's where HasName.
	Element reflect.Type
	Name    string
	HasName bool
	*engine.Sort
	// Used says that a node is put in order by it.
	Used bool
}

// AddSort adds a sort for nodes of an element type, or the one that an option names: leat.Named is the only one.
func AddSort[T any, O interface{ DeclareJoin(*Join) }](m *Mill, o *Option, s *engine.Sort, options []O) {
	j := &Join{Option: o}
	for i, option := range options {
		if any(option) == nil {
			m.Mistakes.Add("%s: option %d is nil; leave it out", o, i+1)
			continue
		}
		option.DeclareJoin(j)
	}
	if rest := *j; rest.HasLeft || rest.Unique || rest.Unequal || rest.Take != 0 || rest.Need != 0 ||
		rest.Within != nil || len(rest.By) > 0 {
		m.Mistakes.Add("%s: of the options of joins it takes leat.Named only, which names the node; leave the others out", o)
	}
	m.Sorts = append(m.Sorts, &Sort{Option: o, Element: elements.TypeFor[T](), Name: j.Name, HasName: j.HasName, Sort: s})
}

// SortOf returns the sort of a node with an element type and name; nil where there is none. One that names the node goes
// before one that is for all nodes of the type.
func (m *Mill) SortOf(element reflect.Type, name string) *engine.Sort {
	var found *Sort
	for _, s := range m.Sorts {
		if s.Element != element || s.HasName && s.Name != name {
			continue
		}
		s.Used = true
		if found == nil || s.HasName && !found.HasName {
			found = s
		}
	}
	if found == nil {
		return nil
	}
	return found.Sort
}

// CheckSorts adds the mistakes of sorts: those that no node has, and several for one.
func (m *Mill) CheckSorts() {
	for i, s := range m.Sorts {
		if !s.Used {
			m.Mistakes.Add("%s: no node reads elements of %v%s; leave it out, or join such a stream", s.Option, s.Element,
				named(s))
		}
		for _, other := range m.Sorts[:i] {
			if other.Element == s.Element && other.HasName == s.HasName && other.Name == s.Name {
				m.Mistakes.Add("%s: %s puts the stream in order already; give one, or name the nodes by leat.Named", s.Option,
					other.Option)
			}
		}
	}
}

func named(s *Sort) string {
	if !s.HasName {
		return ""
	}
	return " under the name " + s.Name
}
