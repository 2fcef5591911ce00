//go:build unix

package redis_test

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat/internal/testserver"
)

// R8: whatever is killed, frozen or cut, and whenever, the concatenated results are those of a run that never stopped.
// LEAT_TEST_FAULTS says how many faults there are.
func TestFaults(t *testing.T) {
	faults := 12
	if text := os.Getenv("LEAT_TEST_FAULTS"); text != "" {
		faults, _ = strconv.Atoi(text)
	}
	s := newShop(t, 50)
	p := newProxy(t, server.Address())
	url := strings.Replace(s.url, server.Address(), p.listener.Addr().String(), 1)
	command := s.helper(url)
	var frozen []*exec.Cmd
	for fault := range faults {
		s.grow(20)
		s.reaches(s.orders - 20)
		s.grow(rand.IntN(300))
		<-time.After(time.Duration(rand.IntN(30_000)) * time.Microsecond)
		switch fault % 4 {
		case 0, 1:
			s.must(command.Process.Kill())
			command = s.helper(url)
		case 2:
			s.must(testserver.Freeze(command.Process))
			frozen = append(frozen, command)
			command = s.helper(url)
			if len(frozen) > 1 {
				s.must(testserver.Thaw(frozen[0].Process))
				frozen = frozen[1:]
			}
		case 3:
			s.must(server.Kill())
			s.must(server.Restart(t.Context()))
		}
	}
	s.reaches(s.orders - 4)
	for _, f := range frozen {
		s.must(testserver.Thaw(f.Process))
		s.grow(5)
		if err := f.Wait(); err == nil {
			t.Error("a run that another one has taken over from ends well")
		}
	}
	s.reaches(s.orders - 4)
	s.expectTotals()
	t.Logf("%d faults, %d connections cut, %d results", faults, p.cutSoFar(), len(s.totals()))
}
