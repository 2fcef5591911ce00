package rabbitmq_test

import (
	"context"
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
	"github.com/leat-go/leat/broker/rabbitmq"
	"github.com/leat-go/leat/internal/endmark"
	"github.com/leat-go/leat/internal/rabbitserver"
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

type bill struct {
	ID int64 `json:"id"`
}

func sum(o order, items []item) (total, bill) {
	t := total{ID: o.ID, Items: len(items)}
	for _, i := range items {
		t.Total += i.Price
	}
	return t, bill(o)
}

// A shop is a test's streams of orders and items, of which the k-th order has k%4, and of totals and bills, which a
// mill makes of them. Orders without items have neither.
type shop struct {
	*space
	orders int
}

func newShop(t testing.TB, orders int) *shop {
	s := &shop{newSpace(t), 0}
	s.create("orders")
	s.create("items")
	s.grow(orders)
	return s
}

// grow adds n orders with their items.
func (s *shop) grow(n int) {
	s.Helper()
	var orders, items []string
	for range n {
		s.orders++
		orders = append(orders, fmt.Sprintf(`{"id":%d}`, s.orders))
		for i := range s.orders % 4 {
			items = append(items, fmt.Sprintf(`{"order_id":%d,"price":%d}`, s.orders, 10*s.orders+i))
		}
	}
	s.publish("items", items...)
	s.publish("orders", orders...)
}

// end ends the session.
func (s *shop) end() {
	s.Helper()
	s.publish("items", endmark.Value)
	s.publish("orders", endmark.Value)
}

func (s *shop) mill(url string, options ...leat.Option) (*leat.Mill, error) {
	return leat.New(sum, append(options, leat.Name("totals"),
		leat.Broker(rabbitmq.New(url, rabbitmq.Name(s.prefix), rabbitmq.Heartbeat(time.Second),
			rabbitmq.Stream[order](s.name("orders")), rabbitmq.Stream[item](s.name("items")),
			rabbitmq.Stream[total](s.name("totals")), rabbitmq.Stream[bill](s.name("bills")))),
		leat.Join(func(o order) int64 { return o.ID }, func(i item) int64 { return i.OrderID }))...)
}

// quiet logs nothing.
var quiet = leat.Logger(slog.New(slog.DiscardHandler))

// expect compares what the outputs hold, marks included, with what a run that never stopped would have made of the
// orders, in sessions that ended behind each of those given.
func (s *shop) expect(ends ...int) {
	s.Helper()
	var totals, bills []string
	for id := 1; id <= s.orders; id++ {
		if items := id % 4; items > 0 {
			price := 10*id*items + items*(items-1)/2
			totals = append(totals, fmt.Sprintf(`{"id":%d,"items":%d,"total":%d}`, id, items, price))
			bills = append(bills, fmt.Sprintf(`{"id":%d}`, id))
		}
		if slices.Contains(ends, id) {
			totals, bills = append(totals, endmark.Value), append(bills, endmark.Value)
		}
	}
	for name, want := range map[string][]string{"totals": totals, "bills": bills} {
		got := s.read(name)
		if slices.Equal(got, want) {
			continue
		}
		at := 0
		for at < min(len(got), len(want)) && got[at] == want[at] {
			at++
		}
		s.Errorf("%s holds %d messages, not these %d; they differ from number %d on: %v, wanted %v", name, len(got),
			len(want), at, got[at:min(at+5, len(got))], want[at:min(at+5, len(want))])
	}
}

// wait waits until so many totals are there.
func (s *shop) wait(totals int64) {
	s.Helper()
	for begin := time.Now(); ; {
		there, err := s.env.QuerySequence("leat."+s.prefix+".0", s.name("totals"))
		if err == nil && there >= totals {
			return
		}
		if time.Since(begin) > time.Minute {
			s.Fatalf("after a minute there are %d totals, not %d: %v", there, totals, err)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// start runs a mill beside the test, which ends with it, and returns what it ends with.
func (s *shop) start(url string, options ...leat.Option) (stop func(), ended <-chan error) {
	s.Helper()
	mill, err := s.mill(url, options...)
	s.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	result := make(chan error, 1)
	var running sync.WaitGroup
	running.Go(func() { result <- mill.Run(ctx) })
	stop = func() {
		cancel()
		running.Wait()
	}
	s.Cleanup(stop)
	return stop, result
}

// helper runs this test's binary as another process that runs the mill, and returns it. It ends with the test.
func (s *shop) helper() *exec.Cmd {
	s.Helper()
	command := exec.Command(os.Args[0], "-test.run", "^TestHelperProcess$")
	command.Env = append(os.Environ(), "LEAT_HELPER="+s.prefix, "LEAT_HELPER_URL="+s.url)
	command.Stderr = os.Stderr
	s.must(command.Start())
	s.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	return command
}

// TestHelperProcess is no test but the process of one.
func TestHelperProcess(t *testing.T) {
	prefix := os.Getenv("LEAT_HELPER")
	if prefix == "" {
		t.Skip("no helper process")
	}
	s := &shop{&space{TB: t, prefix: prefix}, 0}
	mill, err := s.mill(os.Getenv("LEAT_HELPER_URL"), quiet)
	s.must(err)
	if err := mill.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Sessions end at marks, which the outputs get, too, and the next one goes on behind them.
func TestSessions(t *testing.T) {
	s := newShop(t, 100)
	var ends []int
	for range 3 {
		s.end()
		ends = append(ends, s.orders)
		mill, err := s.mill(s.url, quiet)
		s.must(err)
		s.must(mill.Run(t.Context()))
		s.expect(ends...)
		s.grow(30)
	}
}

// R8: the concatenated results are those of a run that never stopped, whatever is killed and whenever.
func TestKilled(t *testing.T) {
	s := newShop(t, 100)
	for round := range 10 {
		command := s.helper()
		s.wait(int64(20 + 60*round))
		s.grow(40)
		<-time.After(time.Duration(round) * 3 * time.Millisecond)
		s.must(command.Process.Kill())
		_ = command.Wait()
		s.grow(40)
	}
	s.end()
	s.must(s.helper().Wait())
	s.expect(s.orders)
}

// A second run takes over at once from the first, which ends with an error that says so.
func TestTakenOver(t *testing.T) {
	s := newShop(t, 20)
	_, ended := s.start(s.url, quiet)
	s.wait(13)
	_, second := s.start(s.url, quiet)
	for begin := time.Now(); len(ended) == 0; { // its next commit tells it
		s.grow(1)
		if time.Since(begin) > time.Minute {
			t.Fatal("the first run goes on")
		}
	}
	if err := <-ended; !errors.Is(err, broker.ErrTakenOver) || !strings.Contains(err.Error(),
		fmt.Sprintf("process %d on", os.Getpid())) {
		t.Errorf("the first run ends with %v", err)
	}
	s.end()
	s.must(<-second)
	s.expect(s.orders)
}

// Connections that are lost, and a server that is killed and comes back on what it has, end no run, and lose and double
// nothing.
func TestServerIsKilled(t *testing.T) {
	s := newShop(t, 20)
	p := s.proxy()
	log := &lines{}
	_, ended := s.start(p.url(), leat.Logger(slog.New(slog.NewTextHandler(log, nil))))
	s.wait(13)
	for range 5 {
		p.cut()
		s.grow(20)
	}
	s.wait(80)
	for _, stop := range []func() error{server.Shutdown, server.Kill, server.Kill} {
		s.grow(20)
		s.disconnect()
		s.must(stop())
		s.must(server.Restart(t.Context()))
		s.connect()
		s.grow(20)
	}
	s.end()
	s.must(<-ended)
	s.expect(s.orders)
	if !strings.Contains(log.String(), "level=WARN") || strings.Contains(log.String(), rabbitserver.Password) {
		t.Errorf("the log says nothing of it, or too much:\n%s", log)
	}
}

// lines is a log that several goroutines write.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

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
