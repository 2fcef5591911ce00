package csv

import (
	"bytes"
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
	// asked are the columns of the members asked for, in their order.
	asked []int
}

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
	return c
}

// Object appends the whole object of a row. Errors are of type [*Error].
func (c *Carrier) Object(into, row []byte) ([]byte, error) { return c.decoder.Append(into, row) }

// Carry appends an object with the members asked for of a row that is its object's row, as most are, and returns nil for others.
//
// REQUIRES: line ends stand in quotes only.
func (c *Carrier) Carry(into, row []byte) []byte {
	delimiter := c.decoder.splitter.delimiter[0]
	if bytes.IndexByte(row, '"') >= 0 || bytes.IndexByte(row, '\r') >= 0 || !utf8.Valid(row) || hasBlankAtEnd(row, delimiter) {
		return nil
	}
	into = append(into, '{')
	first, column, at := true, 0, 0
	for _, asked := range c.asked {
		for ; column < asked; column++ {
			n := bytes.IndexByte(row[at:], delimiter)
			if n < 0 {
				return nil
			}
			at += n + 1
		}
		end := len(row)
		if n := bytes.IndexByte(row[at:], delimiter); n >= 0 {
			end = at + n
		}
		before := c.decoder.columns[asked].before[1:]
		if !first {
			into = append(into, ',')
		}
		into = c.decoder.value(append(into, before...), &c.decoder.columns[asked], &cell{text: row[at:end]})
		first = false
	}
	if column+bytes.Count(row[at:], c.decoder.splitter.delimiter) != len(c.decoder.columns)-1 {
		return nil
	}
	return append(into, '}')
}

// hasBlankAtEnd reports whether a cell of a row has a blank at one of its ends, and is written in quotes or without it.
func hasBlankAtEnd(row []byte, delimiter byte) bool {
	for _, blank := range []byte{' ', '\t'} {
		if blank == delimiter {
			continue
		}
		for at := 0; at < len(row); at++ {
			n := bytes.IndexByte(row[at:], blank)
			if n < 0 {
				break
			}
			at += n
			if at == 0 || at == len(row)-1 || row[at-1] == delimiter || row[at+1] == delimiter {
				return true
			}
		}
	}
	return false
}

// Row appends the row of a row's object, with its line end.
func (c *Carrier) Row(into, object []byte) ([]byte, error) { return c.encoder.Append(into, object) }

// AppendHeader appends the line with the columns' names.
func (c *Carrier) AppendHeader(into []byte) []byte { return c.encoder.AppendHeader(into) }
