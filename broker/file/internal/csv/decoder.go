package csv

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/leat-go/leat/internal/quote"
)

// A Decoder makes JSON objects of rows. It is used by one goroutine, but for Long.
type Decoder struct {
	dialect  Dialect
	splitter splitter
	// null are the cells that are null, but for the empty one; emptyNull says that this is, too.
	null      [][]byte
	emptyNull bool
	members   func(column string) Member
	fields    []string
	columns   []column
	names     []string
	long      atomic.Int64
	// guessed says that the delimiter follows from the file's name only.
	guessed bool
	// isPlain says that the dialect has nothing that appendPlain doesn't know.
	isPlain bool

	// elements is what rows become without JSON; nil where all become objects. rows is how they do, once there are columns.
	elements func() rowForm
	limit    int
	rows     *Rows
}

// A Member is the member of an element that a column stands for.
type Member struct {
	Name string
	// Text says that its cells are texts, also those that look like numbers.
	Text bool
}

type column struct {
	// before is what stands before its value in an object.
	before []byte
	text   bool
}

// NewDecoder returns a decoder of a file's rows. Fields are the columns that elements have a field for; none where they
// take all. members tells the member of a column; nil for one of the same name.
func NewDecoder(d Dialect, fields []string, members func(column string) Member) *Decoder {
	if members == nil {
		members = func(column string) Member { return Member{Name: column} }
	}
	dec := &Decoder{dialect: d, splitter: splitter{delimiter: d.delimiter()}, fields: fields, members: members}
	for _, text := range d.null() {
		if text == "" {
			dec.emptyNull = true
			continue
		}
		dec.null = append(dec.null, []byte(text))
	}
	between := string(dec.splitter.delimiter)
	dec.isPlain = len(between) == 1 && strings.Contains(",;\t|", between) && len(dec.null) == 0 && d.Decimal != ','
	dec.Restart()
	return dec
}

// Guess says that nobody but the file's name says what the delimiter is, so that a header of one column in which another one
// stands is taken for a mistake.
func (d *Decoder) Guess() { d.guessed = true }

// Restart begins another file of the same columns, which has a header of its own where the dialect doesn't name them.
func (d *Decoder) Restart() {
	d.columns, d.names, d.rows = nil, nil, nil
	if len(d.dialect.Columns) > 0 {
		d.name(d.dialect.Columns)
	}
}

// HasColumns reports whether the columns' names are known: the next row is the header otherwise.
func (d *Decoder) HasColumns() bool { return d.columns != nil }

// Names returns the columns' names; nil where they aren't known yet.
func (d *Decoder) Names() []string { return d.names }

// Long returns how many rows had more cells than there are columns, where the dialect passes over these.
func (d *Decoder) Long() int64 { return d.long.Load() }

// Begins reports whether quotes begin a cell, given what stands before them in their row: only there they may enclose line
// ends and delimiters.
func (d *Decoder) Begins(before []byte) bool {
	if d.splitter.delimiter == nil {
		return len(before) == 0 || isBlank(before[len(before)-1])
	}
	before = bytes.TrimRight(before, " ")
	return len(before) == 0 || bytes.HasSuffix(before, d.splitter.delimiter)
}

// IsEmpty reports whether a line has no cells, and is passed over.
func (d *Decoder) IsEmpty(row []byte) bool {
	return len(row) == 0 || d.splitter.delimiter == nil && len(bytes.Trim(row, " \t")) == 0
}

// IsComment reports whether a line, of which only the beginning may be given, is passed over.
func (d *Decoder) IsComment(row []byte) bool { return d.dialect.Comment != "" && d.beginsComment(row) }

func (d *Decoder) beginsComment(row []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(row, " \t"), []byte(d.dialect.Comment))
}

// Header takes the names of the columns from the first row.
func (d *Decoder) Header(row []byte) error {
	text := bytes.TrimSpace(row)
	if string(text) == "[" || bytes.HasPrefix(text, []byte("[{")) || bytes.HasPrefix(text, []byte(`{"`)) {
		return fail(0, "the file begins as JSON does: its name must end in .json where it is one list of objects, and in .jsonl "+
			"where each line is an object")
	}
	if err := d.split(row); err != nil {
		return err
	}
	cells := d.splitter.cells
	if said, ok := bytes.CutPrefix(text, []byte("sep=")); ok && utf8.RuneCount(said) == 1 && len(cells) <= 2 {
		return fail(0, "the first line, %q, is one for spreadsheets: pass over it by csv, with comment \"sep=\" and delimiter %q",
			text, said)
	}
	if other := d.otherDelimiter(cells); other != "" {
		return fail(0, "the first line has one column, %q: is its delimiter %q? Where it isn't, say by csv which it is, or put "+
			"the name into quotes", cells[0].text, other)
	}
	names := make([]string, 0, len(cells))
	for i, c := range cells {
		name := string(c.text)
		if !c.quoted {
			name = string(bytes.TrimSpace(c.text))
		}
		if name == "" {
			name = fmt.Sprintf("column%d", i)
		}
		if at := slices.Index(names, name); at >= 0 {
			return fail(c.at, "columns %d and %d are both named %q, and elements have a member for each: rename one",
				at+1, i+1, name)
		}
		names = append(names, name)
	}
	for _, name := range d.dialect.Text {
		if !slices.Contains(names, name) {
			return fail(0, "the column %q is to be text, and is none of the columns in the first line: %q", name, names)
		}
	}
	isOfField := func(name string) bool {
		return slices.ContainsFunc(d.fields, func(field string) bool { return strings.EqualFold(field, name) }) // as in JSON
	}
	if len(d.fields) > 0 && !slices.ContainsFunc(names, isOfField) {
		return fail(0, "none of the columns in the first line, %q, is that of a field, of which there are %q: are these the "+
			"names, and is something else between the cells?", names, d.fields)
	}
	d.name(names)
	return nil
}

