package description

import (
	"errors"
	"fmt"
	"unicode"

	"github.com/leat-go/leat/internal/expression"
)

// A Text is a scalar of the pipeline file.
type Text struct {
	// Value is the text without quotes and escapes.
	Value  string
	source *source
	// begin is where the scalar begins; with quotes or as a block, where its text does.
	begin location
	// start is the scalar's first character, a quote for example: where errors about all of it point.
	start location
	// expansion is where environment variables were replaced; without offsets where none were.
	expansion expansion
}

// Errorf returns an error about all of the text.
func (t Text) Errorf(format string, arguments ...any) *Error {
	return t.source.errorAt(t.start, format, arguments...)
}

// ErrorAt returns an error about the character with a number, from zero.
func (t Text) ErrorAt(offset int, format string, arguments ...any) *Error {
	return t.source.errorAt(t.locationOf(offset), format, arguments...)
}

// Line returns the line that the text stands in, from one.
func (t Text) Line() int { return max(0, t.start.line) }

// Location returns where the text stands, as file:line:column; nothing for a text that stands in no file.
func (t Text) Location() string {
	switch {
	case t.source == nil, t.source.file == "":
		return ""
	case t.start.line < 0:
		return t.source.arguments[-t.start.line-1]
	}
	return fmt.Sprintf("%s:%d:%d", t.source.file, t.start.line, t.start.column)
}

// Locate makes an error of the file of one of an expression, which begins a number of characters behind the text's
// begin.
func (t Text) Locate(err error, offset int) error {
	var found *expression.Error
	if !errors.As(err, &found) {
		return t.Errorf("%v", err)
	}
	return t.ErrorAt(found.Offset+offset, "%s", found.Message)
}

// locationOf returns where the character with a number, from zero, stands in the source. Quotes, escapes and folded
// lines make the scalar longer than its value, so that the one has to be found in the other.
func (t Text) locationOf(offset int) location {
	if t.start.line < 0 {
		return t.start
	}
	written := t.Value
	if offsets := t.expansion.offsets; len(offsets) > 0 {
		written, offset = t.expansion.written, offsets[max(0, min(offset, len(offsets)-1))]
	}
	cursor := cursor{t.source.lines, t.begin}
	for i, c := range []rune(written) {
		cursor.find(c)
		if i >= offset {
			return cursor.at
		}
		cursor.next()
	}
	return cursor.at
}

// A cursor goes through a source.
type cursor struct {
	lines [][]rune
	at    location
}

// char returns the cursor's character; a line feed at the end of a line, 0 at the end.
func (c *cursor) char() rune {
	if c.at.line > len(c.lines) {
		return 0
	}
	if line := c.lines[c.at.line-1]; c.at.column <= len(line) {
		return line[c.at.column-1]
	}
	return '\n'
}

func (c *cursor) next() {
	if c.char() == '\n' {
		c.at = location{c.at.line + 1, 1}
		return
	}
	c.at.column++
}

// find goes on to where a character stands next, unless there is none.
func (c *cursor) find(next rune) {
	start := c.at
	for c.char() != 0 {
		switch here := c.char(); {
		case here == next, unicode.IsSpace(next) && unicode.IsSpace(here):
			return
		case here == '\\' && unicode.IsSpace(next):
			// An escaped line feed: the next character belongs to it.
			c.next()
			return
		}
		c.next()
	}
	c.at = start
}
