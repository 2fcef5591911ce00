package nats_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/nats"
)

type order struct {
	ID int64 `json:"id"`
}

type item struct {
	OrderID int64 `json:"order_id"`
	Price   int64 `json:"price"`
}

type total struct {
	ID    int64 `json:"id"`
	Items int   `json:"items"`
	Total int64 `json:"total"`
}

func sum(o order, items []item) total {
	t := total{ID: o.ID, Items: len(items)}
	for _, i := range items {
		t.Total += i.Price
	}
	return t
}

// hung is how long something may take on a slow machine.
const hung = time.Minute

// A shop is a stream of orders and their items, which share it, and the totals that are to come of them.
type shop struct {
	*space
	orders int64
	want   []string
}

// newShop makes a shop with n orders, of which the k-th has k%4 items.
func newShop(s *space, n int) *shop {
	shop := &shop{space: s}
	s.make("shop", "orders", "items")
	shop.grow(n)
	return shop
}

// grow adds orders with their items.
func (s *shop) grow(n int) {
	s.Helper()
	for range n {
		s.orders++
		o := order{s.orders}
		s.send("orders", o)
		var items []item
		for k := range o.ID % 4 {
			items = append(items, item{o.ID, 10*o.ID + k})
			s.send("items", items[k])
		}
		if len(items) > 0 {
			text, err := json.Marshal(sum(o, items))
			s.must(err)
			s.want = append(s.want, string(text))
		}
	}
}

// send publishes without waiting for the answer.
func (s *shop) send(subject string, element any) {
	s.Helper()
	text, err := json.Marshal(element)
	s.must(err)
	_, err = s.js.PublishAsync(s.subject(subject), text)
	s.must(err)
}

// finish makes the last order's items certain, waits for all totals, and compares them.
func (s *shop) finish() {
	s.Helper()
	s.send("items", item{OrderID: 1 << 40})
	s.await(len(s.want))
	s.expect()
}

// await waits until there are so many totals.
func (s *shop) await(n int) {
	s.Helper()
	s.awaitThat(fmt.Sprintf("there are %d totals", n), func() bool { return len(s.values("totals")) >= n })
}

func (s *space) awaitThat(what string, is func() bool) {
	s.Helper()
	for begin := time.Now(); !is(); {
		if time.Since(begin) > hung {
			s.Fatalf("after %v it isn't so that %s", hung, what)
		}
		<-time.After(10 * time.Millisecond)
	}
}

func (s *shop) expect() {
	s.Helper()
	if got := s.values("totals"); !slices.Equal(got, s.want) {
		s.Errorf("there are %d totals, not these %d:\n%.2000v\n%.2000v", len(got), len(s.want), got, s.want)
	}
}

// mill joins orders and items of a server.
func (s *shop) mill(url string, log *slog.Logger, options ...nats.Option) (*leat.Mill, error) {
	options = append(options, nats.Subject[order](s.subject("orders")), nats.Subject[item](s.subject("items")),
		nats.Subject[total](s.subject("totals")))
	return leat.New(sum, leat.Name(s.name), leat.Logger(log), leat.Broker(nats.New(url, options...)),
		leat.Join(func(o order) int64 { return o.ID }, func(i item) int64 { return i.OrderID }))
}

// start runs a mill until the function that it returns is called, and gives what the run ended with.
func (s *space) start(mill *leat.Mill) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- mill.Run(ctx) }()
	stop = sync.OnceValue(func() error { cancel(); return <-done })
	s.Cleanup(func() { _ = stop() })
	return stop
}

// A process is another one that runs a mill.
type process struct {
	*os.Process
	// Wait waits for its end, and may be called again.
	Wait func() error
}

// helper runs this test's binary as another process that runs a mill. It ends with the test.
func (s *space) helper(mode string) *process {
	s.Helper()
	command := exec.Command(os.Args[0], "-test.run", "^TestHelperProcess$", "-test.v")
	command.Env = append(os.Environ(), "LEAT_HELPER="+mode, "LEAT_HELPER_URL="+s.server.URL(), "LEAT_HELPER_NAME="+s.name)
	command.Stderr = os.Stderr
	s.must(command.Start())
	p := &process{command.Process, sync.OnceValue(command.Wait)}
	s.Cleanup(func() {
		_ = p.Kill()
		_ = p.Wait()
	})
	return p
}

