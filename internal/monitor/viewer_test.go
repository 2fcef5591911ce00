package monitor_test

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/leat-go/leat/internal/monitor"
	"github.com/leat-go/leat/observe"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// run makes a snapshot of a run of prev and next, taken a minute after it began.
func run(tasks ...observe.Task) observe.Snapshot {
	return observe.Snapshot{
		Name: "speed", Started: noon.Add(-time.Minute), Taken: noon, Partitions: len(tasks), Tasks: tasks,
		Nodes: []observe.Node{{Name: "prev", Parent: -1}, {Name: "next", Parent: 0, On: "time + 10 == time"}},
	}
}

// task makes a task at work that waits for a node, -1 for none, for some time.
func task(partition, waitsFor int, wait time.Duration) observe.Task {
	return observe.Task{
		Partition: partition, Owned: true, WaitsFor: waitsFor, WaitsSince: noon.Add(-wait),
		Nodes: []observe.NodeState{{Read: 6000, Matched: 5400, Behind: -1}, {Read: 6000, Behind: -1}},
	}
}

// with changes a task.
func with(t observe.Task, change func(*observe.Task)) observe.Task {
	change(&t)
	return t
}

func TestStatusSaysWhatTheRunWaitsFor(t *testing.T) {
	ended := with(task(1, -1, 0), func(t *observe.Task) { t.Owned, t.Ended = false, true })
	lost := with(task(1, -1, 0), func(t *observe.Task) { t.Owned = false })
	stopping := func(s observe.Snapshot) observe.Snapshot {
		s.Stopping = true
		return s
	}
	for _, c := range []struct {
		snapshot observe.Snapshot
		state    monitor.State
		status   string
	}{
		{run(), monitor.Opening, "opening the streams"},
		{run(task(0, -1, 0)), monitor.Joining, "joining"},
		{run(task(0, 1, time.Second)), monitor.Joining, "joining"},
		{run(task(0, 1, 12*time.Second)), monitor.Waiting, "waiting for next for 12 s"},
		{run(with(task(0, 1, 12*time.Second), func(t *observe.Task) { t.Awaits = "an element after 7, the reach's end" })),
			monitor.Waiting, "waiting for next for 12 s (for an element after 7, the reach's end)"},
		{run(task(0, -1, 0), task(1, -1, 0), task(2, 1, 12*time.Second)), monitor.Joining,
			"joining, but waiting for next[2] for 12 s"},
		{
			run(task(0, 0, 5*time.Minute), task(1, 1, 3*time.Hour)), monitor.Waiting,
			"waiting for next[1] for 3 h 0 min, and in 1 partition more",
		},
		{run(task(0, 0, 9*time.Second), ended), monitor.Waiting, "waiting for prev[0] for 9 s"},
		{run(ended), monitor.Ended, "all partitions have ended"},
		// What a commit waits for is told as such, whatever the join waits for; one that is under way is nothing to tell.
		{committing(run(task(0, 0, 9*time.Second)), 0, 0, ""), monitor.Waiting, "waiting for prev for 9 s"},
		{
			committing(run(task(0, 0, 9*time.Second)), 12*time.Second, 0, ""), monitor.Waiting,
			"waiting for results to be committed to speeds for 12 s",
		},
		{
			committing(run(ended), 12*time.Second, 5, "UNKNOWN_TOPIC_ID"), monitor.Waiting,
			"waiting for results to be committed to speeds for 12 s, tried again 5 times: UNKNOWN_TOPIC_ID",
		},
		{run(lost), monitor.Idle, "no partition is worked on here: other processes own them, or they are being dealt"},
		// A run that was stopped lets go of its partitions, and nobody else has them.
		{stopping(run(lost)), monitor.Stopping, "the run is stopping"},
		{stopping(run(lost, task(0, 1, time.Minute))), monitor.Stopping, "the run is stopping"},
	} {
		v := new(monitor.Viewer).View(c.snapshot)
		if c.snapshot.Stopping && v.Partitions[0].Status != "stopped" {
			t.Errorf("a partition is %q", v.Partitions[0].Status)
		}
		if v.State != c.state || v.Status != c.status {
			t.Errorf("got %s, %q, want %s, %q", v.State, v.Status, c.state, c.status)
		}
	}
}

