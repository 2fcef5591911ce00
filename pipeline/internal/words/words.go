// Package words has what several rooms put into their messages.
package words

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/leat-go/leat/broker"
)

// Count says how many there are of something, as in "2 elements".
func Count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Quoted writes a text as YAML and JSON have it.
func Quoted(text string) string {
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	// A string can always be encoded.
	_ = encoder.Encode(text)
	return strings.TrimSuffix(encoded.String(), "\n")
}

var (
	plainValue = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*$`)
	plainWord  = regexp.MustCompile(`^[A-Za-z0-9_./-]+$`)
)

// YAML writes a text as a value in a mapping in braces, in quotes where it needs some.
func YAML(text string) string {
	if plainValue.MatchString(text) {
		return text
	}
	return Quoted(text)
}

// Shell writes a text as a word of a command line, in quotes where it needs some.
func Shell(text string) string {
	if plainWord.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// Location says where an element lies: in a file by its line, or far from its beginning by its byte, in a topic by its
// offset, in a table by the values that it is ordered by; and of several files in which one.
func Location(at broker.Position) string {
	const indented = 16
	if at.Among {
		at.Among = false
		return filepath.Base(at.Stream) + ", " + Location(at)
	}
	switch {
	case at.At != "":
		return at.At
	case at.Line == 0 && at.Offset < 0:
		return fmt.Sprintf("byte %d", at.Byte)
	case at.Line == 0:
		return fmt.Sprintf("offset %d", at.Offset)
	case at.Offset >= int64(at.Line), at.Offset < 0 && at.Column > indented:
		return fmt.Sprintf("line %d, column %d", at.Line, at.Column) // there are several in a line
	}
	return fmt.Sprintf("line %d", at.Line)
}
