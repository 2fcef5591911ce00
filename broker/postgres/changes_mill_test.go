package postgres_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/postgres"
)

// An event is one of those that a transaction adds, in order.
type event struct {
	ID          int64  `json:"id"`
	Transaction string `json:"transaction"`
	N           int    `json:"n"`
}

// A seen event is the result for one.
type seen struct {
	event
	LSN int64 `json:"lsn"`
}

const (
	eventsTable = `CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, transaction text, n int)`
	seenTable   = `CREATE TABLE seen (place bigint GENERATED ALWAYS AS IDENTITY, id bigint, transaction text, n int, lsn bigint)`
)

// newEvents makes a database with events, and another one for what was seen of them if elsewhere says so.
func newEvents(t testing.TB, elsewhere bool) (events, results *database) {
	events = newDatabase(t)
	events.exec(eventsTable)
	results = events
	if elsewhere {
		results = newDatabase(t)
		events.output = results.url
	}
	results.exec(seenTable)
	return events, results
}

// eventsMill makes a mill that notes the changes of events, in the database with a url or in the same one.
func (d *database) eventsMill(output string, stream []postgres.StreamOption, options ...leat.Option) (*leat.Mill, error) {
	return leat.New(func(c postgres.Change[event]) seen { return seen{*c.After, c.LSN} },
		append([]leat.Option{leat.Name("events " + d.databaseName()),
			leat.From(postgres.New(d.url, postgres.Changes[postgres.Change[event]]("events", []string{"events"}, stream...))),
			leat.To(postgres.New(cmp.Or(output, d.url), postgres.Table[seen]("seen")))}, options...)...)
}

// databaseName is the last part of the url: slots are those of the whole server, so that mills must have names of their
// own.
func (d *database) databaseName() string {
	name, _, _ := strings.Cut(d.url[strings.LastIndex(d.url, "/")+1:], "?")
	return name
}

// add adds events in one transaction.
func (d *database) addEvents(n int) {
	d.exec(fmt.Sprintf("INSERT INTO events (transaction, n) SELECT txid_current(), n FROM generate_series(1, %d) n", n))
}

// write makes transactions with events until ctx ends, of which some are rolled back, in part or as a whole, and which
// end in any order.
func (d *database) write(ctx context.Context, writer uint64) {
	defer func() { _ = d.conn.Close(context.Background()) }()
	random := rand.New(rand.NewPCG(7, writer))
	for number := 0; ctx.Err() == nil; number++ {
		sql := "BEGIN"
		for n := range random.IntN(12) {
			if random.IntN(8) == 0 {
				sql += "; SAVEPOINT s; INSERT INTO events (transaction, n) VALUES ('not', 0); ROLLBACK TO s"
			}
			sql += fmt.Sprintf("; INSERT INTO events (transaction, n) VALUES ('%d-%d', %d)", writer, number, n+1)
			if random.IntN(20) == 0 {
				sql += "; SELECT pg_sleep(0.02)"
			}
		}
		sql += [...]string{"; COMMIT", "; COMMIT", "; COMMIT", "; ROLLBACK"}[random.IntN(4)]
		if _, err := d.conn.Exec(context.Background(), sql).ReadAll(); err != nil {
			d.Errorf("writer %d: %v", writer, err)
			return
		}
	}
}

// writers starts eight, and returns what ends them.
func (d *database) writers() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for w := range uint64(8) {
		writer := *d
		writer.connect()
		running.Go(func() { writer.write(ctx, w) })
	}
	return sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})
}

// expectSeen waits until all events were seen, and checks that each was once, with those of its transaction, in order.
func (d *database) expectSeen(results *database) {
	d.Helper()
	last := d.query("SELECT count(*) FROM events")[0][0]
	results.wait("SELECT FROM seen HAVING count(*) >= " + last)
	got := results.query("SELECT count(*), count(DISTINCT id) FROM seen")[0]
	if got[0] != last || got[1] != last {
		d.Errorf("of %s events, %s were seen, %s different ones", last, got[0], got[1])
	}
	wrong := results.query(`SELECT place, id, transaction, n, lsn FROM (SELECT *,
			lag(transaction) OVER w AS t, coalesce(lag(n) OVER w, 0) AS m, coalesce(lag(lsn) OVER w, 0) AS l
			FROM seen WINDOW w AS (ORDER BY place)) x
		WHERE NOT (transaction = t AND n = m + 1 AND lsn = l OR transaction IS DISTINCT FROM t AND n = 1 AND lsn > l) LIMIT 5`)
	if len(wrong) > 0 {
		d.Errorf("these events aren't where they belong, in the order of their transactions: %v", wrong)
	}
	if d != results {
		return
	}
	if missing := d.query("SELECT count(*) FROM events e FULL JOIN seen s USING (id, transaction, n) WHERE e.id IS NULL OR " +
		"s.id IS NULL"); missing[0][0] != "0" {
		d.Errorf("%v events were seen wrong", missing)
	}
}

