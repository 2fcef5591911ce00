package mysql_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-go/leat/internal/mariadbserver"
	"github.com/leat-go/leat/pipeline"
	"github.com/leat-go/leat/pipeline/internal/storage/storagetest"
	"github.com/leat-go/leat/pipeline/mysql"
)

// TestMessages holds what a user reads who has made a mistake. The cases are in testdata/messages.txt.
func TestMessages(t *testing.T) { storagetest.Messages(t, mysql.Storage()) }

// TestTablesToTable joins tables into one that is made, and goes on where it was when rows have come.
func TestTablesToTable(t *testing.T) {
	w := newWorkplace(t)
	w.exec(`CREATE TABLE orders (id BIGINT PRIMARY KEY, total DECIMAL(10,2));
		CREATE TABLE items (id BIGINT, sku VARCHAR(10), PRIMARY KEY (id, sku));
		INSERT INTO orders VALUES (1, 1.50), (2, 2.00), (3, 3);
		INSERT INTO items VALUES (1, 'a'), (1, 'b'), (3, 'c')`)
	p := w.Load(`
streams:
  orders: {mysql: {table: orders, order: id, follow: true, in_commit_order: true, data_timeout: 500ms}}
  items:
    mysql:
      query: "SELECT id, sku COLLATE utf8mb4_nopad_bin AS sku FROM items"
      order: [id, sku]
      follow: true
      in_commit_order: true
      data_timeout: 500ms
  joined: {mysql: {table: joined, conflict: id, columns: {id: BIGINT, total: "DECIMAL(20, 2)", skus: JSON}}}
master: orders
join: [{left: orders, right: items, on: orders.id == items.id}]
output: joined
emit: {id: orders.id, total: orders.total, skus: "map(items, .sku)"}
`)
	log := w.Run(p)
	if !strings.Contains(log, `results="exactly once"`) || !strings.Contains(p.Plan().String(), "exactly once") {
		t.Errorf("log and plan don't tell the guarantee: %s\n%s", log, p.Plan())
	}
	if strings.Contains(log, mariadbserver.Password) || strings.Contains(p.Plan().String(), mariadbserver.Password) {
		t.Error("the password is shown")
	}
	w.exec("INSERT INTO orders VALUES (4, 4); INSERT INTO items VALUES (4, 'd')")
	w.Run(p)
	want := "1 1.50 [\"a\",\"b\"]\n3 3.00 [\"c\"]\n4 4.00 [\"d\"]\n"
	if got := w.query("SELECT * FROM joined ORDER BY id"); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got := w.query("SELECT DISTINCT name FROM leat_positions"); got != "shop\n" {
		t.Errorf("positions are kept as %s", got)
	}
}

// TestFilesToTable keeps the positions of files in the database, which the environment names.
func TestFilesToTable(t *testing.T) {
	w := newWorkplace(t)
	host, port, _ := strings.Cut(server.Address(), ":")
	for name, value := range map[string]string{"MYSQL_HOST": host, "MYSQL_TCP_PORT": port,
		"LEAT_TEST_MYSQL": mariadbserver.Password, "MYSQL_USER": mariadbserver.User, "MYSQL_DATABASE": w.URL[strings.LastIndex(w.URL, "/")+1:]} {
		t.Setenv(name, value)
	}
	w.Write("in.jsonl", "{\"n\":1,\"t\":\"a\"}\n{\"n\":2,\"t\":null}\n")
	p, err := pipeline.Parse(filepath.Join(w.Dir, "shop.yaml"), []byte(`mysql: {password_env: LEAT_TEST_MYSQL}
name: copying
streams: {a: {file: in.jsonl}, out: {mysql: {table: copied, columns: {n: BIGINT PRIMARY KEY, t: TEXT}}}}
master: a
output: out
`), mysql.Storage())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second run finds nothing to do
		w.Run(p)
	}
	if got := w.query("SELECT * FROM copied ORDER BY n"); got != "1 a\n2 \n" {
		t.Errorf("got\n%s", got)
	}
	if got := w.query("SELECT name FROM leat_positions"); got != "copying\n" {
		t.Errorf("positions are kept as %s", got)
	}
}

// TestTableToFile writes a table to a file, all at the end.
func TestTableToFile(t *testing.T) {
	w := newWorkplace(t)
	w.exec("CREATE TABLE t (n BIGINT PRIMARY KEY, x DECIMAL(5,2)); INSERT INTO t VALUES (2, 2.0), (1, 1.10)")
	p := w.Load("streams: {a: {mysql: {table: t}}, out: {file: out.jsonl}}\nmaster: a\noutput: out\n")
	var progress pipeline.Monitor
	options := storagetest.Quiet()
	options.Monitor = &progress
	if err := p.Run(t.Context(), options); err != nil {
		t.Fatal(err)
	}
	if got, want := w.Read("out.jsonl"), "{\"n\":1,\"x\":1.10}\n{\"n\":2,\"x\":2.00}\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if s := progress.Progress().Streams[0]; s.Storage != "mysql" || s.Address != "table t" || s.File != "" {
		t.Errorf("the stream is shown as %+v", s)
	}
}

// TestErrorsOfTheServer says what is wrong with the line of the pipeline file, what would mend it, and no password.
func TestErrorsOfTheServer(t *testing.T) {
	w := newWorkplace(t)
	w.exec("CREATE TABLE t (n BIGINT PRIMARY KEY); CREATE TABLE old (n BIGINT PRIMARY KEY) ENGINE=MyISAM")
	w.Write("in.jsonl", "{\"n\":1}\n")
	good := "url: '" + w.URL + "'"
	t.Setenv("LEAT_TEST_WRONG", "hush-hush")
	w.Mishaps(t, map[string]storagetest.Mishap{
		"wrong password": {good + ", password_env: LEAT_TEST_WRONG", "mysql: {table: t}", "file: out.jsonl",
			"shop.yaml:1:1: mysql: connecting as admin"},
		"variable that isn't set": {good + ", password_env: LEAT_TEST_UNSET", "mysql: {table: t}",
			"file: out.jsonl", "the environment variable LEAT_TEST_UNSET"},
		"no database": {"url: 'mysql://" + server.Address() + "'", "mysql: {table: t}", "file: out.jsonl",
			"shop.yaml:1:1: mysql: the url names no database"},
		"missing input": {good, "mysql: {table: tt}", "file: out.jsonl",
			"shop.yaml:2:30: mysql: table tt"},
		"missing output": {good, "file: in.jsonl", "mysql: {table: tt}", "shop.yaml:2:53: mysql: table tt"},
		"engine":         {good, "file: in.jsonl", "mysql: {table: old}", "ALTER TABLE `old` ENGINE=InnoDB"},
		"missing certificate": {good + ", tls: {ca: none.pem}", "mysql: {table: t}", "file: out.jsonl",
			"read the certificate authorities"},
		"no TLS there": {good + ", tls: true", "mysql: {table: t}", "file: out.jsonl", "shop.yaml:1:1"},
	}, "hush-hush", mariadbserver.Password)
}
