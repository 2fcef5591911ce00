package jointree

import (
	"slices"

	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/mistake"
)

// IsMeant reports whether a setting is for n.
func (n *Node) IsMeant(s *declaration.NodeSetting) bool {
	if n.Element != s.Element || !s.HasName {
		return n.Element == s.Element
	}
	if n.path != "" {
		return n.isCalled(s.Name)
	}
	return n.Name == s.Name
}

// isMeant reports whether settings are for a node, all of them for the same.
func (t *Tree) isMeant(settings ...*declaration.NodeSetting) bool {
	return slices.ContainsFunc(t.Nodes, func(n *Node) bool {
		return !slices.ContainsFunc(settings, func(s *declaration.NodeSetting) bool { return !n.IsMeant(s) })
	})
}

// CheckSettings returns a mistake for each setting that is for no node.
func (t *Tree) CheckSettings(settings []*declaration.NodeSetting) (mistakes mistake.List) {
	for _, s := range settings {
		if !t.isMeant(s) {
			mistakes.Add("%s: no node is %s; the tree has %s", s.Option, mistake.Element(s.Element, s.Name), nodeList(t.Nodes))
		}
	}
	return mistakes
}

// SortOf returns the sort of n; nil where there is none. One that names the node goes before one that is for all nodes of
// its element type.
func (n *Node) SortOf(sorts []*declaration.Sort) *engine.Sort {
	var found *declaration.Sort
	for _, s := range sorts {
		if n.IsMeant(s.NodeSetting) && (found == nil || s.HasName && !found.HasName) {
			found = s
		}
	}
	if found == nil {
		return nil
	}
	return found.Sort
}

// CheckSorts returns the mistakes of sorts: those that no node has, and several for one.
func (t *Tree) CheckSorts(sorts []*declaration.Sort) (mistakes mistake.List) {
	for i, s := range sorts {
		if !t.isMeant(s.NodeSetting) {
			name := ""
			if s.HasName {
				name = " under the name " + s.Name
			}
			mistakes.Add("%s: no node reads elements of %v%s; leave it out, or join such a stream", s.Option, s.Element, name)
		}
		for _, other := range sorts[:i] {
			if other.HasName == s.HasName && t.isMeant(s.NodeSetting, other.NodeSetting) {
				mistakes.Add("%s: %s puts the stream in order already; give one, or name the nodes by leat.Named", s.Option,
					other.Option)
			}
		}
	}
	return mistakes
}
