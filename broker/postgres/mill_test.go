package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/postgres"
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
var quiet = leat.Logger(slog.New(slog.DiscardHandler))

func sum(o order, items []item) total {
	t := total{ID: o.ID, Items: len(items)}
	for _, i := range items {
		t.Total += i.Price
	}
	return t
}

// shop makes the tables of a shop with n orders, of which the k-th has k%4 items.
func shop(t testing.TB, n int) *database {
	d := newDatabase(t)
	d.exec(`CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, placed timestamptz NOT NULL
		DEFAULT now());
		CREATE TABLE items (order_id bigint, n int, price bigint NOT NULL, PRIMARY KEY (order_id, n));
		CREATE TABLE totals (place bigint GENERATED ALWAYS AS IDENTITY, id bigint, items int, total bigint)`)
	d.grow(n)
	return d
}

// grow adds orders with their items.
func (d *database) grow(n int) {
	d.exec(fmt.Sprintf(`WITH o AS (INSERT INTO orders SELECT FROM generate_series(1, %d) RETURNING id)
		INSERT INTO items SELECT id, n, 10 * id + n FROM o, generate_series(1, 3) n WHERE n <= id %% 4`, n))
}

func (d *database) mill(options ...postgres.StreamOption) (*leat.Mill, error) {
	return leat.New(sum, leat.Name("totals"), quiet,
		leat.Broker(postgres.New(d.url,
			postgres.Table[order]("orders", options...),
			postgres.Table[item]("items", options...),
			postgres.Table[total]("totals"))),
		leat.Join(func(o order) int64 { return o.ID }, func(i item) int64 { return i.OrderID }))
}

const dividedInto = 3

// sharedMill is a mill whose instances share partitions, by the order of each element.
func (d *database) sharedMill(f any, options ...postgres.StreamOption) (*leat.Mill, error) {
	by := func(column string) []postgres.StreamOption {
		return append([]postgres.StreamOption{postgres.PartitionBy(column, dividedInto)}, options...)
	}
	return leat.New(f, leat.Name("totals"), quiet,
		leat.Broker(postgres.New(d.url,
			postgres.Table[order]("orders", by("id")...),
			postgres.Table[item]("items", by("order_id")...),
			postgres.Table[total]("totals"))),
		leat.Join(func(o order) int64 { return o.ID }, func(i item) int64 { return i.OrderID }))
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

// An output is made with the columns that are given, and those of the conflict clause as its key; the next run finds it.
func TestOutputIsMade(t *testing.T) {
	d := shop(t, 20)
	d.exec("CREATE SCHEMA sums")
	for range 2 {
		mill, err := leat.New(sum, leat.Name("totals"), quiet,
			leat.Broker(postgres.New(d.url, postgres.Table[order]("orders"), postgres.Table[item]("items"),
				postgres.Table[total]("sums.made", postgres.Conflict("id"),
					postgres.Columns("id bigint", "items int", `"total" numeric(20, 0) NOT NULL`)))),
			leat.Join(func(o order) int64 { return o.ID }, func(i item) int64 { return i.OrderID }))
		d.must(err)
		d.must(mill.Run(t.Context()))
		got := d.query("SELECT id, items, total FROM sums.made ORDER BY id")
		want := d.query("SELECT order_id, count(*), sum(price) FROM items GROUP BY order_id ORDER BY order_id")
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("the results are %v, not %v", got, want)
		}
		d.grow(10)
	}
	if key := d.query("SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'sums.made'::regclass AND " +
		"indisprimary"); len(key) != 1 || !strings.HasSuffix(key[0][0], "(id)") {
		t.Errorf("the primary key is %v", key)
	}
}

// helper runs this test's binary as another process that runs a mill, and returns it. It ends with the test.
func (d *database) helper(mode string, environment ...string) *exec.Cmd {
	d.Helper()
	command := exec.Command(os.Args[0], "-test.run", "^TestHelperProcess$", "-test.v")
	command.Env = append(os.Environ(), "LEAT_HELPER="+mode, "LEAT_HELPER_URL="+d.url, "LEAT_HELPER_OUTPUT="+d.output)
	command.Env = append(command.Env, environment...)
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
	d := &database{TB: t, url: os.Getenv("LEAT_HELPER_URL")}
	switch os.Getenv("LEAT_HELPER") {
	case "":
		t.Skip("no helper process")
	case "follow":
		mill, err := d.mill(postgres.Follow())
		d.must(err)
		d.must(mill.Run(t.Context()))
	case "shared":
		ctx, stop := signal.NotifyContext(t.Context(), syscall.SIGTERM)
		defer stop()
		mill, err := d.sharedMill(sum, postgres.Follow())
		d.must(err)
		if err := mill.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("the instance ends with %v", err)
		}
	case "kafka":
		mill, err := d.fromKafka(strings.Split(os.Getenv("LEAT_HELPER_KAFKA"), ","), os.Getenv("LEAT_HELPER_PREFIX"))
		d.must(err)
		d.must(mill.Run(t.Context()))
	case "to kafka":
		mill, err := d.toKafka(strings.Split(os.Getenv("LEAT_HELPER_KAFKA"), ","), os.Getenv("LEAT_HELPER_PREFIX"),
			postgres.Follow())
		d.must(err)
		d.must(mill.Run(t.Context()))
	case "changes", "snapshot":
		var options []postgres.StreamOption
		if os.Getenv("LEAT_HELPER") == "snapshot" {
			options = append(options, postgres.Snapshot())
		}
		mill, err := d.eventsMill(os.Getenv("LEAT_HELPER_OUTPUT"), options, quiet)
		d.must(err)
		d.must(mill.Run(t.Context()))
	}
}

