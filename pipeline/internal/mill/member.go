package mill

import (
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/words"
)

// SoleMember returns the one member that a key is made of; nil where it isn't.
func (n *Node) SoleMember(key *expression.Program) ([]string, *expression.Program, error) {
	root, err := expression.Parse(key.String())
	if err != nil {
		return nil, nil, err
	}
	members := &memberPaths{name: n.Name, within: map[ast.Node]bool{}}
	// A walk comes to the inner nodes first: a path is known by its longest form.
	ast.Walk(&root, members)
	paths := members.longest()
	if len(paths) != 1 || paths[0] == nil {
		return nil, nil, nil
	}
	text := n.Name
	for _, member := range paths[0] {
		text += Access(member)
	}
	program, err := expression.Compile(text, n.Scope())
	return paths[0], program, err
}

// memberPaths collects the paths that begin with a stream's name.
type memberPaths struct {
	name   string
	found  []ast.Node
	within map[ast.Node]bool
}

// Visit implements ast.Visitor.
func (m *memberPaths) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.MemberNode:
		m.within[n.Node] = true
		m.found = append(m.found, n)
	case *ast.IdentifierNode:
		m.found = append(m.found, n)
	}
}

// longest returns the different paths; nil for one that isn't made of names alone.
func (m *memberPaths) longest() (paths [][]string) {
	for _, node := range m.found {
		path, ok := m.path(node)
		if m.within[node] || !ok {
			continue
		}
		if !slices.ContainsFunc(paths, func(other []string) bool { return slices.Equal(other, path) }) {
			paths = append(paths, path)
		}
	}
	return paths
}

func (m *memberPaths) path(node ast.Node) (path []string, ok bool) {
	switch n := node.(type) {
	case *ast.IdentifierNode:
		return nil, n.Value == m.name
	case *ast.MemberNode:
		path, ok = m.path(n.Node)
		if name, isName := n.Property.(*ast.StringNode); isName && ok {
			return append(path, name.Value), true
		}
		return nil, ok
	}
	return nil, false
}

// Access returns how an expression names a member.
func Access(member string) string {
	if description.IsName(member) {
		return "." + member
	}
	return "[" + words.Quoted(member) + "]"
}
