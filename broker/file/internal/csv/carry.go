package csv

import (
	"slices"
	"unicode/utf8"
)

// This file carries rows from one file to another of the same columns as texts, where the rows that their objects would become
// are the same.

// A Carrier makes of rows what the rows of their objects are, and objects with the members that somebody asks for. It is used by
// one goroutine.
type Carrier struct {
	decoder *Decoder
	encoder *Encoder
	// asked are the columns of the members asked for, in their order, and cells those of the row that was taken last.
	asked []int
	cells []cell
	// classes says of each byte what it is to a row.
	classes [256]class
}

// A class is what a byte is to a row.
type class byte

const (
	ofText class = iota
	delimits
	blank  // may have no place at the ends of a cell
	beyond // is a part of a character beyond ASCII
	needsQuotes
)

// Carries reports whether rows of a dialect can be carried: where what is written of a plain cell is the cell itself.
func Carries(d Dialect) bool {
	return NewDecoder(d, nil, nil).isPlain && NewEncoder(d, nil, nil).isPlain && !d.Ragged && len(d.Text) == 0
}

// NewCarrier returns a carrier of rows with the columns of these names, of a dialect that [Carries] takes. Members are those that
// are asked for.
func NewCarrier(d Dialect, columns, members []string) *Carrier {
	d.Columns = columns
	c := &Carrier{decoder: NewDecoder(d, nil, nil), encoder: NewEncoder(d, nil, nil)}
	for i, name := range columns {
		if slices.Contains(members, name) {
			c.asked = append(c.asked, i)
		}
	}
	c.cells = make([]cell, len(c.asked))
	for b := utf8.RuneSelf; b < len(c.classes); b++ {
		c.classes[b] = beyond
	}
	c.classes[' '], c.classes['\t'] = blank, blank
	c.classes['"'], c.classes['\r'], c.classes['\n'] = needsQuotes, needsQuotes, needsQuotes
	c.classes[c.decoder.splitter.delimiter[0]] = delimits
	return c
}

// Object appends the whole object of a row. Errors are of type [*Error].
func (c *Carrier) Object(into, row []byte) ([]byte, error) { return c.decoder.Append(into, row) }

// Take reports whether a row is that of its object, as most are, and takes the cells asked for then.
func (c *Carrier) Take(row []byte) bool {
	begin, column, next, isASCII := 0, 0, 0, true
	for i, b := range row {
		switch c.classes[b] {
		case ofText:
		case delimits:
			if next < len(c.asked) && c.asked[next] == column {
				c.cells[next].text = row[begin:i]
				next++
			}
			column++
			begin = i + 1
		case blank:
			if i == begin || i+1 == len(row) || c.classes[row[i+1]] == delimits {
				return false
			}
		case beyond:
			isASCII = false
		default:
			return false
		}
	}
	if next < len(c.asked) && c.asked[next] == column {
		c.cells[next].text = row[begin:]
	}
	return column == len(c.decoder.columns)-1 && (isASCII || utf8.Valid(row))
}

// Cell returns the one cell that was asked for, of the row that was taken; false where that wasn't one.
func (c *Carrier) Cell() ([]byte, bool) {
	if len(c.cells) != 1 {
		return nil, false
	}
	return c.cells[0].text, true
}

// Members appends the object of the members asked for, of the row that was taken.
func (c *Carrier) Members(into []byte) []byte {
	into = append(into, '{')
	for i, asked := range c.asked {
		column := &c.decoder.columns[asked]
		if i > 0 {
			into = append(into, ',')
		}
		into = c.decoder.value(append(into, column.before[1:]...), column, &c.cells[i])
	}
	return append(into, '}')
}

// Row appends the row of a row's object, with its line end.
func (c *Carrier) Row(into, object []byte) ([]byte, error) { return c.encoder.Append(into, object) }

// AppendHeader appends the line with the columns' names.
func (c *Carrier) AppendHeader(into []byte) []byte { return c.encoder.AppendHeader(into) }
