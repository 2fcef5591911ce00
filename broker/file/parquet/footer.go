package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

const (
	magic          = "PAR1"
	magicEncrypted = "PARE"
	// maxFooter is how large a footer may be. One of a hundred thousand column chunks has some ten MiB.
	maxFooter = 64 << 20
	// trailer is the length of what stands behind the footer: its length, and the magic.
	trailer = 8
)

// errDamaged marks the error of a file that isn't what its format says.
var errDamaged = errors.New("the file is damaged")

func damaged(text string, args ...any) error {
	return fmt.Errorf("%w: %s", errDamaged, fmt.Sprintf(text, args...))
}

// A footer is what a file says of itself at its end.
type footer struct {
	format.FileMetaData
	// end is where the footer begins: column chunks lie before it.
	end int64
	// sum is the CRC-32C of the footer, by which the file is known again.
	sum uint32
}

// readFooter reads the footer of a file, in memory that is bounded by its length.
func readFooter(file io.ReaderAt, size int64) (*footer, error) {
	if size < int64(len(magic))+trailer {
		return nil, fmt.Errorf("the file has %d bytes, and is no Parquet file; was it cut off?", size)
	}
	head, tail := make([]byte, len(magic)), make([]byte, trailer)
	if _, err := file.ReadAt(head, 0); err != nil {
		return nil, readError(err)
	}
	if _, err := file.ReadAt(tail, size-trailer); err != nil {
		return nil, readError(err)
	}
	switch end := string(tail[4:]); {
	case string(head) == magicEncrypted || end == magicEncrypted:
		return nil, errors.New("the file is encrypted, which isn't supported")
	case string(head) != magic:
		return nil, errors.New("the file doesn't begin as a Parquet file does, although its name says that it is one")
	case end != magic:
		return nil, errors.New("the file begins as a Parquet file does, and doesn't end as one: was it cut off, or is it still " +
			"being written?")
	}
	length := int64(binary.LittleEndian.Uint32(tail))
	if length > size-int64(len(magic))-trailer || length > maxFooter {
		return nil, damaged("its footer has %d bytes by what is written behind it", length)
	}
	text := make([]byte, length)
	f := &footer{end: size - trailer - length}
	if _, err := file.ReadAt(text, f.end); err != nil {
		return nil, readError(err)
	}
	f.sum = crc32.Checksum(text, crc32.MakeTable(crc32.Castagnoli))
	if err := decodeThrift(text, &f.FileMetaData); err != nil {
		return nil, damaged("its footer can't be read: %v", err)
	}
	if f.EncryptionAlgorithm.Value != nil {
		return nil, errors.New("columns of the file are encrypted, which isn't supported")
	}
	return f, f.check()
}

// check checks what reading relies on.
func (f *footer) check() error {
	rows := int64(0)
	for i := range f.RowGroups {
		g := &f.RowGroups[i]
		if g.NumRows < 0 || g.NumRows > f.NumRows-rows {
			return damaged("row group %d has %d rows by the footer, and the file %d", i, g.NumRows, f.NumRows)
		}
		rows += g.NumRows
	}
	if rows != f.NumRows {
		return damaged("the file has %d rows by the footer, and its row groups %d", f.NumRows, rows)
	}
	return nil
}

func readError(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("read the file: %w", err)
}

// decodeThrift decodes what is written in Thrift's compact protocol. It first walks over it: the decoder takes memory for
// as many elements as a list says that it has.
func decodeThrift(text []byte, into any) (err error) {
	if _, err := scanThrift(text); err != nil {
		return err
	}
	defer recovered(&err)
	var protocol thrift.CompactProtocol
	return thrift.NewDecoder(protocol.NewReaderFromBytes(text)).Decode(into)
}

// recovered makes an error of a panic.
func recovered(err *error) {
	if value := recover(); value != nil {
		*err = damaged("%v", value)
	}
}

// maxDepth is how deep structures of the metadata lie in each other, at most.
const maxDepth = 24

// A scanner walks over a text in Thrift's compact protocol.
type scanner struct {
	text []byte
	at   int
}

// errShort is the error of a text that ends too early.
var errShort = errors.New("it ends too early")

// scanThrift returns the length of the structure that a text begins with.
func scanThrift(text []byte) (int, error) {
	s := scanner{text: text}
	err := s.structure(maxDepth)
	return s.at, err
}

func (s *scanner) byte() (byte, error) {
	if s.at >= len(s.text) {
		return 0, errShort
	}
	s.at++
	return s.text[s.at-1], nil
}

func (s *scanner) varint() (uint64, error) {
	v, n := binary.Uvarint(s.text[s.at:])
	switch {
	case n == 0:
		return 0, errShort
	case n < 0:
		return 0, errors.New("a number is too large")
	}
	s.at += n
	return v, nil
}

func (s *scanner) skip(n uint64) error {
	if n > uint64(len(s.text)-s.at) {
		return errShort
	}
	s.at += int(n)
	return nil
}

func (s *scanner) structure(depth int) error {
	if depth == 0 {
		return errors.New("its structures lie too deep in each other")
	}
	for {
		head, err := s.byte()
		if err != nil || head == 0 {
			return err
		}
		if head>>4 == 0 { // the field's number follows
			if _, err := s.varint(); err != nil {
				return err
			}
		}
		if kind := thrift.Type(head & 0xf); kind == thrift.TRUE || kind == thrift.FALSE {
			continue
		} else if err := s.value(kind, depth); err != nil {
			return err
		}
	}
}

func (s *scanner) value(kind thrift.Type, depth int) error {
	switch kind {
	case thrift.TRUE, thrift.FALSE, thrift.I8:
		return s.skip(1)
	case thrift.I16, thrift.I32, thrift.I64:
		_, err := s.varint()
		return err
	case thrift.DOUBLE:
		return s.skip(8)
	case thrift.BINARY:
		n, err := s.varint()
		if err != nil {
			return err
		}
		return s.skip(n)
	case thrift.LIST, thrift.SET:
		return s.list(depth)
	case thrift.STRUCT:
		return s.structure(depth - 1)
	}
	return fmt.Errorf("it has a value of type %d", kind)
}

func (s *scanner) list(depth int) error {
	head, err := s.byte()
	if err != nil {
		return err
	}
	n := uint64(head >> 4)
	if n == 0xf {
		if n, err = s.varint(); err != nil {
			return err
		}
	}
	if n > uint64(len(s.text)-s.at) {
		return errShort // each element takes a byte at least
	}
	for range n {
		if err := s.value(thrift.Type(head&0xf), depth); err != nil {
			return err
		}
	}
	return nil
}
