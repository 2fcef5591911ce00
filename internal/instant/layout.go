package instant

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// A Layout says how instants are written: Go's way, by an example such as "2006-01-02 15:04:05", or strptime's, such as
// "%Y-%m-%d %H:%M:%S". It is safe for concurrent use.
type Layout struct {
	text string
	// steps are those of strptime's way.
	steps []step
}

// String returns the layout as it was given.
func (l *Layout) String() string { return l.text }

// NewLayout reads a layout. It is an error if it tells no year, without which there is no instant, or is written in the
// way of another language.
func NewLayout(text string) (*Layout, error) {
	l := &Layout{text: text}
	if strings.Contains(text, "%") {
		var err error
		l.steps, err = strptime(text)
		return l, err
	}
	if letters.MatchString(text) {
		return nil, fmt.Errorf("the layout %q is written in another way: in strptime's it is %q, and in Go's %q", text,
			translated(text, 1), translated(text, 2))
	}
	// Both are Mondays, the first of January.
	if a, b := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2007, 1, 1, 0, 0, 0, 0, time.UTC); a.Format(text) ==
		b.Format(text) {
		return nil, fmt.Errorf("the layout %q has no year: write it as the time 2006-01-02 15:04:05, as Go does, or as "+
			"%%Y-%%m-%%d %%H:%%M:%%S, as strptime does", text)
	}
	return l, nil
}

// letters are what other languages write in place of Go's numbers.
var letters = regexp.MustCompile(`YYYY|yyyy|MM|dd|DD|HH|hh|mm|ss|SSS`)

var otherLetters = [][3]string{
	{"YYYY", "%Y", "2006"}, {"yyyy", "%Y", "2006"}, {"YY", "%y", "06"}, {"yy", "%y", "06"}, {"MMM", "%b", "Jan"},
	{"MM", "%m", "01"}, {"DD", "%d", "02"}, {"dd", "%d", "02"}, {"HH", "%H", "15"}, {"hh", "%I", "03"},
	{"mm", "%M", "04"}, {"ss", "%S", "05"}, {"SSSSSS", "%f", "000000"},
	{"SSS", "%f", "000"}, {"a", "%p", "PM"}, {"A", "%p", "PM"},
}

// translated puts the letters of strptime (1) or Go (2) in place of those of other languages.
func translated(text string, to int) string {
	var pairs []string
	for _, letter := range otherLetters {
		pairs = append(pairs, letter[0], letter[to])
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Parse reads an instant of the layout. One that says no time zone is one of zone's; nil stands for UTC. Errors go on
// behind `is "…": `.
func (l *Layout) Parse(text string, zone *time.Location) (time.Time, error) {
	if l.steps != nil {
		return l.scan(text, zone)
	}
	t, err := parseGo(l.text, text, zone)
	if e, ok := errors.AsType[*time.ParseError](err); ok {
		return t, l.explain(e, text)
	}
	return t, err
}

// explain says why Go's parser doesn't take a text.
func (l *Layout) explain(e *time.ParseError, text string) error {
	switch message := strings.TrimPrefix(e.Message, ": "); {
	case message == "second out of range" && strings.Contains(text, ":60"):
		return errLeapSecond
	case strings.HasSuffix(message, " out of range"):
		return fmt.Errorf("there is no such %s", strings.TrimSuffix(message, " out of range"))
	case message != "":
		return fmt.Errorf("it isn't of the layout %q: %s", l.text, message)
	case e.ValueElem == "":
		return fmt.Errorf("it isn't of the layout %q: it ends where %q goes", l.text, e.LayoutElem)
	}
	return fmt.Errorf("it isn't of the layout %q: %q stands where %q goes", l.text, e.ValueElem, e.LayoutElem)
}

func isParseError(err error) bool {
	_, ok := errors.AsType[*time.ParseError](err)
	return ok
}

// parseGo is time.ParseInLocation, but for what that passes over in silence: the name of a time zone that it doesn't
// know, digits behind the ninth, and times that clocks show twice or never.
func parseGo(layout, text string, zone *time.Location) (time.Time, error) {
	nowhere := time.FixedZone("\x00", 0)
	t, err := time.ParseInLocation(layout, text, nowhere)
	if err != nil {
		return t, err
	}
	if err := checkDigits(text); err != nil {
		return t, err
	}
	if t.Location() == nowhere {
		year, month, day := t.Date()
		hour, minute, second := t.Clock()
		return local(time.Date(year, month, day, hour, minute, second, t.Nanosecond(), time.UTC), zone)
	}
	name, isUnknown := unknownZone(t)
	if isUnknown && zone != nil { // it may be one of zone's own
		if t, err = time.ParseInLocation(layout, text, zone); err != nil {
			return t, err
		}
		_, isUnknown = unknownZone(t)
	}
	if isUnknown {
		return t, fmt.Errorf("%s is no time zone that is the same everywhere: an offset such as +01:00 is, and UTC", name)
	}
	return t, nil
}

// unknownZone returns the name of a time zone that Go's parser has made up.
func unknownZone(t time.Time) (name string, ok bool) {
	name, offset := t.Zone()
	return name, offset == 0 && name != "" && name != "UTC" && name != "GMT" && t.Location().String() == name
}

// checkDigits returns an error where a text has more digits behind the second than Go's parser has kept.
func checkDigits(text string) error {
	for i := 0; i < len(text); i++ {
		if text[i] != '.' && text[i] != ',' {
			continue
		}
		s := scanner{text: text, at: i + 1}
		if _, err := fraction(s.digits(), int64(time.Second)); err != nil {
			return err
		}
	}
	return nil
}