// withheld is a task whose second node can't read what lies behind a transaction.
func withheld(t observe.Task, records int64, open time.Duration) observe.Task {
	t.Nodes = slices.Clone(t.Nodes)
	t.Nodes[1].Withheld, t.Nodes[1].WithheldSince = records, noon.Add(-open)
	t.Nodes[1].WithheldUnit, t.Nodes[1].WithheldBy = "record", "a transaction of another producer"
	return t
}

// away is a run whose storage can't be reached.
func away(s observe.Snapshot, since time.Duration) observe.Snapshot {
	s.Outages = []observe.Outage{{Storage: "PostgreSQL at shop:5432", Since: s.Taken.Add(-since), Error: "connection refused\n"}}
	return s
}

// A storage that can't be reached is told of, with since when and why, whatever the run does meanwhile; one that is back in
// a moment isn't.
func TestOutagesAreTold(t *testing.T) {
	const text = "PostgreSQL at shop:5432 can't be reached for 12 s, trying again: connection refused\\n"
	blocked := with(task(0, 1, 12*time.Second), func(t *observe.Task) { t.Nodes[1].Behind = 0 })
	opening := run()
	opening.Partitions = 0
	stopping := run(blocked)
	stopping.Stopping = true
	for _, c := range []struct {
		snapshot observe.Snapshot
		status   string
	}{
		{run(blocked), "waiting for next for 12 s"},
		{opening, "opening the streams"},
		{stopping, "the run is stopping"},
		{committing(run(task(0, -1, 0)), 5*time.Second, 0, ""), "waiting for results to be committed to speeds for 5 s"},
	} {
		v := new(monitor.Viewer).View(away(c.snapshot, 12*time.Second))
		if want := c.status + ": PostgreSQL at shop:5432 can't be reached"; v.Status != want {
			t.Errorf("the status is %q, want %q", v.Status, want)
		}
		if !slices.Equal(v.Outages, []string{text}) {
			t.Errorf("%s: the outages are %q", c.status, v.Outages)
		}
		if v := new(monitor.Viewer).View(away(c.snapshot, time.Second)); v.Status != c.status || len(v.Outages) > 0 {
			t.Errorf("an outage of a second is told: %q, %q", v.Status, v.Outages)
		}
	}
	v := new(monitor.Viewer).View(away(run(blocked), 12*time.Second))
	if said := v.Streams[1].Status; strings.Contains(said, "has been read") {
		t.Errorf("nobody knows what there is to read, but the stream %q", said)
	}
}

// committing is a run whose commit has been under way for a time.
func committing(s observe.Snapshot, since time.Duration, aborts int64, err string) observe.Snapshot {
	s.Outputs = []string{"speeds"}
	s.Commit = observe.Commit{Since: s.Taken.Add(-since), Aborts: aborts, Error: err}
	return s
}

