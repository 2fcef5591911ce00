package csv

import (
	"bytes"
	"unicode/utf8"
)

// beginsLineSeparator is the first byte of U+2028 and U+2029, which stand in JSON otherwise than in a cell.
const beginsLineSeparator = 0xe2

// appendPlain is Append for rows as most are, in one pass: without quotes, with as many cells as there are columns. It returns
// nil for others.
func (d *Decoder) appendPlain(into, row []byte) []byte {
	at := 0
	for i := range d.columns {
		column := &d.columns[i]
		into = append(into, column.before...)
		if into, at = d.plainCell(into, row, at, column); into == nil || at == len(row) != (i == len(d.columns)-1) {
			return nil
		}
		at++
	}
	if !utf8.Valid(row) {
		return nil
	}
	return append(into, '}')
}

// plainCell appends the value of the cell that begins at a byte of a row, and returns where it ends. It returns nil for a cell
// with what a JSON string escapes.
func (d *Decoder) plainCell(into, row []byte, at int, c *column) (object []byte, end int) {
	delimiter := d.splitter.delimiter[0]
	if !c.text {
		if end = plainNumber(row, at); end > at && (end == len(row) || row[end] == delimiter) {
			return append(into, row[at:end]...), end
		}
	}
	for end = at; end < len(row) && row[end] != delimiter; end++ {
		if c := row[end]; c < ' ' || c == '"' || c == '\\' || c == beginsLineSeparator {
			return nil, 0
		}
	}
	return d.plainValue(into, c, row[at:end]), end
}

// plainValue appends a cell without anything that a JSON string escapes, which is no plain number.
func (d *Decoder) plainValue(into []byte, c *column, text []byte) []byte {
	if len(text) == 0 || !c.text && mayBeOther(text) {
		return d.value(into, c, &cell{text: text})
	}
	into = append(into, '"')
	return append(append(into, text...), '"')
}

// mayBeOther reports whether a cell that is no plain number may be another value than a text: a number with blanks at its
// ends or with an exponent, or a truth value.
func mayBeOther(text []byte) bool {
	first := text[0]
	return first == ' ' || first == '-' || first-'0' <= 9 || first == 't' || first == 'f'
}

// plainNumber returns where a number ends that begins at a byte and has no exponent; the byte itself where there is none.
func plainNumber(row []byte, at int) int {
	i := at
	if i < len(row) && row[i] == '-' {
		i++
	}
	whole := digits(row[i:])
	if whole == 0 || whole > 1 && row[i] == '0' {
		return at
	}
	if i += whole; i < len(row) && row[i] == '.' {
		decimals := digits(row[i+1:])
		if decimals == 0 {
			return at
		}
		i += 1 + decimals
	}
	return i
}

// appendPlain is Append for objects as most are, in one pass: with all members, in the columns' order, and no blanks between
// them. It returns nil for others.
func (e *Encoder) appendPlain(into, object []byte) []byte {
	at := 0
	for i, before := range e.before {
		if !bytes.HasPrefix(object[at:], before) {
			return nil
		}
		if at += len(before); at == len(object) {
			return nil
		}
		into = e.part(into, i)
		if into, at = e.plainCell(into, object, at, i); into == nil || at >= len(object) {
			return nil
		}
	}
	if string(object[at:]) != "}" {
		return nil
	}
	return append(into, '\n')
}

// plainCell appends the cell of the value that begins at a byte of an object, and returns where it ends. It returns nil for
// values that it doesn't know.
func (e *Encoder) plainCell(into, object []byte, at, column int) (row []byte, end int) {
	switch object[at] {
	case '"':
		at++
		for end = at; end < len(object) && object[end] != '"'; end++ {
			if c := object[end]; c < ' ' || c == '\\' || c == e.delimiter[0] {
				return nil, 0
			}
		}
		text := object[at:min(end, len(object))]
		if mayNeedQuotes(text) {
			return e.text(into, text), end + 1
		}
		return append(into, text...), end + 1
	case 'n', 't', 'f':
		end = at
		for end < len(object) && object[end]-'a' < 26 {
			end++
		}
		switch string(object[at:end]) {
		case "null":
			var err error
			if into, err = e.appendNull(into, column); err != nil {
				return nil, 0
			}
			return into, end
		case "true", "false":
			return append(into, object[at:end]...), end
		}
		return nil, 0
	}
	if end = plainNumber(object, at); end == at || end < len(object) && object[end] != ',' && object[end] != '}' {
		return nil, 0
	}
	return append(into, object[at:end]...), end
}

// mayNeedQuotes reports whether a text without quotes, delimiters and line ends may need quotes: an empty one, one with
// blanks at its ends, and what may be another value than a text.
func mayNeedQuotes(text []byte) bool {
	return len(text) == 0 || isBlank(text[0]) || isBlank(text[len(text)-1]) || mayBeOther(text)
}
