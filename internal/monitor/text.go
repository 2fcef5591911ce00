package monitor

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// The longest texts that come from streams, in characters.
const (
	longestName    = 120
	longestKey     = 80
	longestText    = 400
	longestElement = 400
)

// clean makes a text that comes from a stream harmless for a terminal and a page: it shows control characters and those
// that turn the direction of writing as Go's escapes, and cuts what is longer than a limit.
func clean(text string, limit int) string {
	var b strings.Builder
	n := 0
	for _, r := range text {
		if n++; n > limit {
			b.WriteRune('…')
			break
		}
		if harmless(r) {
			b.WriteRune(r)
		} else {
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return b.String()
}

// harmless reports whether r may be shown. Joiners make one sign of several: they are no danger, and much used.
func harmless(r rune) bool {
	const zeroWidthNonJoiner, zeroWidthJoiner = '\u200c', '\u200d'
	return unicode.IsPrint(r) || r == zeroWidthJoiner || r == zeroWidthNonJoiner
}

// number returns a pointer to x for JSON, which has neither infinities nor NaN: nil for those.
func number(x float64, known bool) *float64 {
	if !known || math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// Ago says how long something takes as people say it: "12 s", "3 min", "2 h 5 min".
func Ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d days", int(d.Hours())/24)
}

// Grouped writes a count with separators between thousands.
func Grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// plural returns "1 record", "2 records".
func plural(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return Grouped(n) + " " + thing + "s"
}
