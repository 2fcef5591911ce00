package intern_test

import (
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"github.com/leat-go/leat/internal/intern"
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

func BenchmarkTexts(b *testing.B) {
	var texts intern.Texts
	names := [][]byte{[]byte("AAPL"), []byte("MSFT"), []byte("a longer name of it"), []byte("GOOGL")}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if name := names[i%len(names)]; texts.Of(name) != string(name) {
			b.Fatal("another text")
		}
	}
}
