//go:build unix

package nats_test

import (
	"testing"
	"time"

	"github.com/leat-go/leat/internal/testserver"
)

// A run that is frozen, whenever that is, blocks nobody, and adds nothing when it wakes up.
func TestFrozen(t *testing.T) {
	s := newShop(newSpace(t), 20)
	var frozen []*process
	running := s.helper("totals")
	for round := range 6 {
		s.await(len(s.want) - 2)
		s.grow(10)
		<-time.After(time.Duration(round) * 3 * time.Millisecond)
		s.must(testserver.Freeze(running.Process))
		frozen = append(frozen, running)
		s.grow(10)
		running = s.helper("totals")
		if round%2 == 1 {
			// It wakes up while the next one goes on.
			s.must(testserver.Thaw(frozen[round].Process))
		}
	}
	s.await(len(s.want) - 2)
	for _, f := range frozen {
		s.must(testserver.Thaw(f.Process))
	}
	s.expectOneLeft(append(frozen, running))
	s.finish()
}

// expectOneLeft waits until all but one of several processes have found that they were taken over: most often the last
// one is left, but one that was frozen before it had claimed anything may be.
func (s *shop) expectOneLeft(processes []*process) {
	s.Helper()
	ended := make(chan error, len(processes))
	for _, p := range processes {
		go func() { ended <- p.Wait() }()
	}
	s.awaitThat("one process is left", func() bool {
		s.grow(1) // each has something to commit
		return len(ended) == len(processes)-1
	})
	for range len(processes) - 1 {
		if <-ended == nil {
			s.Error("a run that was taken over ends well")
		}
	}
}
