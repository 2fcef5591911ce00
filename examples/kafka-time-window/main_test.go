package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// R4: every visit is in one window; which one is up to the clock.
func TestEveryVisitIsCounted(t *testing.T) {
	var out bytes.Buffer
	if err := program().Demo(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	counted := 0
	for line := range strings.Lines(out.String()) {
		var c Count
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		counted += c.Visits
	}
	if want := strings.Count(visits, "{"); counted != want || want == 0 {
		t.Errorf("%d of %d visits are counted: %s", counted, want, out.String())
	}
}