func TestStreamsSayWhoBlocksAndWhoWaits(t *testing.T) {
	blocked := with(task(2, 1, 12*time.Second), func(t *observe.Task) { t.Nodes[1].Behind = 0 })
	still := func(t observe.Task) observe.Task {
		return with(t, func(t *observe.Task) {
			t.Nodes = slices.Clone(t.Nodes)
			t.Nodes[0].Read, t.Nodes[1].Read = 0, 0
		})
	}
	long := still(with(task(0, 1, 12*time.Second), func(t *observe.Task) { t.Nodes[1].Behind = 1 }))
	over := still(with(task(0, -1, 0), func(t *observe.Task) { t.Ended = true }))
	silent := with(over, func(t *observe.Task) {
		t.Nodes = slices.Clone(t.Nodes)
		t.Nodes[1].TimedOut = true
	})
	slow := with(task(0, -1, 0), func(t *observe.Task) { t.Nodes[1].Waited = 45 * time.Second })
	type said struct{ state, status string }
	for _, c := range []struct {
		snapshot   observe.Snapshot
		prev, next said
	}{
		{run(task(0, -1, 0)), said{"flowing", "flowing"}, said{"flowing", "flowing"}},
		{
			// All wait, so nothing flows, whatever was read before somebody looked.
			run(task(0, 1, 12*time.Second)), said{"held", "waits for next"},
			said{"blocking", "blocks: prev has waited for it for 12 s"},
		},
		{run(slow), said{"flowing", "flowing"}, said{"awaited", "the join waits for it 75 % of the time"}},
		{
			run(task(0, -1, 0), task(1, -1, 0), blocked), said{"flowing", "flowing"},
			said{"blocking", "blocks in partition 2: prev[2] has waited for it for 12 s; all that it holds has been read"},
		},
		{
			run(task(0, -1, 0), task(1, -1, 0), withheld(blocked, 600, time.Minute)), said{"flowing", "flowing"},
			said{"blocking", "blocks in partition 2: prev[2] has waited for it for 12 s; 600 records can't be read yet: " +
				"a transaction of another producer has been open for 1 min or longer"},
		},
		{
			run(task(0, -1, 0), task(1, -1, 0), with(withheld(blocked, 209, time.Minute), func(t *observe.Task) {
				t.Nodes[1].WithheldUnit, t.Nodes[1].WithheldBy = "row", "a transaction of the database (pid 7)"
			})), said{"flowing", "flowing"},
			said{"blocking", "blocks in partition 2: prev[2] has waited for it for 12 s; 209 rows can't be read yet: " +
				"a transaction of the database (pid 7) has been open for 1 min or longer"},
		},
		{
			// Nothing of the partition could be read, so its end isn't known.
			run(task(0, -1, 0), task(1, -1, 0), with(withheld(blocked, 1, 5*time.Second), func(t *observe.Task) {
				t.Nodes[1].Behind = -1
			})), said{"flowing", "flowing"},
			said{"blocking", "blocks in partition 2: prev[2] has waited for it for 12 s; 1 record can't be read yet: " +
				"a transaction of another producer has been open for 5 s or longer"},
		},
		{
			// One that ends in a moment is nothing to tell.
			run(task(0, -1, 0), task(1, -1, 0), withheld(blocked, 600, time.Second)), said{"flowing", "flowing"},
			said{"blocking", "blocks in partition 2: prev[2] has waited for it for 12 s; all that it holds has been read"},
		},
		{
			run(long), said{"held", "waits for next"},
			said{"blocking", "blocks: prev has waited for it for 12 s; 1 more record to be read there"},
		},
		{run(over), said{"ended", "has ended"}, said{"ended", "has ended"}},
		{
			run(silent), said{"ended", "has ended"},
			said{"ended", "nothing came for as long as the data timeout; the next run goes on there"},
		},
	} {
		streams := new(monitor.Viewer).View(c.snapshot).Streams
		for i, want := range []said{c.prev, c.next} {
			if got := (said{string(streams[i].State), streams[i].Status}); got != want {
				t.Errorf("%s: got %q, want %q", streams[i].Name, got, want)
			}
		}
	}
}

