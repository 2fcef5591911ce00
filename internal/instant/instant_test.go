package instant

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// TestISO reads the shapes of ISO 8601 and RFC 3339, and those of mails.
func TestISO(t *testing.T) {
	for text, want := range map[string]string{
		"2026-11-27T10:00:00Z":                      "2026-11-27T10:00:00Z",
		"2026-11-27t10:00:00z":                      "2026-11-27T10:00:00Z",
		"2026-11-27 10:00:00":                       "2026-11-27T10:00:00Z",
		"2026-11-27 10:00:00 UTC":                   "2026-11-27T10:00:00Z",
		"2026-11-27 10:00:00 +0100":                 "2026-11-27T10:00:00+01:00",
		"2026-11-27T10:00:00+01:00":                 "2026-11-27T10:00:00+01:00",
		"2026-11-27T10:00:00-05":                    "2026-11-27T10:00:00-05:00",
		"2026-11-27T10:00:00−05:30":                 "2026-11-27T10:00:00-05:30",
		"2026-11-27T10:00:00-00:00":                 "2026-11-27T10:00:00Z",
		"2026-11-27T10:00:00+00:19:32":              "2026-11-27T10:00:00+00:19",
		"2026-11-27T10:00:00.5Z":                    "2026-11-27T10:00:00.5Z",
		"2026-11-27T10:00:00,123456789Z":            "2026-11-27T10:00:00.123456789Z",
		"2026-11-27T10:00:00.12345678900000000000Z": "2026-11-27T10:00:00.123456789Z",
		"2026-11-27T10:00":                          "2026-11-27T10:00:00Z",
		"2026-11-27T10":                             "2026-11-27T10:00:00Z",
		"2026-11-27T10.5":                           "2026-11-27T10:30:00Z",
		"2026-11-27T10:00,25+02":                    "2026-11-27T10:00:15+02:00",
		"2026-11-27":                                "2026-11-27T00:00:00Z",
		"2026-11":                                   "2026-11-01T00:00:00Z",
		"20261127":                                  "2026-11-27T00:00:00Z",
		"20261127T100000Z":                          "2026-11-27T10:00:00Z",
		"20261127T100000.25+0100":                   "2026-11-27T10:00:00.25+01:00",
		"20261127T1000":                             "2026-11-27T10:00:00Z",
		"2026-331":                                  "2026-11-27T00:00:00Z",
		"2026331T10Z":                               "2026-11-27T10:00:00Z",
		"2024-366":                                  "2024-12-31T00:00:00Z",
		"2026-W48-5":                                "2026-11-27T00:00:00Z",
		"2026W485T10:00Z":                           "2026-11-27T10:00:00Z",
		"2026-W48":                                  "2026-11-23T00:00:00Z",
		"2026-W01-1":                                "2025-12-29T00:00:00Z",
		"2026-W53-7":                                "2027-01-03T00:00:00Z",
		"2026-11-27T24:00":                          "2026-11-28T00:00:00Z",
		"2026-12-31T24:00:00.000Z":                  "2027-01-01T00:00:00Z",
		"0000-01-01T00:00:00Z":                      "0000-01-01T00:00:00Z",
		"9999-12-31T23:59:59.999999999Z":            "9999-12-31T23:59:59.999999999Z",
		" 2026-11-27 ":                              "2026-11-27T00:00:00Z",
		"Fri, 27 Nov 2026 10:00:00 GMT":             "2026-11-27T10:00:00Z",
		"Fri, 27 Nov 2026 10:00:00 +0100":           "2026-11-27T10:00:00+01:00",
		"Friday, 27-Nov-26 10:00:00 UTC":            "2026-11-27T10:00:00Z",
		"27 Nov 26 10:00 UTC":                       "2026-11-27T10:00:00Z",
		"Fri Nov 27 10:00:00 2026":                  "2026-11-27T10:00:00Z",
	} {
		got, err := Parse(text, nil)
		if err != nil || got.Format(time.RFC3339Nano) != want {
			t.Errorf("%s: %v, %v, want %s", text, got.Format(time.RFC3339Nano), err, want)
		}
	}
}

