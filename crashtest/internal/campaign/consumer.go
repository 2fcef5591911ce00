package campaign

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/leat-go/leat/crashtest/internal/recovery"
	"github.com/leat-go/leat/crashtest/internal/workload"
	"github.com/leat-go/leat/internal/wait"
)

const (
	// pollInterval is the time between two looks at an output in which nothing has come.
	pollInterval = 25 * time.Millisecond
	// stallTimeout is how long the results may stand still: much longer than a lease and a restart of the server after each
	// other, since the next kill may come before they are over.
	stallTimeout = 3 * time.Minute
)

// A consumer reads the output and verifies it as it comes.
type consumer struct {
	load       *load
	storage    storage
	recoveries *recovery.Times
	verifier   *workload.Verifier

	mu      sync.Mutex
	results int
}

func newConsumer(l *load, s storage, r *recovery.Times) *consumer {
	return &consumer{load: l, storage: s, recoveries: r, verifier: workload.NewVerifier(l.plan, 0, false)}
}

// run verifies until all sessions are complete.
func (c *consumer) run(ctx context.Context) error {
	output := c.storage.output()
	defer output.close()
	moved := time.Now()
	for !c.load.complete() {
		records, err := attempt(ctx, output)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if len(records) > 0 {
			moved = time.Now()
		} else if time.Since(moved) > stallTimeout {
			return c.stalled(err)
		}
		for _, r := range records {
			if err := c.take(r, moved); err != nil {
				return err
			}
		}
		if len(records) == 0 {
			if err := wait.For(ctx, pollInterval); err != nil {
				return err
			}
		}
	}
	return nil
}

// attempt looks at the output once. An error is nothing that has come: the server may be away.
func attempt(ctx context.Context, o output) ([]record, error) {
	limited, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	return o.next(limited)
}

// take verifies a record.
func (c *consumer) take(r record, now time.Time) error {
	result, err := c.verifier.Take(r.offset, nil, r.value)
	if err != nil {
		return err
	}
	c.load.ended(c.verifier.Session())
	if result == nil {
		return nil
	}
	c.recoveries.Result(0, result.By, now)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.results++
	return nil
}

func (c *consumer) stalled(last error) error {
	right, all := c.verifier.Progress()
	err := fmt.Errorf("the results have stood still for %v: after result %d of %d of session %d nothing comes", stallTimeout,
		right, all, c.verifier.Session())
	if last != nil {
		err = fmt.Errorf("%w; the last look at the output: %w", err, last)
	}
	return err
}

// verified returns how many results were right so far.
func (c *consumer) verified() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.results
}

// drain reads the whole output once more, when all workers have ended: what was committed late must have its place, and
// nothing may lie behind the last session.
func (c *consumer) drain(ctx context.Context) error {
	output := c.storage.output()
	defer output.close()
	again := workload.NewVerifier(c.load.plan, 0, false)
	for begin := time.Now(); ; {
		records, err := attempt(ctx, output)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && time.Since(begin) > stallTimeout:
			return fmt.Errorf("read the output once more: %w", err)
		case err != nil:
			continue
		case len(records) == 0:
			right, _ := again.Progress()
			if right > 0 || again.Session() != c.load.lastSession()+1 || again.Results() != c.verified() {
				return fmt.Errorf("read once more, the output has %d results up to session %d, and not %d up to %d",
					again.Results(), again.Session(), c.verified(), c.load.lastSession()+1)
			}
			return nil
		}
		for _, r := range records {
			if _, err := again.Take(r.offset, nil, r.value); err != nil {
				return fmt.Errorf("read once more: %w", err)
			}
		}
	}
}