// wait waits until a statement gives a row.
func (d *database) wait(sql string) {
	d.Helper()
	for begin := time.Now(); len(d.query(sql)) == 0; {
		if time.Since(begin) > time.Minute {
			d.Fatalf("after a minute, nothing has come of %s", sql)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// R8: the concatenated results are those of a run that never stopped, whatever is killed and whenever.
func TestKilled(t *testing.T) {
	d := shop(t, 50)
	for round := range 6 {
		command := d.helper("follow")
		d.wait(fmt.Sprintf("SELECT FROM totals HAVING count(*) >= %d", 30+40*round))
		d.grow(30)
		<-time.After(time.Duration(round) * 7 * time.Millisecond)
		d.must(command.Process.Kill())
		d.grow(30)
	}
	d.exec("INSERT INTO items VALUES (1000000, 1, 0)") // makes the last order's items certain
	d.helper("follow")
	d.wait("SELECT FROM totals WHERE id = (SELECT max(order_id) FROM items WHERE order_id < 1000000)")
	d.exec("DELETE FROM items WHERE order_id = 1000000")
	d.expectTotals()
}

// A second run takes over from the first, which ends with an error that says so.
func TestTakenOver(t *testing.T) {
	d := shop(t, 20)
	first, err := d.mill(postgres.Follow())
	d.must(err)
	ended := make(chan error, 1)
	var running sync.WaitGroup
	running.Go(func() { ended <- first.Run(t.Context()) })
	d.wait("SELECT FROM totals WHERE id >= 18")
	ctx, cancel := context.WithCancel(t.Context())
	second, err := d.mill(postgres.Follow())
	d.must(err)
	running.Go(func() {
		if err := second.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("the second run ends with %v", err)
		}
	})
	d.wait("SELECT FROM leat_positions WHERE epoch = 2")
	d.grow(20)
	select {
	case err := <-ended:
		if !errors.Is(err, broker.ErrTakenOver) || !strings.Contains(err.Error(), fmt.Sprintf("process %d on",
			os.Getpid())) {
			t.Errorf("the first run ends with %v", err)
		}
	case <-time.After(time.Minute):
		t.Error("the first run goes on")
	}
	d.wait("SELECT FROM totals WHERE id >= 38")
	cancel()
	running.Wait()
	d.exec("DELETE FROM items WHERE order_id > (SELECT max(id) FROM totals)")
	d.expectTotals()
}

// A connection that is lost, and a server that is killed and comes back, end no run.
func TestServerIsKilled(t *testing.T) {
	d := shop(t, 20)
	log := &lines{}
	mill, err := leat.New(sum, leat.Name("totals"), leat.Logger(slog.New(slog.NewTextHandler(log, nil))),
		leat.Broker(postgres.New(d.url, postgres.Table[order]("orders", postgres.Follow()),
			postgres.Table[item]("items", postgres.Follow()), postgres.Table[total]("totals"))),
		leat.Join(func(o order) int64 { return o.ID }, func(i item) int64 { return i.OrderID }))
	d.must(err)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := mill.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("the run ends with %v", err)
		}
	})
	d.wait("SELECT FROM totals WHERE id >= 18")
	d.cut()
	d.grow(20)
	d.wait("SELECT FROM totals WHERE id >= 38")
	d.must(server.Kill())
	d.must(server.Restart(t.Context()))
	d.connect()
	d.grow(20)
	d.wait("SELECT FROM totals WHERE id >= 58")
	cancel()
	running.Wait()
	d.exec("DELETE FROM items WHERE order_id > (SELECT max(id) FROM totals)")
	d.expectTotals()
	if !strings.Contains(log.String(), "level=WARN") || strings.Contains(log.String(), "top-secret") {
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
