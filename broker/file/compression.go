package file

import (
	"compress/gzip"
	"errors"
	"io"
)

// A Compression is a way to compress files. Gzip is built in; others are packages of their own, see [Zstandard].
type Compression interface {
	// Decompress returns what r holds, and a function that releases what decompressing takes.
	Decompress(r io.Reader) (text io.Reader, release func(), err error)
	// Compress returns a writer whose Close completes what is written to w. It doesn't close w.
	Compress(w io.Writer) (Compressor, error)
	// IsOther reports whether an error of decompressing says that the data never was compressed so.
	IsOther(err error) bool
}

// A Compressor is what results are written to on their way into a file.
type Compressor interface {
	io.WriteCloser
	// Flush writes what is held back, so that a reader can decompress all that was written so far.
	Flush() error
}

// Zstandard is an option for files whose names end in .zst; package broker/file/zstd gives it c, by zstd.Files(). It
// isn't built in because programs without such files needn't carry it. It panics where c is nil.
func Zstandard(c Compression) Option {
	if c == nil {
		panic("file.Zstandard: the compression is nil; zstd.Files() of package broker/file/zstd is the option")
	}
	return func(b *Broker) { b.zstandard = c }
}

// errNoZstandard says how to get what isn't built in.
var errNoZstandard = errors.New("the file is compressed with Zstandard, as its name says: give file.New the option " +
	"zstd.Files() of package github.com/leat-go/leat/broker/file/zstd")

// by returns what compresses and decompresses a path's file.
func (b *Broker) by(path string) (Compression, error) {
	switch _, packed := format(path); {
	case packed == gzipped:
		return gzipCompression{}, nil
	case packed == plain:
		return uncompressed{}, nil
	case b.zstandard == nil:
		return nil, errNoZstandard
	}
	return b.zstandard, nil
}

type gzipCompression struct{}

func (gzipCompression) Decompress(r io.Reader) (io.Reader, func(), error) {
	unzip, err := newUnzip(r)
	if err != nil {
		return nil, nil, err
	}
	return unzip, func() {}, nil
}

func (gzipCompression) Compress(w io.Writer) (Compressor, error) { return gzip.NewWriter(w), nil }

func (gzipCompression) IsOther(err error) bool { return errors.Is(err, gzip.ErrHeader) }

// uncompressed is the compression that doesn't, and a compressor of it.
type uncompressed struct{ io.Writer }

func (uncompressed) Decompress(r io.Reader) (io.Reader, func(), error) { return r, func() {}, nil }
func (uncompressed) Compress(w io.Writer) (Compressor, error)          { return uncompressed{w}, nil }
func (uncompressed) IsOther(error) bool                                { return false }
func (uncompressed) Flush() error                                      { return nil }
func (uncompressed) Close() error                                      { return nil }
