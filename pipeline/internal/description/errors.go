package description

import (
	"fmt"
	"strings"
)

// An Error says what is wrong with a pipeline file, and where. [errors.As] finds it in what Load and Parse return.
type Error struct {
	// File is the file's name as it was given, or the argument that has set what is wrong; empty where no file says it.
	File string
	// Line and Column are the location, both from one; Column counts characters. They are zero where it is in no file.
	Line, Column int
	// Message says what is wrong and, where that is known, what would be right.
	Message string
	// Source is the line of the file that Line names.
	Source string
}

// Error returns the location, if there is one, and the message, in one line.
func (e *Error) Error() string {
	switch {
	case e.File == "":
		return e.Message
	case e.Line == 0:
		return e.File + ": " + e.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// Excerpt returns the line of the file with a caret below the column, in two lines; nothing where it is in no file.
func (e *Error) Excerpt() string {
	if e.Line == 0 {
		return ""
	}
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
