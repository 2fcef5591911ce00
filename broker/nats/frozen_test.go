//go:build unix

package nats_test

import (
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// A run that is frozen, whenever that is, blocks nobody, and adds nothing when it wakes up.
func TestFrozen(t *testing.T) {
	s := newShop(newSpace(t), 20)
	var frozen []*exec.Cmd
	process := s.helper("totals")
	for round := range 6 {
		s.await(len(s.want) - 2)
		s.grow(10)
		<-time.After(time.Duration(round) * 3 * time.Millisecond)
		s.must(process.Process.Signal(syscall.SIGSTOP))
		frozen = append(frozen, process)
		s.grow(10)
		process = s.helper("totals")
		if round%2 == 1 {
			// It wakes up while the next one goes on.
			s.must(frozen[round].Process.Signal(syscall.SIGCONT))
		}
	}
	s.await(len(s.want) - 2)
	s.grow(10)
	for _, f := range frozen {
		s.must(f.Process.Signal(syscall.SIGCONT))
	}
	s.finish()
	for _, f := range frozen {
		// Each had read more than it had committed, or finds at its next commit that it was taken over.
		if err := f.Wait(); err == nil {
			t.Error("a run that was taken over ends well")
		}
	}
	s.expect()
}
