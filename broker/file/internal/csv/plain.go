package csv

import "unicode/utf8"

// beginsLineSeparator is the first byte of U+2028 and U+2029, which stand in JSON otherwise than in a cell.
const beginsLineSeparator = 0xe2

// appendPlain is Append for rows as most are, in one pass: without quotes, with as many cells as there are columns. It returns
// nil for others.
func (d *Decoder) appendPlain(into, row []byte) []byte {
	delimiter, at, others := d.splitter.delimiter[0], 0, byte(0)
	for i := range d.columns {
		column := &d.columns[i]
		into = append(into, column.before...)
		end := at
		if !column.text {
			end = plainNumber(row, at)
		}
		if end > at && (end == len(row) || row[end] == delimiter) {
			into = append(into, row[at:end]...)
		} else {
			begin := at
			for end = at; end < len(row) && row[end] != delimiter; end++ {
				c := row[end]
				if c < ' ' || c == '"' || c == '\\' || c == beginsLineSeparator {
					return nil
				}
				others |= c
			}
			into = d.plainValue(into, column, row[begin:end])
		}
		if end == len(row) != (i == len(d.columns)-1) {
			return nil
		}
		at = end + 1
	}
	if others >= utf8.RuneSelf && !utf8.Valid(row) {
		return nil
	}
	return append(into, '}')
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
