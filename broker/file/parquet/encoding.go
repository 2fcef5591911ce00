package parquet

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go/format"
)

// This file decodes the values of pages. Each function knows how many there must be, and takes memory for no more: those
// of parquet-go take what a damaged run says.

// A span is where a text lies in a vector's data.
type span struct{ begin, end uint32 }

// A vector holds values of one column, without nulls: those of up to 8 bytes as the bits of a number, INT32 with its
// sign, others as texts.
type vector struct {
	numbers []int64
	texts   []span
	data    []byte
	// dictionary is what the values are of, texts that is, and indexes which of it; nil for other values.
	dictionary *vector
	indexes    []uint32

	// shared are the texts of a dictionary, where it is a small one, and sharedUTF8 says that all are UTF-8.
	shared     []string
	sharedUTF8 bool
}

// sharedSize is how long the texts of a dictionary may be together that elements share: one that is kept keeps all.
const sharedSize = 64 << 10

// sharedTexts returns the texts that the values are of; nil where they share none.
func (v *vector) sharedTexts(limit int) []string {
	d := v.dictionary
	if d == nil || len(d.data) > sharedSize {
		return nil
	}
	if d.shared == nil {
		all := string(d.data)
		d.shared, d.sharedUTF8 = make([]string, len(d.texts)), true
		for i, s := range d.texts {
			d.shared[i] = all[s.begin:s.end]
			d.sharedUTF8 = d.sharedUTF8 && utf8.ValidString(d.shared[i])
			if int(s.end-s.begin) > limit {
				d.shared = []string{} // whoever takes it says so
				break
			}
		}
	}
	if len(d.shared) == 0 {
		return nil
	}
	return d.shared
}

// text returns a text.
func (v *vector) text(i int) []byte {
	in, s := v, span{}
	if in.dictionary != nil {
		in = in.dictionary
		s = in.texts[v.indexes[i]]
	} else {
		s = in.texts[i]
	}
	return in.data[s.begin:s.end]
}

func (v *vector) len(n *node) int {
	if n.isText() {
		return len(v.texts)
	}
	return len(v.numbers)
}

// isText reports whether the values of a column are texts: of any length, or of a fixed one.
func (n *node) isText() bool {
	return n.physical == format.ByteArray || n.physical == format.FixedLenByteArray || n.physical == format.Int96
}

// width returns how many bytes a value has where all have as many; 0 for others.
func (n *node) width() int {
	switch n.physical {
	case format.Int32, format.Float:
		return 4
	case format.Int64, format.Double:
		return 8
	case format.Int96:
		return 12
	case format.FixedLenByteArray:
		return n.length
	}
	return 0
}

var errValues = damaged("a page holds fewer values than its header says")

// plain decodes values that stand one behind the other.
func (v *vector) plain(n *node, page []byte, count int) error {
	switch n.physical {
	case format.Boolean:
		if len(page) < (count+7)/8 {
			return errValues
		}
		v.numbers = resize(v.numbers, count)
		for i := range v.numbers {
			v.numbers[i] = int64(page[i/8]>>(i%8)) & 1
		}
		return nil
	case format.ByteArray:
		return v.plainTexts(page, count)
	}
	width := n.width()
	if width == 0 || len(page)/width < count {
		return errValues
	}
	switch {
	case n.isText():
		v.data, v.texts = page, resize(v.texts, count)
		for i := range v.texts {
			v.texts[i] = span{uint32(i * width), uint32((i + 1) * width)}
		}
	case width == 4:
		v.numbers = resize(v.numbers, count)
		for i := range v.numbers {
			v.numbers[i] = int64(int32(binary.LittleEndian.Uint32(page[4*i:])))
		}
	default:
		v.numbers = resize(v.numbers, count)
		for i := range v.numbers {
			v.numbers[i] = int64(binary.LittleEndian.Uint64(page[8*i:]))
		}
	}
	return nil
}

func (v *vector) plainTexts(page []byte, count int) error {
	if len(page)/4 < count {
		return errValues
	}
	v.data, v.texts = page, resize(v.texts, count)
	at := uint32(0)
	for i := range v.texts {
		if uint32(len(page))-at < 4 {
			return errValues
		}
		length := binary.LittleEndian.Uint32(page[at:])
		at += 4
		if length > uint32(len(page))-at {
			return errValues
		}
		v.texts[i] = span{at, at + length}
		at += length
	}
	return nil
}

