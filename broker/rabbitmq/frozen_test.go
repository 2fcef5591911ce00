//go:build unix

package rabbitmq_test

import (
	"testing"
	"time"

	"github.com/leat-go/leat/internal/testserver"
)

// A process that is frozen, at any moment, doesn't block the one that takes over, and adds nothing when it wakes.
func TestFrozen(t *testing.T) {
	for _, pause := range []time.Duration{0, 20 * time.Millisecond, 5 * time.Second} {
		t.Run(pause.String(), func(t *testing.T) {
			s := newShop(t, 40)
			first := s.helper()
			s.wait(20)
			s.grow(200) // so that it has something to do
			s.must(testserver.Freeze(first.Process))
			s.helper()
			s.wait(170)
			<-time.After(pause) // beyond its heartbeats, in one case
			s.must(testserver.Thaw(first.Process))
			gone := make(chan error, 1)
			go func() { gone <- first.Wait() }()
			for ended := false; !ended; {
				s.grow(1)
				select {
				case err := <-gone:
					if err == nil {
						t.Error("the first run ends well")
					}
					ended = true
				case <-time.After(20 * time.Millisecond):
				}
			}
			s.end()
			s.wait(int64(s.orders - s.orders/4 + 1))
			s.expect(s.orders)
		})
	}
}
