package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/nats-io/nats-server/v2/server"
	goredis "github.com/redis/go-redis/v9"

	"github.com/leat-go/leat/internal/postgresserver"
	"github.com/leat-go/leat/internal/redisserver"
	"github.com/leat-go/leat/internal/testserver/fixture"
)

// secret is in all passwords, and in no message.
const secret = "hush-hush"

// A mishap is a run on a storage that fails: what the pipeline file says, and what the user must read.
type mishap struct {
	name, connection, in, out string
	status                    int
	want                      []string
}

// run runs a pipeline file for each mishap.
func (w *workplace) run(mishaps []mishap) {
	w.t.Helper()
	for _, m := range mishaps {
		w.t.Run(m.name, func(t *testing.T) {
			w := &workplace{t, w.dir}
			w.write("p.yaml", fmt.Sprintf("%s\nstreams:\n  orders: {%s}\n  results: {%s}\nmaster: orders\noutput: results\n",
				m.connection, m.in, m.out)) // the input is on line 3, the output on line 4
			status, stdout, stderr := w.call("", "run", "p.yaml")
			if status != m.status {
				t.Errorf("status %d, want %d", status, m.status)
			}
			for _, want := range m.want {
				if !strings.Contains(stderr, want) {
					t.Errorf("no %q", want)
				}
			}
			if strings.Contains(stdout+stderr, secret) {
				t.Error("the password is shown")
			}
			if t.Failed() {
				t.Logf("standard error:\n%s", stderr)
			}
		})
	}
}