// split decodes values of which first the first bytes stand, then the second ones, and so on.
func (v *vector) split(n *node, page []byte, count int) error {
	width := n.width()
	if width == 0 || len(page)/width < count {
		return errValues
	}
	joined := make([]byte, count*width)
	stride := len(page) / width
	for i := range count {
		for b := range width {
			joined[i*width+b] = page[b*stride+i]
		}
	}
	return v.plain(n, joined, count)
}

// gather sets values by their numbers in a dictionary.
func (v *vector) gather(n *node, dictionary *vector, page []byte, count int) (err error) {
	if count == 0 {
		v.numbers, v.texts = v.numbers[:0], v.texts[:0]
		return nil
	}
	if len(page) == 0 {
		return errValues
	}
	if v.indexes, err = hybrid(v.indexes, page[1:], int(page[0]), count); err != nil {
		return err
	}
	size := uint32(dictionary.len(n))
	for _, i := range v.indexes {
		if i >= size {
			return damaged("a page names entry %d of a dictionary of %d", i, size)
		}
	}
	if n.isText() {
		v.dictionary = dictionary
		return nil
	}
	v.numbers = resize(v.numbers, count)
	for i, at := range v.indexes {
		v.numbers[i] = dictionary.numbers[at]
	}
	return nil
}

// resize returns a list of n elements, in the memory of another one where that suffices.
func resize[T any](list []T, n int) []T {
	if cap(list) < n {
		return make([]T, n)
	}
	return list[:n]
}

// hybrid decodes so many small numbers, in runs that are repeated or packed, into a list.
func hybrid[T uint8 | uint32](into []T, page []byte, width, count int) ([]T, error) {
	into = resize(into, count)
	if width > 32 {
		return nil, damaged("numbers have %d bits", width)
	}
	for at := 0; at < count; {
		head, n := binary.Uvarint(page)
		if n <= 0 {
			return nil, errValues
		}
		page = page[n:]
		if head&1 == 0 {
			length := min(head>>1, uint64(count-at))
			size := (width + 7) / 8
			if len(page) < size {
				return nil, errValues
			}
			var value uint32
			for i := range size {
				value |= uint32(page[i]) << (8 * i)
			}
			run := into[at : at+int(length)]
			for i := range run {
				run[i] = T(value)
			}
			at, page = at+int(length), page[size:]
			continue
		}
		groups := min(head>>1, uint64(count-at+7)/8)
		size := int(groups) * width
		if size > len(page) { // the last group may be cut
			page = append(slices.Clip(page), make([]byte, min(size-len(page), width))...)
			if size > len(page) {
				return nil, errValues
			}
		}
		values := min(int(groups)*8, count-at)
		unpack(into[at:at+values], page[:size], width)
		at, page = at+values, page[size:]
	}
	return into, nil
}

// unpack decodes numbers of so many bits.
func unpack[T uint8 | uint32](into []T, page []byte, width int) {
	var buffer uint64
	have, mask := 0, uint64(1)<<width-1
	at := 0
	for i := range into {
		for have < width {
			if have <= 32 && len(page)-at >= 4 {
				buffer |= uint64(binary.LittleEndian.Uint32(page[at:])) << have
				at, have = at+4, have+32
				continue
			}
			buffer |= uint64(page[at]) << have
			at, have = at+1, have+8
		}
		into[i] = T(buffer & mask)
		buffer >>= width
		have -= width
	}
}

// levels decodes repetition or definition levels, of which the greatest is given. packed says that they are packed in the
// older way, from the highest bit down.
func levels(into []uint8, page []byte, greatest uint8, count int, packed bool) ([]uint8, error) {
	width := bits.Len8(greatest)
	if !packed {
		into, err := hybrid(into, page, width, count)
		if err != nil {
			return nil, err
		}
		for _, l := range into {
			if l > greatest {
				return nil, damaged("a level is %d, and the greatest %d", l, greatest)
			}
		}
		return into, nil
	}
	if len(page) < (count*width+7)/8 {
		return nil, errValues
	}
	into = resize(into, count)
	for i := range into {
		into[i] = 0
		for b := i * width; b < (i+1)*width; b++ {
			into[i] = into[i]<<1 | page[b/8]>>(7-b%8)&1
		}
		if into[i] > greatest {
			return nil, damaged("a level is %d, and the greatest %d", into[i], greatest)
		}
	}
	return into, nil
}
