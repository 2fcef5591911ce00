package quote

import "testing"

// TestPlainPrefix tries every byte at every place of a few blocks.
func TestPlainPrefix(t *testing.T) {
	for c := range 256 {
		plainByte := c >= ' ' && c < 0x80 && c != '"' && c != '\\'
		for length := range 25 {
			for at := range length {
				text := []byte("0123456789abcdefghijklmnopqrst")[:length]
				text[at] = byte(c)
				want := at
				if plainByte {
					want = length
				}
				if got := plainPrefix(string(text)); got != want {
					t.Fatalf("%q: got %d, want %d", text, got, want)
				}
			}
		}
	}
}

// TestAppendBytes writes bytes as Append writes a string.
func TestAppendBytes(t *testing.T) {
	for _, s := range []string{"", "plain", `"`, `\`, "\x00\x1f\n", "ä\u2028", "\xff", "a long text without anything in it"} {
		if got, want := AppendBytes([]byte("x"), []byte(s)), Append([]byte("x"), s); string(got) != string(want) {
			t.Errorf("%q is %s, want %s", s, got, want)
		}
	}
}
