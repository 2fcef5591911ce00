package redis_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/redis"
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

// quiet logs nothing.
var quiet = leat.Logger(slog.New(slog.DiscardHandler))

func sum(o order, items []item) total {
	t := total{ID: o.ID, Items: len(items)}
	for _, i := range items {
		t.Total += i.Price
	}
	return t
}

// A shop has streams of orders, of which the k-th has k%4 items, and what a mill made of them.
type shop struct {
	*database
	orders int
}

func newShop(t testing.TB, n int) *shop {
	s := &shop{database: newDatabase(t)}
	s.grow(n)
	return s
}

// grow adds orders with their items, as fields.
func (s *shop) grow(n int) {
	s.Helper()
	pipe := s.client.Pipeline()
	for range n {
		s.orders++
		pipe.Do(context.Background(), "XADD", s.key("orders"), "*", "id", s.orders)
		for i := range s.orders % 4 {
			pipe.Do(context.Background(), "XADD", s.key("items"), "*", "order_id", s.orders, "price", 10*s.orders+i)
		}
	}
	_, err := pipe.Exec(context.Background())
	s.must(err)
}

// mill joins orders and items.
func (d *database) mill(options ...leat.Option) (*leat.Mill, error) {
	return leat.New(sum, append([]leat.Option{leat.Name("totals"),
		leat.Broker(redis.New(d.url,
			redis.Stream[order](d.key("orders")),
			redis.Stream[item](d.key("items")),
			redis.Stream[total](d.key("totals")),
			redis.Name(d.prefix+"totals"))),
		leat.Join(func(o order) int64 { return o.ID }, func(i item) int64 { return i.OrderID })}, options...)...)
}

// totals reads the results with a raw client.
func (d *database) totals() (all []total) {
	d.Helper()
	for _, m := range d.entries("totals") {
		text, ok := m.Values["json"].(string)
		if !ok {
			if _, mark := m.Values["eos__"]; mark {
				continue
			}
			d.Fatalf("the entry %v has no field json", m)
		}
		var t total
		d.must(json.Unmarshal([]byte(text), &t))
		all = append(all, t)
	}
	return all
}

// reaches waits until an order's result is there.
func (d *database) reaches(id int) {
	d.Helper()
	d.wait(fmt.Sprintf("a result of order %d", id), func() bool {
		last, err := d.client.XRevRangeN(context.Background(), d.key("totals"), "+", "-", 1).Result()
		if err != nil || len(last) == 0 {
			return false
		}
		var t total
		d.must(json.Unmarshal([]byte(last[0].Values["json"].(string)), &t))
		return t.ID >= int64(id)
	})
}

