package csv

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// An Encoder makes rows of JSON objects, whose members must be plain values. It is used by one goroutine.
type Encoder struct {
	dialect   Dialect
	delimiter []byte
	null      []string
	// columns are their names, and members those of the members that they hold, whose columns index tells.
	columns, members []string
	index            map[string]int
	// before is what stands before each value in an object as programs write it.
	before [][]byte
	// values are those of one row, by their columns.
	values []value
	// isPlain says that the dialect has nothing that appendPlain doesn't know.
	isPlain bool
}

// A value is what a member holds: a text, or what stands in JSON for anything else; nothing stands for null.
type value struct {
	text   []byte
	isText bool
}

// NewEncoder returns an encoder of a file's rows. The columns are those of the dialect, or else those given, or else the
// members of the first object. member tells the member of a column; nil for one of the same name.
func NewEncoder(d Dialect, columns []string, member func(column string) Member) *Encoder {
	e := &Encoder{dialect: d, delimiter: d.delimiter(), null: d.null()}
	e.isPlain = len(e.delimiter) == 1 && d.Decimal != ',' && d.Comment == "" &&
		!slices.ContainsFunc(e.null, func(text string) bool { return text != "" })
	if len(d.Columns) > 0 {
		columns = d.Columns
	}
	if len(columns) > 0 {
		e.name(columns, member)
	}
	return e
}

func (e *Encoder) name(columns []string, member func(column string) Member) {
	e.columns, e.values, e.index = columns, make([]value, len(columns)), make(map[string]int, len(columns))
	for i, name := range columns {
		if member != nil {
			name = member(name).Name
		}
		e.members = append(e.members, name)
		e.before = append(e.before, beforeValue(i, name))
		e.index[name] = i
	}
}

// HasColumns reports whether the columns' names are known.
func (e *Encoder) HasColumns() bool { return e.columns != nil }

// AppendHeader appends the line with the columns' names, with its line end; nothing where they aren't known.
func (e *Encoder) AppendHeader(into []byte) []byte {
	for i, name := range e.columns {
		into = e.part(into, i)
		into = e.header(into, name)
	}
	if len(e.columns) > 0 {
		into = append(into, '\n')
	}
	return into
}

// Learn takes the columns from an object.
func (e *Encoder) Learn(object []byte) error {
	columns := []string{}
	err := members(object, func(name string, _ []byte) error {
		if slices.Contains(columns, name) {
			return fmt.Errorf("the member %q is there twice", name)
		}
		columns = append(columns, name)
		return nil
	})
	if err == nil && len(columns) == 0 {
		err = fmt.Errorf("the result has no members, and a line must have a cell")
	}
	if err != nil {
		return err
	}
	e.name(columns, nil)
	return nil
}

// Append appends the row of an object, with its line end. The columns must be known.
func (e *Encoder) Append(into, object []byte) ([]byte, error) {
	if e.isPlain {
		if row := e.appendPlain(into, object); row != nil {
			return row, nil
		}
	}
	clear(e.values)
	at := 0
	err := members(object, func(name string, text []byte) error {
		if at >= len(e.members) || e.members[at] != name {
			var ok bool
			if at, ok = e.index[name]; !ok {
				return fmt.Errorf("the member %q has no column: the columns are %q, those of the first result unless others are "+
					"given; give each result the same members, or name all columns", name, e.columns)
			}
		}
		v, err := plain(name, text)
		e.values[at] = v
		at++
		return err
	})
	if err != nil {
		return into, err
	}
	for i := range e.values {
		into = e.part(into, i)
		if into, err = e.value(into, i); err != nil {
			return into, err
		}
	}
	return append(into, '\n'), nil
}

// part appends what stands before a cell.
func (e *Encoder) part(into []byte, column int) []byte {
	switch {
	case column == 0:
		return into
	case e.delimiter == nil:
		return append(into, ' ')
	}
	return append(into, e.delimiter...)
}

// value appends the cell of a column.
func (e *Encoder) value(into []byte, column int) ([]byte, error) {
	v := e.values[column]
	switch {
	case v.isText:
		return e.text(into, v.text), nil
	case v.text == nil:
		return e.appendNull(into, column)
	case e.dialect.Decimal == ',':
		begin := len(into)
		into = append(into, v.text...)
		if point := bytes.IndexByte(into[begin:], '.'); point >= 0 {
			into[begin+point] = ','
		}
		return into, nil
	}
	return append(into, v.text...), nil
}

func (e *Encoder) appendNull(into []byte, column int) ([]byte, error) {
	null := ""
	if len(e.null) > 0 {
		null = e.null[0]
	}
	switch {
	case null != "":
		return append(into, null...), nil
	case e.delimiter == nil:
		return into, fmt.Errorf("the member %q is null, and between blanks no cell is empty: say what stands for it, such as "+
			"null: [NA]", e.columns[column])
	case len(e.columns) == 1:
		return append(into, `""`...), nil // an empty line is none
	}
	return into, nil
}