// start starts a server for a test.
func start(t *testing.T, variable string, demo func(context.Context, string) (string, func() error, error)) *url.URL {
	t.Helper()
	u, err := url.Parse(fixture.Start(t, variable, demo))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

const (
	fromFile = "file: in.jsonl"
	toScreen = `file: "-"`
)

// What goes wrong with PostgreSQL is told with where, and what would mend it.
func TestMishapsOnPostgreSQL(t *testing.T) {
	u := start(t, "LEAT_TEST_POSTGRES", postgresserver.Demo)
	conn, err := pgconn.Connect(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	if _, err := conn.Exec(t.Context(), `CREATE TABLE orders (id bigint PRIMARY KEY, customer text);
		INSERT INTO orders VALUES (1, 'Ada'); CREATE TABLE heap (id bigint); CREATE TABLE wrong (id bigint, customer int);
		CREATE TABLE narrow (id bigint); CREATE TABLE results (id bigint, customer text);
		CREATE ROLE nobody LOGIN PASSWORD 'hush-hush'; CREATE ROLE reader LOGIN PASSWORD 'hush-hush';
		GRANT SELECT ON orders TO reader; GRANT INSERT ON results TO reader`).ReadAll(); err != nil {
		t.Fatal(err)
	}
	t.Setenv("WRONG", secret+"!")
	t.Setenv("RIGHT", secret)
	t.Setenv("SUPER", postgresserver.Password)
	as := func(user, variable string) string {
		return fmt.Sprintf("postgres: {url: 'postgres://%s@%s/postgres', password_env: %s}", user, u.Host, variable)
	}
	super, nobody, reader := as("postgres", "SUPER"), as("nobody", "RIGHT"), as("reader", "RIGHT")
	const table = "postgres: {table: orders}"
	newWorkplace(t, map[string]string{"in.jsonl": `{"id": 1, "customer": "Ada"}`}).run([]mishap{
		{"wrong password", as("postgres", "WRONG"), table, toScreen, 1,
			[]string{"p.yaml:1:1:", "connecting as postgres to database postgres at " + u.Hostname(),
				"the environment variable WRONG, which password_env names"}},
		{"wrong password in the url", "postgres: {url: 'postgres://postgres:hush-hush@" + u.Host + "/postgres'}", table,
			toScreen, 1, []string{"the password is wrong"}},
		{"variable that isn't set", as("postgres", "UNSET"), table, toScreen, 2, []string{"p.yaml:1:", "UNSET"}},
		{"url that can't be read", "postgres: {url: 'postgres://a:hush-hush@localhost:x/b'}", table, toScreen, 2,
			[]string{"p.yaml:1:17:", "a url looks like"}},
		{"missing database", strings.Replace(super, "/postgres'", "/shop'", 1), table, toScreen, 1,
			[]string{`database "shop" does not exist; CREATE DATABASE`}},
		{"unknown host", "postgres: {url: 'postgres://postgres@nowhere.invalid/shop'}", table, toScreen, 1,
			[]string{"p.yaml:1:1:", "give another host in the url"}},
		{"no TLS there", strings.Replace(super, "/postgres'", "/postgres?sslmode=require'", 1), table, toScreen, 1,
			[]string{"ssl = on in postgresql.conf"}},
		{"missing table", super, "postgres: {table: order}", toScreen, 1, []string{"p.yaml:3:", "did you mean orders?"}},
		{"missing column", super, "postgres: {table: orders, order: idd}", toScreen, 1,
			[]string{"p.yaml:3:", "there is no column idd, did you mean id?"}},
		{"missing column in a query", super, `postgres: {query: "SELECT idd FROM orders", order: idd}`, toScreen, 1,
			[]string{"p.yaml:3:", `column "idd" does not exist`}},
		{"no order", super, "postgres: {table: heap}", toScreen, 1, []string{"p.yaml:3:", "order: [...]"}},
		{"no right to read", nobody, table, toScreen, 1,
			[]string{"p.yaml:3:", "permission denied for table orders; GRANT SELECT ON \"orders\" TO \"nobody\""}},
		{"no right to read what a query reads", nobody, `postgres: {query: "SELECT id FROM orders", order: id}`, toScreen,
			1, []string{`GRANT SELECT ON what the query reads TO "nobody"`}},
		{"no right to write", reader, table, "postgres: {table: narrow}", 1,
			[]string{"p.yaml:4:", `GRANT SELECT, INSERT, UPDATE ON "narrow" TO "reader"`}},
		{"no right to make the output", reader, table, "postgres: {table: made, columns: {id: bigint}}", 1,
			[]string{"p.yaml:4:", `GRANT CREATE ON SCHEMA "public" TO "reader"`}},
		{"no right to keep positions", reader, table, "postgres: {table: results}", 1,
			[]string{"p.yaml:1:1:", "leat_positions", `GRANT CREATE ON SCHEMA "public" TO "reader"`}},
		{"no right to keep positions where is read", reader, table, toScreen, 1,
			[]string{"the output keeps no positions, so that they are kept where the streams are read", "leat_positions"}},
		{"missing output", super, table, "postgres: {table: resultss}", 1,
			[]string{"p.yaml:4:", "did you mean results?", "columns: {...}"}},
		{"missing column of the output", super, table, "postgres: {table: narrow}", 1,
			[]string{"has no column customer", `ADD COLUMN "customer" text`}},
		{"wrong type", super, table, "postgres: {table: wrong}", 1,
			[]string{"invalid input syntax for type integer", "column customer", "ALTER TABLE"}},
		{"no right to replicate", reader, "postgres: {changes: orders}", toScreen, 1, []string{`ALTER ROLE "reader" REPLICATION`}},
	})
}

// What goes wrong with Redis is told with where, and what would mend it.
func TestMishapsOnRedis(t *testing.T) {
	u := start(t, "LEAT_TEST_REDIS", redisserver.Demo)
	options, err := goredis.ParseURL(u.String())
	if err != nil {
		t.Fatal(err)
	}
	client := goredis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	for _, command := range []string{"SET text x", "XADD orders * id 1", "ACL SETUSER nobody on >hush-hush ~* +ping",
		"ACL SETUSER reader on >hush-hush ~orders +xrange +xrevrange +xread +xinfo|stream +multi +exec"} {
		var words []any
		for word := range strings.FieldsSeq(command) {
			words = append(words, word)
		}
		if err := client.Do(t.Context(), words...).Err(); err != nil {
			t.Fatalf("%s: %v", command, err)
		}
	}
	t.Setenv("WRONG", secret+"!")
	t.Setenv("RIGHT", secret)
	t.Setenv("SUPER", redisserver.Password)
	as := func(user, variable string) string {
		return fmt.Sprintf("redis: {url: 'redis://%s@%s', password_env: %s}", user, u.Host, variable)
	}
	super, nobody, reader := as("default", "SUPER"), as("nobody", "RIGHT"), as("reader", "RIGHT")
	const stream = "redis: {stream: orders}"
	newWorkplace(t, map[string]string{"in.jsonl": `{"id": 1}`}).run([]mishap{
		{"wrong password", as("default", "WRONG"), stream, toScreen, 1,
			[]string{"p.yaml:1:1:", "default@" + u.Host, "the user or the password is wrong"}},
		{"no password", "redis: {url: 'redis://" + u.Host + "'}", stream, toScreen, 1,
			[]string{"NOAUTH", "asks for a user and a password"}},
		{"url that can't be read", "redis: {url: 'redis://a:hush-hush@localhost:x'}", stream, toScreen, 2,
			[]string{"p.yaml:1:14:", "a url looks like"}},
		{"missing database", strings.Replace(super, u.Host, u.Host+"/99", 1), stream, toScreen, 1,
			[]string{"the number of a database that the server has"}},
		{"unknown host", "redis: {url: 'redis://nowhere.invalid'}", stream, toScreen, 1,
			[]string{"give another host in the url"}},
		{"missing stream", super, "redis: {stream: order}", toScreen, 1, []string{"p.yaml:3:", "the first XADD makes it"}},
		{"another kind to read", super, "redis: {stream: text}", toScreen, 1, []string{"p.yaml:3:", "another key"}},
		{"another kind to write", super, fromFile, "redis: {stream: text}", 1, []string{"p.yaml:4:", "another key"}},
		{"no right to read", nobody, stream, toScreen, 1, []string{"p.yaml:3:", "ACL SETUSER", "~orders +xrange"}},
		{"no right to keep positions where is read", reader, stream, toScreen, 1,
			[]string{"the output keeps no positions", "~leat:positions:*"}},
		{"no right to write", reader, fromFile, "redis: {stream: results}", 1, []string{"p.yaml:1:1:", "ACL SETUSER"}},
	})
}

// What goes wrong with NATS is told with where, and what would mend it.
func TestMishapsOnNATS(t *testing.T) {
	nobody := &server.Permissions{Publish: &server.SubjectPermission{Allow: []string{"$JS.API.INFO"}}}
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, JetStream: true,
		StoreDir: t.TempDir(), Users: []*server.User{{Username: "leat", Password: secret},
			{Username: "nobody", Password: secret, Permissions: nobody}}})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(time.Minute) {
		t.Fatal("the server takes no connections after a minute")
	}
	at := s.Addr().String()
	t.Setenv("WRONG", secret+"!")
	t.Setenv("RIGHT", secret)
	as := func(user, variable string) string {
		return fmt.Sprintf("nats: {url: 'nats://%s', user: %s, password_env: %s}", at, user, variable)
	}
	const subject = "nats: {subject: orders}"
	newWorkplace(t, map[string]string{"in.jsonl": `{"id": 1}`}).run([]mishap{
		{"wrong password", as("leat", "WRONG"), subject, toScreen, 1,
			[]string{"p.yaml:1:1:", at, "user, password or credentials are wrong", "password_env"}},
		{"no user", "nats: {url: 'nats://" + at + "'}", subject, toScreen, 1, []string{"p.yaml:1:1:", at, "or missing"}},
		{"url that can't be read", "nats: {url: 'nats://a:hush-hush@localhost:x'}", subject, toScreen, 2,
			[]string{"p.yaml:1:13:", "a url looks like"}},
		{"unknown host", "nats: {url: 'nats://nowhere.invalid'}", subject, toScreen, 1,
			[]string{"give another host in the url"}},
		{"no TLS there", strings.TrimSuffix(as("leat", "RIGHT"), "}") + ", tls: true}", subject, toScreen, 1,
			[]string{at, "the server has no TLS"}},
		{"missing credentials", "nats: {url: 'nats://" + at + "', creds: none.creds}", subject, toScreen, 1,
			[]string{"p.yaml:1:1:", "none.creds"}},
		{"missing subject", as("leat", "RIGHT"), subject, toScreen, 1, []string{"p.yaml:3:", "nats stream add"}},
		{"missing stream", as("leat", "RIGHT"), "nats: {subject: orders, stream: NONE}", toScreen, 1,
			[]string{"there is no stream NONE", "nats stream add NONE"}},
		{"no right", as("nobody", "RIGHT"), subject, toScreen, 1,
			[]string{`Publish to "$JS.API.STREAM.NAMES"`, "permit the user that subject"}},
	})
}

