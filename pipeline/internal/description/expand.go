package description

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// An expansion is a text of the file in which names of environment variables were replaced.
type expansion struct {
	// written is the text as the file has it, and offsets says for each character of the other, and its end, where it comes
	// from there.
	written string
	offsets []int
}

// expand replaces ${NAME} and ${NAME:-default} in the values of the file by environment variables; $${ is ${. What an
// argument has set stays as it is: the shell has seen it before.
func (s *source) expand(node *yaml.Node) error {
	step := 1
	if node.Kind == yaml.MappingNode {
		step = 2 // names stay
	}
	for i := step - 1; i < len(node.Content); i += step {
		if err := s.expand(node.Content[i]); err != nil {
			return err
		}
	}
	if node.Kind != yaml.ScalarNode || node.Line < 0 || !strings.Contains(node.Value, "${") {
		return nil
	}
	text, err := s.text(node, "a value")
	if err != nil {
		return err
	}
	if text.Value, err = s.expandText(text, node); err != nil {
		return err
	}
	node.Value = text.Value
	if node.Style == 0 {
		node.Tag = plainTag(node.Value)
	}
	if len(node.Value) > maxText {
		return text.Errorf("this text has %d bytes once its variables are replaced; one of a pipeline file has %d at most",
			len(node.Value), maxText)
	}
	return nil
}

// expandText returns the text of a node with its variables replaced, and notes where its characters come from.
func (s *source) expandText(text Text, node *yaml.Node) (string, error) {
	var expanded strings.Builder
	var offsets []int
	rest, at := text.Value, 0 // at counts characters
	put := func(value string, from, length int) {
		for i := range []rune(value) {
			offsets = append(offsets, from+min(i, length-1))
		}
		expanded.WriteString(value)
	}
	for rest != "" {
		before, behind, found := strings.Cut(rest, "${")
		escaped := found && strings.HasSuffix(before, "$")
		plain := len([]rune(before))
		if escaped {
			before = strings.TrimSuffix(before, "$") + "${"
			put(before, at, plain+2)
			at, rest = at+plain+2, behind
			continue
		}
		put(before, at, max(plain, 1))
		if at += plain; !found {
			break
		}
		inside, after, closed := strings.Cut(behind, "}")
		if !closed {
			return "", text.ErrorAt(at, "${ has no }: an environment variable is written as ${NAME} or ${NAME:-default}, and "+
				"$${ is ${ itself")
		}
		value, err := s.variable(text, at, inside)
		if err != nil {
			return "", err
		}
		length := len([]rune(inside)) + len("${}")
		put(value, at, 1)
		at, rest = at+length, after
	}
	s.expansions[node] = expansion{text.Value, append(offsets, at)}
	return expanded.String(), nil
}

// variable returns what stands for NAME or NAME:-default, which begins at a character of a text.
func (s *source) variable(text Text, at int, inside string) (string, error) {
	name, otherwise, hasDefault := strings.Cut(inside, ":-")
	if !IsName(name) {
		return "", text.ErrorAt(at, "${%s} names no environment variable: it is written as ${NAME} or ${NAME:-default}, and "+
			"$${ is ${ itself", inside)
	}
	value, set := s.lookup(name)
	switch {
	case value == "" && hasDefault:
		return otherwise, nil
	case !set:
		return "", text.ErrorAt(at, "the environment variable %s is not set: set it, or give a default, as in ${%[1]s:-x}", name)
	}
	if strings.ContainsFunc(value, isControl) {
		return "", text.ErrorAt(at, "the environment variable %s has a control character in it, which a text of a pipeline "+
			"file doesn't have", name)
	}
	if len(value) >= leastHidden {
		quoted := strconv.Quote(value)
		s.hidden = append(s.hidden, [2]string{value, "${" + name + "}"},
			[2]string{quoted[1 : len(quoted)-1], "${" + name + "}"})
	}
	return value, nil
}

// leastHidden is how long a value of the environment must be to be hidden in messages: it may be a secret, and what is
// shorter than that is none, but may be a part of any word.
const leastHidden = 4

// hide writes the names of environment variables in the place of their values, which may be secrets, in what a message is
// made of.
func (s *source) hide(arguments []any) []any {
	if len(s.hidden) == 0 {
		return arguments
	}
	hidden := make([]any, len(arguments))
	for i, argument := range arguments {
		hidden[i] = argument
		var text string
		switch a := argument.(type) {
		case string:
			text = a
		case error:
			text = a.Error()
		default:
			continue
		}
		for _, h := range s.hidden {
			text = strings.ReplaceAll(text, h[0], h[1])
		}
		hidden[i] = text
	}
	return hidden
}
