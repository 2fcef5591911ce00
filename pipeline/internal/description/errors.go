package description

import (
	"fmt"
	"strings"
)

// An Error says what is wrong with a pipeline file, and where. [errors.As] finds it in what Load and Parse return.
type Error struct {
	// File is the file's name as it was given.
	File string
	// Line and Column are the location, both from one; Column counts characters.
	Line, Column int
	// Message says what is wrong and, where that is known, what would be right.
	Message string
	// Source is the line of the file that Line names.
	Source string
}

// Error returns the location and the message, in one line.
func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// Excerpt returns the line of the file with a caret below the column, in two lines.
func (e *Error) Excerpt() string {
	number := fmt.Sprintf("%5d", e.Line)
	var before strings.Builder
	for i, c := range []rune(e.Source) {
		if i == e.Column-1 {
			break
		}
		if c != '\t' {
			c = ' '
		}
		before.WriteRune(c)
	}
	return fmt.Sprintf("%s | %s\n%s | %s^", number, e.Source, strings.Repeat(" ", len(number)), before.String())
}
