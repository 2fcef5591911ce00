package expression_test

import (
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat/internal/expression"
)

// instants is what the tests of times and durations are about: at is an instant, later is 90 seconds behind it in
// another zone, ancient and farAway are further apart than a duration can be long.
var instants = values{
	"at":      time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC),
	"later":   time.Date(2026, 11, 28, 13, 1, 30, 0, time.FixedZone("", 3600)),
	"ancient": time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC),
	"farAway": time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC),
	"long":    time.Duration(1<<63 - 1),
	"short":   time.Duration(-1 << 63),
	"minute":  time.Minute,
	"n":       3,
	"half":    0.5,
	"text":    "90s",
	"nothing": nil,
}

// TestTimesAndDurations has every operator that takes a time or a duration, and methods.
func TestTimesAndDurations(t *testing.T) {
	for source, want := range map[string]string{
		"at + minute":                   `"2026-11-28T12:01:00Z"`,
		"minute + at":                   `"2026-11-28T12:01:00Z"`,
		"at - minute":                   `"2026-11-28T11:59:00Z"`,
		"later - at":                    `"1m30s"`,
		"at - later":                    `"-1m30s"`,
		"later + minute":                `"2026-11-28T13:02:30+01:00"`,
		"at + (later - at) == later":    `true`,
		"minute + minute":               `"2m0s"`,
		"minute - minute":               `"0s"`,
		"-minute":                       `"-1m0s"`,
		"-(minute - minute)":            `"0s"`,
		"minute * n":                    `"3m0s"`,
		"n * minute":                    `"3m0s"`,
		"minute * half":                 `"30s"`,
		"minute * -0.1":                 `"-6s"`,
		"2 * duration('1s')":            `"2s"`,
		"duration('1ns') * 0.5":         `"1ns"`,
		"duration('1ns') * 0.49":        `"0s"`,
		"duration('1h') * (1 / 3)":      `"20m0s"`,
		"duration('1h') * (1 / 7)":      `"8m34.285714286s"`,
		"minute < minute + minute":      `true`,
		"later > at":                    `true`,
		"at >= at and not (at < at)":    `true`,
		"at in [later, later - minute]": `false`,
		"[at] == [later.Add(-90000 * minute * (1 / 60000))]": `true`,
		"minute == 60000000000":                              `false`,
		"at == '2026-11-28T12:00:00Z'":                       `false`,
		"sort([later, at])[0] == at":                         `true`,
		"long - long":                                        `"0s"`,
		"short - short":                                      `"0s"`,
		"long + short":                                       `"-1ns"`,
		"ancient + long":                                     `"0293-04-11T23:47:16.854775807Z"`,
		"type(minute) + ' ' + type(at)":                      `"time.Duration time.Time"`,
		"string(minute)":                                     `"1m0s"`,
		"at.Year() + at.YearDay()":                           `2358`,
		"at.Weekday()":                                       `6`,
		"at.Unix() == later.Unix() - 90":                     `true`,
		"at.UnixNano()":                                      `1795867200000000000`,
		"at.Sub(later)":                                      `"-1m30s"`,
		"at.Equal(later.Add(-minute).Add(minute * -half))":   `true`,
		"at.AddDate(0, n, 0)":                                `"2027-02-28T12:00:00Z"`,
		"at.Format('2006-01')":                               `"2026-11"`,
		"later.In(timezone('UTC'))":                          `"2026-11-28T12:01:30Z"`,
		"minute.Seconds() / 8":                               `7.5`,
		"minute.Round(duration('1h'))":                       `"0s"`,
		"ancient?.Year()":                                    `1`,
		"nothing?.Year()":                                    `null`,
		"duration(text).Seconds()":                           `90`,
		"map([at, later], .Minute())":                        `[0,1]`,
		"{at: at, for: minute}":                              `{"at":"2026-11-28T12:00:00Z","for":"1m0s"}`,
		"date('2026-11-28 12:00:00') == at":                  `true`,
	} {
		expectJSON(t, source, instants, want)
	}
}