// TestWhatIsNoInstant: the error says what is wrong with a text, and never cuts off what an instant has no place for.
func TestWhatIsNoInstant(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "it is empty",
		"next week":                      "isn't written as in 2026-11-27T10:00:00Z",
		"27/11/2026":                     "isn't written as in",
		"2026":                           "isn't written as in",
		"20261127100000":                 "isn't written as in",
		"2026-1-2":                       "isn't written as in",
		"10:00:00":                       "it has no day, which an instant needs",
		"2026-13-01":                     "there is no month 13",
		"2026-00-01":                     "there is no month 0",
		"2026-11-31":                     "November 2026 has 30 days, and no day 31",
		"2026-02-29T10:00:00Z":           "February 2026 has 28 days, and no day 29",
		"2026-11-00":                     "no day 0",
		"2026-366":                       "2026 has 365 days, and no day 366",
		"2026-000":                       "a year has no day 0",
		"2025-W53-1":                     "2025 has 52 weeks, and no week 53",
		"2026-W00":                       "a year has no week 0",
		"2026-W48-8":                     "a week has no day 8",
		"2026-W4":                        `"4" can't stand where the week's two digits go`,
		"2026-11-27T25:00":               "there is no hour 25",
		"2026-11-27T24:30":               "24:00 is the end of a day",
		"2026-11-27T10:60":               "there is no minute 60",
		"2016-12-31T23:59:60Z":           "second 60 is a leap second",
		"2026-11-27T10:00:61Z":           "there is no second 61",
		"2026-11-27T1:00":                `"1" can't stand where the hour's two digits go`,
		"2026-11-27T10:00:00.Z":          "where the digits of a fraction go",
		"2026-11-27T10:00:00.1234567891": "it has 10 digits behind the point, more than an instant has place for",
		"2026-11-27T10.3333333333333333": "more than an instant has place for",
		"2026-11-27T10:00:00 CET":        `"C" can't stand where Z or an offset such as +01:00 goes`,
		"2026-11-27T10:00:00+24:00":      "a day or more from UTC",
		"2026-11-27T10:00:00+01:75":      "an offset has no 75 minutes",
		"2026-11-27T10:00:00Z[Europe]":   `"[" can't stand behind the time zone`,
		"2026-11-27x":                    `"x" can't stand behind the date`,
		"2026-11-27é":                    `"é" can't stand behind the date`,
		"2026-11-27\xff":                 `"\xff" can't stand behind the date`,
		"Fri, 27 Nov 2026 10:00:00 CET":  "CET is no time zone that is the same everywhere",
	} {
		got, err := Parse(text, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v, want %s", text, got, err, want)
		}
	}
}

