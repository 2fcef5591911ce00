package kafkatopic

import (
	"strings"
	"testing"
	"time"
)

func TestWatchKnowsWhenAnOffsetCouldBeRead(t *testing.T) {
	start := time.Now()
	var w Watch
	for i, offset := range []int64{0, 0, 5, 5, 9} {
		w.See(start.Add(time.Duration(i)*time.Second), offset)
	}
	for offset, want := range map[int64]int{0: 2, 4: 2, 5: 4, 8: 4} {
		at, err := w.Visible(offset)
		if err != nil || at.Sub(start) != time.Duration(want)*time.Second {
			t.Errorf("offset %d: after %v, error %v, want %d s", offset, at.Sub(start), err, want)
		}
	}
	if _, err := w.Visible(9); err == nil {
		t.Error("offset 9 was never there")
	}
	if got := w.Quiet(start.Add(7 * time.Second)); got != 3*time.Second || w.End() != 9 {
		t.Errorf("quiet for %v at %d", got, w.End())
	}
}

func TestReadinessIsNotPassedOn(t *testing.T) {
	var says strings.Builder
	r := readiness{says: &says}
	for _, line := range []string{"a\n", "bench: ready\n", "b\n"} {
		if _, err := r.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	if says.String() != "a\nb\n" || r.at.IsZero() {
		t.Errorf("it says %q, and was ready at %v", says.String(), r.at)
	}
}
