// Package zstd reads and writes files that are compressed with Zstandard. It is a package of its own because of the
// megabyte that a program with it is larger.
//
//	files := file.New(zstd.Files(), file.At[Reading]("readings.jsonl.zst"))
package zstd

import (
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/leat-go/leat/broker/file"
)

// maxWindow is how far back the data may refer, which is memory: as much as zstd(1) takes without being asked.
const maxWindow = 128 << 20

// Files is an option of [file.New]: files whose names end in .zst are compressed with Zstandard.
func Files() file.Option { return file.Zstandard(compression{}) }

type compression struct{}

// Decompress implements file.Compression.
func (compression) Decompress(r io.Reader) (io.Reader, func(), error) {
	// One goroutine is enough: the caller's. The join runs beside it.
	unpack, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, nil, err
	}
	return unpack, unpack.Close, nil
}

// Compress implements file.Compression.
func (compression) Compress(w io.Writer) (file.Compressor, error) {
	// A window of a mebibyte keeps the encoder's memory at a few of them.
	pack, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
	if err != nil {
		return nil, fmt.Errorf("start Zstandard: %w", err)
	}
	return pack, nil
}

// IsOther implements file.Compression.
func (compression) IsOther(err error) bool { return errors.Is(err, zstd.ErrMagicMismatch) }
