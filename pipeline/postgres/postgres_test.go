package postgres_test

import (
	"strings"
	"testing"

	"github.com/leat-go/leat/internal/postgresserver"
	"github.com/leat-go/leat/pipeline"
	"github.com/leat-go/leat/pipeline/internal/storage/storagetest"
	"github.com/leat-go/leat/pipeline/postgres"
)

// TestMessages holds what a user reads who has made a mistake. The cases are in testdata/messages.txt.
func TestMessages(t *testing.T) { storagetest.Messages(t, postgres.Storage()) }

// TestNotCarried says what a program lacks that doesn't carry the storage.
func TestNotCarried(t *testing.T) {
	for text, want := range map[string]string{
		"postgres: {}\n": "p.yaml:1:1: this program doesn't carry the storage postgres",
		"streams: {a: {postgres: {table: a}}}\nmaster: a\noutput: a\n": "p.yaml:1:15: this program doesn't carry",
	} {
		if _, err := pipeline.Parse("p.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", text, err, want)
		}
	}
}

// TestTablesToTable joins tables into one, and goes on where it was when rows have come.
func TestTablesToTable(t *testing.T) {
	w := newWorkplace(t)
	w.exec(`CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);
		CREATE TABLE items (id bigint, sku text, PRIMARY KEY (id, sku));
		CREATE TABLE joined (id bigint PRIMARY KEY, total numeric, skus jsonb);
		INSERT INTO orders VALUES (1, 1.50), (2, 2.00), (3, 3);
		INSERT INTO items VALUES (1, 'a'), (1, 'b'), (3, 'c')`)
	p := w.Load(`
streams:
  orders: {postgres: {table: orders, order: id, follow: true, data_timeout: 500ms}}
  items:  {postgres: {query: "SELECT id, sku FROM items", order: [id, sku], follow: true, data_timeout: 500ms}}
  joined: {postgres: {table: joined}}
master: orders
join: [{left: orders, right: items, on: orders.id == items.id}]
output: joined
emit: {id: orders.id, total: orders.total, skus: "map(items, .sku)"}
`)
	log := w.Run(p)
	if !strings.Contains(log, `results="exactly once"`) {
		t.Errorf("the log doesn't begin with the guarantee: %s", log)
	}
	if strings.Contains(log, postgresserver.Password) || strings.Contains(p.Plan().String(), postgresserver.Password) {
		t.Error("the password is shown")
	}
	w.exec("INSERT INTO orders VALUES (4, 4); INSERT INTO items VALUES (4, 'd')")
	w.Run(p)
	want := "1 1.50 [\"a\", \"b\"]\n3 3 [\"c\"]\n4 4 [\"d\"]\n"
	if got := w.exec("SELECT * FROM joined ORDER BY id"); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got := w.exec("SELECT DISTINCT name FROM leat_positions"); got != "shop\n" {
		t.Errorf("positions are kept as %s", got)
	}
}

// TestDividedTables joins tables that are divided into partitions into one that is made.
func TestDividedTables(t *testing.T) {
	w := newWorkplace(t)
	w.exec(`CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);
		CREATE TABLE items (order_id bigint, sku text, PRIMARY KEY (order_id, sku));
		INSERT INTO orders SELECT n, n FROM generate_series(1, 50) n;
		INSERT INTO items SELECT n, 'a' || n FROM generate_series(1, 50) n`)
	p := w.Load(`
streams:
  orders: {postgres: {table: orders, partition_by: id, partitions: 4}}
  items:  {postgres: {table: items, partition_by: order_id, partitions: 4}}
  joined: {postgres: {table: made, conflict: id, columns: {id: bigint, total: "numeric(9, 2)", skus: jsonb}}}
master: orders
join: [{left: orders, right: items, on: orders.id == items.order_id}]
output: joined
emit: {id: orders.id, total: orders.total, skus: "map(items, .sku)"}
`)
	w.Run(p)
	if got := w.exec("SELECT count(*), sum(total), min(skus::text) FROM made"); got != "50 1275.00 [\"a1\"]\n" {
		t.Errorf("got %s", got)
	}
	if got := w.exec("SELECT count(*) FROM leat_positions"); got != "4\n" {
		t.Errorf("there are positions of %s partitions", got)
	}
}