// TestZones: without an offset a text is of the zone given; what clocks show twice is the first time, and what they
// never show is an error.
func TestZones(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	for text, want := range map[string]string{
		"2026-11-27 10:00":     "2026-11-27T10:00:00+01:00",
		"2026-07-27 10:00":     "2026-07-27T10:00:00+02:00",
		"2026-07-27 10:00Z":    "2026-07-27T10:00:00Z",
		"2026-10-25 02:30":     "2026-10-25T02:30:00+02:00", // the first of two
		"2026-10-25 03:00":     "2026-10-25T03:00:00+01:00",
		"2026-03-29 03:00":     "2026-03-29T03:00:00+02:00",
		"2026-03-29 02:30":     "error",
		"2026-10-25 02:30:0,5": "error",
	} {
		got, err := Parse(text, berlin)
		if (err != nil) != (want == "error") || err == nil && got.Format(time.RFC3339Nano) != want {
			t.Errorf("%s: %v, %v, want %s", text, got, err, want)
		}
	}
	_, err := Parse("2026-03-29 02:30", berlin)
	if want := "clocks never show 02:30:00 on 2026-03-29 in Europe/Berlin"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
	for _, name := range []string{"", "Local", "Europe/Berln", "../etc"} {
		if _, err := Zone(name); err == nil || !strings.Contains(err.Error(), "Europe/Berlin") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLayouts reads by layouts of strptime and of Go.
func TestLayouts(t *testing.T) {
	for _, c := range []struct{ text, layout, want string }{
		{"27/11/2026", "%d/%m/%Y", "2026-11-27T00:00:00Z"},
		{"3/1/2026 7:05", "%d/%m/%Y %H:%M", "2026-01-03T07:05:00Z"},
		{" 3/1/2026", "%e/%m/%Y", "2026-01-03T00:00:00Z"},
		{"27.11.26 10:00", "%d.%m.%y %R", "2026-11-27T10:00:00Z"},
		{"27.11.69", "%d.%m.%y", "1969-11-27T00:00:00Z"},
		{"20261127100000", "%Y%m%d%H%M%S", "2026-11-27T10:00:00Z"},
		{"2026-11-27 12:05:00 AM", "%F %I:%M:%S %p", "2026-11-27T00:05:00Z"},
		{"2026-11-27 12:05 p.m.", "%F %I:%M %p", "2026-11-27T12:05:00Z"},
		{"27 nov 2026", "%d %b %Y", "2026-11-27T00:00:00Z"},
		{"27 November 2026", "%d %B %Y", "2026-11-27T00:00:00Z"},
		{"Fri 27 May 2022", "%a %d %b %Y", "2022-05-27T00:00:00Z"},
		{"27/Nov/2026:10:00:00 +0100", "%d/%b/%Y:%H:%M:%S %z", "2026-11-27T10:00:00+01:00"},
		{"2026-11-27 10:00:00,25", "%F %T,%f", "2026-11-27T10:00:00.25Z"},
		{"2026 331", "%Y %j", "2026-11-27T00:00:00Z"},
		{"2026-W48-5", "%G-W%V-%u", "2026-11-27T00:00:00Z"},
		{"1795773600", "%s", "2026-11-27T10:00:00Z"},
		{"1795773600.25", "%s.%f", "2026-11-27T10:00:00.25Z"},
		{"100% 2026", "100%% %Y", "2026-01-01T00:00:00Z"},
		{"2026-11-27 24:00:00", "%F %T", "2026-11-28T00:00:00Z"},
		{"2026-11-27 10:00 GMT", "%Y-%-m-%-d %H:%M %Z", "2026-11-27T10:00:00Z"},
		{"2026-11-27 10:00:00", "2006-01-02 15:04:05", "2026-11-27T10:00:00Z"},
		{"27.11.2026 10:00:00.5", "02.01.2006 15:04:05", "2026-11-27T10:00:00.5Z"},
		{"11/27/26 10PM", "01/02/06 3PM", "2026-11-27T22:00:00Z"},
		{"2026-11-27T10:00:00+01:00", time.RFC3339, "2026-11-27T10:00:00+01:00"},
	} {
		layout, err := NewLayout(c.layout)
		if err != nil {
			t.Errorf("%s: %v", c.layout, err)
			continue
		}
		got, err := layout.Parse(c.text, nil)
		if err != nil || got.Format(time.RFC3339Nano) != c.want {
			t.Errorf("%s by %s: %v, %v, want %s", c.text, c.layout, got.Format(time.RFC3339Nano), err, c.want)
		}
	}
}

// TestLayoutMistakes has layouts that aren't any, and texts that are of no layout.
func TestLayoutMistakes(t *testing.T) {
	for layout, want := range map[string]string{
		"%d/%m":                   `the layout "%d/%m" has no year`,
		"%H:%M:%S":                "has no year",
		"%Y-%m-%":                 "ends behind a %",
		"%Y-%-":                   "ends behind a %",
		"%Y-%Q":                   "has %Q, which isn't read",
		"%Y-%U":                   "the week of ISO 8601 is, %G-W%V-%u",
		"%c":                      "it differs from language to language",
		"YYYY-MM-DD":              `in strptime's it is "%Y-%m-%d", and in Go's "2006-01-02"`,
		"dd.MM.yyyy HH:mm:ss.SSS": `in strptime's it is "%d.%m.%Y %H:%M:%S.%f", and in Go's "02.01.2006 15:04:05.000"`,
		"15:04:05":                "has no year",
		"iso":                     "has no year",
	} {
		if _, err := NewLayout(layout); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", layout, err, want)
		}
	}
	for _, c := range []struct{ text, layout, want string }{
		{"31/02/2026", "%d/%m/%Y", "February 2026 has 28 days, and no day 31"},
		{"11/27/2026", "%d/%m/%Y", "there is no month 27"},
		{"27-11-2026", "%d/%m/%Y", `it isn't of the layout "%d/%m/%Y": "-" can't stand where "/" goes`},
		{"27/11/2026 10:00", "%d/%m/%Y", `" 10:00" comes behind it`},
		{"27/11/26", "%d/%m/%Y", `"2" can't stand where the year's four digits goes`},
		{"27/11", "%d/%m/%Y", `it ends where "/" goes`},
		{"27 Nou 2026", "%d %b %Y", "where the month's English name goes"},
		{"Mon 27 Nov 2026", "%a %d %b %Y", "2026-11-27 is a Friday, and no Monday"},
		{"31/12/2016 23:59:60", "%d/%m/%Y %T", "second 60 is a leap second"},
		{"27/11/2026 13:00 PM", "%d/%m/%Y %I:%M %p", "the hour of half a day is 1 to 12, and not 13"},
		{"27/11/2026 10:00 CET", "%d/%m/%Y %H:%M %Z", "other short names aren't the same everywhere"},
		{"2026-11-27 10:00:00.1234567891", "%F %T.%f", "it has 10 digits behind the point"},
		{"2026-02-30", "2006-01-02", "there is no such day"},
		{"2026-11-27 10:00:60", "2006-01-02 15:04:05", "second 60 is a leap second"},
		{"2026-11-27", "2006-01-02 15:04:05", `it ends where "15" goes`},
		{"2026-11-27 10:00:00.1234567891", "2006-01-02 15:04:05", "it has 10 digits behind the point"},
		{"2026-11-27 10:00 XYZ", "2006-01-02 15:04 MST", "XYZ is no time zone that is the same everywhere"},
		{"x", "2006-01-02", `"x" stands where "2006" goes`},
		{"2026-11-27 x", "2006-01-02", `it isn't of the layout "2006-01-02": extra text: " x"`},
	} {
		layout, err := NewLayout(c.layout)
		if err != nil {
			t.Errorf("%s: %v", c.layout, err)
			continue
		}
		if got, err := layout.Parse(c.text, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s by %s: %v, %v, want %s", c.text, c.layout, got, err, c.want)
		}
	}
	layout, err := NewLayout("2006-01-02 15:04 MST")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := layout.Parse("2026-07-27 10:00 CEST", zone(t, "Europe/Berlin")); err != nil || got.UTC().Hour() != 8 {
		t.Errorf("a zone's own name: %v, %v", got, err)
	}
}

// TestDurations reads both ways to write them.
func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"10ms": 10 * time.Millisecond, "1h30m": 90 * time.Minute, "-1.5s": -1500 * time.Millisecond, "+2us": 2 * time.Microsecond,
		"1µs": time.Microsecond, "1d12h": 36 * time.Hour, "1w": 168 * time.Hour, "0": 0, ".5s": time.Second / 2, "1,5s": 1500 * time.Millisecond,
		"PT1H30M": 90 * time.Minute, "P1DT2H": 26 * time.Hour, "P2W": 14 * 24 * time.Hour, "PT0.5S": time.Second / 2, "-PT1M": -time.Minute,
		"P1D": 24 * time.Hour, "PT36H": 36 * time.Hour, "pt1h": time.Hour, "PT1.5M": 90 * time.Second,
		"9223372036854775807ns": 1<<63 - 1, "-9223372036854775808ns": -1 << 63, " 1s ": time.Second,
	} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%s: %v, %v, want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"": "isn't written as a duration", "10": "a unit is missing",
		"10 s": "there is no blank: 10s", "5min": `there is no unit "min": write m`,
		"s": "isn't written as a duration", "-": "isn't written as a duration",
		"P": "isn't written", "PT": "isn't written", "P1H": "isn't written",
		"PT1D": "isn't written", "PT1S1H": "isn't written",
		"P1DT": "isn't written", "P1Y": "years and months have no fixed length",
		"P1M": "years and months have no fixed length", "0.5ns": "no whole number of nanoseconds", "300y": "have no fixed length", "2 months": "give days, as in 30d", "1M": "there is no unit M: minutes are m",
		"3 hours": `no unit "hours": write h`, "1fortnight": `no unit "fortnight": ns, us,`,
		"9223372036854775808ns": "longer than 292 years", "1h1": "a unit is missing", "PT1ST2H": "isn't written",
	} {
		if got, err := ParseDuration(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v, want %s", text, got, err, want)
		}
	}
}

