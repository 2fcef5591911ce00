package parquet

import (
	"bytes"
	"encoding/binary"
	"strconv"

	"github.com/klauspost/compress/s2"

	"github.com/leat-go/leat/broker/internal/member"
)

// heldBlock is how many bytes of a column's values are packed together.
const heldBlock = 16 << 10

// A held is a column of the results that wait until all columns are known: there may be a million of them. Whole numbers are
// differences, as keys grow by little, and others are as they are written. Each value is behind its head, a number whose last two
// bits say what it is.
type held struct {
	// end is the row behind the last one that has a value, and last the last whole number.
	end, last int64
	packed    [][]byte
	block     []byte
}

const (
	heldGap   = iota // so many rows have no value
	heldWhole        // a whole number, with its sign in the last bit
	heldRaw          // so many bytes
)

// add adds the value of a row, from zero on, behind the last one.
func (h *held) add(row int64, value []byte) {
	if gap := row - h.end; gap > 0 {
		h.block = binary.AppendUvarint(h.block, headOf(uint64(gap), heldGap))
	}
	if v, ok := plainWhole(value); ok && (v != 0 || value[0] != '-') { // -0 may be a floating-point number's
		difference := v - h.last
		h.block = binary.AppendUvarint(h.block, headOf(uint64(difference<<1^difference>>63), heldWhole))
		h.last = v
	} else {
		h.block = append(binary.AppendUvarint(h.block, headOf(uint64(len(value)), heldRaw)), value...)
	}
	h.end = row + 1
	if len(h.block) >= heldBlock {
		h.pack()
	}
}

// headOf returns the head of a value. The number has 62 bits: differences of whole numbers of 18 digits do.
func headOf(number, kind uint64) uint64 { return number<<2 | kind }

func (h *held) pack() {
	h.packed, h.block = append(h.packed, bytes.Clone(s2.Encode(nil, h.block))), h.block[:0]
}

// A heldReader goes through the values of a column, and lets go of what it has passed.
type heldReader struct {
	*held
	// row is that of the value at hand.
	row         int64
	value       []byte
	whole       int64
	rest, block []byte
	text        [20]byte
}

func newHeldReader(h *held) (*heldReader, error) {
	h.pack()
	r := &heldReader{held: h, row: -1}
	return r, r.next()
}

// next goes on to the next value; its row is below zero where there is none.
func (r *heldReader) next() (err error) {
	for {
		for len(r.rest) == 0 {
			if len(r.packed) == 0 {
				r.row = -1
				return nil
			}
			if r.block, err = s2.Decode(r.block[:cap(r.block)], r.packed[0]); err != nil {
				return err
			}
			r.packed[0] = nil
			r.rest, r.packed = r.block, r.packed[1:]
		}
		head, n := binary.Uvarint(r.rest)
		r.rest = r.rest[n:]
		number := head >> 2
		switch head & 3 {
		case heldGap:
			r.row += int64(number)
			continue
		case heldWhole:
			r.whole += int64(number>>1) ^ -int64(number&1)
			r.value = strconv.AppendInt(r.text[:0], r.whole, 10)
		default:
			r.value, r.rest = r.rest[:number], r.rest[number:]
		}
		r.row++
		return nil
	}
}

// heldRows calls write with the members of each row, in order; one that a row doesn't have is nil.
func heldRows(rows int64, columns []*inferred, write func(members []member.Member) error) (err error) {
	readers, members := make([]*heldReader, len(columns)), make([]member.Member, len(columns))
	for i, c := range columns {
		members[i].Name = c.name
		if readers[i], err = newHeldReader(&c.held); err != nil {
			return err
		}
	}
	for row := range rows {
		for i, r := range readers {
			if members[i].Value = nil; r.row == row {
				members[i].Value = r.value
			}
		}
		if err := write(members); err != nil {
			return err
		}
		for _, r := range readers {
			if r.row == row {
				if err := r.next(); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