// expectTotals compares the results with what should be: each order with items, in order, once, up to the last result.
func (s *shop) expectTotals() {
	s.Helper()
	got := s.totals()
	var want []total
	for k := 1; k <= s.orders && len(want) < len(got); k++ {
		if n := k % 4; n > 0 {
			want = append(want, total{ID: int64(k), Items: n, Total: int64(n*10*k + n*(n-1)/2)})
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		s.Errorf("there are %d results, which aren't those that should be:\n%.1500s\n%.1500s", len(got), fmt.Sprint(got),
			fmt.Sprint(want))
	}
	if len(got) < s.orders/2 {
		s.Errorf("there are only %d results of %d orders", len(got), s.orders)
	}
}

// A session over streams with marks ends there, and the next one goes on behind it.
func TestSessions(t *testing.T) {
	s := newShop(t, 100)
	for range 3 {
		s.add("orders", "eos__", "true")
		s.add("items", "eos__", "true")
		mill, err := s.mill(quiet)
		s.must(err)
		s.must(mill.Run(t.Context()))
		s.expectTotals()
		s.grow(10)
	}
}

// helper runs this test's binary as another process that runs a mill, and returns it. It ends with the test.
func (d *database) helper(url string) *exec.Cmd {
	d.Helper()
	command := exec.Command(os.Args[0], "-test.run", "^TestHelperProcess$", "-test.v")
	command.Env = append(os.Environ(), "LEAT_HELPER="+d.prefix, "LEAT_HELPER_URL="+url)
	command.Stdout, command.Stderr = os.Stderr, os.Stderr
	d.must(command.Start())
	d.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	return command
}

// TestHelperProcess is no test but the process of one.
func TestHelperProcess(t *testing.T) {
	d := &database{TB: t, url: os.Getenv("LEAT_HELPER_URL"), prefix: os.Getenv("LEAT_HELPER")}
	if d.prefix == "" {
		t.Skip("no helper process")
	}
	mill, err := d.mill(quiet)
	d.must(err)
	err = mill.Run(t.Context())
	if errors.Is(err, broker.ErrTakenOver) {
		os.Exit(3)
	}
	d.must(err)
}

// R8: the concatenated results are those of a run that never stopped, whatever is killed and whenever.
func TestKilled(t *testing.T) {
	s := newShop(t, 50)
	for round := range 10 {
		command := s.helper(s.url)
		s.reaches(s.orders - 20)
		s.grow(30)
		<-time.After(time.Duration(round) * 5 * time.Millisecond)
		s.must(command.Process.Kill())
		s.grow(30)
	}
	s.helper(s.url)
	s.reaches(s.orders - 4)
	s.expectTotals()
}

// A second run takes over from the first, which ends with an error that says so.
func TestTakenOver(t *testing.T) {
	s := newShop(t, 20)
	first, err := s.mill(quiet)
	s.must(err)
	ended := make(chan error, 1)
	var running sync.WaitGroup
	running.Go(func() { ended <- first.Run(t.Context()) })
	s.reaches(18)
	ctx, cancel := context.WithCancel(t.Context())
	second, err := s.mill(quiet)
	s.must(err)
	before := s.epoch()
	running.Go(func() {
		if err := second.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("the second run ends with %v", err)
		}
	})
	s.wait("the second run claims the positions", func() bool { return s.epoch() != before })
	s.grow(20)
	select {
	case err := <-ended:
		if !errors.Is(err, broker.ErrTakenOver) || !strings.Contains(err.Error(), fmt.Sprintf("process %d on", os.Getpid())) {
			t.Errorf("the first run ends with %v", err)
		}
	case <-time.After(time.Minute):
		t.Error("the first run goes on")
	}
	s.reaches(38)
	cancel()
	running.Wait()
	s.expectTotals()
}

// epoch is who has claimed the positions.
func (d *database) epoch() string {
	d.Helper()
	epoch, err := d.client.HGet(context.Background(), "leat:positions:"+d.prefix+"totals", "epoch:0").Result()
	d.must(err)
	return epoch
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

// A server that is killed and comes back ends no run, and neither does one that closes its connections.
func TestServerIsKilled(t *testing.T) {
	s := newShop(t, 20)
	log := &lines{}
	mill, err := s.mill(leat.Logger(slog.New(slog.NewTextHandler(log, nil))))
	s.must(err)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := mill.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("the run ends with %v", err)
		}
	})
	s.reaches(18)
	s.do("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
	s.grow(20)
	s.reaches(38)
	for range 3 {
		s.grow(200)
		s.must(server.Kill())
		s.must(server.Restart(t.Context()))
		s.grow(20)
		s.reaches(s.orders - 4)
	}
	cancel()
	running.Wait()
	s.expectTotals()
	if !strings.Contains(log.String(), "level=WARN") || strings.Contains(log.String(), "top-secret") {
		t.Errorf("the log says nothing of it, or too much:\n%s", log)
	}
}

// A server that is away when a run begins is waited for.
func TestServerIsAway(t *testing.T) {
	s := newShop(t, 20)
	s.must(server.Kill())
	log := &lines{}
	opened := make(chan error, 1)
	go func() {
		b := redis.New(s.url, redis.Stream[order](s.key("orders")))
		opened <- open(t, b, 1, 0, slog.New(slog.NewTextHandler(log, nil)))
	}()
	s.wait("the log says so", func() bool { return strings.Contains(log.String(), "connection refused") })
	s.must(server.Restart(t.Context()))
	s.must(<-opened)
}