// TestAgainstGo: what time.Parse reads by RFC 3339, Parse reads as well, and as the same instant; what Format writes by a
// layout, that layout reads; strptime's layouts read what Go's read.
func TestAgainstGo(t *testing.T) {
	layouts := [][2]string{{"2006-01-02 15:04:05.999999999", ""}, {"02.01.2006 15:04:05", "%d.%m.%Y %H:%M:%S"},
		{"2 Jan 2006 03:04:05 PM -0700", "%d %b %Y %I:%M:%S %p %z"}, {"Monday, 02 January 2006 15h04", "%A, %d %B %Y %Hh%M"},
		{"2006 002 15:04", "%Y %j %H:%M"}, {"20060102T150405.000000Z0700", "%Y%m%dT%H%M%S.%f%z"}}
	rapid.Check(t, func(r *rapid.T) {
		offset := rapid.IntRange(-14*60, 14*60).Draw(r, "offset") * 60
		at := time.Unix(rapid.Int64Range(-62135596800+86400, 253402300799-86400).Draw(r, "seconds"),
			rapid.Int64Range(0, 999999999).Draw(r, "nanoseconds")).In(time.FixedZone("", offset))
		text := at.Format(time.RFC3339Nano)
		if got, err := Parse(text, nil); err != nil || !got.Equal(at) || got.Format(time.RFC3339Nano) != text {
			r.Fatalf("%s: %v, %v", text, got, err)
		}
		for _, pair := range layouts {
			text := at.Format(pair[0])
			want, err := time.Parse(pair[0], text)
			if err != nil {
				r.Fatal(err)
			}
			for _, l := range pair {
				if l == "" {
					continue
				}
				layout, err := NewLayout(l)
				if err != nil {
					r.Fatal(err)
				}
				if got, err := layout.Parse(text, nil); err != nil || !got.Equal(want) {
					r.Fatalf("%s by %s: %v, %v, want %v", text, l, got, err, want)
				}
			}
		}
		year, week := at.ISOWeek()
		weekly := fmt.Sprintf("%04d-W%02d-%d%s", year, week, (int(at.Weekday())+6)%7+1, at.Format("T15:04:05.999999999Z07:00"))
		if got, err := Parse(weekly, nil); err != nil || !got.Equal(at) {
			r.Fatalf("%s: %v, %v, want %v", weekly, got, err, at)
		}
		duration := time.Duration(rapid.Int64().Draw(r, "duration"))
		if got, err := ParseDuration(duration.String()); err != nil || got != duration {
			r.Fatalf("%v: %v, %v", duration, got, err)
		}
	})
}

