// Package swar looks at texts eight bytes at a time: each is a word, and all of its bytes are computed with at once.
package swar

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// highs are the highest bits of all bytes, and ones the lowest.
const highs, ones = 0x8080808080808080, 0x0101010101010101

// At returns the eight bytes at an index of a text, from zero to its length, the first of them the lowest; zeros stand for what
// is behind the end.
func At(text []byte, at int) uint64 {
	if at+8 <= len(text) {
		// As text[at:], whose checks and capacity would be half of it.
		return binary.LittleEndian.Uint64((*[8]byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(text)), at))[:])
	}
	return last(text, at)
}

func last(text []byte, at int) uint64 {
	if n := len(text); n >= 8 {
		return binary.LittleEndian.Uint64(text[n-8:]) >> (8 * (at + 8 - n))
	}
	return Short(text[at:])
}

// Short returns the bytes of a text of up to eight, as [At] does.
func Short(text []byte) uint64 {
	switch n := len(text); {
	case n >= 8:
		return binary.LittleEndian.Uint64(text)
	case n >= 4:
		return uint64(binary.LittleEndian.Uint32(text)) | uint64(binary.LittleEndian.Uint32(text[n-4:]))<<(8*(n-4))
	case n > 0:
		return uint64(text[0]) | uint64(text[n/2])<<(8*(n/2)) | uint64(text[n-1])<<(8*(n-1))
	}
	return 0
}

// First returns the first bytes of a word; n is up to seven.
func First(word uint64, n int) uint64 { return word & (1<<(8*n&63) - 1) }

// Digits returns the value of the digits that a word begins with, and how many there are.
func Digits(word uint64) (value uint64, n int) {
	const zeros, pairs = 0x3030303030303030, 0x000000FF000000FF
	word ^= zeros
	// A byte above nine has its highest bit in other: the first one at least, since what it carries goes to those behind.
	other := (word | (word + ones*(128-10))) & highs
	n = bits.TrailingZeros64(other) / 8
	half := (32 - 4*n) & 63
	word = word << half << half // as if zeros went before
	word = word*10 + word>>8
	return (word&pairs*(100+1_000_000<<32) + word>>16&pairs*(1+10_000<<32)) >> 32, n
}

// Of returns a word of one character.
func Of(char byte) uint64 { return uint64(char) * ones }

// High returns the highest bits of all bytes of a word: none of those of ASCII has it.
func High(word uint64) uint64 { return word & highs }

// Zeros returns the highest bit of each byte of a word that is zero.
func Zeros(word uint64) uint64 {
	const lows = 0x7f * ones
	return ^((word&lows + lows) | word | lows)
}

// FirstZero returns a word whose lowest bit is the highest of a word's first byte that is zero; zero where there is none. It is
// less work than [Zeros].
func FirstZero(word uint64) uint64 { return (word - ones) &^ word & highs }

// Plain returns how many of a word's first bytes stand in a JSON text as they are: ASCII but for control characters, quotes and
// backslashes.
func Plain(word uint64) int {
	quotes, backslashes := word^(ones*'"'), word^(ones*'\\')
	// Zero minus one has its highest bit. So have bytes behind, perhaps, but it is the first one that counts.
	other := (word - ones*' ') | (quotes - ones) | (backslashes - ones) | word
	return bits.TrailingZeros64(other&highs) / 8
}
