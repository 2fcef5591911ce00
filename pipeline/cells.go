package pipeline

import (
	"regexp"
	"strings"

	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/pipeline/internal/description"
)

// Cells says how a text file holds its cells: what csv of a stream says in a pipeline file, as a command's flags say it. What is
// nil or false isn't said; the zero value stands for what the end of the file's name says.
type Cells struct {
	// Delimiter is the character between cells, or tab, or space for any run of blanks and tabs.
	Delimiter *string
	// Columns are the names of the columns of a file that has no line of them, or those that are written.
	Columns []string
	// Comment is what lines begin with that are passed over.
	Comment *string
	// Null are the cells that are null.
	Null []string
	// Decimal is what stands before the decimals of a number.
	Decimal *string
	// Ragged takes rows with too few or too many cells.
	Ragged bool
	// Text are the columns whose cells are texts, whatever they look like.
	Text []string
}

// said returns what is said, in the order of the documentation.
func (c Cells) said() (said []description.CSVMember) {
	add := func(name string, isList bool, values ...string) {
		if len(values) > 0 {
			said = append(said, description.CSVMember{Name: name, Values: values, IsList: isList})
		}
	}
	one := func(name string, value *string) {
		if value != nil {
			add(name, false, *value)
		}
	}
	one("delimiter", c.Delimiter)
	add("columns", true, c.Columns...)
	one("comment", c.Comment)
	add("null", true, c.Null...)
	one("decimal", c.Decimal)
	if c.Ragged {
		add("ragged", false, "true")
	}
	add("text", true, c.Text...)
	return said
}

// IsZero reports whether nothing is said.
func (c Cells) IsZero() bool { return len(c.said()) == 0 }

// Dialect returns the same for package file; nil where nothing is said. What is wrong is an [*Error] that names the flag:
// the member's name behind a prefix, such as --to-.
func (c Cells) Dialect(prefix string) (*file.Dialect, error) {
	return description.ParseCSV(prefix, c.said())
}

var plainWord = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)

// String returns it as csv of a stream has it: {delimiter: ";"}.
func (c Cells) String() string {
	var members []string
	for _, m := range c.said() {
		values := make([]string, 0, len(m.Values))
		for _, v := range m.Values {
			if !plainWord.MatchString(v) {
				v = Quote(v)
			}
			values = append(values, v)
		}
		text := strings.Join(values, ", ")
		if m.IsList {
			text = "[" + text + "]"
		}
		members = append(members, m.Name+": "+text)
	}
	return "{" + strings.Join(members, ", ") + "}"
}

// Flags returns it as flags, whose names have a prefix, such as --, for a shell.
func (c Cells) Flags(prefix string) string { return description.CSVFlags(prefix, c.said()) }
