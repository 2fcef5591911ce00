package file

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestLinesProperty: lines are elements as they are, but for the white space around them, at their places, up to the first one that
// is above the limit; whether they are as most are, or not, and whatever goes before.
func TestLinesProperty(t *testing.T) {
	const limit = 20
	most := rapid.SampledFrom([]string{"{}", `{"a":1}`, `{"é":"é"}`, "{" + strings.Repeat("x", limit-1)})
	others := rapid.SampledFrom([]string{"", " ", "\t\r", " {}", "{}\r", "\t {\"a\":1} \t", "x", "{" + strings.Repeat("x", limit)})
	one := rapid.Custom(func(t *rapid.T) string {
		if rapid.IntRange(0, 9).Draw(t, "other") == 0 {
			return others.Draw(t, "line")
		}
		return most.Draw(t, "line")
	})
	rapid.Check(t, func(t *rapid.T) {
		lines := append([]string{"{}"}, rapid.SliceOfN(one, 0, 60).Draw(t, "lines")...)
		lines = slices.Repeat(lines, rapid.SampledFrom([]int{1, 1, 40}).Draw(t, "times")) // more than a batch, too
		var want []framed
		wantErr := ""
		for i, line := range lines {
			text := strings.Trim(line, " \t\r")
			column := 1 + strings.Index(line, text)
			if len(text) > limit {
				wantErr = fmt.Sprintf("a.jsonl:%d:%d (partition 0, offset %d)", i+1, column, len(want))
				break
			}
			if text != "" {
				want = append(want, framed(fmt.Sprintf("%d:%d:%d %s", len(want), i+1, column, text)))
			}
		}
		r := limited("a.jsonl", strings.NewReader(strings.Join(lines, "\n")), limit)
		r.size = rapid.SampledFrom([]int{1, 50, bufferSize}).Draw(t, "size")
		got, err := frameAll(r)
		if !slices.Equal(got, want) {
			t.Fatalf("got\n%q, want\n%q", got, want)
		}
		if err == nil && wantErr != "" || err != nil && (wantErr == "" || !strings.HasPrefix(err.Error(), wantErr)) {
			t.Fatalf("the error is %v, want %q", err, wantErr)
		}
	})
}
