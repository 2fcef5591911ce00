package mysql_test

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
	"testing"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/mysql"
	"github.com/leat-go/leat/internal/mariadbserver"
)

type order struct {
	ID     int64     `json:"id"`
	Placed time.Time `json:"placed"`
}

type item struct {
	OrderID int64 `json:"order_id"`
	N       int   `json:"n"`
	Price   int64 `json:"price"`
}

type total struct {
	ID    int64 `json:"id"`
	Items int   `json:"items"`
	Total int64 `json:"total"`
}

// quiet logs nothing.
var quiet = leat.Logger(quietLogger)

var quietLogger = slog.New(slog.DiscardHandler)

func sum(o order, items []item) total {
	t := total{ID: o.ID, Items: len(items)}
	for _, i := range items {
		t.Total += i.Price
	}
	return t
}

// byID joins orders with their items.
var byID = leat.Join(func(o order) int64 { return o.ID }, func(i item) int64 { return i.OrderID })

// shop makes the tables of a shop with n orders, of which the k-th has k%4 items.
func shop(t testing.TB, n int) *database {
	d := newDatabase(t)
	d.exec(`CREATE TABLE orders (id BIGINT AUTO_INCREMENT PRIMARY KEY, placed TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
		CREATE TABLE items (order_id BIGINT, n INT, price BIGINT NOT NULL, PRIMARY KEY (order_id, n));
		CREATE TABLE totals (place BIGINT AUTO_INCREMENT PRIMARY KEY, id BIGINT, items INT, total BIGINT)`)
	d.grow(n)
	return d
}

// grow adds orders with their items, in one transaction.
func (d *database) grow(n int) {
	d.Helper()
	tx, err := d.db.BeginTx(context.Background(), nil)
	d.must(err)
	for range n {
		r, err := tx.ExecContext(context.Background(), "INSERT INTO orders VALUES ()")
		d.must(err)
		id, err := r.LastInsertId()
		d.must(err)
		for k := range id % 4 {
			_, err := tx.ExecContext(context.Background(), "INSERT INTO items VALUES (?, ?, ?)", id, k+1, 10*id+k+1)
			d.must(err)
		}
	}
	d.must(tx.Commit())
}

func (d *database) mill(options ...mysql.StreamOption) (*leat.Mill, error) {
	return d.logged(quiet, options...)
}

func (d *database) logged(logger leat.Option, options ...mysql.StreamOption) (*leat.Mill, error) {
	return leat.New(sum, leat.Name("totals"), logger, byID,
		leat.Broker(mysql.New(d.url,
			mysql.Table[order]("orders", options...),
			mysql.Table[item]("items", options...),
			mysql.Table[total]("totals"))))
}

// expectTotals compares the results with what SQL makes of the tables.
func (d *database) expectTotals() {
	d.Helper()
	got := d.query("SELECT id, items, total FROM totals ORDER BY place")
	want := d.query("SELECT order_id, count(*), sum(price) FROM items GROUP BY order_id ORDER BY order_id")
	if fmt.Sprint(got) != fmt.Sprint(want) {
		d.Errorf("there are %d results, not these %d:\n%.1000s\n%.1000s", len(got), len(want), fmt.Sprint(got),
			fmt.Sprint(want))
	}
}

// A session over finite tables ends at what was there at its start, and the next one goes on behind it.
func TestSessions(t *testing.T) {
	d := shop(t, 100)
	for range 3 {
		mill, err := d.mill()
		d.must(err)
		d.must(mill.Run(t.Context()))
		d.expectTotals()
		d.grow(10)
	}
	d.exec("DELETE FROM items WHERE order_id < 50")
	mill, err := d.mill()
	d.must(err)
	d.must(mill.Run(t.Context()))
	if got := d.query("SELECT count(*), max(id) FROM totals"); got[0][0] != "98" || got[0][1] != "130" {
		t.Errorf("after the last session there are totals %v, wanted 98 up to 130", got)
	}
}

// helper runs this test's binary as another process, and returns it. It ends with the test.
func (d *database) helper(mode string) *exec.Cmd {
	d.Helper()
	command := exec.Command(os.Args[0], "-test.run", "^TestHelperProcess$", "-test.v")
	command.Env = append(os.Environ(), "LEAT_HELPER="+mode, "LEAT_HELPER_URL="+d.url)
	command.Stderr = os.Stderr
	d.must(command.Start())
	d.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	return command
}

