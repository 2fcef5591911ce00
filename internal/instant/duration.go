package instant

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// units are those of durations, as Go writes them, with days and weeks. A day has 24 hours.
var units = map[string]int64{
	"ns": 1, "us": 1e3, "µs": 1e3, "μs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9, "d": 24 * 3600e9, "w": 7 * 24 * 3600e9,
}

// maxDurationText bounds the text of a duration, and with it what exact arithmetic costs.
const maxDurationText = 200

// ParseDuration reads a duration as Go writes it, 1h30m or 250ms, with days and weeks, 1d12h, or as ISO 8601 does,
// PT1H30M or P1DT12H. It is exact: what is no whole number of nanoseconds is an error. Errors go on behind `is "…": `.
func ParseDuration(text string) (time.Duration, error) {
	text = strings.TrimSpace(text)
	if len(text) > maxDurationText {
		return 0, errors.New("it is too long for a duration")
	}
	s := scanner{text: text}
	negative := s.take('-')
	if !negative {
		s.take('+')
	}
	total := new(big.Rat)
	var err error
	switch {
	case s.end():
		err = ErrDurationForm
	case s.take('P'), s.take('p'):
		err = s.isoDuration(total)
	case s.rest() == "0":
	default:
		err = s.goDuration(total)
	}
	if err != nil {
		return 0, err
	}
	if negative {
		total.Neg(total)
	}
	switch {
	case !total.IsInt():
		return 0, errors.New("it is no whole number of nanoseconds")
	case !total.Num().IsInt64():
		return 0, errors.New("it is longer than 292 years")
	}
	return time.Duration(total.Num().Int64()), nil
}

// ErrDurationForm says of a text that it isn't written as a duration at all, and ErrMonths of one that it has years or months.
var (
	ErrDurationForm = errors.New(`it isn't written as a duration: 10ms, 1h30m, 2d, or PT1H30M as in ISO 8601`)
	ErrMonths       = errors.New("years and months have no fixed length: give days, as in 30d")
)

// spelled are units as people spell them, with what is right in their place.
var spelled = map[string]string{
	"sec": "s", "second": "s", "min": "m", "minute": "m", "hour": "h", "hr": "h", "day": "d", "week": "w", "wk": "w",
	"milli": "ms", "msec": "ms", "millisecond": "ms", "micro": "us", "usec": "us", "microsecond": "us", "nano": "ns",
	"nsec": "ns", "nanosecond": "ns",
	"mo": "month", "mon": "month", "month": "month", "y": "month", "yr": "month", "year": "month",
}

// checkUnit says what is right in place of a unit that there isn't.
func checkUnit(written string) error {
	name := strings.ToLower(strings.TrimSpace(written))
	right, ok := spelled[strings.TrimSuffix(name, "s")]
	if _, known := units[name]; known {
		right, ok = name, true
	}
	switch {
	case right == "month":
		return ErrMonths
	case ok && right == "m" && strings.TrimSpace(written) == "M":
		return errors.New("there is no unit M: minutes are m, and months have no fixed length")
	case ok && strings.TrimSpace(written) != written && right == strings.TrimSpace(written):
		return fmt.Errorf("between a number and its unit there is no blank: 10%s", right)
	case ok:
		return fmt.Errorf("there is no unit %q: write %s", strings.TrimSpace(written), right)
	}
	return fmt.Errorf("there is no unit %q: ns, us, ms, s, m, h, d (24 hours) and w are known", strings.TrimSpace(written))
}

// goDuration reads numbers, each with its unit.
func (s *scanner) goDuration(total *big.Rat) error {
	for !s.end() {
		number, ok := s.decimal()
		if !ok {
			return ErrDurationForm
		}
		start := s.at
		for !s.end() && s.text[s.at] != '.' && s.text[s.at]-'0' > 9 {
			s.at++
		}
		name := s.text[start:s.at]
		unit, ok := units[name]
		switch {
		case name == "":
			return errors.New("a unit is missing: ns, us, ms, s, m, h, d (24 hours) or w")
		case !ok:
			return checkUnit(name)
		}
		total.Add(total, number.Mul(number, new(big.Rat).SetInt64(unit)))
	}
	return nil
}

// isoDuration reads the rest of P1W or P1DT2H3M4.5S.
func (s *scanner) isoDuration(total *big.Rat) error {
	order, isClock, seen := "WD", false, false
	for !s.end() {
		if s.take('T') || s.take('t') {
			if isClock || s.end() {
				return ErrDurationForm
			}
			order, isClock = "HMS", true
			continue
		}
		number, ok := s.decimal()
		if !ok || s.end() {
			return ErrDurationForm
		}
		name := strings.ToUpper(s.text[s.at : s.at+1])
		s.at++
		if name == "Y" || name == "M" && !isClock {
			return ErrMonths
		}
		at := strings.Index(order, name)
		if at < 0 {
			return ErrDurationForm
		}
		order, seen = order[at+1:], true
		total.Add(total, number.Mul(number, new(big.Rat).SetInt64(units[strings.ToLower(name)])))
	}
	if !seen {
		return ErrDurationForm
	}
	return nil
}

// decimal reads a number, with a point or a comma.
func (s *scanner) decimal() (*big.Rat, bool) {
	whole := s.digits()
	part := ""
	if s.take('.') || s.take(',') {
		part = s.digits()
	}
	if whole+part == "" {
		return nil, false
	}
	n, ok := new(big.Rat).SetString("0" + whole + "." + part + "0")
	return n, ok
}
