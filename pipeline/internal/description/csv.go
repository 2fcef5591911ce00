package description

import (
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/leat-go/leat/broker/file"
)

// csv reads how a text file holds its cells.
func (s *source) csv(m *member, what string) (*file.Dialect, error) {
	section, err := s.mapping(m.value, "csv of "+what)
	if err != nil {
		return nil, err
	}
	err = s.only(section, "csv of "+what, "delimiter", "columns", "comment", "null", "decimal", "ragged", "text")
	if err != nil {
		return nil, err
	}
	d := &file.Dialect{}
	for _, member := range section.members {
		if err := s.csvMember(d, &member); err != nil {
			return nil, err
		}
	}
	if err := d.Check(); err != nil {
		return nil, m.name.Errorf("csv of %s: %v", what, err)
	}
	return d, nil
}

func (s *source) csvMember(d *file.Dialect, m *member) (err error) {
	switch m.name.Value {
	case "delimiter":
		return s.delimiter(d, m.value)
	case "columns":
		d.Columns, err = s.texts(m.value, "columns")
	case "comment":
		var comment Text
		comment, err = s.nonempty(m.value, "comment", "csv")
		d.Comment = comment.Value
	case "null":
		d.Null, err = s.texts(m.value, "null")
	case "decimal":
		d.Decimal, err = s.character(m.value, "decimal", `"," or "."`)
	case "ragged":
		d.Ragged, err = s.boolean(m.value, "ragged")
	case "text":
		d.Text, err = s.texts(m.value, "text")
	}
	return err
}

// delimiter reads what is between cells: a character, or a word for one that is hard to see.
func (s *source) delimiter(d *file.Dialect, node *yaml.Node) error {
	t, err := s.text(node, "delimiter")
	if err != nil {
		return err
	}
	switch t.Value {
	case "space":
		d.Blanks = true
	case "tab":
		d.Delimiter = '\t'
	default:
		d.Delimiter, err = s.character(node, "delimiter", `";", tab, or space for any run of blanks`)
	}
	return err
}

// character reads a text of one character.
func (s *source) character(node *yaml.Node, what, such string) (rune, error) {
	t, err := s.text(node, what)
	if err != nil {
		return 0, err
	}
	c, size := utf8.DecodeRuneInString(t.Value)
	if size == 0 || size < len(t.Value) {
		return 0, t.Errorf("%s must be one character, such as %s, and is %q", what, such, t.Value)
	}
	return c, nil
}

// texts reads a list of texts, or one by itself. NULL is a text, too: it stands in cells that are null.
func (s *source) texts(node *yaml.Node, what string) ([]string, error) {
	if node.Kind == yaml.ScalarNode {
		t, err := s.text(written(node), what)
		return []string{t.Value}, err
	}
	nodes, err := s.list(node, what)
	if err != nil {
		return nil, err
	}
	texts := make([]string, 0, len(nodes))
	for _, n := range nodes {
		t, err := s.text(written(n), what)
		if err != nil {
			return nil, err
		}
		texts = append(texts, t.Value)
	}
	return texts, nil
}
