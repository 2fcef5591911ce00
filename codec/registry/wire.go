package codec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
)

// The wire format of records whose schema is in a registry: the magic byte 0, the schema's id in four bytes, for Protobuf
// the message's index within its schema, the element.
const (
	magic      = 0
	headerSize = 5
	// maxIndex is how deep messages may nest within messages in an index. No schema comes near.
	maxIndex = 64
)

// splitHeader returns the id that a record begins with, and the rest of the record.
func splitHeader(data []byte) (id uint32, rest []byte, err error) {
	switch {
	case len(data) == 0:
		return 0, nil, &Error{Err: errors.New("the record is empty, want the magic byte 0 and a schema's id")}
	case data[0] != magic:
		return 0, nil, &Error{Err: missingMagic(data)}
	case len(data) < headerSize:
		err := fmt.Errorf("the record ends within its schema's id, after %d bytes", len(data))
		return 0, nil, &Error{Offset: len(data), Err: err}
	}
	return binary.BigEndian.Uint32(data[1:headerSize]), data[headerSize:], nil
}

func missingMagic(data []byte) error {
	const missing = "the magic byte 0 of a schema registry's wire format is missing: the record begins with "
	if first := bytes.TrimLeft(data, " \t\r\n"); len(first) > 0 && (first[0] == '{' || first[0] == '[') {
		return fmt.Errorf(missing+"%q and may be JSON; use codec.JSON for it", first[0])
	}
	return fmt.Errorf(missing+"%#02x; was it written without the registry? Then use the codec without one", data[0])
}

func appendHeader(dst []byte, id int) []byte {
	return binary.BigEndian.AppendUint32(append(dst, magic), uint32(id))
}

// splitIndex returns the message's index that stands at the beginning of data, and the rest. Its numbers are where the
// message stands in its file, or in the message around it.
func splitIndex(data []byte) (index []int, rest []byte, err error) {
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

// A table is a map that is read for every record and hardly ever written to. The zero table is empty.
type table[K comparable, V any] struct {
	current atomic.Pointer[map[K]V]
	mu      sync.Mutex // held while current is being replaced
}

// tableSize bounds a table: its keys come from the data, which may hold anything.
const tableSize = 10_000

func (t *table[K, V]) get(key K) (v V, ok bool) {
	if m := t.current.Load(); m != nil {
		v, ok = (*m)[key]
	}
	return v, ok
}

func (t *table[K, V]) put(key K, v V) {
	t.mu.Lock()
	defer t.mu.Unlock()
	next := map[K]V{}
	if m := t.current.Load(); m != nil && len(*m) < tableSize {
		next = maps.Clone(*m)
	}
	next[key] = v
	t.current.Store(&next)
}
