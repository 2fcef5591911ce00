// Package wait waits.
package wait

import (
	"context"
	"time"
)

// For waits for d. It returns ctx's error where that ended first.
func For(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
