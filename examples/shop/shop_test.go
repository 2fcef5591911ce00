// Package shop_test runs the pipeline files as "leat run FILE" does, on real servers.
package shop_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	_ "modernc.org/sqlite" // reads what was written

	"github.com/leat-go/leat/internal/postgresserver"
	"github.com/leat-go/leat/internal/testserver/fixture"
	"github.com/leat-go/leat/pipeline"
	"github.com/leat-go/leat/pipeline/nats"
	"github.com/leat-go/leat/pipeline/postgres"
	"github.com/leat-go/leat/pipeline/sqlite"
	"github.com/leat-go/leat/pipeline/topic"
)

// A shop is a copy of this folder, and the database of shop.sql.
type shop struct {
	testing.TB
	dir  string
	conn *pgx.Conn
}

func TestPipelineFiles(t *testing.T) {
	s := newShop(t)
	t.Run("postgres-to-sqlite", func(t *testing.T) {
		s.run(t, "postgres-to-sqlite.yaml")
		s.exec("INSERT INTO orders VALUES (4, 'Dora', now()); INSERT INTO items VALUES (4, 1, 'tea', 4.75)")
		s.run(t, "postgres-to-sqlite.yaml") // goes on behind the first run
		equal(t, s.file("SELECT id || ' ' || customer || ' ' || items || ' ' || total FROM totals ORDER BY id"),
			"1 Ada 2 4.7", "2 Blaise 1 4.75", "3 Charles 1 3.5", "4 Dora 1 4.75")
	})
	t.Run("file-to-postgres", func(t *testing.T) {
		for range 2 { // the second run finds nothing to do
			s.run(t, "file-to-postgres.yaml")
		}
		equal(t, s.table("SELECT id || ' ' || order_id || ' ' || paid FROM payments ORDER BY id"),
			"1 1 4.70", "2 2 4.00", "3 2 0.75")
	})
	t.Run("paid-to-sqlite", func(t *testing.T) {
		s.run(t, "paid-to-sqlite.yaml")
		equal(t, s.file("SELECT id || ' ' || customer || ' ' || paid FROM paid ORDER BY id"), "1 Ada 4.7", "2 Blaise 4.75")
	})
	t.Run("kafka-to-postgres", func(t *testing.T) {
		s.exec("DROP TABLE payments")
		s.replace("kafka-to-postgres.yaml", "localhost:9092", strings.Join(s.kafka(t), `", "`))
		s.run(t, "kafka-to-postgres.yaml")
		equal(t, s.table("SELECT id || ' ' || order_id || ' ' || paid FROM payments ORDER BY id"),
			"1 1 4.70", "2 2 4.00", "3 2 0.75")
	})
	t.Run("nats-to-postgres", func(t *testing.T) {
		s.replace("nats-to-postgres.yaml", "nats://localhost:4222", s.nats(t))
		s.run(t, "nats-to-postgres.yaml")
		equal(t, s.table("SELECT at || ' ' || price FROM prices ORDER BY at"), "1 17.25", "2 17.30", "3 17.10")
	})
	t.Run("changes-to-file", func(t *testing.T) {
		s.replace("changes-to-file.yaml", "data_timeout: 5s", "data_timeout: 1s")
		s.run(t, "changes-to-file.yaml") // makes the slot
		s.exec("UPDATE orders SET customer = 'Ada L.' WHERE id = 1; DELETE FROM items WHERE order_id = 4")
		log := s.run(t, "changes-to-file.yaml")
		for _, want := range []string{`"op":"update","schema":"public","table":"orders"`, `"customer":"Ada L."`,
			`"op":"delete","schema":"public","table":"items","before":{"order_id":4,"n":1}`} {
			if !strings.Contains(log, want) {
				t.Errorf("no %s in\n%s", want, log)
			}
		}
	})
}

// What docs/storages.md grants is enough to read, to write, to make outputs, and to read changes.
func TestDocumentedRights(t *testing.T) {
	s := newShop(t)
	s.exec("CREATE TABLE totals (id bigint PRIMARY KEY, customer text, placed timestamptz)")
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "storages.md"))
	s.must(err)
	blocks := regexp.MustCompile("(?ms)^```sql\n(.*?)^```$").FindAllSubmatch(page, -1)
	if len(blocks) != 2 {
		t.Fatalf("docs/storages.md has %d blocks of SQL, of which the first is for tables, the second for changes", len(blocks))
	}
	replaced := strings.NewReplacer("change me", postgresserver.Password, "DATABASE shop", "DATABASE postgres")
	s.exec(replaced.Replace(string(blocks[0][1])))
	t.Setenv("PGUSER", "leat")
	for name, output := range map[string]string{"rows": "table: totals, conflict: id",
		"made": "table: made, columns: {id: bigint, customer: text, placed: timestamptz}"} {
		s.must(os.WriteFile(filepath.Join(s.dir, name+".yaml"), []byte("postgres: {}\nstreams: {orders: {postgres: "+
			"{table: orders}}, out: {postgres: {"+output+"}}}\nmaster: orders\noutput: out\n"), 0o600))
		s.run(t, name+".yaml")
	}
	equal(t, s.table("SELECT id || customer FROM totals JOIN made USING (id, customer) ORDER BY id"), "1Ada", "2Blaise",
		"3Charles")
	s.exec(replaced.Replace(string(blocks[1][1])) + "; ALTER TABLE orders OWNER TO leat; ALTER TABLE items OWNER TO leat")
	s.replace("changes-to-file.yaml", "data_timeout: 5s", "data_timeout: 500ms")
	s.run(t, "changes-to-file.yaml")
}

