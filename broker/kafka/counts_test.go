package kafka_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"regexp"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A run counts each element, call and result once, however often its partitions are lost and come back.
func TestCountsAreThoseOfARunWithoutFaults(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			want := summaryOf(t, seed, func(*world) {})
			random := rand.New(rand.NewPCG(seed, 1))
			got := summaryOf(t, seed, func(w *world) {
				w.Fault([]kfake.Fault{
					{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.InvalidProducerIDMapping}, // transactional.id.expiration.ms has passed
					{Keys: []kmsg.Key{kmsg.TxnOffsetCommit}, Err: kerr.IllegalGeneration},
					{Keys: []kmsg.Key{kmsg.EndTxn}, Err: kerr.InvalidProducerEpoch},
					{Keys: []kmsg.Key{kmsg.Heartbeat}, Err: kerr.UnknownMemberID},
				}[random.IntN(4)])
				if random.IntN(2) == 0 {
					w.ControlKey(int16(kmsg.EndTxn), func(kmsg.Request) (kmsg.Response, error, bool) { return nil, errCut, true })
				}
			})
			if got != want {
				t.Errorf("with faults the run has counted\n%s, without\n%s", got, want)
			}
		})
	}
}

// summaryOf returns what a run says of itself at its end, which is disturbed as its input grows.
func summaryOf(t *testing.T, seed uint64, disturb func(*world)) string {
	t.Helper()
	w := newWorld(newFake(t), seed)
	log := &logged{}
	ctx, cancel := context.WithTimeout(t.Context(), hung)
	defer cancel()
	done := make(chan error, 1)
	in := w.instanceWith(slog.New(slog.NewTextHandler(log, nil)), "one")
	go func() { done <- in.mill.Run(ctx) }()
	for range 8 {
		w.fill(40)
		disturb(w)
		<-time.After(30 * time.Millisecond)
	}
	w.end()
	must(t, <-done)
	w.check()
	line := regexp.MustCompile(`msg="run ends".*`).FindString(log.String())
	if line == "" {
		t.Fatalf("the run says nothing at its end:\n%s", log)
	}
	return line
}
