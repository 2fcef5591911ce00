package engine

import (
	"testing"
	"time"

	"github.com/leat-go/leat/broker"
)

// A commit follows the one before sooner than the interval where there is little to do, and one that the storage has held up
// doesn't hold up the next.
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