func TestRatesAreThoseOfTheLastSeconds(t *testing.T) {
	var viewer monitor.Viewer
	s := run(task(0, -1, 0))
	s.Results = 600
	if v := viewer.View(s); v.Streams[0].Rate != 100 || v.ResultRate != 10 {
		t.Errorf("the first rates are %v and %v, want the means since the run began, 100 and 10", v.Streams[0].Rate,
			v.ResultRate)
	}
	s = run(task(0, -1, 0))
	s.Taken, s.Results = noon.Add(2*time.Second), 660
	s.Tasks[0].Nodes[0].Read += 50
	if v := viewer.View(s); v.Streams[0].Rate != 25 || v.ResultRate != 30 {
		t.Errorf("then they are %v and %v, want 25 and 30", v.Streams[0].Rate, v.ResultRate)
	}
	s.Started, s.Taken = noon.Add(time.Minute), noon.Add(70*time.Second)
	if v := viewer.View(s); v.ResultRate != 66 {
		t.Errorf("the rate of another run is %v, want its own mean, 66", v.ResultRate)
	}
}

func TestCommitTimesAreEstimatedFromBuckets(t *testing.T) {
	s := run(task(0, -1, 0))
	s.CommitTime = observe.Histogram{Count: 100}
	s.CommitTime.Buckets[5] = 50  // 5 to 10 ms
	s.CommitTime.Buckets[11] = 50 // 500 ms to 1 s
	v := new(monitor.Viewer).View(s)
	if v.CommitMedian == nil || math.Abs(*v.CommitMedian-0.010) > 1e-9 || math.Abs(*v.CommitSlow-0.99) > 1e-9 {
		t.Errorf("got %v and %v s, want 0.01 and 0.99", *v.CommitMedian, *v.CommitSlow)
	}
	if v := new(monitor.Viewer).View(run(task(0, -1, 0))); v.CommitMedian != nil || v.CallTime != nil {
		t.Errorf("nothing was measured, but there is %v", v.CommitMedian)
	}
}