// What goes wrong with SQLite is told with where, and what would mend it.
func TestMishapsOnSQLite(t *testing.T) {
	w := newWorkplace(t, map[string]string{"in.jsonl": `{"id": 1, "t": "a"}`, "good.yaml": `
sqlite: {file: shop.db}
streams: {lines: {file: in.jsonl}, orders: {sqlite: {table: orders, columns: {id: INTEGER PRIMARY KEY, t: TEXT}}}}
master: lines
output: orders
`, "text.db": strings.Repeat("this is no database ", 100)})
	w.write("narrow.yaml", `
sqlite: {file: shop.db}
streams: {lines: {file: in.jsonl}, ids: {sqlite: {table: narrow, columns: {id: INTEGER}}}}
master: lines
output: ids
emit: {id: lines.id}
`)
	for _, file := range []string{"good.yaml", "narrow.yaml"} {
		if status, _, stderr := w.call("", "run", file); status != 0 {
			t.Fatal(stderr)
		}
	}
	const (
		shop  = "sqlite: {file: shop.db}"
		table = "sqlite: {table: orders}"
	)
	w.run([]mishap{
		{"missing file", "sqlite: {file: shopp.db}", table, toScreen, 1,
			[]string{"p.yaml:1:1:", "shopp.db, did you mean shop.db?"}},
		{"missing folder", "sqlite: {file: none/shop.db}", fromFile, "sqlite: {table: o, columns: {id: INTEGER}}", 1,
			[]string{"p.yaml:1:1:", "there is no folder", "make it"}},
		{"folder", "sqlite: {file: .}", table, toScreen, 1, []string{"is a folder, not a database"}},
		{"another file", "sqlite: {file: text.db}", table, toScreen, 1, []string{"p.yaml:3:", "it is another file"}},
		{"missing table", shop, "sqlite: {table: order}", toScreen, 1, []string{"p.yaml:3:", "did you mean orders?"}},
		{"missing column", shop, "sqlite: {table: orders, order: idd}", toScreen, 1,
			[]string{"p.yaml:3:", "there is no column idd, did you mean id?"}},
		{"wrong query", shop, "sqlite: {query: 'SELCT 1', order: id}", toScreen, 1, []string{"p.yaml:3:", "syntax error"}},
		{"missing output", shop, fromFile, "sqlite: {table: results}", 1, []string{"p.yaml:4:", "columns: {...}"}},
		{"missing column of the output", shop, fromFile, "sqlite: {table: narrow}", 1,
			[]string{"in.jsonl:1:1", "has no column t", "ADD COLUMN"}},
		{"wrong type", "sqlite: {file: strict.db}", fromFile,
			"sqlite: {table: s, columns: {id: INTEGER, t: 'INTEGER CHECK (t > 0 AND typeof(t) = ''integer'')'}}", 1,
			[]string{"constraint failed", "change what the function returns"}},
	})
}