// newShop makes the database, and has the environment say where it is.
func newShop(t *testing.T) *shop {
	s := &shop{TB: t, dir: t.TempDir()}
	s.must(os.CopyFS(s.dir, os.DirFS(".")))
	u, err := url.Parse(fixture.Start(t, "LEAT_TEST_POSTGRES", postgresserver.Demo))
	s.must(err)
	for variable, value := range map[string]string{"PGHOST": u.Hostname(), "PGPORT": u.Port(), "PGSSLMODE": "disable",
		"PGUSER": postgresserver.User, "PGPASSWORD": postgresserver.Password, "PGDATABASE": "postgres"} {
		t.Setenv(variable, value)
	}
	s.conn, err = pgx.Connect(t.Context(), "")
	s.must(err)
	t.Cleanup(func() { _ = s.conn.Close(context.Background()) })
	tables, err := os.ReadFile("shop.sql")
	s.must(err)
	s.exec(string(tables))
	return s
}

func (s *shop) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// run runs a pipeline file, and returns what it writes to standard output.
func (s *shop) run(t *testing.T, name string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	p, err := pipeline.Load(filepath.Join(s.dir, name), postgres.Storage(), sqlite.Storage(), nats.Storage())
	s.must(err)
	var out bytes.Buffer
	if err := p.Run(ctx, pipeline.Options{Stdout: &out, Logger: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// replace changes what a pipeline file says of where a server is, or how long to wait.
func (s *shop) replace(name, old, replacement string) {
	s.Helper()
	path := filepath.Join(s.dir, name)
	text, err := os.ReadFile(path)
	s.must(err)
	if !bytes.Contains(text, []byte(old)) {
		s.Fatalf("%s has no %s", name, old)
	}
	s.must(os.WriteFile(path, bytes.ReplaceAll(text, []byte(old), []byte(replacement)), 0o600))
}

func (s *shop) exec(statements string) {
	s.Helper()
	_, err := s.conn.Exec(s.Context(), statements)
	s.must(err)
}

// table returns the texts that a query of the database gives.
func (s *shop) table(query string) []string {
	s.Helper()
	rows, err := s.conn.Query(s.Context(), query)
	s.must(err)
	texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	s.must(err)
	return texts
}

// file is table for the SQLite file.
func (s *shop) file(query string) (texts []string) {
	s.Helper()
	db, err := sql.Open("sqlite", filepath.Join(s.dir, "shop.db"))
	s.must(err)
	defer func() { s.must(db.Close()) }()
	rows, err := db.QueryContext(s.Context(), query)
	s.must(err)
	defer func() { s.must(rows.Close()) }()
	for rows.Next() {
		var text string
		s.must(rows.Scan(&text))
		texts = append(texts, text)
	}
	s.must(rows.Err())
	return texts
}

// kafka starts a Kafka in this process, with the payments in a topic.
func (s *shop) kafka(t *testing.T) []string {
	t.Helper()
	demo, err := topic.StartDemo(false)
	s.must(err)
	t.Cleanup(demo.Close)
	_, err = demo.Load(t.Context(), filepath.Join(s.dir, "payments.jsonl"), "payments", topic.LoadOptions{End: true})
	s.must(err)
	return demo.Brokers
}

// nats starts a NATS server in this process, with the ticks and a mark in a subject, and returns its URL.
func (s *shop) nats(t *testing.T) string {
	t.Helper()
	own, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true,
		JetStream: true, StoreDir: t.TempDir(), SyncAlways: true})
	s.must(err)
	own.Start()
	t.Cleanup(func() {
		own.Shutdown()
		own.WaitForShutdown()
	})
	if !own.ReadyForConnections(time.Minute) {
		t.Fatal("the NATS server doesn't take connections after a minute")
	}
	conn, err := natsgo.Connect(own.ClientURL())
	s.must(err)
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	s.must(err)
	_, err = js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "TICKS", Subjects: []string{"ticks.eu"}})
	s.must(err)
	ticks, err := os.ReadFile(filepath.Join(s.dir, "ticks.jsonl"))
	s.must(err)
	for line := range bytes.Lines(append(ticks, `{"eos__": true}`...)) {
		_, err := js.Publish(t.Context(), "ticks.eu", line)
		s.must(err)
	}
	return own.ClientURL()
}

func equal(t *testing.T, got []string, want ...string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
