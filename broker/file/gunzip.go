package file

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"compress/gzip"
)

// errBehindGzip says what may stand behind gzip data.
var errBehindGzip = errors.New("only zeros or more gzip data may follow; was something appended without compressing " +
	"it?")

// unzip decompresses a gzip file as gzip(1) does: its members one after the other, up to the zeros that tapes and block
// devices fill the last block with. Other bytes behind a member are an error: gzip(1) ignores them with a warning, and
// a file that was damaged there would seem whole.
type unzip struct {
	file   *bufio.Reader
	member *gzip.Reader
}

// newUnzip reads the first member's header.
func newUnzip(r io.Reader) (*unzip, error) {
	u := &unzip{file: bufio.NewReader(r)}
	var err error
	if u.member, err = gzip.NewReader(u.file); err != nil {
		return nil, err
	}
	u.member.Multistream(false)
	return u, nil
}

// Read implements [io.Reader].
func (u *unzip) Read(p []byte) (int, error) {
	for {
		n, err := u.member.Read(p)
		if n > 0 && err == io.EOF {
			return n, nil
		}
		if err != io.EOF {
			return n, err
		}
		if err := u.next(); err != nil {
			return 0, err
		}
	}
}

// next goes on to the next member; io.EOF if there is none.
func (u *unzip) next() error {
	begin, err := u.file.Peek(1)
	if err != nil {
		return err
	}
	if begin[0] == 0 {
		return u.padding()
	}
	if begin[0] != 0x1F {
		return fmt.Errorf("behind the gzip data stands %s: %w", character(begin), errBehindGzip)
	}
	if err := u.member.Reset(u.file); err != nil {
		return err
	}
	u.member.Multistream(false)
	return nil
}

// padding reads zeros up to the file's end.
func (u *unzip) padding() error {
	for {
		c, err := u.file.ReadByte()
		if err != nil {
			return err
		}
		if c != 0 {
			return fmt.Errorf("behind the gzip data and its padding of zeros stands %s: %w", character([]byte{c}), errBehindGzip)
		}
	}
}
