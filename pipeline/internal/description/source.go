package description

import (
	"fmt"
	"os"
	"strings"

	"go.yaml.in/yaml/v4"
)

// A source is the text of a pipeline file.
type source struct {
	file  string
	lines [][]rune
	// storages are the names of those that a file may name beside files and Kafka.
	storages []string
	// settings are what arguments set in the file, as PATH=VALUE.
	settings []string
	// arguments are those that have set parts of the file, see addArgument.
	arguments []string
	// lookup finds environment variables. expansions are the texts in which some were replaced, and hidden their values with
	// what is said in their place.
	lookup     func(name string) (value string, ok bool)
	expansions map[*yaml.Node]expansion
	hidden     [][2]string
}

func newSource(file string, data []byte) *source {
	s := &source{file: file, lookup: os.LookupEnv, expansions: map[*yaml.Node]expansion{}}
	for _, line := range strings.Split(string(data), "\n") {
		s.lines = append(s.lines, []rune(strings.TrimSuffix(line, "\r")))
	}
	return s
}

// A location is a line and a column of a source, from one.
type location struct{ line, column int }

// errorAt returns an error at a location, or at the nearest that there is. A source without a name has no locations.
func (s *source) errorAt(at location, format string, arguments ...any) *Error {
	message := fmt.Sprintf(format, s.hide(arguments)...)
	if at.line < 0 {
		return s.argument(at, message)
	}
	if s.file == "" {
		return &Error{Message: message}
	}
	at.line = max(1, min(at.line, len(s.lines)))
	line := s.lines[at.line-1]
	return &Error{
		File:    s.file,
		Line:    at.line,
		Column:  max(1, min(at.column, len(line)+1)),
		Message: message,
		Source:  string(line),
	}
}