// TestHelperProcess is no test but the process of one.
func TestHelperProcess(t *testing.T) {
	d := &database{TB: t, url: os.Getenv("LEAT_HELPER_URL")}
	switch os.Getenv("LEAT_HELPER") {
	case "":
		t.Skip("no helper process")
	case "follow":
		mill, err := d.mill(mysql.FollowInCommitOrder())
		d.must(err)
		d.must(mill.Run(t.Context()))
	}
}

// wait waits until a statement gives a row.
func (d *database) wait(statement string) {
	d.Helper()
	for begin := time.Now(); len(d.query(statement)) == 0; {
		if time.Since(begin) > time.Minute {
			d.Fatalf("after a minute, nothing has come of %s", statement)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// R8: the concatenated results are those of a run that never stopped, whatever is killed and whenever.
func TestKilled(t *testing.T) {
	d := shop(t, 50)
	for round := range 8 {
		command := d.helper("follow")
		d.wait(fmt.Sprintf("SELECT 1 FROM totals HAVING count(*) >= %d", 30+20*round))
		d.grow(15)
		<-time.After(time.Duration(rand.IntN(30)) * time.Millisecond)
		d.must(command.Process.Kill())
		d.grow(15)
	}
	d.exec("INSERT INTO items VALUES (1000000, 1, 0)") // makes the last order's items certain
	d.helper("follow")
	d.wait("SELECT 1 FROM totals WHERE id = (SELECT max(order_id) FROM items WHERE order_id < 1000000)")
	d.exec("DELETE FROM items WHERE order_id = 1000000")
	d.expectTotals()
}

// follow runs a mill until the context ends, which wait returns with an error.
func (d *database) follow(logger leat.Option) (cancel context.CancelFunc, wait func() error) {
	d.Helper()
	mill, err := d.logged(logger, mysql.FollowInCommitOrder())
	d.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	var running sync.WaitGroup
	running.Go(func() { ended <- mill.Run(ctx) })
	d.Cleanup(func() { cancel(); running.Wait() })
	return cancel, func() error {
		select {
		case err := <-ended:
			return err
		case <-time.After(time.Minute):
			return errors.New("the run goes on")
		}
	}
}

// A second run takes over from the first, which ends with an error that says so.
func TestTakenOver(t *testing.T) {
	d := shop(t, 20)
	_, first := d.follow(quiet)
	d.wait("SELECT 1 FROM totals WHERE id >= 18")
	cancel, second := d.follow(quiet)
	d.wait("SELECT 1 FROM leat_positions WHERE epoch = 2")
	d.grow(20)
	if err := first(); !errors.Is(err, broker.ErrTakenOver) ||
		!strings.Contains(err.Error(), fmt.Sprintf("process %d on", os.Getpid())) {
		t.Errorf("the first run ends with %v", err)
	}
	d.wait("SELECT 1 FROM totals WHERE id >= 38")
	cancel()
	if err := second(); !errors.Is(err, context.Canceled) {
		t.Errorf("the second run ends with %v", err)
	}
	d.exec("DELETE FROM items WHERE order_id > (SELECT max(id) FROM totals)")
	d.expectTotals()
}

// A connection that is lost, and a server that is killed and comes back, end no run.
func TestServerIsKilled(t *testing.T) {
	d := shop(t, 20)
	log := &lines{}
	cancel, wait := d.follow(leat.Logger(slog.New(slog.NewTextHandler(log, nil))))
	d.wait("SELECT 1 FROM totals WHERE id >= 18")
	d.cut()
	d.grow(20)
	d.wait("SELECT 1 FROM totals WHERE id >= 38")
	d.must(server.Kill())
	d.must(server.Restart(t.Context()))
	d.must(d.db.Close())
	d.connect(d.name)
	d.grow(20)
	d.wait("SELECT 1 FROM totals WHERE id >= 58")
	cancel()
	if err := wait(); !errors.Is(err, context.Canceled) {
		t.Errorf("the run ends with %v", err)
	}
	d.exec("DELETE FROM items WHERE order_id > (SELECT max(id) FROM totals)")
	d.expectTotals()
	if !strings.Contains(log.String(), "level=WARN") || strings.Contains(log.String(), mariadbserver.Password) {
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
