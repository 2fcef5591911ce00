package parquet

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

// A decompressor decompresses pages into as much memory as their headers say, and no more.
type decompressor struct {
	unzstd *zstd.Decoder
	gunzip *gzip.Reader
}

// decompress decompresses a page whose length is known, in the memory of into.
func (d *decompressor) decompress(codec format.CompressionCodec, into, packed []byte, size int) ([]byte, error) {
	if codec == format.Uncompressed {
		if len(packed) != size {
			return nil, damaged("a page has %d bytes, and its header says %d", len(packed), size)
		}
		return packed, nil
	}
	if cap(into) < size {
		into = make([]byte, size)
	}
	into = into[:size]
	n, err := d.unpack(codec, into, packed)
	if err != nil {
		return nil, fmt.Errorf("%w: a page can't be decompressed: %w", errDamaged, err)
	}
	if n != size {
		return nil, damaged("a page has %d bytes decompressed, and its header says %d", n, size)
	}
	return into, nil
}

func (d *decompressor) unpack(codec format.CompressionCodec, into, packed []byte) (int, error) {
	switch codec {
	case format.Snappy:
		n, err := snappy.DecodedLen(packed)
		if err != nil || n != len(into) {
			return n, err
		}
		out, err := snappy.Decode(into, packed)
		return len(out), err
	case format.Zstd:
		return d.zstd(into, packed)
	case format.Gzip:
		return d.gzip(into, packed)
	case format.Lz4Raw:
		return lz4.UncompressBlock(packed, into)
	case format.Lz4:
		return hadoopLZ4(into, packed)
	case format.Brotli:
		return readAll(brotli.NewReader(bytes.NewReader(packed)), into)
	}
	return 0, fmt.Errorf("its compression, %v, isn't supported", codec)
}

func (d *decompressor) zstd(into, packed []byte) (int, error) {
	if d.unzstd == nil {
		var err error
		d.unzstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxMemory(maxPage), zstd.WithDecodeAllCapLimit(true))
		if err != nil {
			return 0, err
		}
	}
	out, err := d.unzstd.DecodeAll(packed, into[:0:len(into)])
	return len(out), err
}

func (d *decompressor) gzip(into, packed []byte) (int, error) {
	in := bytes.NewReader(packed)
	if d.gunzip == nil {
		var err error
		if d.gunzip, err = gzip.NewReader(in); err != nil {
			return 0, err
		}
	} else if err := d.gunzip.Reset(in); err != nil {
		return 0, err
	}
	return readAll(d.gunzip, into)
}

// readAll reads what a reader has; an error where that is more than there is room for.
func readAll(r io.Reader, into []byte) (int, error) {
	n, err := io.ReadFull(r, into)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return n, err
	}
	more := make([]byte, 1)
	if _, err := io.ReadFull(r, more); !errors.Is(err, io.EOF) {
		return n, errors.Join(err, errors.New("it holds more than its header says"))
	}
	return n, nil
}

// hadoopLZ4 decompresses the older of the two forms of LZ4: blocks with their lengths before them, as Hadoop writes
// them, or a bare block, as some others did.
func hadoopLZ4(into, packed []byte) (int, error) {
	n, rest := 0, packed
	for len(rest) >= 8 {
		size, length := int(be32(rest)), int(be32(rest[4:]))
		if size > len(into)-n || length > len(rest)-8 {
			break
		}
		written, err := lz4.UncompressBlock(rest[8:8+length], into[n:n+size])
		if err != nil || written != size {
			break
		}
		n, rest = n+written, rest[8+length:]
	}
	if len(rest) == 0 {
		return n, nil
	}
	return lz4.UncompressBlock(packed, into)
}

func be32(b []byte) uint32 {
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

func (d *decompressor) close() {
	if d.unzstd != nil {
		d.unzstd.Close()
	}
}
