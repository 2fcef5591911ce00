package wire

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"time"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// A Chunk is what the server stores and sends at once: some messages behind each other.
type Chunk struct {
	// Offset is that of the first message, and Records how many there are.
	Offset  int64
	Records int
	// Time is when the server stored them.
	Time time.Time

	entries body
	// batch holds the messages of an entry that holds several, and left is how many of them weren't read yet.
	batch body
	left  int
	next  int64
}

// maxBatch is how many bytes an entry of several messages may take decompressed.
const maxBatch = 256 << 20

// readChunk reads the head of a chunk and checks its sum.
func readChunk(raw []byte) (*Chunk, error) {
	b := body{bytes: raw}
	c := &Chunk{}
	b.uint8() // magic number and version
	kind := b.uint8()
	b.uint16() // entries
	c.Records = int(b.uint32())
	c.Time = time.UnixMilli(int64(b.uint64())).UTC()
	b.uint64() // epoch
	c.Offset = int64(b.uint64())
	sum := b.uint32()
	length := int(b.uint32())
	b.uint32() // length of the trailer, which isn't sent
	b.uint32() // reserved
	c.entries.bytes = b.take(length)
	c.next = c.Offset
	switch {
	case b.short:
		return nil, b.err()
	case kind != 0:
		return &Chunk{Offset: c.Offset}, nil // what the server keeps for itself
	case crc32.ChecksumIEEE(c.entries.bytes) != sum:
		return nil, fmt.Errorf("the chunk at offset %d is damaged: its check sum is wrong", c.Offset)
	}
	return c, nil
}

// Next returns the next message and its offset, and [io.EOF] behind the last. The message is part of the chunk's
// memory, which nobody writes to again.
func (c *Chunk) Next() (message []byte, offset int64, err error) {
	for c.left == 0 {
		if len(c.entries.bytes) == 0 {
			return nil, 0, io.EOF
		}
		if c.entries.bytes[0]&0x80 == 0 {
			message = c.entries.take(int(c.entries.uint32()))
			offset = c.next
			c.next++
			return message, offset, c.entries.err()
		}
		if err := c.beginBatch(); err != nil {
			return nil, 0, fmt.Errorf("offset %d: %w", c.next, err)
		}
	}
	message = c.batch.take(int(c.batch.uint32()))
	offset = c.next
	c.left--
	c.next++
	return message, offset, c.batch.err()
}

// beginBatch begins an entry of several messages.
func (c *Chunk) beginBatch() error {
	compression := c.entries.uint8() >> 4 & 7
	c.left = int(c.entries.uint16())
	size := int(c.entries.uint32())
	stored := c.entries.take(int(c.entries.uint32()))
	if err := c.entries.err(); err != nil {
		return err
	}
	plain, err := decompress(compression, stored, size)
	c.batch = body{bytes: plain}
	return err
}

// decompress returns what an entry holds.
func decompress(compression uint8, stored []byte, size int) ([]byte, error) {
	in := io.Reader(bytes.NewReader(stored))
	switch compression {
	case 0:
		return stored, nil
	case 1:
		zipped, err := gzip.NewReader(in)
		if err != nil {
			return nil, err
		}
		in = zipped
	case 2:
		in = s2.NewReader(in)
	case 3:
		in = lz4.NewReader(in)
	case 4:
		zipped, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		defer zipped.Close()
		in = zipped
	default:
		return nil, fmt.Errorf("messages are compressed by method %d, which isn't known", compression)
	}
	if size > maxBatch {
		return nil, fmt.Errorf("messages that were compressed together have %d bytes, more than %d", size, maxBatch)
	}
	plain := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
	if _, err := io.Copy(plain, io.LimitReader(in, int64(size)+1)); err != nil {
		return nil, err
	}
	if plain.Len() != size {
		return nil, errors.New("compressed messages have another size than they should")
	}
	return plain.Bytes(), nil
}
