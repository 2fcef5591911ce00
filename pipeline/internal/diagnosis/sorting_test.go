package diagnosis

import "testing"

// TestShell: a command that a finding offers can be pasted into a shell, whatever is in paths and expressions.
func TestShell(t *testing.T) {
	for text, want := range map[string]string{
		"data/a-1.jsonl":    "data/a-1.jsonl",
		"robot 8.jsonl":     "'robot 8.jsonl'",
		"it's.jsonl":        `'it'\''s.jsonl'`,
		"replace(t, '', 1)": `'replace(t, '\'''\'', 1)'`,
		`a\b`:               `'a\b'`,
	} {
		if got := shell(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}
