//go:build unix

package nats_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/leat-go/leat/internal/testserver"
)

// R8 against everything at once: processes are killed, or frozen and replaced, and wake up whenever; the server is
// killed. LEAT_TEST_NATS_FAULTS is how many such things happen.
func TestCampaign(t *testing.T) {
	faults := 15
	if text := os.Getenv("LEAT_TEST_NATS_FAULTS"); text != "" {
		var err error
		if faults, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	s := newShop(ownSpace(t, ""), 20)
	running := s.helper("totals")
	var frozen, zombies []*process // those that haven't woken up yet, and all
	counts := map[string]int{}
	for range faults {
		s.grow(5 + random.IntN(20))
		<-time.After(time.Duration(random.IntN(60)) * time.Millisecond)
		switch random.IntN(5) {
		case 0, 1:
			counts["kills"]++
			s.must(running.Kill())
			_ = running.Wait()
			running = s.helper("totals")
		case 2, 3:
			counts["freezes"]++
			s.must(testserver.Freeze(running.Process))
			frozen, zombies = append(frozen, running), append(zombies, running)
			running = s.helper("totals")
		case 4:
			counts["server kills"]++
			<-s.js.PublishAsyncComplete() // what the raw client loses is no concern of this test
			s.must(s.server.Kill())
			s.must(s.server.Restart(t.Context()))
			s.awaitThat("JetStream is there again", func() bool {
				_, err := s.js.Stream(t.Context(), s.stream("shop"))
				return err == nil
			})
		}
		if len(frozen) > 0 && random.IntN(2) == 0 {
			s.must(testserver.Thaw(frozen[0].Process))
			frozen = frozen[1:]
		}
	}
	ended := make(chan error, 1)
	wait := func(p *process) { go func() { ended <- p.Wait() }() }
	wait(running)
	s.awaitThat("all but the last totals are there", func() bool {
		if len(ended) > 0 { // a server that is away when a run begins ends it: it is started again, as a supervisor does
			<-ended
			zombies = append(zombies, running)
			running = s.helper("totals")
			wait(running)
		}
		return len(s.values("totals")) >= len(s.want)-2
	})
	for _, f := range frozen {
		s.must(testserver.Thaw(f.Process))
	}
	s.expectOneLeft(append(zombies, running))
	s.finish()
	t.Logf("%v, %d results", counts, len(s.want))
}