// TestLocalTimes: a time that clocks in a zone show is read as an instant at which they do.
func TestLocalTimes(t *testing.T) {
	var zones []*time.Location
	for _, name := range []string{"Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"} {
		zones = append(zones, zone(t, name))
	}
	rapid.Check(t, func(r *rapid.T) {
		in := zones[rapid.IntRange(0, len(zones)-1).Draw(r, "zone")]
		at := time.Unix(rapid.Int64Range(1e9, 2e9).Draw(r, "seconds"), 0).In(in)
		got, err := Parse(at.Format("2006-01-02 15:04:05"), in)
		if err != nil || got.Format(time.DateTime) != at.Format(time.DateTime) || got.After(at) {
			r.Fatalf("%v: %v, %v", at, got, err)
		}
	})
}

// TestRecognize asks for a layout only where none is needed to read the texts.
func TestRecognize(t *testing.T) {
	for _, test := range []struct{ texts, want string }{
		{"2026-11-27T10:00:00Z;2026-11-28 10:00", `[""]`}, {"27.11.2026 10:00;28.11.2026 11:30", `["%d.%m.%Y %H:%M"]`},
		{"03/04/2026;05/06/2026", `["%d/%m/%Y" "%m/%d/%Y"]`}, {"2026-11-27;27.11.2026", `[]`}, {"red;blue", `[]`},
	} {
		if got := fmt.Sprintf("%q", Recognize(strings.Split(test.texts, ";"))); got != test.want {
			t.Errorf("%s: got %s, want %s", test.texts, got, test.want)
		}
	}
	if got := Recognize(nil); got != nil {
		t.Errorf("no texts: %q", got)
	}
}

