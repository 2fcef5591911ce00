// Package mistake collects what is wrong with a mill, so that one error reports all of it, and has the words for it:
// lists, types and locations in the user's code. It imports no other room, so that each can use it.
package mistake

import (
	"fmt"
	"strings"
)

// A List is what is wrong, in the order in which it was found. The zero List is empty.
type List []error

// Add adds a mistake, formatted as by fmt.Errorf.
func (l *List) Add(format string, args ...any) {
	*l = append(*l, fmt.Errorf(format, args...))
}

// Err returns the mistakes as one error about something, such as a function with its location; nil where there are
// none.
func (l List) Err(about string) error {
	if len(l) == 0 {
		return nil
	}
	return &listError{about: about, mistakes: l}
}

// listError says what is wrong: a single mistake on the same line, several one on each.
type listError struct {
	about    string
	mistakes []error
}

func (e *listError) Error() string {
	if len(e.mistakes) == 1 {
		return e.about + ": " + e.mistakes[0].Error()
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %d mistakes:", e.about, len(e.mistakes))
	for _, mistake := range e.mistakes {
		text.WriteString("\n\t" + mistake.Error())
	}
	return text.String()
}

func (e *listError) Unwrap() []error { return e.mistakes }