// otherDelimiter returns what probably stands between the cells of a header that has but one, whose name would be all of its
// line: everything that is joined by would be missing then, or null.
func (d *Decoder) otherDelimiter(header []cell) string {
	if !d.guessed || len(header) != 1 || header[0].quoted {
		return ""
	}
	for _, other := range otherDelimiters {
		if bytes.ContainsRune(header[0].text, other) {
			return string(other)
		}
	}
	return ""
}

// otherDelimiters are what files have between their cells, the likeliest first.
const otherDelimiters = ";\t|,"

func (d *Decoder) name(names []string) {
	d.names, d.columns = names, make([]column, 0, len(names))
	for i, name := range names {
		m := d.members(name)
		d.columns = append(d.columns, column{beforeValue(i, m.Name), m.Text || slices.Contains(d.dialect.Text, name)})
	}
	d.newRows()
}

// beforeValue returns what stands in an object before the value of the member at an index.
func beforeValue(index int, name string) []byte {
	before := []byte{','}
	if index == 0 {
		before[0] = '{'
	}
	return append(quote.Append(before, name), ':')
}

func (d *Decoder) split(row []byte) error {
	if !utf8.Valid(row) {
		at := 0
		for {
			c, size := utf8.DecodeRune(row[at:])
			if c == utf8.RuneError && size == 1 {
				return fail(at, "the byte %#02x is not UTF-8: convert the file, or begin it with the mark of UTF-16", row[at])
			}
			at += size
		}
	}
	return d.splitter.split(row)
}

// Append appends the object of a row, which has no line end. Errors are of type [*Error].
func (d *Decoder) Append(into, row []byte) ([]byte, error) {
	if d.isPlain {
		if object := d.appendPlain(into, row); object != nil {
			return object, nil
		}
	}
	if err := d.split(row); err != nil {
		return into, err
	}
	cells := d.splitter.cells
	if len(cells) != len(d.columns) {
		if err := d.uneven(row, cells); err != nil {
			return into, err
		}
	}
	for i := range d.columns {
		c := &d.columns[i]
		into = append(into, c.before...)
		if i < len(cells) {
			into = d.value(into, c, &cells[i])
		} else {
			into = append(into, "null"...)
		}
	}
	return append(into, '}'), nil
}

// uneven deals with a row that has too few cells, or too many.
func (d *Decoder) uneven(row []byte, cells []cell) error {
	few := len(cells) < len(d.columns)
	switch {
	case !d.dialect.Ragged && few:
		return fail(len(row), "the line has %d cells, and there are %d columns: %q has none; with ragged such cells are null",
			len(cells), len(d.columns), d.names[len(cells)])
	case !d.dialect.Ragged:
		extra := cells[len(d.columns)]
		return fail(extra.at, "the line has %d cells, and there are %d columns: %.40q has none; with ragged such cells are "+
			"passed over", len(cells), len(d.columns), extra.text)
	case !few:
		d.long.Add(1)
	}
	return nil
}

// value appends the value of a cell.
func (d *Decoder) value(into []byte, c *column, from *cell) []byte {
	text := from.text
	if !from.quoted && d.isNull(text) {
		return append(into, "null"...)
	}
	if c.text {
		return quote.AppendBytes(into, text)
	}
	plain := text
	if !from.quoted {
		plain = bytes.Trim(text, " ")
	}
	if len(plain) > 0 {
		switch first := plain[0]; {
		case first == '-' || first >= '0' && first <= '9':
			if n := d.number(into, plain); n != nil {
				return n
			}
		case first == 't' && string(plain) == "true", first == 'f' && string(plain) == "false":
			return append(into, plain...)
		}
	}
	return quote.AppendBytes(into, text)
}

func (d *Decoder) isNull(text []byte) bool {
	if len(text) == 0 {
		return d.emptyNull
	}
	for _, null := range d.null {
		if bytes.Equal(null, text) {
			return true
		}
	}
	return false
}

// number appends a cell that is a number, with its digits, and returns nil for any other.
func (d *Decoder) number(into, text []byte) []byte {
	begin := len(into)
	into = append(into, text...)
	if d.dialect.Decimal == ',' {
		if bytes.IndexByte(text, '.') >= 0 {
			return nil
		}
		if comma := bytes.IndexByte(text, ','); comma >= 0 {
			into[begin+comma] = '.'
		}
	}
	if !isNumber(into[begin:]) {
		return nil
	}
	return into
}

// isNumber reports whether a text is a number in JSON.
func isNumber(text []byte) bool {
	i := plainNumber(text, 0)
	if i > 0 && i < len(text) && text[i]|0x20 == 'e' {
		i++
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		n := digits(text[i:])
		if n == 0 {
			return false
		}
		i += n
	}
	return i > 0 && i == len(text)
}

// digits returns how many digits a text begins with.
func digits(text []byte) int {
	n := 0
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	return n
}