// R8: whatever is killed and whenever, each change is handed over once, in order, with eight writers whose transactions
// end out of order and are rolled back; with the results in the same database, and in another one.
func TestChangesKilled(t *testing.T) {
	for name, elsewhere := range map[string]bool{"same database": false, "another database": true} {
		t.Run(name, func(t *testing.T) {
			d, results := newEvents(t, elsewhere)
			first := d.helper("changes")
			d.waitForSlot()
			stop := d.writers()
			defer stop()
			for round := range 8 {
				results.wait(fmt.Sprintf("SELECT FROM seen HAVING count(*) >= %d", 200*round))
				<-time.After(time.Duration(round) * 13 * time.Millisecond)
				d.must(first.Process.Kill())
				first = d.helper("changes")
			}
			d.addEvents(5000)
			stop()
			d.expectSeen(results)
		})
	}
}

// waitForSlot waits until the database has a slot. While it is made, nothing is confirmed.
func (d *database) waitForSlot() {
	d.Helper()
	d.wait("SELECT FROM pg_replication_slots WHERE database = current_database() AND confirmed_flush_lsn IS NOT NULL")
}

// running runs a mill until the test ends, or stop is called.
func (d *database) running(options ...leat.Option) (stop func()) {
	d.Helper()
	if options == nil {
		options = []leat.Option{quiet}
	}
	mill, err := d.eventsMill("", nil, options...)
	d.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := mill.Run(ctx); !errors.Is(err, context.Canceled) {
			d.Errorf("the run ends with %v", err)
		}
	})
	stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})
	d.Cleanup(stop)
	d.waitForSlot()
	return stop
}

// A connection that is lost, and a server that is killed and comes back, end no run.
func TestChangesServerIsKilled(t *testing.T) {
	d, _ := newEvents(t, false)
	log := &lines{}
	d.running(leat.Logger(slog.New(slog.NewTextHandler(log, nil))))
	d.addEvents(10)
	d.expectSeen(d)
	d.cut()
	d.query("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE database = current_database() AND active")
	d.addEvents(10)
	d.expectSeen(d)
	d.must(server.Kill())
	d.must(server.Restart(t.Context()))
	d.connect()
	d.addEvents(10)
	d.expectSeen(d)
	if !strings.Contains(log.String(), "level=WARN") || strings.Contains(log.String(), "top-secret") {
		t.Errorf("the log says nothing of it, or too much:\n%s", log)
	}
}

// A large transaction is read as it comes, and the lines of a COPY, whose places in the log are the same, are told
// apart.
func TestChangesOfLargeTransactions(t *testing.T) {
	d, _ := newEvents(t, false)
	first := d.helper("changes")
	d.waitForSlot()
	d.addEvents(100_000)
	d.wait("SELECT FROM seen LIMIT 1")
	d.must(first.Process.Kill())
	d.helper("changes")
	var text strings.Builder
	for n := range 20_000 {
		fmt.Fprintf(&text, "copied\t%d\n", n+1)
	}
	_, err := d.conn.CopyFrom(t.Context(), strings.NewReader(text.String()), "COPY events (transaction, n) FROM STDIN")
	d.must(err)
	d.expectSeen(d)
}

// The successor ends the connection of the run before, which ends with an error that says so.
func TestChangesTakenOver(t *testing.T) {
	d, _ := newEvents(t, false)
	first, err := d.eventsMill("", nil, quiet)
	d.must(err)
	ended := make(chan error, 1)
	var waited sync.WaitGroup
	defer waited.Wait()
	waited.Go(func() { ended <- first.Run(context.Background()) })
	d.addEvents(1)
	d.waitForSlot()
	d.running()
	select {
	case err := <-ended:
		if !errors.Is(err, broker.ErrTakenOver) {
			t.Errorf("the first run ends with %v", err)
		}
	case <-time.After(time.Minute):
		t.Error("the first run goes on")
	}
	d.addEvents(10)
	d.wait("SELECT FROM seen HAVING count(*) >= 10")
}

// A pair is two changes of a transaction.
type pair struct {
	First  int64 `json:"first"`
	Second int64 `json:"second"`
}

// Two nodes may read one stream: here each event is joined with all of its transaction.
func TestChangesJoinedWithThemselves(t *testing.T) {
	d, _ := newEvents(t, false)
	d.exec("CREATE TABLE pairs (first bigint, second bigint)")
	type first postgres.Change[event]
	type second postgres.Change[event]
	mill, err := leat.New(func(a first, all []second) (pairs []pair) {
		for _, b := range all {
			pairs = append(pairs, pair{a.After.ID, b.After.ID})
		}
		return pairs
	}, leat.Name("pairs "+d.name), quiet, leat.Broker(postgres.New(d.url,
		postgres.Changes[first]("events", []string{"events"}), postgres.Changes[second]("events", []string{"events"}),
		postgres.Table[pair]("pairs"))),
		leat.Join(func(a first) int64 { return a.LSN }, func(b second) int64 { return b.LSN }))
	d.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() {
		if err := mill.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("the run ends with %v", err)
		}
	})
	d.waitForSlot()
	for range 20 {
		d.addEvents(7)
	}
	d.addEvents(200) // a group that the master passes slowly
	d.addEvents(1)
	const want = 20*7*7 + 200*200
	d.wait(fmt.Sprintf("SELECT FROM pairs HAVING count(*) >= %d", want))
	if got := d.query("SELECT count(*), count(DISTINCT (first, second)) FROM pairs")[0]; got[0] != fmt.Sprint(want) ||
		got[1] != got[0] {
		t.Errorf("there are %v pairs, not %d", got, want)
	}
}
