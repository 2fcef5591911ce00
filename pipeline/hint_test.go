package pipeline_test

import (
	"strings"
	"testing"
)

// TestRunsHintAtWhatTextsAre: a run that texts out of order have stopped says what they grow as, where they do.
func TestRunsHintAtWhatTextsAre(t *testing.T) {
	for name, c := range map[string]struct{ before, after, want string }{
		"whole numbers":     {"9", "10", "these are texts, and as numbers they grow: write int(…) around the keys on both sides of the join"},
		"decimals":          {"9.5", "10", "as numbers they grow: write float(…) around"},
		"instants":          {"2026-11-22T15:00:00Z", "2026-11-22T15:00:00.25Z", "as instants they grow: write date(…) around"},
		"numbers that fall": {"9", "1", ""},
		"words":             {"nine", "10", ""},
		"a fraction":        {"3/2", "1/1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			lines := `{"t":"` + c.before + "\"}\n" + `{"t":"` + c.after + "\"}\n"
			p, _ := parseTwo(t, "a.t == b.t", lines, lines)
			err := p.Run(t.Context(), quiet())
			if c.want == "" {
				c.want = "keys must not decrease along a stream; with sort: a stream is put in order"
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}
