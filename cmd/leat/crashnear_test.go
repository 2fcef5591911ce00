package main

import (
	"slices"
	"strings"
	"testing"
)

// nearHandled makes the joins of handledAll ones of near keys: the last by a match key within a reach, of a stream that is
// sorted; below it the nearest, optional.
func nearHandled(text string) string {
	text = strings.NewReplacer(
		"{left: a, right: b, on: a.t == b.t}",
		`{left: a, right: b, on: a.t == b.t, within: {before: 6, after: 0}, take: last, by: "a.x % 2 == b.x % 2"}`,
		"{left: b, right: c, on: b.t == c.t}", "{left: b, right: c, on: b.t == c.t, within: 1, take: nearest, need: optional}",
		"a.x / b[0].x", "a.x / b.x", "len(b[0].c)", "b.c?.t ?? -1",
	).Replace(text)
	from := strings.Index(text, "\n  b: {") + len("\n  b: {")
	return text[:from] + "sort: {by: t, within: 2}, " + text[from:]
}

// TestCrashAtAnyMomentNear: in joins of near keys, of which docs/reliability.md says what a restart doesn't know, results and
// dead letters are exact all the same, and what is told of the master is, too. Of other streams nothing is told twice.
func TestCrashAtAnyMomentNear(t *testing.T) {
	for name, open := range crashEnds {
		t.Run(name, func(t *testing.T) {
			w := newWorkplace(t, nil)
			whole, killed := w.crashed(open, uint64(len(name)), nearHandled)
			expectSame(t, "results", whole["results"], killed["results"])
			expectSame(t, "bad", whole["bad"], killed["bad"])
			want, got := placesOf(whole["rest"]), placesOf(killed["rest"])
			ofMaster := func(places []string) []string {
				return slices.DeleteFunc(slices.Clone(places), func(place string) bool { return !strings.HasPrefix(place, "a ") })
			}
			expectSame(t, "rest", ofMaster(want), ofMaster(got))
			slices.Sort(got)
			if once := slices.Compact(slices.Clone(got)); len(once) < len(got) {
				t.Errorf("some are told twice: %q", got)
			}
			missing, more := 0, 0
			for _, place := range want {
				if !slices.Contains(got, place) {
					missing++
				}
			}
			for _, place := range got {
				if !slices.Contains(want, place) {
					more++
				}
			}
			t.Logf("of %d that aren't handed over, %d aren't told, and %d more are", len(want), missing, more)
		})
	}
}