// A table that is made has its columns as they are called, also by words of SQL and in upper case.
func TestColumnsOfAnyName(t *testing.T) {
	w := newWorkplace(t, map[string]string{
		"in.jsonl": `{"id":1,"Order":2,"a b":3}` + "\n" + `{"id":5,"Order":2,"a b":3}` + "\n", "b.jsonl": `{"id":1}`,
		"p.yaml": "sqlite: {file: shop.db}\nstreams:\n  a: {file: in.jsonl}\n" +
			"  out: {sqlite: {table: out, conflict: id, columns: {id: INTEGER, Order: INTEGER, a b: INTEGER}}}\n" +
			"  rest: {sqlite: {table: rest, columns: {node: TEXT, verdict: TEXT, other: TEXT, key: TEXT, before: TEXT, after: TEXT, distance: TEXT, apart: TEXT, error: TEXT, " +
			"stream: TEXT, partition: INTEGER, offset: INTEGER, line: INTEGER, column: INTEGER, element: TEXT, at: TEXT, time: TEXT, cause: TEXT}}}\n" +
			"master: a\noutput: out\nunmatched: rest\njoin: [{left: a, right: b, on: a.id == b.id}]\n" +
			"emit: {id: a.id, Order: a.Order, a b: 'a[\"a b\"]'}\n",
	})
	w.write("p.yaml", strings.Replace(w.read("p.yaml"), "  out:", "  b: {file: b.jsonl}\n  out:", 1))
	w.good("check", "p.yaml")
	w.good("run", "-q", "p.yaml")
	if got := w.good("show", "p.yaml", "--stream", "out"); got != `{"id":1,"Order":2,"a b":3}`+"\n" {
		t.Errorf("the output is %s", got)
	}
	if got := w.good("show", "p.yaml", "--stream", "rest"); !strings.Contains(got, `"partition":0,"offset":1,"line":2,"column":1,`) {
		t.Errorf("what was unmatched is %s", got)
	}
}
