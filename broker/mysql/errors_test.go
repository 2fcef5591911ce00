package mysql_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/internal/relation/relationtest"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/broker/mysql"
	"github.com/leat-go/leat/internal/mariadbserver"
)

type object = map[string]any

// A wrong setup is refused at the start, with what would be right, and without secrets.
func TestWrongSetupIsRefused(t *testing.T) {
	d := newDatabase(t)
	d.Exec(`CREATE TABLE orders (id BIGINT PRIMARY KEY, placed DATETIME, name VARCHAR(20), kind ENUM('b', 'a') NOT NULL);
		INSERT INTO orders VALUES (1, NULL, 'x', 'a');
		CREATE TABLE old (id BIGINT PRIMARY KEY) ENGINE=MyISAM;
		CREATE TABLE log (line TEXT);
		CREATE TABLE closed (id BIGINT PRIMARY KEY);
		CREATE VIEW names AS SELECT name FROM orders;
		CREATE USER IF NOT EXISTS guest@'127.0.0.1' IDENTIFIED BY 'hush-hush'`)
	d.Exec("GRANT SELECT, INSERT ON " + d.name + ".orders TO guest@'127.0.0.1'")
	d.Cleanup(func() { d.Exec("DROP USER guest@'127.0.0.1'") })
	guest := urlOf("guest", "hush-hush", d.name)
	for _, test := range []struct {
		name, url       string
		inputs, outputs int
		stream          mysql.Option
		want            []string
	}{
		{"password", urlOf(mariadbserver.User, "hush-hush", d.name), 1, 0, mysql.Table[object]("orders"),
			[]string{"connecting as admin", "password is wrong", "MYSQL_PWD"}},
		{"no database", urlOf(mariadbserver.User, mariadbserver.Password, "none"), 1, 0, mysql.Table[object]("orders"),
			[]string{"Unknown database 'none'", "CREATE DATABASE"}},
		{"no url", "mysql://x:hush-hush@127.0.0.1:none/x", 1, 0, mysql.Table[object]("orders"), []string{"it looks like"}},
		{"no database's name", "mysql://x:hush-hush@127.0.0.1", 1, 0, mysql.Table[object]("orders"), []string{"names no database"}},
		{"parameter", "mysql://x:hush-hush@127.0.0.1/x?ssl=1", 1, 0, mysql.Table[object]("orders"), []string{"parameter ssl"}},
		{"no TLS", d.url + "?tls=true", 1, 0, mysql.Table[object]("orders"), []string{"TLS"}},
		{"no table", d.url, 1, 0, mysql.Table[object]("oders"), []string{"there is no such table", "did you mean orders?"}},
		{"no table like it", d.url, 1, 0, mysql.Table[object]("nothing"), []string{"; there are "}},
		{"no output", d.url, 0, 1, mysql.Table[object]("oders"), []string{"there is no such table", "did you mean orders?",
			"an output is made where its columns are given: mysql.Columns"}},
		{"no order", d.url, 1, 0, mysql.Table[object]("log"), []string{"it has no primary key", "mysql.OrderBy"}},
		{"equal rows", d.url, 1, 0, mysql.Table[object]("log", mysql.OrderBy("line")), []string{"may have the same line"}},
		{"no such column", d.url, 1, 0, mysql.Table[object]("orders", mysql.OrderBy("place")),
			[]string{"there is no column place, did you mean placed?"}},
		{"null", d.url, 1, 0, mysql.Table[object]("orders", mysql.OrderBy("placed")), []string{"rows whose placed is null"}},
		{"unordered", d.url, 1, 0, mysql.Table[object]("orders", mysql.OrderBy("kind")), []string{"ENUM", "another column"}},
		{"equal texts", d.url, 1, 0, mysql.Table[object]("names", mysql.OrderBy("name")), []string{"COLLATE utf8mb4_nopad_bin"}},
		{"equal but for blanks", d.url, 1, 0, mysql.Query[object]("q", "SELECT name COLLATE utf8mb4_bin AS name FROM orders",
			mysql.OrderBy("name")), []string{"blanks at its end", "COLLATE utf8mb4_nopad_bin"}},
		{"wrong query", d.url, 1, 0, mysql.Query[object]("q", "SELEC 1"), []string{"query q", "syntax"}},
		{"same columns", d.url, 1, 0, mysql.Query[object]("q", "SELECT 1 AS a, 2 AS a"), []string{"'a'", "by AS"}},
		{"query as output", d.url, 0, 1, mysql.Query[object]("q", "SELECT 1 AS a"), []string{"can be read only"}},
		{"view as output", d.url, 0, 1, mysql.Table[object]("names"), []string{"is a view"}},
		{"engine", d.url, 0, 1, mysql.Table[object]("old"), []string{"MyISAM has no transactions", "ENGINE=InnoDB"}},
		{"conflict without index", d.url, 0, 1, mysql.Table[object]("orders", mysql.Conflict("placed")),
			[]string{"CREATE UNIQUE INDEX `orders_key` ON `orders` (`placed`)"}},
		{"no right to read", guest, 1, 0, mysql.Table[object]("closed"),
			[]string{"no right to it (GRANT SELECT ON `closed` TO 'guest'@'127.0.0.1')"}},
		{"no right to keep positions", guest, 0, 1, mysql.Table[object]("orders"), []string{"command denied",
			"GRANT SELECT, INSERT, UPDATE, CREATE ON `leat_positions` TO 'guest'@'127.0.0.1'"}},
		{"no right to the database", urlOf("guest", "hush-hush", "mysql"), 1, 0, mysql.Table[object]("user"),
			[]string{"GRANT SELECT, INSERT, UPDATE, CREATE ON `mysql`.* TO 'guest'@'127.0.0.1'"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := relationtest.Open(t, mysql.New(test.url, test.stream), test.inputs, test.outputs)
			if err == nil {
				t.Fatal("it was opened")
			}
			if test.inputs > 0 && strings.Contains(err.Error(), "an output is made") {
				t.Errorf("the remedy of what is read is that of an output: %v", err)
			}
			for _, want := range append(test.want, "mysql: ") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error is %q, wanted one with %q", err, want)
				}
			}
			for _, secret := range []string{"hush-hush", mariadbserver.Password} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error shows a password: %v", err)
				}
			}
		})
	}
}

