package csv

import "bytes"

// A cell is one of a row.
type cell struct {
	text []byte
	// at is the byte of the row that it begins with.
	at     int
	quoted bool
}

// A splitter splits rows into cells. encoding/csv isn't used because it splits neither at blanks nor without quotes as
// fast (a third of the time); a test compares the two.
type splitter struct {
	// delimiter is what is between cells; nothing for blanks.
	delimiter []byte
	cells     []cell
	// unquoted holds the texts of cells with doubled quotes.
	unquoted []byte
}

// split splits a row, without its line end. The cells hold until the next call.
func (s *splitter) split(row []byte) error {
	s.cells, s.unquoted = s.cells[:0], s.unquoted[:0]
	if s.delimiter == nil {
		return s.splitAtBlanks(row)
	}
	for i := 0; ; {
		c, end, err := s.cell(row, i)
		if err != nil {
			return err
		}
		s.cells = append(s.cells, c)
		if end == len(row) {
			return nil
		}
		i = end + len(s.delimiter)
	}
}

// cell returns the cell that begins at a byte, and where it ends: at a delimiter, or at the row's end. Blanks before and
// behind the quotes of a cell are passed over.
func (s *splitter) cell(row []byte, at int) (c cell, end int, err error) {
	begin := at
	for begin < len(row) && row[begin] == ' ' {
		begin++
	}
	if begin == len(row) || row[begin] != '"' {
		n := bytes.Index(row[at:], s.delimiter)
		if n < 0 {
			n = len(row) - at
		}
		return cell{text: row[at : at+n], at: at}, at + n, nil
	}
	text, end, err := s.unquote(row, begin)
	if err != nil {
		return c, 0, err
	}
	for end < len(row) && row[end] == ' ' {
		end++
	}
	if end < len(row) && !bytes.HasPrefix(row[end:], s.delimiter) {
		return c, 0, behindQuote(row, end)
	}
	return cell{text: text, at: begin, quoted: true}, end, nil
}

func behindQuote(row []byte, at int) error {
	return fail(at, "%q stands behind the closing quote of a cell; a quote within a cell in quotes is written twice",
		[]rune(string(row[at:min(at+4, len(row))]))[0])
}

// unquote returns what is in the quotes that begin at a byte, and where they end.
func (s *splitter) unquote(row []byte, at int) (text []byte, end int, err error) {
	begin, from := len(s.unquoted), at+1
	for i := from; ; {
		n := bytes.IndexByte(row[i:], '"')
		if n < 0 {
			return nil, 0, fail(at, "the quotes that begin here aren't closed")
		}
		i += n + 1
		if i == len(row) || row[i] != '"' {
			if len(s.unquoted) == begin {
				return row[from : i-1], i, nil
			}
			s.unquoted = append(s.unquoted, row[from:i-1]...)
			return s.unquoted[begin:], i, nil
		}
		s.unquoted = append(s.unquoted, row[from:i]...)
		i++
		from = i
	}
}

// splitAtBlanks splits a row at each run of blanks; those at its ends part nothing.
func (s *splitter) splitAtBlanks(row []byte) error {
	for i := 0; ; {
		for i < len(row) && isBlank(row[i]) {
			i++
		}
		if i == len(row) {
			return nil
		}
		c := cell{at: i}
		if row[i] == '"' {
			var err error
			if c.text, i, err = s.unquote(row, i); err != nil {
				return err
			}
			if i < len(row) && !isBlank(row[i]) {
				return behindQuote(row, i)
			}
			c.quoted = true
		} else {
			for i < len(row) && !isBlank(row[i]) {
				i++
			}
			c.text = row[c.at:i]
		}
		s.cells = append(s.cells, c)
	}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }
