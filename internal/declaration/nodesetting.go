package declaration

import (
	"reflect"

	"github.com/leat-go/leat/internal/elements"
	"github.com/leat-go/leat/internal/engine"
)

// A NodeSetting is what an option said of the nodes that read elements of a type: all of them, or those of a name.
type NodeSetting struct {
	Option *Option
	// Element is the element type, never a pointer.
	Element reflect.Type
	// Name is that of the node where HasName.
	Name    string
	HasName bool
	// Set sets what the option says.
	Set func(*engine.Node)
}

// NewNodeSetting returns the setting of an option. E is an element type, or a pointer to one.
func NewNodeSetting[E any](o *Option, set func(*engine.Node)) *NodeSetting {
	return &NodeSetting{Option: o, Element: elements.TypeFor[E](), Set: set}
}

// AddNodeSetting adds a setting, with its own options.
func AddNodeSetting[O interface{ DeclareNode(*NodeSetting) }](m *Mill, s *NodeSetting, options []O) {
	declareNode(m, s, options)
	m.NodeSettings = append(m.NodeSettings, s)
}

// declareNode has options say which node a setting is for. Those that don't are mistakes.
func declareNode[O any](m *Mill, s *NodeSetting, options []O) {
	for i, o := range options {
		before := *s
		switch o := any(o).(type) {
		case nil:
			m.Mistakes.Add("%s: option %d is nil; leave it out", s.Option, i+1)
		case interface{ DeclareNode(*NodeSetting) }:
			o.DeclareNode(s)
		default:
			m.Mistakes.Add("%s: of the options of joins it takes leat.Named only, which names the node; leave the others out",
				s.Option)
		}
		if before.HasName && before.Name != s.Name {
			m.Mistakes.Add("%s: leat.Named(%q) contradicts leat.Named(%q); give the option once for each node",
				s.Option, s.Name, before.Name)
		}
	}
}

// A NodeName names a node: the right one of a join, or the one that a setting is for.
type NodeName string

// DeclareJoin names the right node of a join.
func (n NodeName) DeclareJoin(j *Join) { j.Name, j.HasName = string(n), true }

// DeclareNode names the node that a setting is for.
func (n NodeName) DeclareNode(s *NodeSetting) { s.Name, s.HasName = string(n), true }
