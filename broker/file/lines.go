package file

import (
	"bytes"

	"github.com/leat-go/leat/broker"
)

// nextLine returns the next line that isn't blank, without the white space around it.
func (f *framer) nextLine() ([]byte, error) {
	for {
		newline := f.newline.next(f.buf, f.pos)
		if newline == len(f.buf) {
			return nil, nil
		}
		line := f.buf[f.pos:newline]
		if f.line == 0 {
			line = bytes.TrimPrefix(line, []byte(byteOrderMark))
		}
		text := line
		for len(text) > 0 && isSpace(text[0]) {
			text = text[1:]
		}
		if f.index == 0 && len(text) > 0 {
			if err := f.notLines(text, len(line)-len(text)); err != nil {
				return nil, err
			}
		}
		f.pos = newline + 1
		f.mark = f.pos
		f.line++
		if len(text) > 0 {
			f.column = 1 + len(line) - len(text)
			f.index++
			for isSpace(text[len(text)-1]) {
				text = text[:len(text)-1]
			}
			return text[:len(text):len(text)], nil
		}
	}
}

// addUsualLines adds to records those of the lines that follow, as far as there is room and a batch goes. It is nextLine for
// lines that nothing has to be done for, and leaves off before any other: one that isn't whole, one with white space around it,
// and one above the limit. REQUIRES: a line was framed, and buf is what it was then.
func (f *framer) addUsualLines(records []broker.Record) []broker.Record {
	begun, rest := len(records), f.buf[f.pos:]
	room := records[begun:min(cap(records), batchSize)]
	added := 0
	for ; added < len(room); added++ {
		n := bytes.IndexByte(rest, '\n')
		if n <= 0 || n > f.limit || rest[0] <= ' ' || rest[n-1] <= ' ' {
			break
		}
		record := &room[added]
		record.Offset, record.Value, record.Line, record.Column = f.index+int64(added), rest[:n:n], f.line+1+added, 1
		rest = rest[n+1:]
	}
	if added > 0 {
		f.pos = len(f.buf) - len(rest)
		f.mark, f.column = f.pos, 1
		f.index += int64(added)
		f.line += added
	}
	return records[:begun+added]
}
