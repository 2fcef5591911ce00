package pipeline

import (
	"errors"
	"fmt"
	"unicode"

	"github.com/leat-go/leat/internal/expression"
)

// A text is a scalar of the pipeline file.
type text struct {
	value  string
	source *source
	// at is where the scalar begins; with quotes or as a block, where its text does.
	at place
	// start is the scalar's first character, a quote for example: where errors about all of it point.
	start place
}

func (t text) errorf(format string, arguments ...any) *Error {
	return t.source.errorAt(t.start, format, arguments...)
}

// errorAt returns an error about the character with a number, from zero.
func (t text) errorAt(offset int, format string, arguments ...any) *Error {
	return t.source.errorAt(t.place(offset), format, arguments...)
}

// line returns the line that the text stands in, from one.
func (t text) line() int { return t.start.line }

// where returns the text's place as file:line:column; nothing for a text that stands in no file.
func (t text) where() string {
	if t.source == nil {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d", t.source.file, t.start.line, t.start.column)
}

// locate places an error of an expression that begins a number of characters behind the text's begin.
func (t text) locate(err error, offset int) error {
	var where *expression.Error
	if !errors.As(err, &where) {
		return t.errorf("%v", err)
	}
	return t.errorAt(where.Offset+offset, "%s", where.Message)
}

// place returns where the character with a number, from zero, stands in the source. Quotes, escapes and folded lines make
// the scalar longer than its value, so that the one has to be found in the other.
func (t text) place(offset int) place {
	cursor := cursor{t.source.lines, t.at}
	for i, c := range []rune(t.value) {
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
	at    place
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
		c.at = place{c.at.line + 1, 1}
		return
	}
	c.at.column++
}

// find goes on to the next place of a character, unless there is none.
func (c *cursor) find(wanted rune) {
	start := c.at
	for c.char() != 0 {
		switch here := c.char(); {
		case here == wanted, unicode.IsSpace(wanted) && unicode.IsSpace(here):
			return
		case here == '\\' && unicode.IsSpace(wanted):
			// An escaped line feed: the next character belongs to it.
			c.next()
			return
		}
		c.next()
	}
	c.at = start
}
