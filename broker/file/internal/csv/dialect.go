// Package csv turns rows of cells into JSON objects and JSON objects into rows. Where a row ends in a file is for the
// caller to find; see [Decoder.Begins].
package csv

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Dialect is what package file documents as its own.
type Dialect struct {
	Delimiter rune
	Blanks    bool
	Columns   []string
	Comment   string
	Null      []string
	Decimal   rune
	Ragged    bool
	Text      []string
}

// Check returns an error where the dialect contradicts itself.
func (d *Dialect) Check() error {
	for _, c := range []rune{d.Delimiter, d.Decimal} {
		if c == '"' || c == '\n' || c == '\r' || c == utf8.RuneError || c < 0 || c > utf8.MaxRune {
			return fmt.Errorf("%q can't be between cells or in a number: quotes and line ends have a meaning of their own", c)
		}
	}
	switch {
	case d.Blanks && d.Delimiter != 0:
		return fmt.Errorf("cells are parted by blanks or by %q, not by both: leave one out", d.Delimiter)
	case d.Decimal != 0 && d.Decimal != '.' && d.Decimal != ',':
		return fmt.Errorf("a number's decimal sign is a point or a comma, not %q", d.Decimal)
	case d.Decimal == ',' && d.Delimiter == ',':
		return errors.New("a comma can't be both between cells and in numbers: files with decimal commas have a ; " +
			"between cells")
	case d.Delimiter != 0 && strings.HasPrefix(d.Comment, string(d.Delimiter)), strings.HasPrefix(d.Comment, `"`):
		return fmt.Errorf("rows may begin with %q, and would be taken for comments: give what no row begins with", d.Comment)
	case slices.Contains(d.Columns, ""):
		return errors.New("a column has no name: elements have a member for each column")
	}
	if name, twice := repeated(d.Columns); twice {
		return fmt.Errorf("two columns are named %q: elements have a member for each column", name)
	}
	if len(d.Columns) > 0 {
		for _, name := range d.Text {
			if !slices.Contains(d.Columns, name) {
				return fmt.Errorf("the column %q is to be text, and is none of the columns", name)
			}
		}
	}
	return nil
}

// repeated returns a name that is there twice.
func repeated(names []string) (name string, twice bool) {
	seen := map[string]bool{}
	for _, name := range names {
		if seen[name] {
			return name, true
		}
		seen[name] = true
	}
	return "", false
}

// delimiter returns what is between cells; nothing for blanks.
func (d *Dialect) delimiter() []byte {
	switch {
	case d.Blanks:
		return nil
	case d.Delimiter == 0:
		return []byte{','}
	}
	return utf8.AppendRune(nil, d.Delimiter)
}

// null returns the cells that are null.
func (d *Dialect) null() []string {
	if d.Null == nil {
		return []string{""}
	}
	return d.Null
}

// An Error is about a byte of a row.
type Error struct {
	Offset int
	Err    error
}

func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func fail(offset int, message string, args ...any) error {
	return &Error{offset, fmt.Errorf(message, args...)}
}
