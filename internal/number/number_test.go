package number_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/internal/number"
)

var edges = []string{"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "-0", "0", "00",
	"-", "", "1.", ".1", "9999999999999999999", "18446744073709551616", "0.0000000000000000001", "9007199254740993", "1e5", "-0.0",
	"12345678", "123456789", "1234567:", "1234567/", "\x00\xff1", "1\x8a2", "99999999999999999999999", "0.99999999999999999999",
	"1.00000000000000000", "-1.5.3"}

type fataler interface{ Fatalf(string, ...any) }

// check compares what is read at an index of a text with what strconv and encoding/json say of it.
func check(t fataler, text []byte, at int) {
	if at < 0 || at > len(text) {
		return
	}
	rest := text[at:]
	value, n := number.Int(rest)
	if n > 0 {
		want, err := strconv.ParseInt(string(rest[:n]), 10, 64)
		if err != nil || want != value || !json.Valid(rest[:n]) {
			t.Fatalf("%q is read as %d, %d bytes; strconv says %d, %v", rest, value, n, want, err)
		}
	}
	if there, end := number.IntAt(text, at); there != value || end != n && end != at+n {
		t.Fatalf("%q at %d is %d up to %d, %q is %d, %d bytes", text, at, there, end, rest, value, n)
	}
	float, n := number.Float(rest)
	if n > 0 {
		want, err := strconv.ParseFloat(string(rest[:n]), 64)
		if err != nil || want != float || math.Signbit(want) != math.Signbit(float) || !json.Valid(rest[:n]) {
			t.Fatalf("%q is read as %v, %d bytes; strconv says %v, %v", rest, float, n, want, err)
		}
	}
	if there, end := number.FloatAt(text, at); there != float || end != n && end != at+n {
		t.Fatalf("%q at %d is %v up to %d, %q is %v, %d bytes", text, at, there, end, rest, float, n)
	}
	isRead(t, rest)
}

// isRead says that numbers of the usual form and length are read, all of them.
func isRead(t fataler, text []byte) {
	form := regexp.MustCompile(`^-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?`).Find(text)
	behind := text[len(form):]
	if len(form) == 0 || len(form) > 19 || len(behind) > 0 && strings.Contains(".0123456789", string(behind[0])) {
		return
	}
	if _, n := number.Float(text); n != len(form) {
		t.Fatalf("%d bytes of %q are read as a float", n, text)
	}
	if _, n := number.Int(text); !bytes.Contains(form, []byte(".")) && n != len(form) {
		t.Fatalf("%d bytes of %q are read as a whole number", n, text)
	}
}

// TestNumbers: a number that is read is the one that strconv reads of its text, and one that encoding/json knows, wherever in a
// text it is.
func TestNumbers(t *testing.T) {
	for _, text := range edges {
		check(t, []byte(text), 0)
		check(t, []byte("1234567"+text), 7)
		check(t, []byte(text+",12345678"), 0)
	}
	form := `-?(0|[1-9][0-9]{0,21})(\.[0-9]{0,21})?([eE][+-]?[0-9]{1,2})?[,}x]?|[-.0-9eE+]{0,8}`
	texts := rapid.StringMatching(`.{0,9}`)
	numbers := rapid.OneOf(rapid.StringMatching(form), rapid.StringMatching("-?[1-9][0-9]{0,17}"))
	rapid.Check(t, func(r *rapid.T) {
		before := texts.Draw(r, "before")
		check(r, []byte(before+numbers.Draw(r, "number")+texts.Draw(r, "behind")), len(before))
	})
}

// FuzzNumbers looks for texts of which a number is read that strconv or encoding/json has otherwise.
func FuzzNumbers(f *testing.F) {
	for _, text := range edges {
		f.Add([]byte(text), 0)
	}
	f.Fuzz(func(t *testing.T, text []byte, at int) { check(t, text, at) })
}

func BenchmarkInt(b *testing.B) {
	for _, digits := range []int{1, 5, 8, 10, 16, 19} {
		b.Run(strconv.Itoa(digits), func(b *testing.B) {
			text := []byte("1234567890123456789"[:digits] + `,"value":`)
			for b.Loop() {
				if _, n := number.Int(text); n != digits {
					b.Fatal(n)
				}
			}
		})
	}
	b.Run("mixed", func(b *testing.B) { // of one to six digits, as they come
		random, texts := rand.New(rand.NewPCG(1, 2)), make([][]byte, 4096)
		for i := range texts {
			texts[i] = fmt.Appendf(nil, `%d}`, random.IntN(1_000_000)>>random.IntN(20))
		}
		for i := 0; b.Loop(); i++ {
			if _, n := number.Int(texts[i%len(texts)]); n == 0 {
				b.Fatal(n)
			}
		}
	})
}

func BenchmarkFloat(b *testing.B) {
	for _, text := range []string{"5", "0.5", "-12.375", "123456.789012345", "1.2345678901234567"} {
		b.Run(text, func(b *testing.B) { benchFloat(b, text) })
	}
}

func benchFloat(b *testing.B, text string) {
	behind := []byte(text + `,"value":`)
	for b.Loop() {
		if _, n := number.Float(behind); n != len(text) {
			b.Fatal(n)
		}
	}
}
