package rabbitmq

import (
	"testing"
	"time"
)

// What counts in a journal, entry by entry.
func TestState(t *testing.T) {
	claim := func(run string, under int64) entry {
		return entry{Kind: kindClaim, Run: run, Parts: []part{{Claim: under}}}
	}
	commit := func(run string, under int64, progress string) entry {
		return entry{Kind: kindCommit, Run: run, Parts: []part{{Claim: under, Progress: []byte(progress)}}}
	}
	for name, test := range map[string]struct {
		entries  []entry // at offsets from 100
		run      string
		claim    int64
		progress string
	}{
		"nothing":                     {nil, "", -1, ""},
		"a commit":                    {[]entry{claim("A", -1), commit("A", 100, "1")}, "A", 100, "1"},
		"taken over":                  {[]entry{claim("A", -1), commit("A", 100, "1"), claim("B", -1)}, "B", 102, "1"},
		"too late":                    {[]entry{claim("A", -1), claim("B", -1), commit("A", 100, "1")}, "B", 101, ""},
		"claimed again":               {[]entry{claim("A", -1), claim("A", 100), commit("A", 101, "1")}, "A", 101, "1"},
		"of a lost connection":        {[]entry{claim("A", -1), claim("A", 100), commit("A", 100, "1")}, "A", 101, ""},
		"claimed again, unsure":       {[]entry{claim("A", -1), claim("A", 100), claim("A", 100)}, "A", 102, ""},
		"claimed again too late":      {[]entry{claim("A", -1), claim("B", -1), claim("A", 100)}, "B", 101, ""},
		"the claim is gone":           {[]entry{commit("B", 40, "7")}, "B", 40, "7"},
		"an older one comes first":    {[]entry{commit("A", 30, "6"), commit("B", 40, "7")}, "B", 40, "7"},
		"an older one comes too late": {[]entry{commit("B", 40, "7"), commit("A", 30, "6")}, "B", 40, "7"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newState()
			for i, e := range test.entries {
				e.Number = uint64(i)
				message, err := e.message(nil)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := s.apply(100+int64(i), time.Time{}, message); err != nil {
					t.Fatal(err)
				}
			}
			p := s.partition(0)
			if p.run != test.run || p.claim != test.claim || string(p.progress) != test.progress {
				t.Errorf("run %q, claim %d, progress %q; wanted run %q, claim %d, progress %q", p.run, p.claim, p.progress,
					test.run, test.claim, test.progress)
			}
		})
	}
}
