package relationtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
)

// An Order is a row of the table orders.
type Order struct {
	ID     int64     `json:"id"`
	Placed time.Time `json:"placed"`
}

// An Item is a row of the table items.
type Item struct {
	OrderID int64 `json:"order_id"`
	N       int   `json:"n"`
	Price   int64 `json:"price"`
}

// A Total is a row of the table totals, which has a column place behind which the next ones come.
type Total struct {
	ID    int64 `json:"id"`
	Items int   `json:"items"`
	Total int64 `json:"total"`
}

// Quiet logs nothing.
var Quiet = slog.New(slog.DiscardHandler)

func sum(o Order, items []Item) Total {
	t := Total{ID: o.ID, Items: len(items)}
	for _, i := range items {
		t.Total += i.Price
	}
	return t
}

// NewMill makes the mill that joins orders with their items, and writes totals.
func NewMill(b Broker, logger *slog.Logger) (*leat.Mill, error) {
	return leat.New(sum, leat.Name("totals"), leat.Logger(logger), leat.Broker(b),
		leat.Join(func(o Order) int64 { return o.ID }, func(i Item) int64 { return i.OrderID }))
}

// A Shop is a database with the tables orders, items and totals. The k-th order has k%4 items.
type Shop struct {
	*Database
	// NewOrder is the statement that adds an order, with the next id.
	NewOrder string
	// Mill makes a mill of [NewMill], whose tables are followed or not.
	Mill func(logger *slog.Logger, follow bool) (*leat.Mill, error)
	// Environment says to another process of the test, beside LEAT_HELPER, which database it is.
	Environment []string
}

// Grow adds orders with their items, in one transaction.
func (s *Shop) Grow(n int) {
	s.TB.Helper()
	tx, err := s.DB.BeginTx(context.Background(), nil)
	s.Must(err)
	for range n {
		r, err := tx.ExecContext(context.Background(), s.NewOrder)
		s.Must(err)
		id, err := r.LastInsertId()
		s.Must(err)
		for k := range id % 4 {
			_, err := tx.ExecContext(context.Background(), "INSERT INTO items VALUES (?, ?, ?)", id, k+1, 10*id+k+1)
			s.Must(err)
		}
	}
	s.Must(tx.Commit())
}

// ExpectTotals compares the results with what SQL makes of the tables.
func (s *Shop) ExpectTotals() {
	s.TB.Helper()
	got := s.Query("SELECT id, items, total FROM totals ORDER BY place")
	want := s.Query("SELECT order_id, count(*), sum(price) FROM items GROUP BY order_id ORDER BY order_id")
	if fmt.Sprint(got) != fmt.Sprint(want) {
		s.Errorf("there are %d results, not these %d:\n%.1000s\n%.1000s", len(got), len(want), fmt.Sprint(got),
			fmt.Sprint(want))
	}
}

// Start runs the test's binary as another process, in which TestHelperProcess does what mode says, and returns it. It
// ends with the test.
func (s *Shop) Start(mode string) *exec.Cmd {
	s.TB.Helper()
	command := exec.Command(os.Args[0], "-test.run", "^TestHelperProcess$", "-test.v")
	command.Env = append(append(os.Environ(), "LEAT_HELPER="+mode), s.Environment...)
	command.Stderr = os.Stderr
	s.Must(command.Start())
	s.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	return command
}

// Follow runs a mill until the context ends, which wait returns with an error.
func (s *Shop) Follow(logger *slog.Logger) (cancel context.CancelFunc, wait func() error) {
	s.TB.Helper()
	mill, err := s.Mill(logger, true)
	s.Must(err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	var running sync.WaitGroup
	running.Go(func() { ended <- mill.Run(ctx) })
	s.Cleanup(func() { cancel(); running.Wait() })
	return cancel, func() error {
		select {
		case err := <-ended:
			return err
		case <-time.After(time.Minute):
			return errors.New("the run goes on")
		}
	}
}

// CheckSessions checks that a session over finite tables ends at what was there at its start, and that the next one goes
// on behind it. The shop has 100 orders.
func (s *Shop) CheckSessions() {
	run := func() {
		mill, err := s.Mill(Quiet, false)
		s.Must(err)
		s.Must(mill.Run(s.Context()))
	}
	for range 3 {
		run()
		s.ExpectTotals()
		s.Grow(10)
	}
	s.Exec("DELETE FROM items WHERE order_id < 50")
	run()
	if got := s.Query("SELECT count(*), max(id) FROM totals"); got[0][0] != "98" || got[0][1] != "130" {
		s.Errorf("after the last session there are totals %v, wanted 98 up to 130", got)
	}
}

// CheckKilled checks R8, some rounds over: the concatenated results are those of a run that never stopped, whatever is
// killed and whenever. The shop has 50 orders.
func (s *Shop) CheckKilled(rounds int) {
	for round := range rounds {
		command := s.Start("follow")
		s.Wait(fmt.Sprintf("SELECT 1 FROM totals GROUP BY 1 HAVING count(*) >= %d", 30+20*round))
		s.Grow(15)
		<-time.After(time.Duration(rand.IntN(30)) * time.Millisecond)
		s.Must(command.Process.Kill())
		s.Grow(15)
	}
	s.Exec("INSERT INTO items VALUES (1000000, 1, 0)") // makes the last order's items certain
	s.Start("follow")
	s.Wait("SELECT 1 FROM totals WHERE id = (SELECT max(order_id) FROM items WHERE order_id < 1000000)")
	s.Exec("DELETE FROM items WHERE order_id = 1000000")
	s.ExpectTotals()
}

// CheckTakenOver checks that a second run takes over from the first, which ends with an error that says so. The shop has
// 20 orders.
func (s *Shop) CheckTakenOver() {
	_, first := s.Follow(Quiet)
	s.Wait("SELECT 1 FROM totals WHERE id >= 18")
	cancel, second := s.Follow(Quiet)
	s.Wait("SELECT 1 FROM leat_positions WHERE epoch = 2")
	s.Grow(20)
	if err := first(); !errors.Is(err, broker.ErrTakenOver) ||
		!strings.Contains(err.Error(), fmt.Sprintf("process %d on", os.Getpid())) {
		s.Errorf("the first run ends with %v", err)
	}
	s.Wait("SELECT 1 FROM totals WHERE id >= 38")
	cancel()
	if err := second(); !errors.Is(err, context.Canceled) {
		s.Errorf("the second run ends with %v", err)
	}
	s.ExpectTotalsSoFar()
}

// ExpectTotalsSoFar is ExpectTotals up to the last order that has a total.
func (s *Shop) ExpectTotalsSoFar() {
	s.TB.Helper()
	s.Exec("DELETE FROM items WHERE order_id > (SELECT max(id) FROM totals)")
	s.ExpectTotals()
}
