package csv

import (
	"math/bits"

	"github.com/leat-go/leat/internal/swar"
)

// This file looks for characters in words of eight bytes: rows are short, so that the calls of vector instructions cost more than
// these do.

// delimiters are what is between cells: a character, and a word of it.
type delimiters struct {
	char byte
	word uint64
}

func newDelimiters(char byte) delimiters { return delimiters{char, swar.Of(char)} }

// next returns where the next one lies in a part of a text; the end of that where there is none.
func (d *delimiters) next(text []byte, at, end int) int {
	for ; at < end && at+8 <= len(text); at += 8 {
		if found := swar.FirstZero(swar.At(text, at) ^ d.word); found != 0 {
			return min(at+bits.TrailingZeros64(found)/8, end)
		}
	}
	for at < end && text[at] != d.char {
		at++
	}
	return min(at, end)
}
