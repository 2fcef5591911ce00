package redis_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/leat-go/leat/broker"
)

// A proxy passes on what goes to a server, and cuts connections where it has an answer to pass on: what was asked
// is done then, and nobody hears of it.
type proxy struct {
	listener net.Listener
	target   string
	running  sync.WaitGroup

	mu   sync.Mutex
	cuts int
	rest int // how many pieces are passed on until the next cut
}

// opening is how many pieces of each connection are passed on in any case: a run that can't reach its server when
// it begins ends with that error.
const opening = 15

func newProxy(t testing.TB, target string) *proxy {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, target: target, rest: 50}
	p.running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			p.running.Go(func() { p.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		p.running.Wait()
	})
	return p
}

func (p *proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer server.Close()
	var asking sync.WaitGroup
	asking.Go(func() {
		_, _ = io.Copy(server, client)
		_ = server.Close()
	})
	defer asking.Wait()
	defer client.Close()
	buffer := make([]byte, 4096)
	for pieces := 0; ; pieces++ {
		n, err := server.Read(buffer)
		if err != nil || pieces > opening && p.cut() {
			return
		}
		if _, err := client.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// cut says whether the connection is to be cut.
func (p *proxy) cut() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rest--; p.rest > 0 {
		return false
	}
	p.rest = 5 + rand.IntN(30)
	p.cuts++
	return true
}

// cutSoFar returns how many connections were cut.
func (p *proxy) cutSoFar() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cuts
}

// A commit whose answer is lost isn't made twice, and reading goes on wherever its connection is cut.
func TestAnswersAreLost(t *testing.T) {
	s := newShop(t, 20)
	p := newProxy(t, server.Address())
	through := *s.database
	through.url = strings.Replace(s.url, server.Address(), p.listener.Addr().String(), 1)
	mill, err := through.mill(quiet)
	s.must(err)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := mill.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("the run ends with %v", err)
		}
	})
	for p.cutSoFar() < 10 {
		s.grow(10)
		s.reaches(s.orders - 4)
	}
	cancel()
	running.Wait()
	s.expectTotals()
}

// A server that comes back with positions that are older than those it has confirmed, or without, ends the run; the
// next one goes on from there.
func TestPositionsAreLost(t *testing.T) {
	for name, change := range map[string]func(d *database, key string){
		"an older commit": func(d *database, key string) { d.do("HINCRBY", key, "commit:0", -1) },
		"an older epoch":  func(d *database, key string) { d.do("HINCRBY", key, "epoch:0", -1) },
		"none":            func(d *database, key string) { d.do("DEL", key) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, 20)
			mill, err := s.mill(quiet)
			s.must(err)
			ended := make(chan error, 1)
			go func() { ended <- mill.Run(context.Background()) }()
			s.reaches(18)
			change(s.database, "leat:positions:"+s.prefix+"totals")
			s.grow(10)
			err = <-ended
			if errors.Is(err, broker.ErrTakenOver) || !strings.Contains(fmt.Sprint(err), "the server has lost") {
				t.Errorf("the run ends with %v", err)
			}
		})
	}
}

// Who has taken over fences the run before also where the positions were removed in between.
func TestFenceOutlastsPositions(t *testing.T) {
	s := newShop(t, 20)
	mill, err := s.mill(quiet)
	s.must(err)
	ended := make(chan error, 1)
	go func() { ended <- mill.Run(context.Background()) }()
	s.reaches(18)
	s.do("DEL", "leat:positions:"+s.prefix+"totals")
	s.do("DEL", s.key("totals"))
	ctx, cancel := context.WithCancel(t.Context())
	second, err := s.mill(quiet)
	s.must(err)
	var running sync.WaitGroup
	running.Go(func() { _ = second.Run(ctx) })
	s.reaches(18)
	s.grow(10)
	if err := <-ended; !errors.Is(err, broker.ErrTakenOver) {
		t.Errorf("the first run ends with %v", err)
	}
	s.reaches(28)
	cancel()
	running.Wait()
	s.expectTotals()
}
