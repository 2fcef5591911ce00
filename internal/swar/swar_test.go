package swar_test

import (
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/internal/swar"
)

// TestWords compares what is computed with eight bytes at a time with the same byte by byte, wherever in a text it is.
func TestWords(t *testing.T) {
	bytes := rapid.OneOf(rapid.Byte(), rapid.ByteRange('0', '9'), rapid.ByteRange(' ', '~'),
		rapid.SampledFrom([]byte("\x00\x1f !\"#/:09[\\]\x7f\x80\x8a\x9f\xa0\xa2\xdc\xff")))
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(bytes, 0, 20).Draw(t, "text")
		at := rapid.IntRange(0, len(text)).Draw(t, "at")
		var eight [8]byte
		n := copy(eight[:], text[at:])
		word := swar.At(text, at)
		for i, c := range eight {
			if got := byte(word >> (8 * i)); got != c {
				t.Fatalf("byte %d of %q is %d in its word", i, eight, got)
			}
		}
		if got := swar.Short(text[at : at+n]); got != word {
			t.Errorf("%q is %x, and by itself %x", eight, word, got)
		}
		for n := range 8 {
			if got, want := swar.First(word, n), swar.Short(eight[:n]); got != want {
				t.Errorf("the first %d bytes of %q are %x", n, eight, got)
			}
		}
		digits, plain := 0, 0
		for digits < 8 && eight[digits] >= '0' && eight[digits] <= '9' {
			digits++
		}
		for plain < 8 && eight[plain] >= ' ' && eight[plain] < 0x80 && eight[plain] != '"' && eight[plain] != '\\' {
			plain++
		}
		if got := swar.Plain(word); got != plain {
			t.Errorf("%q has %d plain bytes, found %d", eight, plain, got)
		}
		value, n := swar.Digits(word)
		if n != digits {
			t.Fatalf("%q has %d digits, found %d", eight, digits, n)
		}
		if want, err := strconv.ParseUint("0"+string(eight[:digits]), 10, 64); err != nil || value != want {
			t.Errorf("%q is %d", eight[:digits], value)
		}
	})
}
