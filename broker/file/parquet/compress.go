package parquet

import (
	"sync"

	"github.com/klauspost/compress/zstd"
	parquetgo "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
)

// zstdWindow is how far back Zstandard looks: a page is a quarter of it, mostly. The library's usual 8 MiB take two buffers of 16
// MiB in each writer, more than all else that a join of Parquet files holds.
const zstdWindow = 1 << 20

// zstdCodec is the library's codec, with encoders of less memory, and fast ones: as other libraries have it where nothing else is
// said, level 1.
type zstdCodec struct {
	compress.Codec
	encoders sync.Pool
}

var zstandard = &zstdCodec{Codec: &parquetgo.Zstd}

// Encode implements [compress.Codec].
func (c *zstdCodec) Encode(dst, src []byte) ([]byte, error) {
	encoder, ok := c.encoders.Get().(*zstd.Encoder)
	if !ok {
		var err error
		encoder, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(zstdWindow),
			zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithZeroFrames(true), zstd.WithEncoderCRC(false),
			zstd.WithLowerEncoderMem(true), zstd.WithAllLitEntropyCompression(true))
		if err != nil {
			return dst, err
		}
	}
	defer c.encoders.Put(encoder)
	return encoder.EncodeAll(src, dst[:0]), nil
}
