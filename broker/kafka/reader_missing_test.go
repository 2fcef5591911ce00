package kafka

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
)

// A topic is missing since the first of answers that follow each other, not since one that another broker gave long
// before.
func TestATopicIsMissingSinceAnswersInARow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reader{}
		since := func() time.Time {
			if err := r.endsBy(kerr.UnknownTopicOrPartition); err != errMissing {
				t.Fatalf("got %v, want that the topic isn't known", err)
			}
			return r.missing
		}
		first := since()
		time.Sleep(missingGrace)
		if again := since(); !again.Equal(first) {
			t.Errorf("a second answer in a row counts from %v, want from the first, %v", again, first)
		}
		time.Sleep(time.Hour)
		if later := since(); !later.Equal(time.Now()) {
			t.Errorf("an answer an hour later counts from %v, want from now, %v", later, time.Now())
		}
	})
}
