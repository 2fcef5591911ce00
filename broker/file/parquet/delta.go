package parquet

import (
	"encoding/binary"

	"github.com/parquet-go/parquet-go/format"
)

// A deltas reads numbers as differences, packed in blocks.
type deltas struct{ page []byte }

func (d *deltas) uvarint() (uint64, error) {
	v, n := binary.Uvarint(d.page)
	if n <= 0 {
		return 0, errValues
	}
	d.page = d.page[n:]
	return v, nil
}

func (d *deltas) varint() (int64, error) {
	v, err := d.uvarint()
	return int64(v>>1) ^ -int64(v&1), err
}

// numbers decodes numbers; there must be count of them, or as many as there are where that is below zero, at most limit.
func (d *deltas) numbers(into []int64, count, limit int) ([]int64, error) {
	var head [3]uint64
	for i := range head {
		var err error
		if head[i], err = d.uvarint(); err != nil {
			return nil, err
		}
	}
	size, parts, total := head[0], head[1], head[2]
	if size == 0 || size > 1<<20 || parts == 0 || parts > size || size%parts != 0 || size/parts%8 != 0 {
		return nil, damaged("a block of differences has %d values in %d parts", size, parts)
	}
	if count >= 0 && total != uint64(count) || total > uint64(limit) {
		return nil, damaged("a page holds %d values, and its header says another number", total)
	}
	value, err := d.varint()
	if err != nil {
		return nil, err
	}
	into = resize(into, int(total))
	if total == 0 {
		return into, nil
	}
	into[0] = value
	for at := 1; at < len(into); {
		least, err := d.varint()
		if err != nil {
			return nil, err
		}
		if uint64(len(d.page)) < parts {
			return nil, errValues
		}
		widths := d.page[:parts]
		d.page = d.page[parts:]
		for _, width := range widths {
			n := int(size / parts)
			if at == len(into) {
				break // what is behind the last value need not be there
			}
			if err := d.part(into, at, n, int(width), least); err != nil {
				return nil, err
			}
			at = min(at+n, len(into))
		}
	}
	return into, nil
}

// part decodes up to n numbers, into[at] being the first.
func (d *deltas) part(into []int64, at, n, width int, least int64) error {
	if width > 64 {
		return damaged("differences have %d bits", width)
	}
	size := n / 8 * width
	if size > len(d.page) {
		return errValues
	}
	part, value := d.page, into[at-1]
	d.page = d.page[size:]
	bit, mask := 0, uint64(1)<<width-1
	end := min(at+n, len(into))
	for ; at < end && bit/8+9 <= len(part); at++ { // what is behind the part is masked
		shift := bit % 8
		difference := binary.LittleEndian.Uint64(part[bit/8:]) >> shift
		if width > 64-shift {
			difference |= uint64(part[bit/8+8]) << (64 - shift)
		}
		value += least + int64(difference&mask)
		into[at] = value
		bit += width
	}
	for ; at < end; at++ {
		value += least + int64(bitsAt(part, bit, width))
		into[at] = value
		bit += width
	}
	return nil
}

// bitsAt returns so many bits from one on.
func bitsAt(part []byte, bit, width int) (v uint64) {
	for have := 0; have < width; {
		shift := (bit + have) % 8
		take := min(8-shift, width-have)
		v |= uint64(part[(bit+have)/8]>>shift&(1<<take-1)) << have
		have += take
	}
	return v
}

// deltaTexts decodes texts whose lengths stand before them.
func (v *vector) deltaTexts(page []byte, count int) error {
	d := deltas{page}
	lengths, err := d.numbers(nil, count, count)
	if err != nil {
		return err
	}
	v.data, v.texts = d.page, resize(v.texts, count)
	at := int64(0)
	for i, length := range lengths {
		if length < 0 || length > int64(len(d.page))-at {
			return errValues
		}
		v.texts[i] = span{uint32(at), uint32(at + length)}
		at += length
	}
	return nil
}

// prefixed decodes texts of which each goes on from the beginning of the one before.
func (v *vector) prefixed(page []byte, count, limit int) error {
	d := deltas{page}
	prefixes, err := d.numbers(nil, count, count)
	if err != nil {
		return err
	}
	var rest vector
	if err := rest.deltaTexts(d.page, count); err != nil {
		return err
	}
	data := make([]byte, 0, len(rest.data))
	v.texts = resize(v.texts, count)
	last := span{}
	for i, s := range rest.texts {
		prefix := prefixes[i]
		if prefix < 0 || prefix > int64(last.end-last.begin) || len(data)+int(prefix)+int(s.end-s.begin) > limit {
			return errValues
		}
		begin := uint32(len(data))
		data = append(data, data[last.begin:last.begin+uint32(prefix)]...)
		data = append(data, rest.data[s.begin:s.end]...)
		last = span{begin, uint32(len(data))}
		v.texts[i] = last
	}
	v.data = data
	return nil
}

// plainDictionary is what older writers call RLEDictionary.
const plainDictionary format.Encoding = 2

// decode decodes the values of a page.
func (v *vector) decode(n *node, encoding format.Encoding, dictionary *vector, page []byte, count int) error {
	v.dictionary = nil
	switch encoding {
	case format.Plain:
		return v.plain(n, page, count)
	case plainDictionary, format.RLEDictionary:
		if dictionary == nil {
			return damaged("a page refers to a dictionary that isn't there")
		}
		return v.gather(n, dictionary, page, count)
	case format.ByteStreamSplit:
		return v.split(n, page, count)
	case format.DeltaBinaryPacked:
		if n.physical != format.Int32 && n.physical != format.Int64 {
			break
		}
		d := deltas{page}
		numbers, err := d.numbers(v.numbers, count, count)
		if err == nil && n.physical == format.Int32 {
			for i := range numbers {
				numbers[i] = int64(int32(numbers[i]))
			}
		}
		v.numbers = numbers
		return err
	case format.DeltaLengthByteArray:
		if n.physical == format.ByteArray {
			return v.deltaTexts(page, count)
		}
	case format.DeltaByteArray:
		if err := v.prefixed(page, count, maxPage); err != nil || n.physical == format.ByteArray {
			return err
		}
		return v.checkWidth(n)
	case format.RLE:
		if n.physical == format.Boolean {
			return v.booleans(page, count)
		}
	}
	return damaged("values of type %v can't be encoded as %v", n.physical, encoding)
}

func (v *vector) checkWidth(n *node) error {
	for _, s := range v.texts {
		if int(s.end-s.begin) != n.width() {
			return damaged("a value has %d bytes, and the schema says %d", s.end-s.begin, n.width())
		}
	}
	return nil
}

func (v *vector) booleans(page []byte, count int) error {
	if len(page) < 4 || binary.LittleEndian.Uint32(page) > uint32(len(page)-4) {
		return errValues
	}
	values, err := hybrid[uint8](nil, page[4:4+binary.LittleEndian.Uint32(page)], 1, count)
	if err != nil {
		return err
	}
	v.numbers = resize(v.numbers, count)
	for i, b := range values {
		v.numbers[i] = int64(b & 1)
	}
	return nil
}
