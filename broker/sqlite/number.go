package sqlite

import (
	"strconv"
	"strings"
)

// isSameNumber reports whether two JSON numbers are equal, however they are written: 1.50 and 15e-1 are.
func isSameNumber(a, b string) bool {
	n, ok := parse(a)
	m, fine := parse(b)
	return ok && fine && n == m
}

// A number is one in its only form: digits without zeros at either end, and what they are multiplied by.
type number struct {
	negative bool
	digits   string
	exponent int
}

func parse(text string) (n number, ok bool) {
	text, n.negative = strings.CutPrefix(text, "-")
	mantissa, exponent, found := strings.Cut(strings.ToLower(text), "e")
	if found {
		var err error
		if n.exponent, err = strconv.Atoi(exponent); err != nil {
			return n, false
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	n.digits = strings.TrimLeft(whole+fraction, "0")
	trimmed := strings.TrimRight(n.digits, "0")
	n.exponent += len(n.digits) - len(trimmed) - len(fraction)
	if n.digits = trimmed; trimmed == "" {
		return number{}, true
	}
	return n, true
}
