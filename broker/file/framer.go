package file

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strings"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file/internal/csv"
	"github.com/leat-go/leat/codec"
)

// A framer finds where the objects in a text begin and end, and nothing else: whether an object is right inside is for
// the codec to say. It is fed by appending to buf; next then gives the objects that are whole.
//
// In a list the braces outside of strings are all that matters: where the object is right they balance, and where they
// don't, the codec refuses what they enclose.
type framer struct {
	stream broker.Stream
	// limit is the stream's for an object.
	limit  int
	layout layout
	buf    []byte
	// pos is the first byte that was not looked at. It may be one behind the end of buf, after a backslash.
	pos   int
	index int64 // of the next object in the stream
	state state

	// depth and quoted say where in an object pos is.
	depth  int
	quoted bool

	// line and column are the location of the byte at mark, which is the first one that is still needed. In lines and rows,
	// line is the number of the last one that was framed.
	mark         int
	line, column int

	// failed is the error behind which nothing is framed: of an object above the stream's limit, or a row that is wrong.
	failed error

	// cells is what makes objects of rows, nil where there are none, and objects where they lie. breaks is how many line
	// breaks are within the row that was framed last, and opened the byte of this one with the quotes that pos is in.
	cells   *csv.Decoder
	objects []byte
	breaks  int
	opened  int
	// carried says that rows stay as they are, see Carry.
	carried bool
	// flawed says that a row which can't be read is given as it stands, and flaw is what is wrong with the one that was framed
	// last.
	flawed bool
	flaw   *flawedRow
	// quotes says that there are such in the row at hand. rowAt is the byte that the row begins with that was framed last, and
	// isRow says that it is given in place of its object; decode decodes the objects of rows that need one.
	quotes, isRow bool
	rowAt         int
	decode        codec.Decode

	newline, brace, quote, backslash byteFinder
}

// state is where in a list the framer is.
type state int

const (
	beforeList state = iota
	beforeFirst
	beforeObject // behind a comma
	inObject
	behindObject
	behindList
)

func newFramer(stream broker.Stream, l layout, pick picking) framer {
	f := framer{
		stream: stream, limit: stream.ElementLimit(), layout: l, column: 1,
		newline: byteFinder{char: '\n'}, brace: byteFinder{char: '{'}, quote: byteFinder{char: '"'},
		backslash: byteFinder{char: '\\'},
	}
	switch l {
	case list:
		f.line = 1
	case rows:
		f.cells, f.decode = newCells(&stream, pick)
	}
	return f
}

// next returns the next object, and none if more bytes are needed. Until buf changes, line and column are its location.
// After an error it returns the same error again.
func (f *framer) next() (object []byte, err error) {
	switch {
	case f.failed != nil:
		return nil, f.failed
	case f.layout == rows:
		return f.nextRow()
	case f.layout == list:
		object, err = f.nextObject()
	case f.layout == lines:
		object, err = f.nextLine()
	case f.choose():
		return f.next()
	}
	if len(object) > f.limit {
		return nil, f.refuse()
	}
	return object, err
}

// refuse says that the object that was framed last is above the limit.
func (f *framer) refuse() error {
	f.index-- // it is this one that the error is about
	f.failed = f.fail("%w", f.stream.TooLarge())
	return f.failed
}

// choose tells the layout by the first character; false where it isn't there yet.
func (f *framer) choose() bool {
	text := bytes.TrimLeft(bytes.TrimPrefix(f.buf, []byte(byteOrderMark)), " \t\r\n")
	if len(text) == 0 || strings.HasPrefix(byteOrderMark, string(f.buf)) {
		return false
	}
	f.layout = lines
	if text[0] == '[' {
		f.layout = list
		f.line = 1
	}
	return true
}

// nextObject returns the next object of a list.
func (f *framer) nextObject() ([]byte, error) {
	whole := -1
	if f.state != inObject {
		if err := f.begin(); err != nil || f.state != inObject {
			return nil, err
		}
		whole = f.flat()
	}
	if whole < 0 {
		whole = f.scan()
	}
	if whole < 0 {
		return nil, nil
	}
	f.pos = whole
	f.state = behindObject
	f.index++
	return f.buf[f.mark:whole:whole], nil
}

