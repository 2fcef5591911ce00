package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	_ "modernc.org/sqlite"

	"github.com/leat-go/leat/internal/postgresserver"
)

// realKafka returns the address of the Kafka that LEAT_TEST_KAFKA names, or of one that is started, and a part of the names of
// topics that no other test has.
func realKafka(t *testing.T) (brokers, unique string) {
	t.Helper()
	if brokers = os.Getenv("LEAT_TEST_KAFKA"); brokers == "" {
		return kafka(t), ""
	}
	return brokers, fmt.Sprintf("%s-%d-", strings.ToLower(strings.ReplaceAll(t.Name(), "/", "-")), os.Getpid())
}

const (
	ordersOfTopic   = `{"id":1,"customer":"Ada"}` + "\n" + `{"id":2,"customer":"Bo"}` + "\n" + `{"id":3,"customer":"Cy"}` + "\n"
	paymentsOfTopic = `{"order_id":1,"paid":2.50}` + "\n" + `{"order_id":3,"paid":7.00}` + "\n"
	paidOrders      = `{"id":1,"customer":"Ada","%s":[{"order_id":1,"paid":2.50}]}` + "\n" +
		`{"id":3,"customer":"Cy","%[1]s":[{"order_id":3,"paid":7.00}]}` + "\n"
)

// TestInitOfTopics: two topics, of several partitions, joined without a file edited by hand.
func TestInitOfTopics(t *testing.T) {
	brokers, unique := realKafka(t)
	w := newWorkplace(t, map[string]string{"orders.jsonl": ordersOfTopic, "payments.jsonl": paymentsOfTopic})
	orders, payments := unique+"orders", unique+"payments"
	for _, load := range []string{"orders.jsonl " + orders + " --key id", "payments.jsonl " + payments + " --key order_id"} {
		w.good(append(strings.Fields("topic load --end --partitions 3 --brokers "+brokers), strings.Fields(load)...)...)
	}
	said := w.good("init", "kafka:"+orders, "kafka:"+payments, "--yes", "--brokers", brokers)
	if !strings.Contains(said, "leat run join.yaml") {
		t.Error(said)
	}
	text := w.read("join.yaml")
	for _, want := range []string{"brokers: [", "topic: \"" + orders + "\"", ".order_id'", "# data_timeout: 30s",
		"topic: \"" + orders + "-" + payments + "-joined\""} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s in\n%s", want, text)
		}
	}
	if said := w.good("check", "join.yaml"); !strings.Contains(said, "2 of 3 elements") || !strings.Contains(said, "no problems found") {
		t.Error(said)
	}
	w.good("run", "-q", "join.yaml")
	got := w.good("topic", "dump", "--until-end", orders+"-"+payments+"-joined", "--brokers", brokers)
	name := strings.ReplaceAll(payments, "-", "_")
	for line := range strings.Lines(fmt.Sprintf(paidOrders, name)) {
		if !strings.Contains(got, line) {
			t.Errorf("no %sin\n%s", line, got)
		}
	}
	if n := strings.Count(got, "\n"); n != 2 {
		t.Errorf("%d results:\n%s", n, got)
	}
}

// TestInitOfLateTopics: a topic whose elements come a little late is put in order as it is read, and one in no order is told.
func TestInitOfLateTopics(t *testing.T) {
	brokers := kafka(t)
	var late, in, none strings.Builder
	for i := range 100 {
		fmt.Fprintf(&in, "{\"time\":%d,\"a\":%d}\n", i*10, i)
		fmt.Fprintf(&late, "{\"time\":%d,\"b\":%d}\n", (i^1)*10, i)
		fmt.Fprintf(&none, "{\"c\":%d}\n", (i*37)%100*10)
	}
	w := newWorkplace(t, map[string]string{"in.jsonl": in.String(), "late.jsonl": late.String(), "none.jsonl": none.String()})
	for _, name := range []string{"in", "late", "none"} {
		w.good("topic", "load", "--end", name+".jsonl", name, "--brokers", brokers)
	}
	w.good("init", "kafka:in", "kafka:late", "--yes", "--brokers", brokers)
	if text := w.read("join.yaml"); !strings.Contains(text, "sort: {by: time, within: 10}") {
		t.Errorf("the topic isn't put in order:\n%s", text)
	}
	w.good("run", "-q", "join.yaml")
	if got := w.good("topic", "dump", "in-late-joined", "--brokers", brokers); strings.Count(got, "\n") != 100 {
		t.Error(got)
	}
	status, _, stderr := w.call("", "init", "kafka:in", "kafka:none", "--yes", "--force", "--brokers", brokers)
	if status != 1 || !strings.Contains(stderr, "topic none isn't in the order of c") {
		t.Errorf("status %d, %s", status, stderr)
	}
}

const shop = `CREATE TABLE orders (id INTEGER PRIMARY KEY, placed TEXT, customer TEXT);
	INSERT INTO orders VALUES (1, '2026-11-01', 'Ada'), (2, '2026-11-02', 'Bo'), (3, '2026-11-03', 'Cy');
	CREATE TABLE payments (no INTEGER PRIMARY KEY, order_id INTEGER, paid NUMERIC);
	INSERT INTO payments VALUES (10, 3, 7), (11, 1, 2.5), (12, 1, 4);
	CREATE INDEX by_order ON payments (order_id, no);`

