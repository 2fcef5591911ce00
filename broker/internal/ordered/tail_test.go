package ordered_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/broker/internal/ordered"
)

// TestTail counts what is left now and then, and never tells an end before what was read.
func TestTail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tail ordered.Tail
		counts := 0
		left, failed := int64(0), error(nil)
		read := func(next int64, drained bool, want int64) {
			t.Helper()
			tail.Read(next, drained, func(limit int64) (int64, error) {
				counts++
				return min(left, limit), failed
			})
			if got := tail.End(); got != want {
				t.Errorf("behind %d the end is at %d, want %d", next, got, want)
			}
		}
		if tail.End() != -1 {
			t.Errorf("before anything was read the end is at %d", tail.End())
		}
		left = 5000
		read(100, false, -1)
		time.Sleep(2 * time.Second)
		read(200, false, 5200)
		read(300, false, 5200)
		read(5200, false, -1)
		read(5300, true, 5300)
		left = 1_000_000_000
		time.Sleep(time.Minute)
		read(5400, false, 105_400)
		failed = errors.New("the database is away")
		time.Sleep(time.Minute)
		read(5500, false, -1)
		if counts != 3 {
			t.Errorf("it was counted %d times, want 3", counts)
		}
	})
}