// begin goes on to the next object of a list, and puts the mark there.
func (f *framer) begin() error {
	for f.pos < len(f.buf) {
		c := f.buf[f.pos]
		switch {
		case isSpace(c):
		case c == '{' && (f.state == beforeObject || f.state == beforeFirst):
			f.advance(f.pos)
			f.state, f.depth = inObject, 0
			return nil
		case c == ',' && f.state == behindObject:
			f.state = beforeObject
		case c == ']' && (f.state == behindObject || f.state == beforeFirst):
			f.state = behindList
		case c == '[' && f.state == beforeList:
			f.state = beforeFirst
		case f.pos == 0 && f.state == beforeList && bytes.HasPrefix(f.buf, []byte(byteOrderMark)):
			f.pos = len(byteOrderMark)
			f.mark = f.pos
			continue
		case len(f.buf)-f.pos < lookahead:
			return nil
		default:
			return f.unexpected()
		}
		f.pos++
	}
	return nil
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// lookahead is how many bytes tell a mistake from a byte order mark and what kind of mistake it is.
const lookahead = 5

const byteOrderMark = "\xEF\xBB\xBF"

// flat returns the end of the object at the mark if it is one of the usual kind, with no objects inside, no backslash
// and no brace in a string: then its end is the first closing brace. It returns -1 if it isn't, or isn't whole. All
// that it looks for is found by vector instructions, several times faster than byte by byte.
func (f *framer) flat() int {
	body := f.buf[f.mark+1:]
	n := bytes.IndexByte(body, '}')
	if n < 0 {
		return -1
	}
	end := f.mark + 1 + n
	if f.brace.next(f.buf, f.mark+1) < end || f.backslash.next(f.buf, f.mark+1) < end {
		return -1
	}
	if bytes.Count(body[:n], []byte{'"'})&1 != 0 {
		return -1 // the brace is in a string
	}
	return end + 1
}

// scan returns the end of the object that pos is in, or -1 if it isn't whole; it goes on from there when there is more.
func (f *framer) scan() int {
	i := f.pos
	for i < len(f.buf) {
		if f.quoted {
			i = f.unquote(i)
			continue
		}
		switch f.buf[i] {
		case '"':
			f.quoted = true
		case '{':
			f.depth++
		case '}':
			f.depth--
			if f.depth == 0 {
				return i + 1
			}
		}
		i++
	}
	f.pos = i
	return -1
}

// unquote goes on from i in a string: behind its end, or behind the next escaped character.
func (f *framer) unquote(i int) int {
	quote := f.quote.next(f.buf, i)
	if backslash := f.backslash.next(f.buf, i); backslash < quote {
		return backslash + 2
	}
	if quote >= len(f.buf) {
		return quote
	}
	f.quoted = false
	return quote + 1
}

// advance moves the mark on to a byte, counting lines and characters.
func (f *framer) advance(to int) {
	for newline := f.newline.next(f.buf, f.mark); newline < to; newline = f.newline.next(f.buf, f.mark) {
		f.line++
		f.column = 1
		f.mark = newline + 1
	}
	f.column += characters(f.buf[f.mark:to])
	f.mark = to
}

// characters counts the characters of a UTF-8 text: all bytes but those that continue a character, eight at a time.
func characters(text []byte) int {
	n := len(text)
	for ; len(text) >= 8; text = text[8:] {
		word := binary.LittleEndian.Uint64(text)
		n -= bits.OnesCount64(word >> 7 &^ (word >> 6) & 0x0101010101010101)
	}
	for _, c := range text {
		if c&0xC0 == 0x80 {
			n--
		}
	}
	return n
}

// needed returns how many bytes at the end of buf are still needed.
func (f *framer) needed() int {
	if f.layout == list && f.state != inObject {
		f.advance(f.pos)
	}
	return len(f.buf) - f.mark
}

// moveTo puts what is still needed of buf at the start of another buffer.
func (f *framer) moveTo(into []byte) {
	by := len(f.buf) - f.needed()
	f.buf = append(into[:0], f.buf[by:]...)
	f.mark = 0
	f.pos -= by
	for _, l := range []*byteFinder{&f.newline, &f.brace, &f.quote, &f.backslash} {
		l.at = max(l.at-by, 0)
	}
}

// A byteFinder finds a character and remembers where, so that a buffer is searched once however often one asks.
type byteFinder struct {
	char byte
	at   int // the first index, from the last one asked for, where char may be
}

// next returns the index of the first char at from or behind, and the length of buf, or from if that is behind it, if
// there is none. From one call to the next, from must not decrease and buf may grow.
func (l *byteFinder) next(buf []byte, from int) int {
	l.at = max(l.at, from)
	if l.at >= len(buf) || buf[l.at] == l.char {
		return l.at
	}
	n := bytes.IndexByte(buf[l.at:], l.char)
	if n < 0 {
		n = len(buf) - l.at
	}
	l.at += n
	return l.at
}
