package description

import (
	"bytes"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"

	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/pipeline/internal/words"
)

// argument returns an error about a part of the file that an argument of the command has set: its location is a line below
// zero, which counts the arguments.
func (s *source) argument(at location, message string) *Error {
	return &Error{File: s.arguments[-at.line-1], Message: message}
}

// addArgument returns the location of texts that an argument of the command sets.
func (s *source) addArgument(name string) location {
	s.arguments = append(s.arguments, name)
	return location{-len(s.arguments), 1}
}

// A CSVMember is a member of csv, as a flag of that name says it.
type CSVMember struct {
	Name   string
	Values []string
	IsList bool
}

// ParseCSV reads how a text file holds its cells from flags, whose names are those of csv's members behind a prefix, such as
// --to-. It returns nil where there are none. What is wrong is an [*Error] that names the flag.
func ParseCSV(prefix string, members []CSVMember) (*file.Dialect, error) {
	if len(members) == 0 {
		return nil, nil
	}
	s, d := newSource("", nil), &file.Dialect{}
	var flags []string
	for _, m := range members {
		flag := prefix + m.Name
		at := s.addArgument(flag)
		name := Text{Value: m.Name, source: s, start: at, begin: at}
		if err := s.csvMember(d, &member{name: name, value: m.node(at)}); err != nil {
			return nil, err
		}
		flags = append(flags, flag)
	}
	if err := d.Check(); err != nil {
		return nil, s.errorAt(s.addArgument(strings.Join(flags, " ")), "%v", err)
	}
	return d, nil
}

// CSVMembers returns the members of csv that say what a dialect says; none for nil.
func CSVMembers(d *file.Dialect) (members []CSVMember) {
	if d == nil {
		return nil
	}
	add := func(name string, isList bool, values ...string) {
		if len(values) > 0 && values[0] != "" || isList && len(values) > 0 {
			members = append(members, CSVMember{name, values, isList})
		}
	}
	switch {
	case d.Blanks:
		add("delimiter", false, "space")
	case d.Delimiter == '\t':
		add("delimiter", false, "tab")
	case d.Delimiter != 0:
		add("delimiter", false, string(d.Delimiter))
	}
	add("columns", true, d.Columns...)
	add("comment", false, d.Comment)
	add("null", true, d.Null...)
	if d.Decimal != 0 {
		add("decimal", false, string(d.Decimal))
	}
	if d.Ragged {
		add("ragged", false, "true")
	}
	add("text", true, d.Text...)
	return members
}

// CSVFlags returns members of csv as flags for a shell, whose names have a prefix, such as --.
func CSVFlags(prefix string, members []CSVMember) string {
	var flags []string
	for _, m := range members {
		flag := prefix + m.Name
		if m.Name != "ragged" {
			flag += " " + words.Shell(strings.Join(m.Values, ","))
		}
		flags = append(flags, flag)
	}
	return strings.Join(flags, " ")
}

// node returns the values as YAML has them.
func (m *CSVMember) node(at location) *yaml.Node {
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	for _, value := range m.Values {
		list.Content = append(list.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: plainTag(value), Value: value})
	}
	place(list, at)
	if m.IsList {
		return list
	}
	return list.Content[0]
}

// parseArgument reads an argument's value as YAML.
func (s *source) parseArgument(text string, at location) (*yaml.Node, error) {
	own := newSource("", []byte(text))
	if err := own.checkText([]byte(text)); err != nil {
		return nil, s.errorAt(at, "%v", err)
	}
	loader, err := yaml.NewLoader(bytes.NewReader([]byte(text)), yaml.WithUniqueKeys(false),
		yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthFunc(checkDepth))))
	if err != nil {
		return nil, err
	}
	var document yaml.Node
	if err := loader.Load(&document); err != nil {
		return nil, s.errorAt(at, "%s: %v", text, own.syntaxError(err))
	}
	body := bodyOf(&document)
	if body == nil {
		return nil, s.errorAt(at, "%q is no value", text)
	}
	place(body, at)
	return body, s.checkNodes(body)
}

// place puts a node at a location, with all that it holds.
func place(node *yaml.Node, at location) {
	node.Line, node.Column = at.line, at.column
	for _, part := range node.Content {
		place(part, at)
	}
}

// set sets a member of the file as an argument PATH=VALUE says: streams.a.file=x.csv, or join.0.within={before: 5}. What
// isn't there is added.
func (s *source) set(root *yaml.Node, argument string) error {
	at := s.addArgument("--set " + argument)
	path, value, ok := strings.Cut(argument, "=")
	if !ok || path == "" {
		return s.errorAt(at, "this must be PATH=VALUE, as in streams.orders.file=orders.csv or join.0.within=5")
	}
	node := &yaml.Node{Kind: yaml.ScalarNode, Tag: plainTag(value), Value: value}
	place(node, at)
	if trimmed := strings.TrimSpace(value); strings.HasPrefix(trimmed, "{") || strings.HasPrefix(trimmed, "[") ||
		strings.HasPrefix(trimmed, `"`) || strings.HasPrefix(trimmed, "'") {
		var err error
		if node, err = s.parseArgument(value, at); err != nil {
			return err
		}
	}
	steps := strings.Split(path, ".")
	for i, step := range steps {
		last := i == len(steps)-1
		var err error
		if root, err = s.step(root, step, strings.Join(steps[:i], "."), at); err != nil {
			return err
		}
		if last {
			*root = *node
		} else if root.Kind == yaml.ScalarNode && (root.Value == "" || root.ShortTag() == "!!null") {
			*root = yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: at.line, Column: at.column}
		}
	}
	return nil
}

// step returns what a step of a path leads to, which is added to a mapping that hasn't got it; before is the path up to
// there.
func (s *source) step(node *yaml.Node, step, before string, at location) (*yaml.Node, error) {
	if before == "" {
		before = "the file"
	}
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i+1], nil
			}
		}
		name := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: step, Line: at.line, Column: at.column}
		value := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Line: at.line, Column: at.column}
		node.Content = append(node.Content, name, value)
		return value, nil
	case yaml.SequenceNode:
		i, err := strconv.Atoi(step)
		if err != nil || i < 0 || i >= len(node.Content) {
			return nil, s.errorAt(at, "%s is a list of %d, whose items are counted from 0: it has no %s", before,
				len(node.Content), step)
		}
		return node.Content[i], nil
	}
	return nil, s.errorAt(at, "%s is %s, which has no members: set it as a whole, as in %s={%s: …}", before, kindOf(node),
		before, step)
}

// plainTag is the tag of a text that is written without quotes, as far as pipeline files tell them apart.
func plainTag(text string) string {
	switch text {
	case "true", "True", "TRUE", "false", "False", "FALSE":
		return "!!bool"
	}
	return "!!str"
}
