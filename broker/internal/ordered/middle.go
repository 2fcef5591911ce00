package ordered

import (
	"encoding/hex"
	"math/big"
	"strings"
	"time"
)

// Middle returns a value about half way between two of a column, as their texts look: as numbers, times, UUIDs or other
// texts. It isn't one of the two. ok is false where there is none between them, or none is known.
//
//	"3", "8"                                      "5"
//	"2026-11-29 10:00:00", "2026-11-29 10:00:01"  "2026-11-29 10:00:00.5"
//	"Berlin", "Paris"                             "I"
func Middle(a, b string) (middle string, ok bool) {
	if begin, end, ok := quotes(a, b); ok {
		middle, ok := Middle(a[len(begin):len(a)-len(end)], b[len(begin):len(b)-len(end)])
		return begin + middle + end, ok
	}
	kinds := [...]func(a, b string) (middle string, known bool){numberBetween, timeBetween, uuidBetween, textBetween}
	for _, between := range kinds {
		if middle, known := between(a, b); known {
			return middle, middle != a && middle != b && middle != ""
		}
	}
	return "", false
}

// quotes returns the quotation marks that both texts have, by which a storage tells texts from numbers.
func quotes(a, b string) (begin, end string, ok bool) {
	has := func(text string) bool { return len(text) >= 2 && text[0] == '\'' && text[len(text)-1] == '\'' }
	if has(a) && has(b) {
		return "'", "'", true
	}
	return "", "", false
}

// numberBetween returns an integer between integers where there is one, and else a decimal with one digit more than they
// have.
func numberBetween(a, b string) (string, bool) {
	low, high := new(big.Rat), new(big.Rat)
	if !isNumber(a) || !isNumber(b) {
		return "", false
	}
	_, lowOK := low.SetString(a)
	_, highOK := high.SetString(b)
	if !lowOK || !highOK {
		return "", false
	}
	half := low.Add(low, high)
	half.Quo(half, big.NewRat(2, 1))
	if !strings.ContainsAny(a+b, ".eE") {
		whole := new(big.Int).Div(half.Num(), half.Denom()).String()
		if whole != a {
			return whole, true
		}
	}
	digits := max(digitsBehindPoint(a), digitsBehindPoint(b)) + 1
	return half.FloatString(min(digits, 30)), true
}

// isNumber reports whether a text is a decimal number as databases write it. Rat would read more: fractions, and
// exponents that take all memory.
func isNumber(text string) bool {
	if text == "" || strings.Trim(text, "+-.0123456789eE") != "" {
		return false
	}
	_, exponent, found := strings.Cut(strings.ToLower(text), "e")
	return !found || len(strings.TrimLeft(exponent, "+-")) <= 3
}

func digitsBehindPoint(text string) int {
	text, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	_, digits, _ := strings.Cut(text, ".")
	if exponent != "" { // a real, whose digits say little
		return 15
	}
	return len(digits)
}

// layouts are how databases write times.
var layouts = [...]string{
	"2006-01-02", "2006-01-02 15:04:05.999999", "2006-01-02 15:04:05.999999-07", "2006-01-02 15:04:05.999999-07:00",
	"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999",
}

func timeBetween(a, b string) (string, bool) {
	for _, layout := range layouts {
		low, lowErr := time.Parse(layout, a)
		high, highErr := time.Parse(layout, b)
		if lowErr == nil && highErr == nil {
			return low.Add(high.Sub(low) / 2).Format(layout), true
		}
	}
	return "", false
}

func uuidBetween(a, b string) (string, bool) {
	low, lowOK := readUUID(a)
	high, highOK := readUUID(b)
	if !lowOK || !highOK {
		return "", false
	}
	half := low.Add(low, high)
	digits := hex.EncodeToString(half.Rsh(half, 1).FillBytes(make([]byte, 16)))
	return strings.Join([]string{digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]}, "-"), true
}

func readUUID(text string) (*big.Int, bool) {
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return nil, false
	}
	binary, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	return new(big.Int).SetBytes(binary), err == nil && len(binary) == 16
}

// lastRune is behind most that texts begin with.
const lastRune = '~'

// textBetween returns the texts' common beginning, and a character between those that follow.
func textBetween(a, b string) (string, bool) {
	low, high := []rune(a), []rune(b)
	n := 0
	for n < len(low) && n < len(high) && low[n] == high[n] {
		n++
	}
	begin := string(low[:n])
	first, last := ' ', lastRune
	if n < len(low) {
		first = low[n]
	}
	if n < len(high) {
		last = high[n]
	}
	if half := first + (last-first)/2; half > first && half < last && (half < 0xd800 || half > 0xdfff) {
		return begin + string(half), true
	}
	// Between "a5" and "b" lies "aU".
	next := ' '
	if n+1 < len(low) {
		next = low[n+1]
	}
	if half := next + (lastRune-next)/2; n < len(low) && half > next {
		return begin + string(first) + string(half), true
	}
	return "", true
}
