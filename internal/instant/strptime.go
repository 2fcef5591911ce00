package instant

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// This file reads instants by layouts of strptime. The libraries for it make a layout of Go's of one, which takes two
// digits for every day and month, and nothing that Go's has no form for: 3/11/2026, a week, seconds since 1970.

// parts are what strptime's directives set.
type parts struct {
	fields
	hour12  int // from 1; 0 where there is none
	pm      bool
	weekday int // from 1, Monday, to 7; 0 where there is none
	weekIn  int // the year of week; 0 where there is none
	epoch   *time.Time
}

// A step reads a part of a text.
type step func(s *scanner, p *parts) error

// composed are directives that stand for others.
var composed = map[byte]string{'F': "%Y-%m-%d", 'T': "%H:%M:%S", 'D': "%m/%d/%y", 'R': "%H:%M", 'r': "%I:%M:%S %p"}

// strptime makes the steps of a layout.
func strptime(layout string) ([]step, error) {
	steps, hasYear, err := stepsOf(layout)
	if err == nil && !hasYear {
		err = fmt.Errorf("the layout %q has no year, without which there is no instant: %%Y is one of four digits, and %%y of "+
			"two", layout)
	}
	return steps, err
}

// stepsOf returns the steps of a part of a layout, and whether they tell the year.
func stepsOf(layout string) (steps []step, hasYear bool, err error) {
	for i := 0; i < len(layout); i++ {
		c := layout[i]
		switch {
		case c == ' ':
			steps = append(steps, blanks)
			continue
		case c != '%':
			steps = append(steps, literally(c))
			continue
		}
		if i++; i < len(layout) && layout[i] == '-' {
			i++ // %-d is %d here, which takes one digit, too
		}
		if i >= len(layout) {
			return nil, false, fmt.Errorf("the layout %q ends behind a %%", layout)
		}
		c = layout[i]
		hasYear = hasYear || strings.IndexByte("YyGsFD", c) >= 0
		if of, ok := composed[c]; ok {
			inner, _, err := stepsOf(of)
			if err != nil {
				return nil, false, err
			}
			steps = append(steps, inner...)
			continue
		}
		read := directive(c)
		if read == nil {
			return nil, false, fmt.Errorf("the layout %q has %%%c, which isn't read: %s", layout, c, insteadOf(c))
		}
		steps = append(steps, read)
	}
	return steps, hasYear, nil
}

func insteadOf(directive byte) string {
	switch directive {
	case 'U', 'W':
		return "the week of ISO 8601 is, %G-W%V-%u"
	case 'c', 'x', 'X':
		return "it differs from language to language; write its parts"
	}
	return "%Y %m %d %H %M %S %f %z and those that docs/expressions.md lists are"
}

// blanks goes over any number of blanks, none among them, as strptime does.
func blanks(s *scanner, _ *parts) error {
	s.at = len(s.text) - len(strings.TrimLeft(s.rest(), " \t"))
	return nil
}

func literally(c byte) step {
	return func(s *scanner, _ *parts) error {
		if !s.take(c) {
			return s.unexpected(fmt.Sprintf("where %q goes", string(c)))
		}
		return nil
	}
}

// numeral returns a step for a number of at least and at most so many digits.
func numeral(name string, least, most int, set func(p *parts, n int)) step {
	return func(s *scanner, p *parts) error {
		if least == 1 {
			s.take(' ') // %e, and C's %d, have a blank in place of the first digit
		}
		n, ok := s.number(least, most)
		if !ok {
			return s.unexpected("where the " + name + " goes")
		}
		set(p, n)
		return nil
	}
}

// directive returns the step of a directive; nil for one that isn't known.
func directive(c byte) step {
	switch c {
	case 'Y':
		return numeral("year's four digits", 4, 4, func(p *parts, n int) { p.year = n })
	case 'y':
		return numeral("year's two digits", 2, 2, func(p *parts, n int) {
			if p.year = 2000 + n; n > 68 { // as POSIX has it
				p.year = 1900 + n
			}
		})
	case 'm':
		return numeral("month", 1, 2, func(p *parts, n int) { p.month = n })
	case 'd', 'e':
		return numeral("day", 1, 2, func(p *parts, n int) { p.day = n })
	case 'H', 'k':
		return numeral("hour", 1, 2, func(p *parts, n int) { p.hour = n })
	case 'M':
		return numeral("minute", 1, 2, func(p *parts, n int) { p.minute = n })
	case 'S':
		return numeral("second", 1, 2, func(p *parts, n int) { p.second = n })
	case 'G':
		return numeral("four digits of the week's year", 4, 4, func(p *parts, n int) { p.weekIn = n })
	}
	return rarer(c)
}

func rarer(c byte) step {
	switch c {
	case 'I', 'l':
		return hour12
	case 'p', 'P':
		return halfDay
	case 'j':
		return dayOfYear
	case 'V':
		return week
	case 'u':
		return numeral("day of the week", 1, 1, func(p *parts, n int) { p.weekday = n })
	case 'b', 'B', 'h':
		return month
	case 'a', 'A':
		return weekday
	case 'f', 'N', 'L':
		return nanosecond
	case 'z':
		return func(s *scanner, p *parts) error { return s.zone(&p.fields) }
	case 'Z':
		return zoneName
	case 's':
		return epoch
	case 'n', 't':
		return blanks
	case '%':
		return literally('%')
	}
	return nil
}

