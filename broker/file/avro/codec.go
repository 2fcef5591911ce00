package avro

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// blockLimit is how many bytes a block may have, unpacked: a damaged one may claim to have any number.
const blockLimit = 256 << 20

// A packing packs and unpacks blocks.
type packing interface {
	pack(block []byte) ([]byte, error)
	unpack(packed []byte) ([]byte, error)
}

// codecOf returns what packs blocks by a codec's name in a file's header.
func codecOf(name string) (packing, error) {
	switch name {
	case "null":
		return plain{}, nil
	case "", "deflate":
		return deflate{}, nil
	case "snappy":
		return snappied{}, nil
	case "zstandard":
		return zstandard{}, nil
	}
	return nil, fmt.Errorf("its blocks are packed by %q, and null, deflate, snappy and zstandard are known", name)
}

type plain struct{}

func (plain) pack(block []byte) ([]byte, error)    { return block, nil }
func (plain) unpack(packed []byte) ([]byte, error) { return packed, nil }

type deflate struct{}

func (deflate) pack(block []byte) ([]byte, error) {
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.DefaultCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(block); err != nil {
		return nil, err
	}
	err = w.Close()
	return packed.Bytes(), err
}

func (deflate) unpack(packed []byte) ([]byte, error) {
	r := flate.NewReader(bytes.NewReader(packed))
	block, err := io.ReadAll(io.LimitReader(r, blockLimit+1))
	if err == nil && len(block) > blockLimit {
		err = errTooLong
	}
	return block, err
}

var errTooLong = fmt.Errorf("it has more than %d MiB, unpacked", blockLimit>>20)

// snappied has a checksum behind what is packed.
type snappied struct{}

func (snappied) pack(block []byte) ([]byte, error) {
	return binary.BigEndian.AppendUint32(snappy.Encode(nil, block), crc32.ChecksumIEEE(block)), nil
}

func (snappied) unpack(packed []byte) ([]byte, error) {
	if len(packed) < 4 {
		return nil, io.ErrUnexpectedEOF
	}
	packed, sum := packed[:len(packed)-4], binary.BigEndian.Uint32(packed[len(packed)-4:])
	size, err := snappy.DecodedLen(packed)
	switch {
	case err != nil:
		return nil, err
	case size > blockLimit:
		return nil, errTooLong
	}
	block, err := snappy.Decode(nil, packed)
	if err == nil && crc32.ChecksumIEEE(block) != sum {
		err = fmt.Errorf("its checksum is another")
	}
	return block, err
}

type zstandard struct{}

func (zstandard) pack(block []byte) ([]byte, error) {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
	if err != nil {
		return nil, err
	}
	return w.EncodeAll(block, nil), w.Close()
}

func (zstandard) unpack(packed []byte) ([]byte, error) {
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(blockLimit))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return r.DecodeAll(packed, nil)
}
