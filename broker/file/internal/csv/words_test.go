package csv

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestWords: what is looked for in words is found where it lies, however the text lies in them.
func TestWords(t *testing.T) {
	d := newDelimiters(',')
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(rapid.SampledFrom([]byte("aaaa,-\x80\x00\xac\x2b\xff")), 0, 40).Draw(t, "text")
		at := rapid.IntRange(0, len(text)).Draw(t, "at")
		end := rapid.IntRange(at, len(text)).Draw(t, "end")
		want := end
		if n := bytes.IndexByte(text[at:end], ','); n >= 0 {
			want = at + n
		}
		if got := d.next(text, at, end); got != want {
			t.Errorf("in %q from %d to %d the next is at %d, not %d", text, at, end, got, want)
		}
	})
}

// TestNext: a row is found that fits, as Fits has it, and no other; those at a text's end may be left to others.
func TestNext(t *testing.T) {
	decoder := NewDecoder(Dialect{}, nil, nil)
	decoder.ForStructs(reflect.TypeFor[struct{ A, B string }](), 150)
	if err := decoder.Header([]byte("a,b,c")); err != nil {
		t.Fatal(err)
	}
	rows := decoder.Rows()
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.SampledFrom([]string{"", "a", "1", "-1", "é", "\xff", "\r", "a,b", "\x0b", strings.Repeat("a", 25)})
		var text []byte
		for range rapid.IntRange(1, 4).Draw(t, "rows") {
			cells := rapid.SliceOfN(cell, 3, 3).Draw(t, "cells")
			text = append(append(text, strings.Join(cells, ",")...), rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "end")...)
		}
		whole := len(text)
		text = append(text, rapid.SampledFrom([]string{"", "a,b", "a,b,c and more"}).Draw(t, "rest")...)
		for at := 0; at < len(text); {
			end, next := rows.Next(text, at)
			line := bytes.IndexByte(text[at:], '\n')
			if line < 0 {
				if next != 0 {
					t.Errorf("%q from %d: a row is said to end at %d", text, at, end)
				}
				return
			}
			row := bytes.TrimSuffix(text[at:at+line], []byte{'\r'})
			fits := len(row) > 0 && rows.Fits(row)
			switch {
			case next == 0 && (!fits || at+line+8 > whole):
			case !fits, end != at+len(row), next != at+line+1:
				t.Errorf("%q from %d: got %d and %d, and whether %q fits is %t", text, at, end, next, row, fits)
			}
			at += line + 1
		}
	})
}
