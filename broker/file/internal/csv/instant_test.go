package csv

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestInstant: an instant that is read without package time is the one that this reads.
func TestInstant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := func(name string, usual, highest int) int {
			if rapid.IntRange(0, 9).Draw(t, "odd "+name) == 0 {
				return rapid.IntRange(0, highest).Draw(t, name)
			}
			return rapid.IntRange(1, usual).Draw(t, name)
		}
		text := fmt.Sprintf("%04d-%02d-%02dT%02d:%02d:%02d", number("year", 9999, 9999), number("month", 12, 19),
			number("day", 31, 39), number("hour", 23, 29), number("minute", 59, 69), number("second", 59, 69))
		text += rapid.SampledFrom([]string{"", "", ".", ","}).Draw(t, "point") + rapid.StringMatching(`\d{0,11}`).Draw(t, "decimals")
		text += rapid.SampledFrom([]string{"Z", "Z", "Z", "z", "+01:00", ""}).Draw(t, "zone")
		at := rapid.IntRange(-100, len(text)-1).Draw(t, "at")
		if at >= 0 {
			text = text[:at] + rapid.SampledFrom([]string{"", "x", "/", ":", "Z", "-", "0"}).Draw(t, "other") + text[at+1:]
		}
		got, ok := instant([]byte(text))
		var want time.Time
		err := want.UnmarshalText([]byte(text))
		if ok && (err != nil || !reflect.DeepEqual(got, want)) {
			t.Errorf("%s is %v, and package time reads %v, %v", text, got, want, err)
		}
		_, decimals, _ := strings.Cut(text, ".")
		if day := text[len("2026-11-"):]; !ok && err == nil && at < 0 && day < "29" && strings.HasSuffix(text, "Z") && !strings.Contains(text, ",") && len(decimals) <= len("123456789Z") {
			t.Errorf("%s is left to package time", text)
		}
	})
}
