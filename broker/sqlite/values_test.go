package sqlite_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/broker/sqlite"
)

// anything is a table of many types.
const anything = `(id INTEGER PRIMARY KEY, i BIGINT, r REAL, n NUMERIC, d DECIMAL(10,2), t TEXT, c VARCHAR(4), b BOOLEAN,
	raw BLOB, j JSON, at DATETIME, stamp TIMESTAMP, day DATE, free)`

type anyRow struct {
	ID    int64           `json:"id"`
	I     json.RawMessage `json:"i"`
	R     json.RawMessage `json:"r"`
	N     json.RawMessage `json:"n"`
	D     json.RawMessage `json:"d"`
	T     json.RawMessage `json:"t"`
	C     json.RawMessage `json:"c"`
	B     json.RawMessage `json:"b"`
	Raw   []byte          `json:"raw"`
	J     json.RawMessage `json:"j"`
	At    json.RawMessage `json:"at"`
	Stamp *time.Time      `json:"stamp"`
	Day   json.RawMessage `json:"day"`
	Free  json.RawMessage `json:"free"`
}

// What is read from one table and written to another is the same, whatever its type; with and without a conflict
// clause.
func TestValues(t *testing.T) {
	d := newDatabase(t)
	d.Exec("CREATE TABLE one " + anything + "; CREATE TABLE two " + anything + "; CREATE TABLE three " + anything)
	d.Exec(`INSERT INTO one VALUES
		(1, 9223372036854775807, 0.1, 1e300, 12.50, 'a "b" \ 水車' || char(9, 10, 1), 'abcdef', 1, x'00ff5c0a',
			'{"z":1.0,"a":[1,"x\n"]}', '2026-11-28 12:00:00.5', '2026-11-28 12:00:00', '2026-11-28', 'free'),
		(2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
		(3, -1, 5, 100000000000000000000, 0.1, '12345678901234567890.12345', '', 0, x'', '[]', 'soon', '0044-03-15 00:00:00',
			'', 0.30000000000000004),
		(4, 1.5, -0.0, 7, 'text', 12, 'x', 2, x'01', '"text"', 5, NULL, 20261128, -12)`)
	for i, output := range []sqlite.Option{
		sqlite.Table[anyRow]("two", sqlite.Named("output")),
		sqlite.Table[anyRow]("three", sqlite.Named("output"), sqlite.Conflict("id")),
	} {
		mill, err := leat.New(func(r anyRow) anyRow { return r }, leat.Name(fmt.Sprint("copy", i)), quiet,
			leat.From(sqlite.New(d.path, sqlite.Table[anyRow]("one"))), leat.To(sqlite.New(d.path, output)))
		d.Must(err)
		d.Must(mill.Run(t.Context()))
	}
	for _, column := range strings.Fields("id i r n d t c b raw j at stamp day free") {
		look := "SELECT quote(" + column + "), typeof(" + column + ") FROM "
		want := fmt.Sprint(d.Query(look + "one ORDER BY id"))
		for _, table := range []string{"two", "three"} {
			if got := fmt.Sprint(d.Query(look + table + " ORDER BY id")); got != want {
				t.Errorf("column %s of table %s has %s, not %s", column, table, got, want)
			}
		}
	}
}

// elements returns the elements of a stream.
func (d *database) elements(stream sqlite.Option) (all []string) {
	d.Helper()
	mill, err := leat.New(func(o json.RawMessage) { all = append(all, string(o)) }, quiet,
		leat.From(sqlite.New(d.path, sqlite.Name(fmt.Sprint("elements", time.Now().UnixNano())), stream)))
	d.Must(err)
	d.Must(mill.Run(d.Context()))
	return all
}

// An element is a JSON object of the row's columns, in their order.
func TestElements(t *testing.T) {
	d := newDatabase(t)
	d.Exec("CREATE TABLE t (id INTEGER PRIMARY KEY, \"a \"\" b\" REAL, b BOOL, j JSONB, at DATETIME, day DATE, raw BLOB, " +
		"twice INT AS (id * 2))")
	d.Exec(`INSERT INTO t VALUES (1, 1e6, 1, jsonb('{"k": [1.50]}'), '2026-11-28T12:00+02:00', '2026-11-28', x'ff'),
		(2, 9e999, 'x', 'no json', '2026-11-28', 5, 'text')`)
	got := d.elements(sqlite.Table[json.RawMessage]("t"))
	want := []string{
		`{"id":1,"a \" b":1000000,"b":true,"j":{"k":[1.50]},"at":"2026-11-28T12:00:00+02:00","day":"2026-11-28","raw":"/w==",` +
			`"twice":2}`,
		`{"id":2,"a \" b":9e999,"b":"x","j":"no json","at":"2026-11-28T00:00:00Z","day":5,"raw":"text","twice":4}`,
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the elements are\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// With a conflict clause results replace rows, of several in one commit the last; columns without a member get
// defaults, or stay.
func TestConflict(t *testing.T) {
	d := newDatabase(t)
	d.Exec(`CREATE TABLE results (a NUMERIC, b TEXT, n INT DEFAULT 7, note TEXT DEFAULT 'new', PRIMARY KEY (a, b));
		INSERT INTO results VALUES (1, 'x', 1, 'old')`)
	type result struct {
		A json.Number `json:"A"`
		B string      `json:"b"`
		N int         `json:"n,omitempty"`
	}
	type in struct{ ID int }
	results := []result{{"1.0", "x", 2}, {"2", "x", 3}, {"2.00", "x", 4}, {"3", "x", 0}, {"1", "x", 5}, {"1", "x", 6}}
	input := memory.New(memory.Stream[in]("in"))
	for i := range results {
		d.Must(memory.Append(input, "in", 0, in{i}))
	}
	d.Must(input.End("in"))
	mill, err := leat.New(func(i in) result { return results[i.ID] }, leat.Name("conflict"), quiet, leat.From(input),
		leat.To(sqlite.New(d.path, sqlite.Table[result]("results", sqlite.Conflict("A", "B")))))
	d.Must(err)
	d.Must(mill.Run(t.Context()))
	if got := fmt.Sprint(d.Query("SELECT a, n, note FROM results ORDER BY a")); got != "[[1 6 old] [2 4 new] [3 7 new]]" {
		t.Errorf("the table has %s", got)
	}
}

// An output with columns is made, and the file, too.
func TestColumns(t *testing.T) {
	d := newDatabase(t)
	d.path += ".made"
	type in struct {
		ID int `json:"id"`
	}
	input := memory.New(memory.Stream[in]("in"))
	d.Must(memory.Append(input, "in", 0, in{2}, in{1}, in{2}))
	d.Must(input.End("in"))
	for range 2 {
		mill, err := leat.New(func(i in) in { return i }, leat.Name("made"), quiet, leat.From(input),
			leat.To(sqlite.New(d.path, sqlite.Table[in]("results", sqlite.Conflict("id"), sqlite.Columns("id INTEGER")))))
		d.Must(err)
		d.Must(mill.Run(t.Context()))
		d.Must(memory.Append(input, "in", 0, in{3}))
		d.Must(input.End("in"))
	}
	d.connect()
	if got := fmt.Sprint(d.Query("SELECT id FROM results ORDER BY id")); got != "[[1] [2] [3]]" {
		t.Errorf("the table has %s", got)
	}
	if got := d.Query("PRAGMA journal_mode"); got[0][0] != "wal" {
		t.Errorf("the journal mode is %s", got)
	}
}