// TestGuess finds the layouts of texts, and all of them where they don't tell the day from the month.
func TestGuess(t *testing.T) {
	for text, want := range map[string]string{
		"27/11/2026 10:00": "[%d/%m/%Y %H:%M]", "11/27/2026": "[%m/%d/%Y]", "5/6/2026": "[%d/%m/%Y %m/%d/%Y]",
		"5/6/2026;27/6/2026":    "[%d/%m/%Y]",
		"27.11.2026 10:00:00,5": "[%d.%m.%Y %H:%M:%S,%f]", "20261127100000": "[%Y%m%d%H%M%S]",
		"27/Nov/2026:10:00:00 +0100": "[%d/%b/%Y:%H:%M:%S %z]",
		"yesterday":                  "[]", "27 Nov 2026": "[%d %b %Y]", "2026/11/27": "[%Y/%m/%d]",
	} {
		if got := fmt.Sprint(Guess(strings.Split(text, ";"))); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// FuzzParse: nothing panics, and what is read is written and read as the same.
func FuzzParse(f *testing.F) {
	f.Add("2026-11-27T10:00:00.5+01:00", "%d/%m/%Y %H:%M", "P1DT2H")
	f.Add("20261127T100000Z", "2006-01-02 15:04:05 MST", "1h30m")
	f.Add("2026-W48-5", "%G-W%V-%u%n%z%Z%s%j%I%p%a%b%f", "-0.5s")
	f.Add("Fri, 27 Nov 2026 10:00:00 GMT", "%c", "PT1.5H")
	f.Fuzz(func(t *testing.T, text, layout, duration string) {
		if at, err := Parse(text, nil); err == nil {
			written := at.Format(time.RFC3339Nano)
			_, offset := at.Zone()
			if again, err := Parse(written, nil); offset%60 == 0 && at.Year() < 10000 && (err != nil || !again.Equal(at)) {
				t.Errorf("%q: %s, %v, %v", text, written, again, err)
			}
		}
		if l, err := NewLayout(layout); err == nil {
			_, _ = l.Parse(text, nil)
		}
		if len(text) < 100 {
			Guess([]string{text})
		}
		if d, err := ParseDuration(duration); err == nil {
			if again, err := ParseDuration(d.String()); err != nil || again != d {
				t.Errorf("%q: %v, %v, %v", duration, d, again, err)
			}
		}
	})
}
