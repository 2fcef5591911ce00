package number_test

import (
	"encoding/json"
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/internal/number"
)

// TestNumbers: a number that is read is the one that strconv reads of its text, and one that encoding/json knows.
func TestNumbers(t *testing.T) {
	digits := rapid.StringMatching(`-?(0|[1-9][0-9]{0,21})(\.[0-9]{0,21})?([eE][+-]?[0-9]{1,2})?[,}x]?|[-.0-9eE+]{0,8}`)
	edges := []string{"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "-0", "0", "00",
		"-", "", "1.", ".1", "9999999999999999999", "18446744073709551616", "0.0000000000000000001", "9007199254740993", "1e5"}
	check := func(t interface{ Fatalf(string, ...any) }, text string) {
		if value, n := number.Int([]byte(text)); n > 0 {
			want, err := strconv.ParseInt(text[:n], 10, 64)
			if err != nil || want != value || !json.Valid([]byte(text[:n])) {
				t.Fatalf("%q is read as %d, %d bytes; strconv says %d, %v", text, value, n, want, err)
			}
		}
		if value, n := number.Float([]byte(text)); n > 0 {
			want, err := strconv.ParseFloat(text[:n], 64)
			if err != nil || want != value || math.Signbit(want) != math.Signbit(value) || !json.Valid([]byte(text[:n])) {
				t.Fatalf("%q is read as %v, %d bytes; strconv says %v, %v", text, value, n, want, err)
			}
		}
	}
	for _, text := range edges {
		check(t, text)
	}
	for _, text := range edges[:3:3] {
		_, n := number.Int([]byte(text))
		if want := len(text); (n == want) != (text != edges[1]) {
			t.Errorf("%s: %d bytes are read", text, n)
		}
	}
	rapid.Check(t, func(t *rapid.T) { check(t, digits.Draw(t, "text")) })
}
