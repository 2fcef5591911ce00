package csv

import (
	"encoding/binary"
	"math/bits"
)

// This file looks for characters in words of eight bytes: rows are short, so that the calls of vector instructions cost more than
// these do.

const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
	lows  = 0x7f * ones
)

// wordAt returns eight bytes of a text, the first one as the lowest.
func wordAt(text []byte, at int) uint64 { return binary.LittleEndian.Uint64(text[at:]) }

// zeros returns the highest bit of each byte that is zero.
func zeros(word uint64) uint64 { return ^((word&lows + lows) | word | lows) }

// firstZero returns a word whose lowest bit is the highest of the first byte that is zero; zero where there is none.
func firstZero(word uint64) uint64 { return (word - ones) &^ word & highs }

// delimiters are what is between cells: a character, and a word of it.
type delimiters struct {
	char byte
	word uint64
}

func newDelimiters(char byte) delimiters { return delimiters{char, uint64(char) * ones} }

// next returns where the next one lies in a part of a text; the end of that where there is none.
func (d *delimiters) next(text []byte, at, end int) int {
	for ; at < end && at+8 <= len(text); at += 8 {
		if found := firstZero(wordAt(text, at) ^ d.word); found != 0 {
			return min(at+bits.TrailingZeros64(found)/8, end)
		}
	}
	for at < end && text[at] != d.char {
		at++
	}
	return min(at, end)
}
