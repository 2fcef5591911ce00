// Package instant reads instants and durations as people write them: ISO 8601 in all its usual shapes, layouts of Go and
// of strptime, time zones by name. Nothing is guessed and nothing is cut off: what doesn't exist, such as 31 April, a
// leap second, or an hour that a change of clocks leaves out, is an error that names it, and so is what an instant has no
// place for, such as a tenth digit behind the second.
package instant

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Parse reads an instant of ISO 8601 or RFC 3339, or one as mails and web servers write it (RFC 1123, 850 and 822). What
// is left out at its end is the beginning of a day or an hour. One that says no time zone is one of zone's; nil stands
// for UTC. Errors go on behind `is "…": `.
func Parse(text string, zone *time.Location) (time.Time, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return time.Time{}, errors.New("it is empty, and no instant")
	}
	if t, err := parseMail(text, zone); err != errOther {
		return t, err
	}
	s := scanner{text: text}
	var f fields
	if err := s.isoDate(&f); err != nil {
		return time.Time{}, err
	}
	if !s.end() {
		if !s.take('T') && !s.take('t') && !s.take(' ') {
			return time.Time{}, s.unexpected("behind the date")
		}
		if err := s.isoTime(&f); err != nil {
			return time.Time{}, err
		}
	}
	return f.instant(zone)
}

var errOther = errors.New("written in another form")

// mailLayouts are those of RFC 1123, 850 and 822, and of C's asctime.
var mailLayouts = []string{time.RFC1123Z, time.RFC1123, time.RFC850, time.RFC822Z, time.RFC822, time.ANSIC, time.UnixDate}

// parseMail reads what begins with a weekday's name, or has a month's; errOther for all else.
func parseMail(text string, zone *time.Location) (time.Time, error) {
	letter := strings.IndexFunc(text, func(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' })
	if letter < 0 || letter > 3 {
		return time.Time{}, errOther // 4 is the T or W behind a date of ISO 8601
	}
	for _, layout := range mailLayouts {
		if t, err := parseGo(layout, text, zone); err == nil || !isParseError(err) {
			return t, err
		}
	}
	return time.Time{}, errUnknownForm
}

var errUnknownForm = errors.New("it isn't written as in 2026-11-27T10:00:00Z: give its layout")

// fields are the parts of an instant, as they were written.
type fields struct {
	year, month, day     int
	yearDay, week        int // where one of them is set, it stands for month and day; day is the weekday of a week then
	hour, minute, second int
	nanosecond           int64 // of the second; or of the hour or minute where more than a second's
	hasZone              bool
	offset               int // in seconds east of UTC
}

// instant returns what the fields say.
func (f *fields) instant(zone *time.Location) (time.Time, error) {
	if err := f.resolveDay(); err != nil {
		return time.Time{}, err
	}
	if err := f.checkClock(); err != nil {
		return time.Time{}, err
	}
	wall := time.Date(f.year, time.Month(f.month), f.day, f.hour, f.minute, f.second, 0, time.UTC)
	if f.hasZone {
		wall = wall.Add(-time.Duration(f.offset) * time.Second)
		if f.offset != 0 {
			wall = wall.In(time.FixedZone("", f.offset))
		}
		return wall.Add(time.Duration(f.nanosecond)), nil
	}
	t, err := local(wall, zone)
	return t.Add(time.Duration(f.nanosecond)), err
}

// resolveDay makes a month and a day of an ordinal or week date, and checks that they exist.
func (f *fields) resolveDay() error {
	switch {
	case f.yearDay > 0:
		days := time.Date(f.year, 12, 31, 0, 0, 0, 0, time.UTC).YearDay()
		if f.yearDay > days {
			return fmt.Errorf("%04d has %d days, and no day %d", f.year, days, f.yearDay)
		}
		f.setDay(time.Date(f.year, 1, f.yearDay, 0, 0, 0, 0, time.UTC))
		return nil
	case f.week > 0:
		_, weeks := time.Date(f.year, 12, 28, 0, 0, 0, 0, time.UTC).ISOWeek()
		if f.week > weeks {
			return fmt.Errorf("%04d has %d weeks, and no week %d", f.year, weeks, f.week)
		}
		if f.day < 1 || f.day > 7 {
			return fmt.Errorf("a week has no day %d: Monday is 1, and Sunday 7", f.day)
		}
		first := time.Date(f.year, 1, 4, 0, 0, 0, 0, time.UTC) // it is in week 1
		monday := 1 - (int(first.Weekday())+6)%7
		f.setDay(first.AddDate(0, 0, monday-1+(f.week-1)*7+f.day-1))
		return nil
	}
	if f.month < 1 || f.month > 12 {
		return fmt.Errorf("there is no month %d", f.month)
	}
	if days := time.Date(f.year, time.Month(f.month)+1, 0, 0, 0, 0, 0, time.UTC).Day(); f.day < 1 || f.day > days {
		return fmt.Errorf("%v %04d has %d days, and no day %d", time.Month(f.month), f.year, days, f.day)
	}
	return nil
}

func (f *fields) setDay(t time.Time) {
	year, month, day := t.Date()
	f.year, f.month, f.day = year, int(month), day
}

var errLeapSecond = errors.New("second 60 is a leap second, for which instants have no place: take the second before, " +
	`as in date(replace(x, ":60", ":59"))`)

func (f *fields) checkClock() error {
	switch {
	case f.hour == 24 && (f.minute > 0 || f.second > 0 || f.nanosecond > 0):
		return errors.New("24:00 is the end of a day, and nothing of it comes behind")
	case f.hour > 24:
		return fmt.Errorf("there is no hour %d", f.hour)
	case f.minute > 59:
		return fmt.Errorf("there is no minute %d", f.minute)
	case f.second == 60:
		return errLeapSecond
	case f.second > 60:
		return fmt.Errorf("there is no second %d", f.second)
	case f.offset <= -24*3600 || f.offset >= 24*3600:
		return errors.New("its time zone is a day or more from UTC")
	}
	return nil
}

// local returns the instant of a time that clocks in a zone show, given as the same time in UTC. Where clocks show it
// twice, it is the first time; where they never do, that is an error.
func local(wall time.Time, zone *time.Location) (time.Time, error) {
	if zone == nil || zone == time.UTC {
		return wall, nil
	}
	year, month, day := wall.Date()
	hour, minute, second := wall.Clock()
	t := time.Date(year, month, day, hour, minute, second, wall.Nanosecond(), zone)
	shows := func(t time.Time) bool { return t.Format(time.DateTime) == wall.Format(time.DateTime) }
	if !shows(t) {
		return t, fmt.Errorf("clocks never show %s in %s, since they are put forward then", wall.Format("15:04:05 on 2006-01-02"),
			zone)
	}
	if start, _ := t.ZoneBounds(); !start.IsZero() {
		_, before := start.Add(-1).Zone()
		if earlier := wall.Add(-time.Duration(before) * time.Second).In(zone); earlier.Before(t) && shows(earlier) {
			return earlier, nil
		}
	}
	return t, nil
}

// Zone returns a time zone by its name in the IANA data base, such as Europe/Berlin.
func Zone(name string) (*time.Location, error) {
	if name == "Local" {
		return nil, errors.New("Local is another time zone on each machine, and a run must be reproducible: " +
			"give a name such as Europe/Berlin")
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" {
		return nil, fmt.Errorf("there is no time zone %q: names are those of the IANA data base, such as Europe/Berlin "+
			"or UTC", name)
	}
	return zone, nil
}