// TestHelperProcess is no test but the process of one.
func TestHelperProcess(t *testing.T) {
	s := &shop{space: &space{TB: t, name: os.Getenv("LEAT_HELPER_NAME")}}
	url, quiet := os.Getenv("LEAT_HELPER_URL"), slog.New(slog.DiscardHandler)
	switch os.Getenv("LEAT_HELPER") {
	case "":
		t.Skip("no helper process")
	case "totals":
		mill, err := s.mill(url, quiet)
		s.must(err)
		s.must(mill.Run(t.Context()))
	case "parts":
		mill, err := s.splitter(url, quiet)
		s.must(err)
		s.must(mill.Run(t.Context()))
	}
}

// R8: the concatenated results are those of a run that never stopped, whatever is killed and whenever.
func TestKilled(t *testing.T) {
	s := newShop(newSpace(t), 50)
	for round := range 20 {
		process := s.helper("totals")
		s.await(30 + 15*round)
		s.grow(10)
		<-time.After(time.Duration(round*3) * time.Millisecond)
		s.must(process.Kill())
		_ = process.Wait()
		s.grow(10)
	}
	s.helper("totals")
	s.finish()
}

// A second run takes over at once from the first, which ends with an error that says so.
func TestTakenOver(t *testing.T) {
	s := newShop(newSpace(t), 20)
	quiet := slog.New(slog.DiscardHandler)
	first, err := s.mill(s.server.URL(), quiet)
	s.must(err)
	ended := make(chan error, 1)
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { ended <- first.Run(t.Context()) })
	s.await(14)
	second, err := s.mill(s.server.URL(), quiet)
	s.must(err)
	s.start(second)
	s.awaitThat("the first run has ended", func() bool {
		s.grow(1)
		return len(ended) > 0
	})
	if err := <-ended; !errors.Is(err, broker.ErrTakenOver) ||
		!strings.Contains(err.Error(), fmt.Sprintf("process %d on", os.Getpid())) {
		t.Errorf("the first run ends with %v", err)
	}
	s.finish()
}

// A server that is killed and comes back ends no run.
func TestServerIsKilled(t *testing.T) {
	s := newShop(ownSpace(t, `authorization {user: leat, password: "top-secret"}`, userOfTests...), 20)
	var log lines
	mill, err := s.mill(s.server.URL(), log.logger(), nats.User("leat", "top-secret"))
	s.must(err)
	stop := s.start(mill)
	for range 3 {
		s.await(len(s.want) - 2)
		s.must(s.server.Kill())
		s.must(s.server.Restart(t.Context()))
		s.awaitThat("the client is there again", s.js.Conn().IsConnected)
		s.awaitThat("JetStream is there again", func() bool {
			_, err := s.js.Stream(t.Context(), s.stream("shop"))
			return err == nil
		})
		s.grow(20)
	}
	s.finish()
	if err := stop(); !errors.Is(err, context.Canceled) {
		t.Errorf("the run ends with %v", err)
	}
	if !strings.Contains(log.String(), "level=WARN") || strings.Contains(log.String(), "top-secret") {
		t.Errorf("the log says nothing of it, or too much:\n%s", &log)
	}
}

// A connection that is cut before, in or right after a commit ends no run, and changes no result.
func TestConnectionIsCut(t *testing.T) {
	s := newShop(newSpace(t), 20)
	p := newProxy(t, s.server.Address())
	var log lines
	mill, err := s.mill(p.url(), log.logger())
	s.must(err)
	stop := s.start(mill)
	for round := range 30 {
		switch round % 3 {
		case 0:
			p.cutAt("Nats-Batch-Commit", false)
		case 1:
			p.cutAt("Nats-Batch-Commit", true)
		case 2:
			p.cut()
		}
		s.grow(5)
		s.await(len(s.want) - 2)
	}
	s.finish()
	if err := stop(); !errors.Is(err, context.Canceled) {
		t.Errorf("the run ends with %v", err)
	}
	if !strings.Contains(log.String(), "the answer to a commit was lost, and it was made") {
		t.Errorf("no answer was lost:\n%s", &log)
	}
}

// lines is a log that several goroutines write.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
