package description

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"

	"github.com/leat-go/leat/internal/suggest"
)

// A mapping is a mapping of the pipeline file.
type mapping struct {
	at      location
	members []member
}

// A member is a member of a mapping.
type member struct {
	name  Text
	value *yaml.Node
}

// get returns the member with a name, or nil.
func (m *mapping) get(name string) *member {
	for i := range m.members {
		if m.members[i].name.Value == name {
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
	loader, err := yaml.NewLoader(bytes.NewReader(data), yaml.WithUniqueKeys(false),
		yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthFunc(checkDepth))))
	if err != nil {
		return nil, err
	}
	var first *yaml.Node
	for {
		var document yaml.Node
		switch err := loader.Load(&document); {
		case errors.Is(err, io.EOF) && first == nil:
			return nil, s.errorAt(location{1, 1}, "the pipeline file is empty: it needs the members streams, master and output")
		case errors.Is(err, io.EOF):
			if err := s.settle(first); err != nil {
				return nil, err
			}
			return s.mapping(first, "a pipeline file")
		case err != nil:
			return nil, s.syntaxError(err)
		}
		body := bodyOf(&document)
		switch {
		case body == nil:
			continue
		case first != nil:
			return nil, s.errorAt(s.locationOf(body), "a second document begins here, but a pipeline file has one")
		}
		first = body
		if err := s.checkNodes(body); err != nil {
			return nil, err
		}
	}
}

// settle sets what arguments say, and replaces environment variables.
func (s *source) settle(root *yaml.Node) error {
	for _, argument := range s.settings {
		if err := s.set(root, argument); err != nil {
			return err
		}
	}
	return s.expand(root)
}

// bodyOf returns what a document holds; nil where that is nothing but comments.
func bodyOf(document *yaml.Node) *yaml.Node {
	if document.Kind != yaml.DocumentNode || len(document.Content) == 0 {
		return nil
	}
	body := document.Content[0]
	if body.Kind == yaml.ScalarNode && body.Value == "" && body.Style == 0 {
		return nil
	}
	return body
}

// syntaxError says where a text isn't YAML. The parser names where it gave up and, for what has a begin and an end,
// where that began: the better one where the end is missing, since the parser gives up at the end of the file then.
func (s *source) syntaxError(err error) error {
	var syntax *yaml.LoadError
	if !errors.As(err, &syntax) {
		return s.errorAt(location{1, 1}, "this is not YAML: %v", err)
	}
	at := locationAt(syntax.Mark)
	if syntax.Message == errTooDeep.Error() {
		return s.errorAt(at, "%v", errTooDeep)
	}
	if strings.Contains(syntax.Message, "unknown anchor") {
		return s.errorAt(at, "%v", errAlias)
	}
	if syntax.ContextMark.Line > 0 && s.isEnd(at) {
		at = locationAt(syntax.ContextMark)
	}
	return s.errorAt(at, "this is not YAML: %s", s.plain(syntax.Message, at))
}

// isEnd reports whether nothing but blanks follows a location.
func (s *source) isEnd(at location) bool {
	if at.line > len(s.lines) {
		return true
	}
	rest := s.lines[at.line-1]
	rest = rest[min(at.column-1, len(rest)):]
	for _, line := range s.lines[at.line:] {
		if strings.TrimSpace(string(line)) != "" {
			return false
		}
	}
	return strings.TrimSpace(string(rest)) == ""
}

// isWithinText reports whether a bracket stands directly behind a name or a call, as in a[0].
func (s *source) isWithinText(at location) bool {
	if at.column < 2 || at.line > len(s.lines) {
		return false
	}
	before := s.lines[at.line-1][at.column-2]
	return unicode.IsLetter(before) || unicode.IsDigit(before) || strings.ContainsRune("_)$", before)
}