// TestFilesToTable keeps the positions of files in the database, under the name that the file gives itself.
func TestFilesToTable(t *testing.T) {
	w := newWorkplace(t)
	w.exec("CREATE TABLE copied (n bigint PRIMARY KEY, t text)")
	w.Write("in.jsonl", "{\"n\":1,\"t\":\"a\"}\n{\"n\":2,\"t\":null}\n")
	p := w.Load(`
name: copying
streams: {a: {file: in.jsonl}, out: {postgres: {table: copied}}}
master: a
output: out
`)
	for range 2 { // the second run finds nothing to do
		w.Run(p)
	}
	if got := w.exec("SELECT * FROM copied ORDER BY n"); got != "1 a\n2 \n" {
		t.Errorf("got\n%s", got)
	}
	if got := w.exec("SELECT name FROM leat_positions"); got != "copying\n" {
		t.Errorf("positions are kept as %s", got)
	}
}

// TestTableToFile writes a table to a file, all at the end.
func TestTableToFile(t *testing.T) {
	w := newWorkplace(t)
	w.exec("CREATE TABLE t (n bigint PRIMARY KEY, x numeric); INSERT INTO t VALUES (2, 2.0), (1, 1.10)")
	p := w.Load("streams: {a: {postgres: {table: t}}, out: {file: out.jsonl}}\nmaster: a\noutput: out\n")
	log := w.Run(p)
	if got, want := w.Read("out.jsonl"), "{\"n\":1,\"x\":1.10}\n{\"n\":2,\"x\":2.0}\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	const guarantee = "all at the end or nothing"
	if !strings.Contains(log, guarantee) || !strings.Contains(p.Plan().String(), guarantee) {
		t.Errorf("the guarantee isn't told in\n%s\nand\n%s", log, p.Plan())
	}
	var progress pipeline.Monitor
	options := storagetest.Quiet()
	options.Monitor = &progress
	if err := p.Run(t.Context(), options); err != nil {
		t.Fatal(err)
	}
	if s := progress.Progress().Streams[0]; s.Storage != "postgres" || s.Address != "table t" || s.File != "" {
		t.Errorf("the stream is shown as %+v", s)
	}
}

// TestErrorsOfTheServer says what is wrong with the line of the pipeline file, what would mend it, and no password.
func TestErrorsOfTheServer(t *testing.T) {
	w := newWorkplace(t)
	w.exec("CREATE TABLE t (n bigint PRIMARY KEY); CREATE SCHEMA away; CREATE TABLE away.parcels (n bigint PRIMARY KEY)")
	w.Write("in.jsonl", "{\"n\":1}\n")
	good := w.URL
	t.Setenv("LEAT_TEST_WRONG", "hush-hush")
	w.Mishaps(t, map[string]storagetest.Mishap{
		"wrong password": {"url: '" + good + "', password_env: LEAT_TEST_WRONG", "postgres: {table: t}", "file: out.jsonl",
			"the password is wrong, or missing: the password is in the environment variable LEAT_TEST_WRONG, which password_env names"},
		"variable that isn't set": {"url: '" + good + "', password_env: LEAT_TEST_UNSET", "postgres: {table: t}",
			"file: out.jsonl", "shop.yaml:1:"},
		"missing input": {"url: '" + good + "'", "postgres: {table: tt}", "file: out.jsonl",
			"shop.yaml:2:33: postgres: table tt: there is no table tt in the schemas of search_path (\"$user\", public), did you mean t?"},
		"far-off input": {"url: '" + good + "'", "postgres: {table: nosuch}", "file: out.jsonl",
			"(\"$user\", public); one of another schema is named with it, as audit.orders; there are away.parcels, t"},
		"input in another schema": {"url: '" + good + "'", "postgres: {table: parcels}", "file: out.jsonl",
			"there is no table parcels in the schemas of search_path, did you mean away.parcels?"},
		"missing output": {"url: '" + good + "'", "file: in.jsonl", "postgres: {table: tt}",
			"shop.yaml:2:56: postgres: table tt: there is no table tt"},
		"missing certificate": {"url: '" + good + "', tls: {ca: none.pem}", "postgres: {table: t}", "file: out.jsonl",
			"read the certificate authorities"},
		"no TLS there": {"url: '" + good + "', tls: true", "postgres: {table: t}", "file: out.jsonl", "shop.yaml:1:1"},
	}, "hush-hush", postgresserver.Password)
}
