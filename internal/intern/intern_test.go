package intern_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unsafe"

	"github.com/leat-go/leat/internal/intern"
	"github.com/leat-go/leat/internal/swar"
)

// TestTexts: whatever comes, a text is what it was, and a short one that came twice is shared from then on.
func TestTexts(t *testing.T) {
	var texts intern.Texts
	for range 3 {
		for i := range 2000 { // far more than are kept
			if want := fmt.Sprint("S", i); texts.Of([]byte(want)) != want {
				t.Fatalf("%q is another text", want)
			}
		}
	}
	long := strings.Repeat("é", 100)
	for _, test := range []struct {
		text   string
		shared bool
	}{{"", true}, {"AAPL", true}, {"Zürich", true}, {long[:32], true}, {long[:34], false}, {long, false}} {
		text := []byte(test.text)
		texts.Of(text)
		texts.Of(text)
		first := texts.Of(text)
		if again := texts.Of(text); again != test.text || test.text != "" &&
			(unsafe.StringData(first) == unsafe.StringData(again)) != test.shared {
			t.Errorf("%q became %q; it should be shared: %v", test.text, again, test.shared)
		}
		if n := testing.AllocsPerRun(100, func() { texts.Of(text) }); (n == 0) != test.shared {
			t.Errorf("%q: %v allocations", test.text, n)
		}
		text = append(text, 'x') // what was kept doesn't lie in it
		if copy(text, "???"); first != test.text {
			t.Errorf("%q became %q", test.text, first)
		}
	}
}

// TestTextsThatAreNearlyAlike: texts of every length, which differ in one byte or end in zeros, aren't taken for each other.
func TestTextsThatAreNearlyAlike(t *testing.T) {
	var texts intern.Texts
	check := func(text []byte) {
		for range 3 {
			if got := texts.Of(text); got != string(text) {
				t.Fatalf("%q became %q", text, got)
			}
			if len(text) > 8 {
				continue
			}
			if got := texts.OfWord(swar.Short(text), text); got != string(text) {
				t.Fatalf("%q became %q by its word", text, got)
			}
		}
	}
	for n := range 40 {
		text := []byte(strings.Repeat("abcdefgh", 5)[:n])
		check(text)
		check(make([]byte, n))
		for i := range text {
			for _, c := range []byte{0, 'a', 'x', 0xff} {
				changed := bytes.Clone(text)
				changed[i] = c
				check(changed)
			}
		}
	}
}

func BenchmarkTexts(b *testing.B) {
	symbols := make([][]byte, 4096)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range symbols {
		symbols[i] = fmt.Appendf(nil, "S%d", random.IntN(100))
	}
	for name, texts := range map[string][][]byte{
		"symbols": symbols,
		"names":   {[]byte("AAPL"), []byte("MSFT"), []byte("a longer name of it"), []byte("GOOGL"), []byte("Clerk#000000659")},
	} {
		b.Run(name, func(b *testing.B) {
			var shared intern.Texts
			b.ReportAllocs()
			for i := 0; b.Loop(); {
				if i++; i >= len(texts) {
					i = 0
				}
				if len(shared.Of(texts[i])) != len(texts[i]) {
					b.Fatal("another text")
				}
			}
		})
	}
}