func TestVerdictsAreSentences(t *testing.T) {
	gap := observe.Unmatched{Node: "next", Other: "video", Verdict: observe.Gap, Key: 10, Before: 9, After: 11}
	for _, c := range []struct {
		unmatched observe.Unmatched
		want      string
	}{
		{gap, "video has no key 10: it goes from 9 to 11"},
		{observe.Unmatched{Other: "next", Verdict: observe.Gap, Key: 10, After: 11}, "next has no key 10: it has 11 next"},
		{observe.Unmatched{Other: "imu", Verdict: observe.Ended, Key: noon, Distance: &observe.Distance{
			By: 27 * time.Millisecond, Within: "20ms"}},
			"imu has none within reach of its key 2026-11-22T12:00:00Z: the nearest is 27ms earlier, within is 20ms"},
		{observe.Unmatched{Other: "imu", Verdict: observe.Gap, Key: 7, Apart: observe.ByMatchKey},
			"those of imu within reach of its key 7 have other match keys"},
		{observe.Unmatched{Other: "next", Verdict: observe.Behind, Key: 3, After: 11},
			"its key 3 is below the first of next, 11"},
		{observe.Unmatched{Other: "next", Verdict: observe.Ended, Key: 30, Before: 20},
			"next has ended at 20, before the key 30"},
		{
			observe.Unmatched{Node: "prev", Other: "next", Verdict: observe.Incomplete, Key: 10, Cause: &gap},
			"what it matches in next has itself no match: video has no key 10: it goes from 9 to 11",
		},
		{observe.Unmatched{Verdict: observe.OutOfOrder, Err: errors.New("key 3 after 4")}, "key 3 after 4"},
		{observe.Unmatched{Verdict: observe.Undecodable}, "undecodable"},
	} {
		s := run(task(0, -1, 0))
		s.Recent = []observe.Unmatched{c.unmatched}
		if got := new(monitor.Viewer).View(s).Unmatched[0].Text; got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// R13: a view counts what went on without an idle stream, in all partitions, and what came too late for that.
func TestEarlyAndMissed(t *testing.T) {
	idle := func(early, missed int64) observe.Task {
		return with(task(0, -1, 0), func(t *observe.Task) { t.Nodes[1].Early, t.Nodes[1].Missed = early, missed })
	}
	v := new(monitor.Viewer).View(run(idle(3, 1), idle(4, 0)))
	if next := v.Streams[1]; next.Early != 7 || next.Missed != 1 || v.Streams[0].Early != 0 {
		t.Errorf("%d early, %d missed; of the master %d", next.Early, next.Missed, v.Streams[0].Early)
	}
}

func TestTheLatestVerdictsComeFirst(t *testing.T) {
	s := run(task(0, -1, 0))
	for i := range 40 {
		s.Recent = append(s.Recent, observe.Unmatched{Verdict: observe.Gap, Key: i,
			Time: noon.Add(time.Duration(i%20) * time.Second), Value: map[string]int{"n": i}})
	}
	v := new(monitor.Viewer).View(s)
	if len(v.Unmatched) != 8 || v.Unmatched[0].Element != `{"n":19}` || v.Unmatched[1].Element != `{"n":39}` {
		t.Errorf("got %d, the first of %q", len(v.Unmatched), v.Unmatched[0].Element)
	}
}

func TestElementsAreShownAsTheirRecordsHaveThem(t *testing.T) {
	s := run(task(0, -1, 0))
	s.Recent = []observe.Unmatched{
		{Record: []byte("{\"n\": <1>}\n"), Value: 1},
		{Record: []byte("\xff\x00"), Value: map[string]string{"a": "<b>"}},
		{Record: []byte("{broken")},
	}
	v := new(monitor.Viewer).View(s)
	for i, want := range []string{`{"n": <1>}`, `{"a":"<b>"}`, `{broken`} {
		if got := v.Unmatched[i].Element; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

type angry struct{}

func (angry) MarshalJSON() ([]byte, error) { panic("don't look at me") }

// A user's type that panics stops what looks at a run, not the run.
func TestElementsMayRefuseToBeEncoded(t *testing.T) {
	s := run(task(0, -1, 0))
	s.Recent = []observe.Unmatched{{Value: angry{}}, {Value: func() {}}}
	if v := new(monitor.Viewer).View(s); v.Unmatched[0].Element != "" || v.Unmatched[1].Element != "" {
		t.Errorf("got %q", v.Unmatched)
	}
}

// Whatever comes from a stream, a view can be encoded, and none of its texts moves a terminal's cursor.
func TestTextsOfStreamsAreHarmless(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hostile := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"\x1b[2J", "\u202eevil", "a\nb", "\xff\xfe",
			"👩‍🚀"}))
		s := run(task(0, 1, time.Hour))
		s.Name = hostile.Draw(t, "mill")
		s.Nodes[1].Name, s.Nodes[1].On = hostile.Draw(t, "node"), hostile.Draw(t, "on")
		s.Tasks[0].Nodes[1].Key, s.Tasks[0].Nodes[1].Number = hostile.Draw(t, "key"), rapid.Float64().Draw(t, "number")
		s.Tasks[0].Nodes[1].IsNumber = true
		s.Recent = []observe.Unmatched{{Node: s.Name, Other: s.Name, Verdict: observe.Gap, Key: hostile.Draw(t, "of"),
			Value: map[string]string{"a": s.Name}}}
		v := new(monitor.Viewer).View(s)
		if _, err := json.Marshal(v); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{
			v.Mill, v.Status, v.Streams[1].Name, v.Streams[1].On, v.Streams[1].Status, v.Streams[1].Keys[0].Text,
			v.Unmatched[0].Text, v.Unmatched[0].Element, v.Unmatched[0].Stream,
		} {
			if at := strings.IndexFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == '\u202e' }); at >= 0 {
				t.Fatalf("%q has a control character", text)
			}
		}
	})
}

func TestHarmlessTextsStayAsTheyAre(t *testing.T) {
	s := run(task(0, -1, 0))
	s.Name = "<b>שלום</b> 👩‍🚀 \"quoted\""
	if diff := cmp.Diff(s.Name, new(monitor.Viewer).View(s).Mill); diff != "" {
		t.Error(diff)
	}
}
