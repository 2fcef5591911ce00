//go:build unix

package redis_test

import (
	"testing"

	"github.com/leat-go/leat/internal/testserver"
)

// A run that is frozen doesn't block the one that takes over, and adds nothing when it wakes.
func TestFrozen(t *testing.T) {
	s := newShop(t, 20)
	first := s.helper(s.url)
	s.reaches(18)
	s.grow(500)
	s.must(testserver.Freeze(first.Process))
	s.grow(5)
	s.helper(s.url)
	s.reaches(s.orders - 4)
	s.must(testserver.Thaw(first.Process))
	s.grow(5)
	if err := first.Wait(); err == nil {
		t.Error("the first run goes on, or ends well")
	}
	s.reaches(s.orders - 4)
	s.expectTotals()
}
