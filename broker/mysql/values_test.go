package mysql_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/relation/relationtest"
	"github.com/leat-go/leat/broker/mysql"
)

// anything is a table of many types.
const anything = `(id BIGINT PRIMARY KEY, u BIGINT UNSIGNED, n DECIMAL(50,20), f DOUBLE, s FLOAT, b BOOLEAN, one BIT(1),
	bits BIT(12), t TEXT CHARACTER SET utf8mb4, c VARCHAR(4), raw BLOB, j JSON, at DATETIME(6), stamp TIMESTAMP(3) NULL,
	day DATE, clock TIME(2), y YEAR, e ENUM('a', 'b'))`

type anyRow struct {
	ID    int64           `json:"id"`
	U     json.RawMessage `json:"u"`
	N     json.RawMessage `json:"n"`
	F     json.RawMessage `json:"f"`
	S     json.RawMessage `json:"s"`
	B     *bool           `json:"b"`
	One   *bool           `json:"one"`
	Bits  json.RawMessage `json:"bits"`
	T     json.RawMessage `json:"t"`
	C     json.RawMessage `json:"c"`
	Raw   []byte          `json:"raw"`
	J     json.RawMessage `json:"j"`
	At    *time.Time      `json:"at"`
	Stamp *time.Time      `json:"stamp"`
	Day   json.RawMessage `json:"day"`
	Clock json.RawMessage `json:"clock"`
	Y     json.RawMessage `json:"y"`
	E     json.RawMessage `json:"e"`
}

// What is read from one table and written to another is the same, whatever its type; with and without a conflict
// clause.
func TestValues(t *testing.T) {
	d := newDatabase(t)
	d.Exec("CREATE TABLE one " + anything + "; CREATE TABLE two " + anything + "; CREATE TABLE three " + anything)
	d.Exec(`INSERT INTO one VALUES
		(1, 18446744073709551615, 123456789012345678901234567890.12345678901234567890, 0.1, 0.1, true, b'1', b'101010101010',
			'a "b" \\ \t\n, 水車', 'abcd', x'00ff5c0a', '{"z":1.0,"a":[1,"x\\n"]}', '2026-11-28 12:00:00.123456',
			'2026-11-28 12:00:00.5', '2026-11-28', '-23:59:59.5', 2026, 'b'),
		(2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
		(-3, 0, 0.10, 1e300, -1e-20, false, b'0', b'0', '', '', '', '[]', '1000-01-01', NULL, '9999-12-31', '0', 1901, 'a')`)
	for i, output := range []mysql.Option{
		mysql.Table[anyRow]("two", mysql.Named("output")),
		mysql.Table[anyRow]("three", mysql.Named("output"), mysql.Conflict("id")),
	} {
		mill, err := leat.New(func(r anyRow) anyRow { return r }, leat.Name(fmt.Sprint("copy", i)), quiet,
			leat.From(mysql.New(d.url, mysql.Table[anyRow]("one"))), leat.To(mysql.New(d.url, output)))
		d.Must(err)
		d.Must(mill.Run(t.Context()))
	}
	for _, column := range strings.Fields("id u n f s b one bits t c raw j at stamp day clock y e") {
		look := "SELECT hex(" + column + ") FROM "
		want := fmt.Sprint(d.Query(look + "one ORDER BY id"))
		for _, table := range []string{"two", "three"} {
			if got := fmt.Sprint(d.Query(look + table + " ORDER BY id")); got != want {
				t.Errorf("column %s of table %s has %s, not %s", column, table, got, want)
			}
		}
	}
}

// Positions lie in MySQL's order, of all types that can be ordered by.
func TestOrder(t *testing.T) {
	d := newDatabase(t)
	for _, test := range []struct{ kind, values string }{
		{"DECIMAL(40,10)", "(12345678901234567890.1), (12345678901234567890.2), (-0.5), (0)"},
		{"BIGINT UNSIGNED", "(18446744073709551615), (18446744073709551614), (0)"},
		{"BIGINT", "(9007199254740993), (9007199254740992), (-9223372036854775808)"},
		{"DOUBLE", "(0.1), (0.30000000000000004), (0.3), (-1e300)"},
		{"VARCHAR(20) CHARACTER SET utf8mb4", "('b'), ('A'), ('Ö'), ('C'), ('it''s')"},
		{"VARBINARY(20)", "('b'), ('A'), (x'ff00')"},
		{"DATETIME(6)", "('2026-11-28 12:00:00.5'), ('2026-11-28 12:00:00.45'), ('1999-01-01')"},
		{"DATE", "('2026-11-28'), ('1999-01-01')"},
		{"YEAR", "(2026), (1999)"},
	} {
		t.Run(test.kind, func(t *testing.T) {
			d.Exec("CREATE OR REPLACE TABLE t (k " + test.kind + ", m INT DEFAULT 1, PRIMARY KEY (k, m)); INSERT INTO t (k) VALUES " +
				test.values)
			b := mysql.New(d.url, mysql.Table[object]("t"))
			job := &broker.Job{Name: "order", Inputs: b.Streams(), Logger: relationtest.Quiet}
			all, positions := read(t, b, job, "")
			if want := d.Query("SELECT k FROM t ORDER BY k"); len(want) != len(all) {
				t.Fatalf("there are %d records, not %d", len(all), len(want))
			}
			for i, p := range positions {
				if rest, _ := read(t, b, job, p); fmt.Sprint(rest) != fmt.Sprint(all[i+1:]) {
					t.Errorf("from %s on, there is %s, not %s", p, rest, all[i+1:])
				}
			}
		})
	}
}

// read reads a stream from a position on, and returns that behind each record.
func read(t *testing.T, b *mysql.Broker, job *broker.Job, at string) (values, positions []string) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	in, err := b.OpenSource(t.Context(), job)
	must(err)
	defer in.Close()
	from := []broker.Rewind{{Position: at}}
	if at != "" {
		must(in.(broker.Positioner).Resume(t.Context(), 0, from))
	}
	r, err := in.Reader(t.Context(), 0, 0, from[0].Offset)
	must(err)
	defer r.Close()
	for {
		records, err := r.Read(t.Context())
		if err != nil {
			return values, positions
		}
		for _, record := range records {
			values = append(values, string(record.Value))
			next := []broker.Rewind{{Offset: record.Offset + 1, Seen: record.Offset + 1, Accounted: record.Offset + 1}}
			must(in.(broker.Positioner).Positions(0, next))
			positions = append(positions, next[0].Position)
		}
	}
}

// A position says which table it is of, with its database.
func TestPositionsOfAnotherTable(t *testing.T) {
	d := newDatabase(t)
	d.Exec("CREATE TABLE a (id INT PRIMARY KEY); CREATE TABLE b (id INT PRIMARY KEY); INSERT INTO a VALUES (1)")
	relationtest.CheckOtherTable(t, mysql.New(d.url, mysql.Table[object]("a")), mysql.New(d.url, mysql.Table[object]("b")),
		mysql.New(d.url, mysql.Query[object]("q", "SELECT * FROM b", mysql.OrderBy("id"))), d.name+".a", d.name+".b")
}
