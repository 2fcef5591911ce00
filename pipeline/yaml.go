package pipeline

import (
	"errors"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/leat-go/leat/internal/suggest"
)

// A mapping is a mapping of the pipeline file.
type mapping struct {
	at      place
	members []member
}

// A member is a member of a mapping.
type member struct {
	name  text
	value ast.Node
}

// get returns the member with a name, or nil.
func (m *mapping) get(name string) *member {
	for i := range m.members {
		if m.members[i].name.value == name {
			return &m.members[i]
		}
	}
	return nil
}

// parseYAML returns the one document of a file, which must be a mapping.
func (s *source) parseYAML(data []byte) (*mapping, error) {
	if err := s.checkText(data); err != nil {
		return nil, err
	}
	if err := s.checkTokens(string(data)); err != nil {
		return nil, err
	}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, s.syntaxError(err)
	}
	var bodies []ast.Node
	for _, document := range file.Docs {
		if document.Body != nil && document.Body.Type() != ast.CommentType {
			bodies = append(bodies, document.Body)
		}
	}
	switch len(bodies) {
	case 0:
		return nil, s.errorAt(place{1, 1}, "the pipeline file is empty: it needs the members streams, master and output")
	case 1:
		return s.mapping(bodies[0], "a pipeline file")
	}
	return nil, s.errorAt(s.placeOf(bodies[1]), "a second document begins here, but a pipeline file has one")
}

func (s *source) syntaxError(err error) error {
	var syntax yaml.Error
	at := place{1, 1}
	message, _, _ := strings.Cut(err.Error(), "\n")
	if errors.As(err, &syntax) {
		message = syntax.GetMessage()
		if t := syntax.GetToken(); t != nil && t.Position != nil {
			at = place{t.Position.Line, t.Position.Column}
		}
	}
	return s.errorAt(at, "this is not YAML: %s%s", message, yamlAdvice(message))
}

// yamlAdvice says what is usually wrong where the parser has found something else.
func yamlAdvice(message string) string {
	for _, known := range []struct{ part, advice string }{
		{"tab character", "indent by spaces"},
		{"character '\t'", "indent by spaces"},
		{"not allowed in this context", "is the line indented as those beside it are, with a space behind its colon?"},
		{"non-map value", "is the line indented as those beside it are, with a space behind its colon?"},
		{"unexpected key name", "is the line indented as those beside it are, with a space behind its colon?"},
		{"already defined", "a member is there once"},
		{"must be specified", "put a text with special characters into quotes"},
		{"reserved character", "put a text with special characters into quotes"},
	} {
		if strings.Contains(message, known.part) {
			return "; " + known.advice
		}
	}
	return ""
}

// placeOf returns where a node begins.
func (s *source) placeOf(node ast.Node) place {
	switch n := node.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return s.placeOf(n.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return s.placeOf(n.Key)
	}
	if t := node.GetToken(); t != nil && t.Position != nil {
		return place{t.Position.Line, max(t.Position.Column, 1)}
	}
	return place{1, 1}
}

// describe names a node's kind.
func describe(node ast.Node) string {
	switch node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "empty"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	case *ast.BoolNode:
		return "true or false"
	}
	return "a text"
}

// mapping returns a node as a mapping; what says what it is for, in errors. With allowed, other members are errors.
func (s *source) mapping(node ast.Node, what string, allowed ...string) (*mapping, error) {
	m := &mapping{at: s.placeOf(node)}
	var values []*ast.MappingValueNode
	switch n := node.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		return nil, s.errorAt(m.at, "%s must be a mapping of names to values, but this is %s", what, describe(node))
	}
	for _, value := range values {
		name, err := s.text(value.Key, "a member's name")
		if err != nil {
			return nil, err
		}
		if m.get(name.value) != nil {
			return nil, name.errorf("the member %q is there twice", name.value)
		}
		m.members = append(m.members, member{name, value.Value})
	}
	if len(allowed) > 0 {
		return m, s.only(m, what, allowed...)
	}
	return m, nil
}

// suggestOr returns a suggestion for a misspelt name or, if none is close, all that there are.
func suggestOr(name string, candidates []string) string {
	if suggestion := suggest.Name(name, candidates); suggestion != "" {
		return suggestion
	}
	if len(candidates) == 0 {
		return ""
	}
	return ": there is " + strings.Join(candidates, ", ")
}

// text returns a node as a text; numbers, true and false are taken as they are written.
func (s *source) text(node ast.Node, what string) (text, error) {
	t := text{source: s, start: s.placeOf(node)}
	t.at = t.start
	switch n := node.(type) {
	case *ast.StringNode:
		t.value = n.Value
		if n.Token.Type == token.SingleQuoteType || n.Token.Type == token.DoubleQuoteType {
			t.at.column++
		}
	case *ast.LiteralNode:
		t.value = n.Value.Value
		t.at = place{t.start.line + 1, 1}
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		t.value = node.GetToken().Value
	default:
		return t, t.errorf("%s must be a text, but this is %s", what, describe(node))
	}
	return t, nil
}

// list returns the items of a node that is a list.
func (s *source) list(node ast.Node, what string) ([]ast.Node, error) {
	if n, ok := node.(*ast.SequenceNode); ok {
		return n.Values, nil
	}
	return nil, s.errorAt(s.placeOf(node), "%s must be a list, but this is %s", what, describe(node))
}