// A result that the table doesn't take ends the run with what would mend it, and leaves nothing.
func TestWrongResults(t *testing.T) {
	d := newDatabase(t)
	d.Exec("CREATE TABLE results (id BIGINT PRIMARY KEY, name VARCHAR(5) NOT NULL UNIQUE, at DATETIME, raw BLOB); " +
		"INSERT INTO results VALUES (7, 'seven', NULL, NULL)")
	for what, test := range map[string]struct {
		result object
		want   []string
	}{
		"no column": {object{"id": 1, "names": "x"}, []string{"has no column names, did you mean name?",
			"ADD COLUMN `names` TEXT"}},
		"no member":  {object{"id": 1}, []string{"default value", "a default"}},
		"no members": {object{}, []string{"no members"}},
		"fraction":   {object{"id": 1.5, "name": "x"}, []string{"column id", "1.5 is no integer"}},
		"too long":   {object{"id": 1, "name": "too long"}, []string{"too long", "ALTER TABLE"}},
		"wrong text": {object{"id": 1, "name": "x", "at": "soon"}, []string{"soon", "ALTER TABLE"}},
		"base64":     {object{"id": 1, "name": "x", "raw": "?"}, []string{"column raw", "base64"}},
		"there":      {object{"id": 1, "name": "seven"}, []string{"Duplicate entry", "mysql.Conflict"}},
	} {
		t.Run(what, func(t *testing.T) {
			input := memory.New(memory.Stream[relationtest.Order]("orders"))
			d.Must(memory.Append(input, "orders", 0, relationtest.Order{ID: 1}, relationtest.Order{ID: 2}))
			d.Must(input.End("orders"))
			mill, err := leat.New(func(relationtest.Order) object { return test.result }, leat.Name(what), quiet, leat.From(input),
				leat.To(mysql.New(d.url, mysql.Table[object]("results"))))
			d.Must(err)
			err = mill.Run(context.Background())
			for _, want := range test.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("the error is %q, wanted one with %q", fmt.Sprint(err), want)
				}
			}
			if got := d.Query("SELECT count(*) FROM results"); got[0][0] != "1" {
				t.Errorf("there are %v rows, not the one from before", got)
			}
		})
	}
}
