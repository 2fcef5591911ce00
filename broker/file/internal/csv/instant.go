package csv

import "time"

// instant returns an instant as RFC 3339 writes it in UTC, with up to nine decimals; false for all others, whatever they are.
func instant(text []byte) (t time.Time, ok bool) {
	n := len(text) - 1
	if n < len("2006-01-02T15:04:05") || n > len("2006-01-02T15:04:05.123456789") || text[n] != 'Z' || text[4] != '-' ||
		text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' {
		return t, false
	}
	century, year, month, day := twoDigits(text, 0), twoDigits(text, 2), twoDigits(text, 5), twoDigits(text, 8)
	hour, minute, second := twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17)
	// Days that not all months have are for package time, but for those that only February hasn't.
	if century|year < 0 || uint(month-1) > 11 || uint(day-1) > 29 || day > 28 && month == 2 || uint(hour) > 23 ||
		uint(minute) > 59 || uint(second) > 59 {
		return t, false
	}
	nanoseconds, ok := billionths(text[19:n])
	if !ok {
		return t, false
	}
	return time.Date(100*century+year, time.Month(month), day, hour, minute, second, nanoseconds, time.UTC), true
}

// twoDigits returns the number that two digits of a text are; below zero where they are none.
func twoDigits(text []byte, at int) int {
	tens, units := text[at]-'0', text[at+1]-'0'
	if tens > 9 || units > 9 {
		return -1
	}
	return 10*int(tens) + int(units)
}

// billionths returns the number that up to nine decimals are, behind their point; zero where there are none.
func billionths(text []byte) (n int, ok bool) {
	if len(text) == 0 {
		return 0, true
	}
	for _, c := range text[1:] {
		if c -= '0'; c > 9 {
			return 0, false
		}
		n = 10*n + int(c)
	}
	return n * units[10-len(text)], text[0] == '.' && len(text) > 1
}

// units are how many billionths the last of nine decimals is, of eight, and so on.
var units = [10]int{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9}