// text appends the cell of a text, in quotes where it would be read as something else. Numbers in quotes are numbers to many
// readers; to some they are texts.
func (e *Encoder) text(into, text []byte) []byte {
	if !e.needsQuotes(text) && !isNumber(text) && !slices.Contains(e.null, string(text)) && string(text) != "true" &&
		string(text) != "false" {
		return append(into, text...)
	}
	return inQuotes(into, text)
}

// header appends the name of a column, in quotes where it would be read as something else: a blank at its end of any kind is
// taken off, a byte order mark, too, and what parts cells elsewhere, in the name of the only column, is asked about.
func (e *Encoder) header(into []byte, name string) []byte {
	if !e.needsQuotes([]byte(name)) && strings.TrimSpace(name) == name && !strings.HasPrefix(name, "\ufeff") &&
		(len(e.columns) > 1 || !strings.ContainsAny(name, otherDelimiters)) {
		return append(into, name...)
	}
	return inQuotes(into, []byte(name))
}

// needsQuotes reports whether a text would be no cell, or another one, without quotes.
func (e *Encoder) needsQuotes(text []byte) bool {
	return len(text) == 0 || isBlank(text[0]) || isBlank(text[len(text)-1]) || bytes.ContainsAny(text, "\"\r\n") ||
		e.delimiter == nil && bytes.ContainsAny(text, " \t") ||
		e.delimiter != nil && bytes.Contains(text, e.delimiter) ||
		e.dialect.Comment != "" && bytes.HasPrefix(text, []byte(e.dialect.Comment))
}

func inQuotes(into, text []byte) []byte {
	into = append(into, '"')
	for {
		n := bytes.IndexByte(text, '"')
		if n < 0 {
			break
		}
		into = append(append(into, text[:n+1]...), '"')
		text = text[n+1:]
	}
	return append(append(into, text...), '"')
}

// plain returns a member's value.
func plain(name string, text []byte) (v value, err error) {
	switch text[0] {
	case '{', '[':
		kind := "an object"
		if text[0] == '[' {
			kind = "a list"
		}
		return v, fmt.Errorf("the member %q is %s, %.40s, and a cell holds one plain value: give each of its values a member of "+
			"its own, or write JSON", name, kind, text)
	case '"':
		v.isText = true
		v.text, err = unquote(text)
		return v, err
	case 'n':
		return v, nil
	}
	v.text = text
	return v, nil
}

// unquote returns what a JSON string stands for.
func unquote(text []byte) ([]byte, error) {
	if bytes.IndexByte(text, '\\') < 0 {
		return text[1 : len(text)-1], nil
	}
	var s string
	err := json.Unmarshal(text, &s)
	return []byte(s), err
}

// members calls visit for the members of an object, each with its value as it is written.
func members(object []byte, visit func(name string, value []byte) error) error {
	s := scanner{text: object}
	s.next('{')
	for first := true; ; first = false {
		if s.skip() == '}' {
			return s.err
		}
		if !first {
			s.next(',')
			s.skip()
		}
		key := s.value()
		s.next(':')
		s.skip()
		value := s.value()
		if s.err != nil {
			return s.err
		}
		if key[0] != '"' {
			s.fail()
			return s.err
		}
		name, err := unquote(key)
		if err == nil {
			err = visit(string(name), value)
		}
		if err != nil {
			return err
		}
	}
}

// A scanner parts an object that is valid JSON; of one that isn't it says so, or takes something for a value.
type scanner struct {
	text []byte
	at   int
	err  error
}

func (s *scanner) fail() {
	if s.err == nil {
		s.err = fmt.Errorf("the result is no JSON object: %.40q", s.text)
	}
}

// skip passes over white space, and returns the byte behind it; '}' after an error.
func (s *scanner) skip() byte {
	for s.at < len(s.text) && (s.text[s.at] == ' ' || s.text[s.at] == '\n' || s.text[s.at] == '\r' || s.text[s.at] == '\t') {
		s.at++
	}
	if s.at >= len(s.text) {
		s.fail()
	}
	if s.err != nil {
		return '}'
	}
	return s.text[s.at]
}

// next passes over a byte that must come.
func (s *scanner) next(c byte) {
	if s.skip() != c {
		s.fail()
	}
	s.at++
}

// value passes over a value, and returns it.
func (s *scanner) value() []byte {
	begin, depth := s.at, 0
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case '"':
			s.string()
			if depth == 0 {
				return s.since(begin)
			}
			continue
		case '{', '[':
			depth++
		case '}', ']', ',', ':', ' ', '\n', '\r', '\t':
			if depth == 0 {
				return s.since(begin)
			}
			if c := s.text[s.at]; c == '}' || c == ']' {
				if depth--; depth == 0 {
					s.at++
					return s.since(begin)
				}
			}
		}
		s.at++
	}
	s.fail()
	return nil
}

// since returns what was passed over, which must be something.
func (s *scanner) since(begin int) []byte {
	if s.at == begin || s.err != nil {
		s.fail()
		return nil
	}
	return s.text[begin:s.at]
}

// string passes over a string.
func (s *scanner) string() {
	for i := s.at + 1; i < len(s.text); i++ {
		switch s.text[i] {
		case '\\':
			i++
		case '"':
			s.at = i + 1
			return
		}
	}
	s.at = len(s.text)
	s.fail()
}
