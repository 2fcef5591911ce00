package schemas

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/leat-go/leat/codec"
)

// HeaderSize is how many bytes the header has that records with a schema in the registry begin with: the magic byte 0,
// and the schema's id in four bytes, the most significant first. With Protobuf, the message's index within its schema
// follows.
const HeaderSize = 5

const magicByte = 0

// CutHeader returns the id of the schema that a record was written with, and what stands behind the header. Its error
// is a *[codec.Error].
func CutHeader(record []byte) (id int, rest []byte, err error) {
	switch {
	case len(record) == 0:
		return 0, nil, &codec.Error{Err: errors.New("the record is empty, want the magic byte 0 and a schema's id")}
	case record[0] != magicByte:
		return 0, nil, &codec.Error{Err: wrongMagicByte(record)}
	case len(record) < HeaderSize:
		err := fmt.Errorf("the record ends within its schema's id, after %d bytes", len(record))
		return 0, nil, &codec.Error{Offset: len(record), Err: err}
	}
	return int(binary.BigEndian.Uint32(record[1:HeaderSize])), record[HeaderSize:], nil
}

func wrongMagicByte(record []byte) error {
	const missing = "the magic byte 0 of a schema registry's wire format is missing: the record begins with "
	if first := bytes.TrimLeft(record, " \t\r\n"); len(first) > 0 && (first[0] == '{' || first[0] == '[') {
		return fmt.Errorf(missing+"%q and may be JSON; use codec.JSON for it", first[0])
	}
	return fmt.Errorf(missing+"%#02x; was it written without the registry? Then use the codec without one", record[0])
}

// AppendHeader appends the header of records that are written with the schema that has an id.
func AppendHeader(dst []byte, id int) []byte {
	return binary.BigEndian.AppendUint32(append(dst, magicByte), uint32(id))
}
