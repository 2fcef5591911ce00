package instant

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
	"unicode/utf8"
)

// A scanner goes along a text.
type scanner struct {
	text string
	at   int
}

func (s *scanner) end() bool    { return s.at == len(s.text) }
func (s *scanner) rest() string { return s.text[s.at:] }

// take goes over a byte, if it is the next.
func (s *scanner) take(b byte) bool {
	if s.end() || s.text[s.at] != b {
		return false
	}
	s.at++
	return true
}

// ahead returns how many digits come next.
func (s *scanner) ahead() int {
	n := 0
	for s.at+n < len(s.text) && s.text[s.at+n]-'0' <= 9 {
		n++
	}
	return n
}

// digits goes over all digits that come next.
func (s *scanner) digits() string {
	n := s.ahead()
	s.at += n
	return s.text[s.at-n : s.at]
}

// number reads a number of at least and at most so many digits.
func (s *scanner) number(least, most int) (n int, ok bool) {
	count := min(s.ahead(), most)
	if count < least {
		return 0, false
	}
	for _, digit := range s.text[s.at : s.at+count] {
		n = n*10 + int(digit-'0')
	}
	s.at += count
	return n, true
}

// unexpected says that what comes next can't stand there.
func (s *scanner) unexpected(where string) error {
	if s.end() {
		return fmt.Errorf("it ends %s", where)
	}
	next, size := utf8.DecodeRuneInString(s.rest())
	if next == utf8.RuneError && size < 2 {
		return fmt.Errorf("%q can't stand %s", s.rest()[:1], where)
	}
	return fmt.Errorf("%q can't stand %s", string(next), where)
}

// isoDate reads a date of ISO 8601: 2026-11-27, 20261127, 2026-331, 2026331, 2026-W48-5, 2026W485, and without the day
// 2026-11 and 2026-W48.
func (s *scanner) isoDate(f *fields) error {
	switch run := s.ahead(); {
	case run == 2 && s.at+2 < len(s.text) && s.text[s.at+2] == ':':
		return errors.New(`it has no day, which an instant needs: put one in front of it, as in date("2026-11-27T" + x)`)
	case run == 4 || run == 7 || run == 8: // the year, and the rest of a date without hyphens
	default:
		return errUnknownForm
	}
	f.year, _ = s.number(4, 4)
	f.month, f.day = 1, 1
	extended := s.take('-')
	if s.take('W') {
		return s.isoWeek(f, extended)
	}
	var ok bool
	switch run := s.ahead(); {
	case run == 3:
		if f.yearDay, ok = s.number(3, 3); ok && f.yearDay == 0 {
			return errors.New("a year has no day 0")
		}
		return nil
	case run == 4 && !extended:
		f.month, _ = s.number(2, 2)
		f.day, _ = s.number(2, 2)
		return nil
	case run != 2 || !extended:
		return errUnknownForm
	}
	f.month, _ = s.number(2, 2)
	if !s.take('-') {
		return nil
	}
	if s.ahead() != 2 {
		return errUnknownForm
	}
	f.day, _ = s.number(2, 2)
	return nil
}

func (s *scanner) isoWeek(f *fields, extended bool) (err error) {
	var ok bool
	if f.week, ok = s.number(2, 2); !ok {
		return s.unexpected("where the week's two digits go")
	}
	if f.week == 0 {
		return errors.New("a year has no week 0")
	}
	hasDay := s.ahead() > 0
	if extended {
		hasDay = s.take('-')
	}
	if !hasDay {
		return nil
	}
	if f.day, ok = s.number(1, 1); !ok || s.ahead() > 0 {
		return s.unexpected("where the day of the week goes, one digit")
	}
	return nil
}

// isoTime reads a time of day, 10, 10:30, 10:30:15 or the same without colons, a fraction of the last of them, and the
// time zone.
func (s *scanner) isoTime(f *fields) error {
	unit := int64(time.Hour)
	var ok bool
	if f.hour, ok = s.number(2, 2); !ok {
		return s.unexpected("where the hour's two digits go")
	}
	colon := s.take(':')
	if colon || s.ahead() > 0 {
		unit = int64(time.Minute)
		if f.minute, ok = s.number(2, 2); !ok {
			return s.unexpected("where the minute's two digits go")
		}
		if colon && s.take(':') || !colon && s.ahead() > 0 {
			unit = int64(time.Second)
			if f.second, ok = s.number(2, 2); !ok {
				return s.unexpected("where the second's two digits go")
			}
		}
	}
	if s.take('.') || s.take(',') {
		digits := s.digits()
		if digits == "" {
			return s.unexpected("where the digits of a fraction go")
		}
		var err error
		if f.nanosecond, err = fraction(digits, unit); err != nil {
			return err
		}
	}
	s.take(' ')
	if s.end() {
		return nil
	}
	if err := s.zone(f); err != nil {
		return err
	}
	if !s.end() {
		return s.unexpected("behind the time zone")
	}
	return nil
}

// zone reads Z, UTC, GMT, or an offset: +01, +0100, +01:00, and with seconds.
func (s *scanner) zone(f *fields) error {
	f.hasZone = true
	for _, name := range []string{"UTC", "GMT", "Z", "z"} {
		if strings.HasPrefix(s.rest(), name) {
			s.at += len(name)
			return nil
		}
	}
	sign := 1
	switch {
	case s.take('+'):
	case s.take('-'):
		sign = -1
	case strings.HasPrefix(s.rest(), "−"): // the minus sign that ISO 8601 asks for
		s.at += len("−")
		sign = -1
	default:
		return s.unexpected("where Z or an offset such as +01:00 goes")
	}
	hours, ok := s.number(2, 2)
	if !ok {
		return s.unexpected("where the two digits of the offset's hours go")
	}
	f.offset = hours * 3600
	for _, unit := range []int{60, 1} {
		if colon := s.take(':'); !colon && s.ahead() == 0 {
			break
		}
		n, ok := s.number(2, 2)
		if !ok {
			return s.unexpected("where two digits of the offset go")
		}
		if n > 59 {
			return fmt.Errorf("an offset has no %d minutes or seconds", n)
		}
		f.offset += n * unit
	}
	f.offset *= sign
	return nil
}

// fraction returns the part of a unit that the digits behind its point are, in nanoseconds. Digits that an instant has
// no place for are an error, unless they are zeros.
func fraction(digits string, unit int64) (int64, error) {
	digits = strings.TrimRight(digits, "0")
	if digits == "" {
		return 0, nil
	}
	if unit == int64(time.Second) && len(digits) <= 9 {
		n := int64(0)
		for i := range 9 {
			n *= 10
			if i < len(digits) {
				n += int64(digits[i] - '0')
			}
		}
		return n, nil
	}
	const most = 30
	if len(digits) <= most {
		n, _ := new(big.Int).SetString(digits, 10)
		n.Mul(n, big.NewInt(unit))
		rest := new(big.Int)
		n.QuoRem(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(len(digits))), nil), rest)
		if rest.Sign() == 0 {
			return n.Int64(), nil
		}
	}
	return 0, fmt.Errorf("it has %d digits behind the point, more than an instant has place for, which is exact to the "+
		"nanosecond: cut it, as in date(x[:29])", len(digits))
}
