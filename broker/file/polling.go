package file

import (
	"context"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/wait"
)

// polling says when a followed file is looked at again, and when a stream has been silent for too long.
type polling struct {
	timeout time.Duration // zero for ever
	begun   time.Time
	pause   time.Duration
}

func newPolling(timeout time.Duration) polling {
	p := polling{timeout: timeout, pause: shortestPause}
	if timeout > 0 {
		p.begun = time.Now()
	}
	return p
}

// wait waits until it is time to look again; came is when the last bytes came. It returns ctx's error, or
// [broker.ErrDataTimeout].
func (p *polling) wait(ctx context.Context, came time.Time) error {
	pause := p.pause
	p.pause = min(2*p.pause, longestPause)
	if came.After(p.begun) {
		p.begun = came
	}
	if p.timeout > 0 {
		left := p.timeout - time.Since(p.begun)
		if left <= 0 {
			return broker.ErrDataTimeout
		}
		pause = min(pause, left)
	}
	return wait.For(ctx, pause)
}

// expired returns a channel that tells when a wait that began now has lasted for too long; nil for never.
func (p *polling) expired() (expired <-chan time.Time, stop func()) {
	if p.timeout == 0 {
		return nil, func() {}
	}
	timer := time.NewTimer(p.timeout)
	return timer.C, func() { timer.Stop() }
}
