package postgres_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
	"github.com/leat-go/leat/pipeline/internal/storage/storagetest"
	"github.com/leat-go/leat/pipeline/postgres"
)

const looked = `
streams:
  orders: {postgres: {table: orders, order: [placed, id], follow: true}}
  items:  {postgres: {query: "SELECT * FROM items", order: [placed, sku], follow: true}}
  joined: {postgres: {table: joined}}
master: orders
join: [{left: orders, right: items, on: orders.placed == items.placed}]
output: joined
`

// fill makes tables in which every third order has no item.
func (w *workplace) fill(rows string) {
	w.Helper()
	w.exec(`CREATE TABLE orders (id bigint PRIMARY KEY, placed bigint NOT NULL);
		CREATE TABLE items (placed bigint NOT NULL, sku text NOT NULL, PRIMARY KEY (placed, sku));
		CREATE TABLE joined (id bigint, placed bigint, items jsonb);
		INSERT INTO orders SELECT i, 10 * i FROM generate_series(1, ` + rows + `) i;
		INSERT INTO items SELECT 10 * i, 'a' FROM generate_series(1, ` + rows + `) i WHERE i % 3 <> 0`)
}

// TestCheck reads tables without waiting for more, writes nothing, and tells of a missing index.
func TestCheck(t *testing.T) {
	w := newWorkplace(t)
	w.fill("12000")
	w.Check(looked, "CREATE INDEX CONCURRENTLY ON")
}

// TestExplain looks keys up in tables.
func TestExplain(t *testing.T) {
	w := newWorkplace(t)
	w.fill("5000")
	w.Explain(looked)
}

// TestCapture saves what a range needs, with a pipeline file that runs without the database.
func TestCapture(t *testing.T) {
	w := newWorkplace(t)
	w.fill("5000")
	w.Capture(looked, `{"id":3998,"placed":39980,"items":[{"placed":39980,"sku":"a"}]}
{"id":4000,"placed":40000,"items":[{"placed":40000,"sku":"a"}]}
{"id":4001,"placed":40010,"items":[{"placed":40010,"sku":"a"}]}
`)
}

// A listener to a log ends a run once there is a line about something.
type listener struct {
	strings.Builder
	about string
	end   func()
}

func (l *listener) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte(l.about)) {
		l.end()
	}
	return l.Builder.Write(line)
}

// TestLooksAtAServerThatIsAway waits for the server as a run does, and says so.
func TestLooksAtAServerThatIsAway(t *testing.T) {
	p, err := pipeline.Parse("p.yaml", []byte("postgres: {url: 'postgres://leat@127.0.0.1:1/shop'}"+looked), postgres.Storage())
	if err != nil {
		t.Fatal(err)
	}
	for name, look := range map[string]func(context.Context, pipeline.Options) error{
		"check": func(ctx context.Context, options pipeline.Options) error {
			_, err := p.Check(ctx, options)
			return err
		},
		"explain": func(ctx context.Context, options pipeline.Options) error {
			_, err := p.Explain(ctx, options, pipeline.About{Key: "10"})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			log := &listener{end: cancel}
			err := look(ctx, pipeline.Options{Logger: slog.New(slog.NewTextHandler(log, nil))})
			if err == nil || !strings.Contains(log.String(), "can't be reached, trying again for up to a few seconds") {
				t.Errorf("error %v, and the log is %q", err, log)
			}
		})
	}
}

