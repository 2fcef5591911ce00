package file

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// inUTF16 reads texts of UTF-16 that begin with a byte order mark, as if UTF-8 were compressed so: bytes of the text aren't
// those of the file. Spreadsheets write CSV like that.
type inUTF16 struct{ uncompressed }

// isUTF16 reports whether a file begins with the byte order mark of UTF-16.
func isUTF16(head []byte) bool {
	return len(head) >= 2 && (head[0] == 0xFF && head[1] == 0xFE || head[0] == 0xFE && head[1] == 0xFF)
}

// Decompress implements [Compression].
func (inUTF16) Decompress(r io.Reader) (io.Reader, func(), error) {
	return &utf16Reader{from: bufio.NewReader(r)}, func() {}, nil
}

// A utf16Reader is UTF-8 made of UTF-16.
type utf16Reader struct {
	from  *bufio.Reader
	order binary.ByteOrder // nil before the byte order mark was read
	read  int64
	// rest is what of a character has found no room.
	rest []byte
	err  error
}

// Read implements [io.Reader].
func (u *utf16Reader) Read(p []byte) (n int, err error) {
	if u.order == nil && u.err == nil {
		u.begin()
	}
	for n < len(p) {
		if len(u.rest) == 0 {
			if u.err != nil || n > 0 && u.from.Buffered() < 2*utf8.UTFMax {
				break
			}
			u.rest = u.next(u.rest[:0])
		}
		copied := copy(p[n:], u.rest)
		n, u.rest = n+copied, u.rest[copied:]
	}
	if n == 0 {
		return 0, u.err
	}
	return n, nil
}

// begin reads the byte order mark.
func (u *utf16Reader) begin() {
	u.order = binary.LittleEndian
	if mark, ok := u.unit(); ok && mark != 0xFEFF {
		u.order = binary.BigEndian
	}
}

// next appends the next character.
func (u *utf16Reader) next(into []byte) []byte {
	unit, ok := u.unit()
	if !ok {
		return into
	}
	c := rune(unit)
	if utf16.IsSurrogate(c) {
		low, ok := u.unit()
		if !ok && !errors.Is(u.err, io.EOF) {
			return into
		}
		if c = utf16.DecodeRune(c, rune(low)); c == utf8.RuneError {
			u.err = fmt.Errorf("half a character, %#04x, stands by itself before byte %d of what is UTF-16 by its mark",
				unit, u.read)
			return into
		}
	}
	return utf8.AppendRune(into, c)
}

// unit reads two bytes.
func (u *utf16Reader) unit() (uint16, bool) {
	var two [2]byte
	n, err := io.ReadFull(u.from, two[:])
	u.read += int64(n)
	if err != nil {
		u.err = err
		return 0, false
	}
	return u.order.Uint16(two[:]), true
}
