package leat

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/leat-go/leat/internal/elements"
	"github.com/leat-go/leat/internal/engine"
)

// EndOfStream is what a function returns as its error, or an iter.Seq2 yields as its last one, to end the session early:
// a result beside it is still written unless it is the zero value, the outputs get their end-of-stream marks, and
// [Mill.Run] returns nil. It may be wrapped.
var EndOfStream = engine.EndOfStream

// mistakes collects what is wrong with a mill, so that all of it is told at once.
type mistakes []error

func (m *mistakes) add(format string, args ...any) {
	*m = append(*m, fmt.Errorf(format, args...))
}

// err returns the mistakes as one error about the function called name; nil where there are none.
func (m mistakes) err(name string, at place) error {
	if len(m) == 0 {
		return nil
	}
	return &mistakesError{about: "leat.New: " + name + at.suffix(), mistakes: m}
}

// mistakesError says what is wrong with a mill: a single mistake on the same line, several one on each.
type mistakesError struct {
	about    string
	mistakes []error
}

func (e *mistakesError) Error() string {
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

func (e *mistakesError) Unwrap() []error { return e.mistakes }

// list joins words as in "a, b and c", or with another last conjunction.
func list(words []string, conjunction string) string {
	switch len(words) {
	case 0:
		return "none"
	case 1:
		return words[0]
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " " + conjunction + " " + words[last]
}

// typeText returns a type as a user writes it, with package names instead of paths in type arguments.
func typeText(t reflect.Type) string {
	words := strings.FieldsFunc(t.String(), func(r rune) bool { return strings.ContainsRune("[]*, ", r) })
	text := t.String()
	for _, word := range words {
		if at := strings.LastIndexByte(word, '/'); at >= 0 {
			text = strings.ReplaceAll(text, word, word[at+1:])
		}
	}
	return text
}

// element returns the element type of t, which is t or what it points to.
func element(t reflect.Type) reflect.Type { return elements.Type(t) }
