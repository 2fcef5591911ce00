package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mattn/go-runewidth"

	"github.com/leat-go/leat/internal/monitor"
	"github.com/leat-go/leat/observe"
)

// played returns a view of a run in one or two partitions, which is at 25 % of its input.
func played(change func(*observe.Snapshot)) monitor.View {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	task := observe.Task{Owned: true, WaitsFor: -1, Nodes: []observe.NodeState{
		{Read: 60000, Matched: 45000, Key: "1700", Number: 1700, IsNumber: true},
		{Read: 600, Matched: 600, Key: "1690", Number: 1690, IsNumber: true, Waited: 6 * time.Second},
	}}
	task.Nodes[0].Unmatched = map[observe.Verdict]int64{observe.Gap: 5000}
	s := observe.Snapshot{
		Name: "speed", Started: noon.Add(-20 * time.Second), Taken: noon, Partitions: 1, Tasks: []observe.Task{task},
		Nodes:   []observe.Node{{Name: "prev", Parent: -1}, {Name: "next", Parent: 0}},
		Results: 45000, BytesRead: 1 << 30, BytesTotal: 4 << 30,
	}
	if change != nil {
		change(&s)
	}
	return new(monitor.Viewer).View(s)
}

func stalled(s *observe.Snapshot) {
	s.Tasks[0].WaitsFor, s.Tasks[0].WaitsSince = 1, s.Taken.Add(-12*time.Second)
	s.Tasks[0].Nodes[1].Behind = -1
}

func TestLinesInPlace(t *testing.T) {
	for _, c := range []struct {
		width  int
		change func(*observe.Snapshot)
		want   string
	}{
		{100, nil, `joining: 45,000 results, 2,250/s
  prev  3,000/s  10.0 % unmatched  at 1700
  next  30/s     0.0 % unmatched   at 1690
[==========>-----------------------------] 25 % of 4.0 GiB, about 1 min left
`},
		{100, stalled, `waiting for next for 12 s: 45,000 results, 2,250/s
  prev  3,000/s  10.0 % unmatched  at 1700  waits for next
  next  30/s     0.0 % unmatched   at 1690  blocks: prev has waited for it for 12 s
[==========>-----------------------------] 25 % of 4.0 GiB
`},
		{40, stalled, `waiting for next for 12 s: 45,000 resu…
  prev  3,000/s  10.0 % unmatched  at …
  next  30/s     0.0 % unmatched   at …
[=====>--------------] 25 % of 4.0 GiB
`},
		{12, nil, "joining: 4…\n  prev  3,…\n  next  30…\n25 % of 4.…\n"},
		{100, func(s *observe.Snapshot) {
			s.BytesTotal, s.Nodes[0].Name = 0, "\x1b[2J名前"
			s.Tasks = append(s.Tasks, observe.Task{Partition: 1, Owned: true, WaitsFor: -1, Nodes: []observe.NodeState{
				{Key: "1900", Number: 1900, IsNumber: true}, {},
			}})
		}, `joining: 45,000 results, 2,250/s
  \x1b[2J名前  3,000/s  10.0 % unmatched  at 1700 to 1900
  next         30/s     0.0 % unmatched   at 1690
`},
	} {
		lines := liveLines(played(c.change), c.width)
		if diff := cmp.Diff(c.want, strings.Join(lines, "\n")+"\n"); diff != "" {
			t.Errorf("on %d columns (-want +got)\n%s", c.width, diff)
		}
		for _, line := range lines {
			if runewidth.StringWidth(line) >= c.width {
				t.Errorf("%q doesn't fit on %d columns", line, c.width)
			}
		}
	}
}

func TestPlainLine(t *testing.T) {
	const want = "leat: waiting for next for 12 s: 45,000 results, 2,250/s; prev 3,000/s, 10.0 % unmatched, at 1700, " +
		"waits for next; next 30/s, 0.0 % unmatched, at 1690, blocks: prev has waited for it for 12 s; 25 % of 4.0 GiB"
	if diff := cmp.Diff(want, plainLine(played(stalled))); diff != "" {
		t.Error(diff)
	}
}

func TestPlainLinesComeEveryFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		a := &app{stderr: &out}
		err := a.showing(func() observe.Snapshot { return observe.Snapshot{} }, showPlain, func(logs io.Writer) error {
			time.Sleep(12 * time.Second)
			_, err := logs.Write([]byte("a warning\n"))
			return err
		})
		const line = "leat: opening the streams: 0 results, 0/s\n"
		if out.String() != line+line+"a warning\n" || err != nil {
			t.Errorf("%v, got\n%s", err, out.String())
		}
	})
}

// What is logged comes above the lines that stay, and in the end they are gone.
func TestLogsComeAboveTheLines(t *testing.T) {
	var out bytes.Buffer
	s := newScreen(&out)
	s.show(func(width int) []string { return liveLines(played(nil), width) })
	if _, err := s.Write([]byte("first\n")); err != nil {
		t.Fatal(err)
	}
	s.show(func(width int) []string { return liveLines(played(stalled), width) })
	if _, err := s.Write([]byte("second\n")); err != nil {
		t.Fatal(err)
	}
	want := append([]string{"first", "second"}, liveLines(played(stalled), usualWidth)...)
	if diff := cmp.Diff(want, shown(out.String())); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	s.clear()
	if diff := cmp.Diff([]string{"first", "second"}, shown(out.String())); diff != "" {
		t.Errorf("in the end (-want +got)\n%s", diff)
	}
}