// TestExplainBisectsTables looks a key up in the middle of large tables, of whose rows few are read.
func TestExplainBisectsTables(t *testing.T) {
	w := newWorkplace(t)
	const rows = 60_000
	w.exec(fmt.Sprintf(`CREATE TABLE orders (placed timestamptz, id bigint, PRIMARY KEY (placed, id));
		CREATE TABLE items (placed timestamptz, sku uuid, PRIMARY KEY (placed, sku));
		CREATE TABLE joined (id bigint, placed bigint, items jsonb);
		INSERT INTO orders SELECT '2026-11-29Z'::timestamptz + i / 100 * interval '1 second', i FROM generate_series(1, %d) i;
		INSERT INTO items SELECT placed, gen_random_uuid() FROM orders WHERE id %% 100 < 2;
		ANALYZE`, rows))
	read := func() (n int) {
		t.Helper()
		_, err := fmt.Sscan(w.exec(`SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint FROM pg_stat_user_tables
			WHERE relname IN ('orders', 'items')`), &n)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	p := w.Load(`
streams:
  orders: {postgres: {table: orders}}
  items:  {postgres: {table: items}}
  joined: {postgres: {table: joined}}
master: orders
join: [{left: orders, right: items, on: date(orders.placed) == date(items.placed)}]
output: joined
emit: {id: orders.id}
`)
	w.exec("SELECT pg_stat_force_next_flush()") // what the statements above have read is counted up to a second later
	before := read()
	explanation, err := p.Explain(t.Context(), storagetest.Quiet(), pipeline.About{Key: "2026-11-29T00:05:00Z"})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"So all 100 elements of orders are handed over.", "at (2026-11-29 00:05:00+00, 30000) to"} {
		if !strings.Contains(explanation.String(), want) {
			t.Errorf("got\n%v\nwant %s", explanation, want)
		}
	}
	if first := explanation.Partitions[0].Lookups[0].First; first == nil || first.At != "(2026-11-29 00:05:00+00, 30000)" {
		t.Errorf("the first element is %+v", first)
	}
	if n := read() - before; n < 100 || n > rows/2 {
		t.Errorf("%d rows were read, of %d", n, rows)
	}
}

// TestLagOfChanges tells how much of the log is behind the position, and what the slot holds back, without reading it.
func TestLagOfChanges(t *testing.T) {
	w := newWorkplace(t)
	w.exec("CREATE TABLE orders (id bigint PRIMARY KEY, filler text); CREATE TABLE seen (id bigint)")
	p := w.Load(`
streams:
  changes: {postgres: {changes: orders, slot: shop_lag, data_timeout: 500ms}}
  seen: {postgres: {table: seen}}
master: changes
output: seen
emit: {id: changes.after.id}
`)
	lag := func() *pipeline.Lag {
		t.Helper()
		lag, err := p.Lag(t.Context(), storagetest.Quiet())
		if err != nil {
			t.Fatal(err)
		}
		return lag
	}
	before := lag()
	if s := before.Streams[0]; s.Begun || s.Log == nil || s.Log.RetainedBy != "" || before.Hint == "" {
		t.Errorf("before the first run:\n%v", before)
	}
	w.Run(p) // makes the slot
	defer w.exec("SELECT pg_drop_replication_slot('shop_lag')")
	w.exec("INSERT INTO orders VALUES (1, 'a'), (2, 'b')")
	w.Run(p)
	w.exec("INSERT INTO orders SELECT i, repeat('x', 1000) FROM generate_series(3, 3000) i")
	behind := lag()
	s := behind.Streams[0]
	if !s.Begun || s.Behind != -1 || s.Log.Bytes < 3_000_000 || s.Log.RetainedBytes < s.Log.Bytes || s.Log.Through == nil {
		t.Errorf("3 MB behind the position: %+v, %+v", s, s.Log)
	}
	for _, want := range []string{"behind change 2 of the commit", " MiB of the log", "the slot shop_lag holds back",
		"the last change that was dealt with is of 20"} {
		if !strings.Contains(behind.String(), want) {
			t.Errorf("got\n%v\nwant %s", behind, want)
		}
	}
	w.Run(p)
	if got := w.exec("SELECT count(*) FROM seen"); got != "3000\n" {
		t.Errorf("after looking %s rows were seen", got)
	}
	if s := lag().Streams[0]; s.Log.Bytes > 1_000_000 {
		t.Errorf("with all read: %+v", s.Log)
	}
	w.exec("SELECT pg_drop_replication_slot('shop_lag')")
	if _, err := p.Lag(t.Context(), storagetest.Quiet()); err == nil || !strings.Contains(err.Error(), "doesn't exist any more") {
		t.Errorf("without the slot: error %v", err)
	}
	w.exec("SELECT pg_create_logical_replication_slot('shop_lag', 'pgoutput')")
}
