package description

import (
	"fmt"
	"strings"
)

// A source is the text of a pipeline file.
type source struct {
	file  string
	lines [][]rune
	// storages are the names of those that a file may name beside files and Kafka.
	storages []string
}

func newSource(file string, data []byte) *source {
	s := &source{file: file}
	for _, line := range strings.Split(string(data), "\n") {
		s.lines = append(s.lines, []rune(strings.TrimSuffix(line, "\r")))
	}
	return s
}

// A location is a line and a column of a source, from one.
type location struct{ line, column int }

// errorAt returns an error at a location, or at the nearest that there is.
func (s *source) errorAt(at location, format string, arguments ...any) *Error {
	at.line = max(1, min(at.line, len(s.lines)))
	line := s.lines[at.line-1]
	return &Error{
		File:    s.file,
		Line:    at.line,
		Column:  max(1, min(at.column, len(line)+1)),
		Message: fmt.Sprintf(format, arguments...),
		Source:  string(line),
	}
}
