package storage

import (
	"regexp"
	"strings"
	"time"
)

// Options are the functions of a storage's package that make options of a stream, of the package's type O.
type Options[O any] struct {
	Named       func(name string) O
	DataTimeout func(d time.Duration) O
	MaxElement  func(bytes int) O
	// The others are of tables and queries; nil where the storage has none.
	Follow                     func() O
	OrderBy, Conflict, Columns func(columns ...string) O
	// Mark is what stands around the name of a column in the storage's SQL.
	Mark string
}

// Of returns the options that a declared stream needs, of those that storages share.
func (o Options[O]) Of(s Declared) (options []O) {
	if s.As != "" {
		options = append(options, o.Named(s.As))
	}
	if s.DataTimeout > 0 {
		options = append(options, o.DataTimeout(s.DataTimeout))
	}
	if s.MaxElement > 0 {
		options = append(options, o.MaxElement(s.MaxElement))
	}
	r, ok := s.Stored.Settings.(Relation)
	if !ok {
		return options
	}
	if s.Follow {
		options = append(options, o.Follow())
	}
	if r.Order != nil {
		options = append(options, o.OrderBy(r.Order...))
	}
	if r.Conflict != nil {
		options = append(options, o.Conflict(r.Conflict...))
	}
	if r.Columns != nil {
		options = append(options, o.Columns(r.definitions(o.Mark)...))
	}
	return options
}

// notName matches what stands in CREATE TABLE in the place of a column's name and is none: a name in quotes already, or a
// constraint.
var notName = regexp.MustCompile("(?i)^([\"`\\[]|(primary|foreign|constraint) )")

// definitions returns the columns as CREATE TABLE has them, with their names in quotes: a result's members may be called as SQL's
// words are, and in upper and lower case.
func (r Relation) definitions(mark string) (definitions []string) {
	for _, c := range r.Columns {
		name := c.Name
		if !notName.MatchString(name) && !strings.HasPrefix(c.Type, "(") {
			name = mark + strings.ReplaceAll(name, mark, mark+mark) + mark
		}
		definitions = append(definitions, name+" "+c.Type)
	}
	return definitions
}