const paid = `{"id":1,"placed":"2026-11-01","customer":"Ada","payments":[{"no":11,"order_id":1,"paid":2.5},{"no":12,"order_id":1,"paid":4}]}` +
	"\n" + `{"id":3,"placed":"2026-11-03","customer":"Cy","payments":[{"no":10,"order_id":3,"paid":7}]}` + "\n"

// TestInitOfSQLite: two tables of a file, one of which is read in another order than that of its primary key.
func TestInitOfSQLite(t *testing.T) {
	w := newWorkplace(t, nil)
	db, err := sql.Open("sqlite", w.dir+"/shop.db")
	if err == nil {
		_, err = db.ExecContext(t.Context(), shop)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(w.dir+"/sub", 0o700); err != nil {
		t.Fatal(err)
	}
	w.good("init", "sqlite:shop.db#orders", "sqlite:shop.db#payments", "--yes", "-o", "sub/join.yaml")
	text := w.read("sub/join.yaml")
	for _, want := range []string{`file: "../shop.db"`, `sqlite: {table: "payments", order: "order_id"}`, "on: 'orders.id == payments.order_id'"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s in\n%s", want, text)
		}
	}
	if said := w.good("check", "sub/join.yaml"); !strings.Contains(said, "2 of 3 elements") {
		t.Error(said)
	}
	for range 2 {
		w.good("run", "-q", "sub/join.yaml")
		if got := w.read("sub/joined.jsonl"); got != paid {
			t.Errorf("%s\n%s", got, text)
		}
		w.good("positions", "sub/join.yaml", "--reset", "--yes") // as the file says
	}
	for arguments, want := range map[string]string{
		"sqlite:shop.db orders.csv":                 "a table is named behind the address of its database",
		"sqlite:shop.db#order sqlite:shop.db#order": "did you mean orders?",
		"sqlite:shop.db#orders nix.csv":             "table orders is in sqlite and nix.csv a file",
		"sqlite:shop.db#orders sqlite:no.db#orders": "reached in different ways",
		"nats://localhost#a b":                      "init looks at files, topics of Kafka and tables",
		"kafka:a kafka:b":                           "no Kafka is given",
		"kafka: kafka:b":                            "a topic is named as in kafka:orders",
		"postgres://u:hush-hush@nowhere/shop#a b":   "the address of a has a password in it",
		"mysql://u@nowhere/shop?password=hush#a b":  "the address of a has a password in it",
		"postgres://u:hush-hush@nowhere/shop b":     "a table is named behind the address",
	} {
		status, _, stderr := w.call("", append([]string{"init", "--yes"}, strings.Fields(arguments)...)...)
		if status == 0 || !strings.Contains(stderr, want) || strings.Contains(stderr, "hush") || strings.Contains(stderr, "draft") {
			t.Errorf("%s: status %d, %s", arguments, status, stderr)
		}
	}
}

// TestInitOfPostgreSQL: two tables of a database, with a password that is in no file.
func TestInitOfPostgreSQL(t *testing.T) {
	u := start(t, "LEAT_TEST_POSTGRES", postgresserver.Demo)
	conn, err := pgconn.Connect(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	script := strings.ReplaceAll(shop, "placed TEXT", "placed date")
	if _, err := conn.Exec(t.Context(), script+`CREATE ROLE clerk LOGIN PASSWORD 'hush-hush';
		GRANT SELECT ON orders, payments TO clerk; GRANT CREATE ON SCHEMA public TO clerk`).ReadAll(); err != nil {
		t.Fatal(err)
	}
	whole := url.URL{Scheme: "postgres", User: url.UserPassword("clerk", secret), Host: u.Host, Path: "/postgres"}
	for name, test := range map[string]struct {
		address string
		set     [2]string
		want    []string
	}{
		"a password in a variable": {"postgres://clerk@" + u.Host + "/postgres", [2]string{"LEAT_PASSWORD", secret},
			[]string{`url: "postgres://clerk@` + u.Host + `/postgres"`, "password_env: LEAT_PASSWORD"}},
		"an address in a variable": {"${SHOP_URL}", [2]string{"SHOP_URL", whole.String()}, []string{`url: "${SHOP_URL}"`}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorkplace(t, nil)
			t.Setenv(test.set[0], test.set[1])
			said := w.good("init", test.address+"#orders", test.address+"#public.payments", "--yes")
			text := w.read("join.yaml")
			for _, want := range append(test.want, `postgres: {table: "public.payments", order: "order_id"}`) {
				if !strings.Contains(text, want) {
					t.Errorf("there is no %s in\n%s", want, text)
				}
			}
			if strings.Contains(text+said, secret) {
				t.Errorf("the password is shown:\n%s%s", said, text)
			}
			w.good("check", "join.yaml")
			w.good("positions", "join.yaml", "--reset", "--yes") // of the run of the other test
			w.good("run", "-q", "join.yaml")
			if got := w.read("joined.jsonl"); got != paid {
				t.Errorf("%s\n%s", got, text)
			}
		})
	}
}

// good makes a call that must succeed, and returns what it has said.
func (w *workplace) good(arguments ...string) string {
	w.t.Helper()
	status, stdout, stderr := w.call("", arguments...)
	if status != 0 {
		w.t.Fatalf("%s: status %d, %s%s", arguments, status, stdout, stderr)
	}
	return stdout
}