func hour12(s *scanner, p *parts) error {
	n, ok := s.number(1, 2)
	if !ok {
		return s.unexpected("where the hour goes")
	}
	if n < 1 || n > 12 {
		return fmt.Errorf("the hour of half a day is 1 to 12, and not %d", n)
	}
	p.hour12 = n
	return nil
}

func halfDay(s *scanner, p *parts) error {
	at, ok := s.name([]string{"AM", "PM", "A.M.", "P.M."}, 0)
	if !ok {
		return s.unexpected("where AM or PM goes")
	}
	p.pm = at%2 == 1
	return nil
}

func dayOfYear(s *scanner, p *parts) (err error) {
	n, ok := s.number(1, 3)
	if !ok {
		return s.unexpected("where the day of the year goes")
	}
	if n == 0 {
		return errors.New("a year has no day 0")
	}
	p.yearDay = n
	return nil
}

func week(s *scanner, p *parts) (err error) {
	n, ok := s.number(1, 2)
	if !ok {
		return s.unexpected("where the week goes")
	}
	if n == 0 {
		return errors.New("a year has no week 0")
	}
	p.week = n
	return nil
}

var (
	months = []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
		"November", "December"}
	weekdays = []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
)

func month(s *scanner, p *parts) error {
	at, ok := s.name(months, 3)
	if !ok {
		return s.unexpected("where the month's English name goes")
	}
	p.month = at + 1
	return nil
}

func weekday(s *scanner, p *parts) error {
	at, ok := s.name(weekdays, 3)
	if !ok {
		return s.unexpected("where the weekday's English name goes")
	}
	p.weekday = at + 1
	return nil
}

// name goes over one of some names, in whatever case, or over its first letters, if their number isn't 0.
func (s *scanner) name(names []string, short int) (at int, ok bool) {
	has := func(name string) bool {
		return len(s.rest()) >= len(name) && strings.EqualFold(s.rest()[:len(name)], name)
	}
	for i, name := range names {
		switch {
		case has(name):
			s.at += len(name)
			return i, true
		case short > 0 && has(name[:short]):
			s.at += short
			return i, true
		}
	}
	return 0, false
}

func nanosecond(s *scanner, p *parts) (err error) {
	digits := s.digits()
	if digits == "" {
		return s.unexpected("where the digits of a fraction of the second go")
	}
	p.nanosecond, err = fraction(digits, int64(time.Second))
	return err
}

func zoneName(s *scanner, p *parts) error {
	for _, name := range []string{"UTC", "GMT", "Z"} {
		if strings.HasPrefix(s.rest(), name) {
			s.at += len(name)
			p.hasZone = true
			return nil
		}
	}
	return errors.New("its time zone isn't UTC or GMT, and other short names aren't the same everywhere: %z reads an offset " +
		"such as +0100")
}

func epoch(s *scanner, p *parts) error {
	negative := s.take('-')
	n, ok := s.number(1, 12)
	if !ok || s.ahead() > 0 {
		return s.unexpected("where the seconds since 1970 go")
	}
	if negative {
		n = -n
	}
	at := time.Unix(int64(n), 0).UTC()
	p.epoch = &at
	return nil
}

// scan reads an instant by the steps of strptime.
func (l *Layout) scan(text string, zone *time.Location) (time.Time, error) {
	s := scanner{text: text}
	p := parts{fields: fields{month: 1, day: 1}}
	for _, read := range l.steps {
		if err := read(&s, &p); err != nil {
			return time.Time{}, fmt.Errorf("it isn't of the layout %q: %w", l.text, err)
		}
	}
	if !s.end() {
		return time.Time{}, fmt.Errorf("it isn't of the layout %q: %q comes behind it", l.text, s.rest())
	}
	return p.resolve(zone)
}

func (p *parts) resolve(zone *time.Location) (time.Time, error) {
	if p.epoch != nil {
		return p.epoch.Add(time.Duration(p.nanosecond)), nil
	}
	if p.hour12 > 0 {
		if p.hour = p.hour12 % 12; p.pm {
			p.hour += 12
		}
	}
	if p.week > 0 {
		if p.weekIn > 0 {
			p.year = p.weekIn
		}
		p.day = max(p.weekday, 1)
	}
	t, err := p.instant(zone)
	if err != nil || p.weekday == 0 {
		return t, err
	}
	// resolveDay has set the date that was written, which is t's unless it ended with 24:00.
	day := time.Date(p.year, time.Month(p.month), p.day, 0, 0, 0, 0, time.UTC)
	if is := (int(day.Weekday())+6)%7 + 1; is != p.weekday {
		return t, fmt.Errorf("%s is a %s, and no %s", day.Format(time.DateOnly), weekdays[is-1], weekdays[p.weekday-1])
	}
	return t, nil
}
