package campaign

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// Without names all faults are chosen that the storage can suffer; a mistake is answered with what would be right.
func TestChosen(t *testing.T) {
	for _, c := range []struct {
		names  string
		server bool
		want   int
		why    string
	}{
		{"", true, 8, ""},
		{"", false, 4, ""},
		{"kill,cut", true, 2, ""},
		{"cut", false, 0, "can't be done"},
	} {
		names := strings.FieldsFunc(c.names, func(r rune) bool { return r == ',' })
		got, err := chosen(names, c.server)
		if c.why != "" && (err == nil || !strings.Contains(err.Error(), c.why)) || c.why == "" && len(got) != c.want {
			t.Errorf("%q, a server: %v: got %v, %v", c.names, c.server, got, err)
		}
	}
	if err := CheckFaults([]string{"kil"}); err == nil || !strings.Contains(err.Error(), "choose from kill,") {
		t.Errorf("a wrong name: got %v", err)
	}
}

// Only what was chosen is drawn, and all of it.
func TestDraw(t *testing.T) {
	drawn := map[fault]int{}
	random := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		drawn[draw(random, map[fault]bool{kills: true, zombies: true})]++
	}
	if len(drawn) != 2 || drawn[zombies] == 0 || drawn[kills] < drawn[zombies] {
		t.Errorf("got %v", drawn)
	}
}