// plain says in plain words what the parser says, and what is usually wrong.
func (s *source) plain(message string, at location) string {
	const (
		indent = "; is the line indented as those beside it are, with a space behind its colon?"
		quote  = "; put a text with special characters into quotes"
	)
	here := cursor{s.lines, at}
	c := here.char()
	switch {
	case strings.Contains(message, "cannot start any token") && c == '\t':
		return "a tab can't indent a line; indent by spaces"
	case strings.Contains(message, "cannot start any token"):
		return fmt.Sprintf("a value can't begin with %q", string(c)) + quote
	case strings.Contains(message, "unexpected end of stream"):
		return "the quote that opens here is never closed"
	case strings.Contains(message, "did not find expected ','") && (c == '[' || c == '{') && s.isWithinText(at):
		return fmt.Sprintf("between braces or brackets %q ends a text", string(c)) + quote
	case strings.Contains(message, "did not find expected ','") && (c == '[' || c == '{'):
		return fmt.Sprintf("the bracket %q is never closed", string(c))
	case strings.Contains(message, "did not find expected ','"):
		return strings.Replace(message, "did not find expected", "expected", 1) + " here" + quote
	case strings.Contains(message, "expected node content") && s.isEnd(at):
		return "the file ends where a value is expected; is a bracket not closed?"
	case strings.Contains(message, "expected node content"):
		return "a value is expected here" + quote
	case strings.Contains(message, "expected key"), strings.Contains(message, "expected ':'"),
		strings.Contains(message, "not allowed in this context"):
		return message + indent
	}
	return message
}

// locationAt returns the location of a mark of the parser, which counts both from one.
func locationAt(m yaml.Mark) location { return location{m.Line, max(m.Column, 1)} }

// locationOf returns where a node begins.
func (s *source) locationOf(node *yaml.Node) location {
	if node.Line < 0 {
		return location{node.Line, node.Column} // of an argument
	}
	return location{max(node.Line, 1), max(node.Column, 1)}
}

// kindOf names a node's kind.
func kindOf(node *yaml.Node) string {
	switch node.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch node.ShortTag() {
	case "!!null":
		return "empty"
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	}
	return "a text"
}

// mapping returns a node as a mapping; what says what it is for, in errors. With allowed, other members are errors.
func (s *source) mapping(node *yaml.Node, what string, allowed ...string) (*mapping, error) {
	m := &mapping{at: s.locationOf(node)}
	if node.Kind != yaml.MappingNode {
		return nil, s.errorAt(m.at, "%s must be a mapping of names to values, but this is %s", what, kindOf(node))
	}
	there := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, err := s.text(written(node.Content[i]), "a member's name")
		if err != nil {
			return nil, err
		}
		if there[name.Value] {
			return nil, name.Errorf("the member %q is there twice", name.Value)
		}
		there[name.Value] = true
		m.members = append(m.members, member{name, node.Content[i+1]})
	}
	if len(allowed) > 0 {
		return m, s.only(m, what, allowed...)
	}
	return m, nil
}

// Suggest returns a suggestion for a misspelt name or, if none is close, all that there are.
func Suggest(name string, candidates []string) string {
	if suggestion := suggest.Name(name, candidates); suggestion != "" {
		return suggestion
	}
	if len(candidates) == 0 {
		return ""
	}
	return ": there is " + strings.Join(candidates, ", ")
}

// text returns a node as a text; numbers, true and false are taken as they are written.
func (s *source) text(node *yaml.Node, what string) (Text, error) {
	t := Text{source: s, start: s.locationOf(node)}
	t.begin = t.start
	if node.Kind != yaml.ScalarNode || node.ShortTag() == "!!null" {
		return t, t.Errorf("%s must be a text, but this is %s", what, kindOf(node))
	}
	t.Value = node.Value
	switch {
	case node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		t.begin.column++
	case node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		t.begin = location{t.start.line + 1, 1}
	}
	t.expansion = s.expansions[node]
	return t, nil
}

// written returns a node as a text also where YAML takes what is written for no value: null, NULL or ~.
func written(node *yaml.Node) *yaml.Node {
	if node.Kind != yaml.ScalarNode || node.ShortTag() != "!!null" || node.Value == "" {
		return node
	}
	text := *node
	text.Tag = "!!str"
	return &text
}

// boolean returns a node that must be true or false.
func (s *source) boolean(node *yaml.Node, what string) (bool, error) {
	if node.Kind != yaml.ScalarNode || node.ShortTag() != "!!bool" {
		return false, s.errorAt(s.locationOf(node), "%s must be true or false, but this is %s", what, kindOf(node))
	}
	return strings.EqualFold(node.Value, "true"), nil
}

// list returns the items of a node that is a list.
func (s *source) list(node *yaml.Node, what string) ([]*yaml.Node, error) {
	if node.Kind == yaml.SequenceNode {
		return node.Content, nil
	}
	return nil, s.errorAt(s.locationOf(node), "%s must be a list, but this is %s", what, kindOf(node))
}