// TestDurationsDoNotWrap computes durations of more than 292 years: Go's operators wrap around there, or stop at the
// limit, and keys would be wrong or all the same.
func TestDurationsDoNotWrap(t *testing.T) {
	for _, source := range []string{
		"long + duration('1ns')", "short - duration('1ns')", "short + short", "-short", "long - short", "long * 2", "short * -1",
		"1.0000001 * long", "farAway - ancient", "ancient - farAway", "farAway.Sub(ancient)", "ancient.Sub(at)",
	} {
		expectError(t, source, instants, "the duration is longer than 292 years")
	}
	expectError(t, "ancient.UnixNano()", instants, "the time is too far from 1970 to be counted in nanoseconds of 64 bits")
	expectError(t, "farAway.UnixNano()", instants, "the time is too far from 1970")
}

// TestWhatDurationsDoNotTake has what must not go with a time or a duration.
func TestWhatDurationsDoNotTake(t *testing.T) {
	for source, want := range map[string]string{
		"at + at":                   `at is a time, not a duration such as duration("10s")`,
		"at + n":                    `n is a number, not a duration such as duration("10s")`,
		"at - text":                 `text is text, not a duration such as duration("10s")`,
		"minute + n":                `n is a number, not a duration such as duration("10s")`,
		"minute - at":               `at is a time, not a duration such as duration("10s")`,
		"n - minute":                "minute is a duration, not a number",
		"n + at":                    "at is a time, not a number",
		"minute * minute":           "minute is a duration, not a number",
		"minute * text":             "minute is a duration, not a number",
		"at * n":                    "at is a time, not a number",
		"minute / n":                "minute is a duration, not a number",
		"minute % minute":           "minute is a duration, not a number",
		"minute ** n":               "minute is a duration, not a number",
		"-at":                       "at is a time, not a number",
		"+minute":                   "minute is a duration, not a number",
		"at < minute":               "at is a time, but minute is a duration",
		"minute < n":                "minute is a duration, but n is a number",
		"abs(minute)":               "minute is a duration, not a number",
		"max(minute)":               "max takes numbers and lists of numbers, and got a duration",
		"at[0]":                     "at is a time, not a list or object",
		"at.Nothing()":              "time.Time has no function Nothing",
		"minute.Nothing()":          "time.Duration has no function Nothing",
		"at.Add()":                  "time.Time.Add takes 1 arguments, and got 0",
		"at.Add(text)":              "text is text, where time.Duration is needed",
		"at.AddDate(n, 0.5, 0)":     "0.5 is 0.5, where int is needed",
		"at.AddDate(half, 0, 0)":    "half is 0.5, where int is needed",
		"at.AddDate(1e30, 0, 0)":    "is 1000000000000000000000000000000, where int is needed",
		"at.ISOWeek()":              "time.Time.ISOWeek has 2 results, of which an expression has no use but for one",
		"at.Clock()":                "time.Time.Clock has 3 results",
		"at.Format(n)":              "n is 3, where string is needed",
		"n.Year()":                  "n is a number, not a time or duration, and has no functions",
		"nothing.Year()":            "nothing is null, not a time or duration, and has no functions",
		"{a: {b: timezone('UTC')}}": "the result is a time zone, which JSON has no value for",
		"at.Location()":             "the result is a time zone, which JSON has no value for",
	} {
		expectError(t, source, instants, want)
	}
}

// TestDurationsBeforeAnythingRuns has what the checker says of durations whose kind it knows.
func TestDurationsBeforeAnythingRuns(t *testing.T) {
	for source, want := range map[string]string{
		"duration('1s') / 2":     "/ doesn't fit: left is a duration, right is a number",
		"-duration('1s')":        "- doesn't fit: it is a duration",
		"duration('1s') < 2":     "< doesn't fit: left is a duration, right is a number",
		"date('2026-11-27') + 5": "+ doesn't fit: left is a time, right is a number",
	} {
		if _, err := expression.Compile(source, instants); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", source, err, want)
		}
	}
	for source, want := range map[string]expression.Kind{
		"duration('1s') * 2": expression.Duration, "date('2026-11-27') - date('2026-01')": expression.Duration, "date('2026-11-27') + duration('1s')": expression.Time,
		"2.5 * duration('1s')": expression.Duration, "duration('1s') < duration('2s')": expression.Bool,
	} {
		if p, err := expression.Compile(source, instants); err != nil || p.Kind() != want {
			t.Errorf("%s: %v, %v, want %v", source, p.Kind(), err, want)
		}
	}
}
