package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/observe"
)

// A commit follows the one before sooner than the interval where there is little to do, and one that the storage has
// held up doesn't hold up the next.
func TestPause(t *testing.T) {
	const ms = time.Millisecond
	prompt := broker.Pace{Interval: 100 * ms, Prompt: true}
	steady := broker.Pace{Interval: 100 * ms}
	for _, test := range []struct {
		name              string
		pace              broker.Pace
		amount            int64
		since, took, rest time.Duration
		want              time.Duration
	}{
		{"little to do", prompt, 10, 10 * ms, 4 * ms, 4 * ms, 4 * ms},
		{"held up", prompt, 10, 10 * ms, 50 * ms, 4 * ms, 4 * ms},
		{"held up, and much has gathered", prompt, 60, 54 * ms, 4 * ms, 4 * ms, 4 * ms},
		{"slow", prompt, 10, 10 * ms, 70 * ms, 60 * ms, 30 * ms},
		{"much to do", prompt, 1000, 50 * ms, 4 * ms, 4 * ms, 96 * ms},
		{"not prompt", steady, 10, 10 * ms, 4 * ms, 4 * ms, 96 * ms},
		{"longer than the interval", prompt, 10, 10 * ms, 150 * ms, 150 * ms, 0},
	} {
		c := &committer{pace: test.pace}
		if got := c.pause(test.amount, test.since, test.took, test.rest); got != test.want {
			t.Errorf("%s: waits %v, not %v", test.name, got, test.want)
		}
	}
}

// A commit that is tried again is told of for as long as it is under way, with the reason.
func TestACommitUnderWayIsTold(t *testing.T) {
	stats := &Stats{}
	output := &reluctant{stats: stats}
	c := newCommitter(output, stats, slog.New(slog.DiscardHandler))
	if err := c.watched(t.Context(), []broker.Commit{{}}, 0); err != nil {
		t.Fatal(err)
	}
	for i, seen := range output.seen {
		if seen.Since.IsZero() || seen.Aborts != int64(i) || (seen.Error == "") != (i == 0) {
			t.Errorf("attempt %d: got %+v", i, seen)
		}
	}
	if after := stats.Snapshot(); after.Commit != (observe.Commit{}) || after.Aborts != 2 {
		t.Errorf("when it is through: got %+v, %d aborts", after.Commit, after.Aborts)
	}
}

// A reluctant output commits when it is asked for the third time, and notes what is told of each attempt.
type reluctant struct {
	broker.Output
	stats *Stats
	seen  []observe.Commit
}

func (r *reluctant) Commit(context.Context, []broker.Commit) error {
	r.seen = append(r.seen, r.stats.Snapshot().Commit)
	if len(r.seen) < 3 {
		return fmt.Errorf("%w: %w", broker.ErrAborted, errors.New("not now"))
	}
	return nil
}

// What a spec says of commits comes before what the storage says, and who gives an interval has it kept.
func TestPaceOfASpec(t *testing.T) {
	for _, c := range []struct{ given, want broker.Pace }{
		{broker.Pace{}, broker.DefaultPace},
		{broker.Pace{Interval: time.Second}, broker.Pace{Interval: time.Second, Results: 100_000, Bytes: 1 << 20}},
		{broker.Pace{Results: 7}, broker.Pace{Interval: 100 * time.Millisecond, Prompt: true, Results: 7, Bytes: 1 << 20}},
	} {
		committer := newCommitter(nil, &Stats{}, slog.New(slog.DiscardHandler))
		if committer.setPace(c.given); committer.pace != c.want {
			t.Errorf("%+v: got %+v, want %+v", c.given, committer.pace, c.want)
		}
	}
}
