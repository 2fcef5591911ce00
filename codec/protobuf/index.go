package protobuf

import (
	"encoding/binary"
	"errors"
)

// maxIndex is how deep messages may nest within messages in an index. No schema comes near.
const maxIndex = 64

// cutIndex returns the message's index that stands at the beginning of data, and the rest. Its numbers are where the
// message stands in its file, or in the message around it.
func cutIndex(data []byte) (index []int, rest []byte, err error) {
	number := func() (n int, ok bool) {
		v, size := binary.Varint(data)
		if size <= 0 || v < 0 || v > 1<<20 {
			return 0, false
		}
		data = data[size:]
		return int(v), true
	}
	count, ok := number()
	if !ok || count > maxIndex {
		return nil, nil, errBadIndex
	}
	if count == 0 { // short for the first message of the file, which is the most frequent
		return []int{0}, data, nil
	}
	index = make([]int, count)
	for i := range index {
		if index[i], ok = number(); !ok {
			return nil, nil, errBadIndex
		}
	}
	return index, data, nil
}

var errBadIndex = errors.New("what follows the schema's id isn't the index of a Protobuf message; " +
	"was the record written with Avro, or by something that leaves the index out?")

func appendIndex(dst []byte, index []int) []byte {
	if len(index) == 1 && index[0] == 0 {
		return append(dst, 0)
	}
	dst = binary.AppendVarint(dst, int64(len(index)))
	for _, i := range index {
		dst = binary.AppendVarint(dst, int64(i))
	}
	return dst
}
