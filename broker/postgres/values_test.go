package postgres_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/broker/postgres"
)

// anything is a table of many types.
const anything = `(id bigint PRIMARY KEY, n numeric, f float8, b boolean, t text, c char(4), d date, at timestamptz,
	local timestamp,
	u uuid, raw bytea, j json, jb jsonb, list int[], texts text[], span interval)`

type anyRow struct {
	ID    int64           `json:"id"`
	N     json.RawMessage `json:"n"`
	F     json.RawMessage `json:"f"`
	B     json.RawMessage `json:"b"`
	T     json.RawMessage `json:"t"`
	C     json.RawMessage `json:"c"`
	D     json.RawMessage `json:"d"`
	At    json.RawMessage `json:"at"`
	Local json.RawMessage `json:"local"`
	U     json.RawMessage `json:"u"`
	Raw   []byte          `json:"raw"`
	J     json.RawMessage `json:"j"`
	JB    json.RawMessage `json:"jb"`
	List  json.RawMessage `json:"list"`
	Texts json.RawMessage `json:"texts"`
	Span  json.RawMessage `json:"span"`
}

// What is read from one table and written to another is the same, whatever its type; with and without a conflict
// clause.
func TestValues(t *testing.T) {
	d := newDatabase(t)
	d.exec("CREATE TABLE one " + anything + "; CREATE TABLE two " + anything + "; CREATE TABLE three " + anything)
	d.exec(`INSERT INTO one VALUES
		(1, 12345678901234567890.12345678901234567890, 0.1, true, E'a "b" \\ \t\n\r, {x}', 'ab', '2026-11-28',
			'2026-11-28 12:00:00.123456+02',
			'2026-11-28 12:00:00.5', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '\x00ff5c0a', '{"z":1.0,"a":[1,"x\n"]}',
				'{"k": 1.50}', '{1,NULL,3}',
			'{"a b","c\"d\\e",NULL,"NULL",""}', '1 day 02:00'),
		(2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
		(3, 0.10, 1e300, false, 'Größe 水車', '', '0044-03-15', '1970-01-01 00:00:00+00', '1970-01-01', NULL, '',
			'"text"', '[]', '{}', '{{a,b},{c,d}}', '0')`)
	for i, output := range []postgres.Option{
		postgres.Table[anyRow]("two", postgres.Named("output")),
		postgres.Table[anyRow]("three", postgres.Named("output"), postgres.Conflict("id")),
	} {
		mill, err := leat.New(func(r anyRow) anyRow { return r }, leat.Name(fmt.Sprint("copy", i)), quiet,
			leat.From(postgres.New(d.url, postgres.Table[anyRow]("one"))), leat.To(postgres.New(d.url, output)))
		d.must(err)
		d.must(mill.Run(t.Context()))
	}
	want := fmt.Sprint(d.query("SELECT x::text FROM one x ORDER BY id"))
	for _, table := range []string{"two", "three"} {
		if got := fmt.Sprint(d.query("SELECT x::text FROM " + table + " x ORDER BY id")); got != want {
			t.Errorf("table %s has\n%s\nnot\n%s", table, got, want)
		}
	}
}

// With a conflict clause results replace rows, of several in one commit the last; columns without a member get
// defaults, or stay.
func TestConflict(t *testing.T) {
	d := newDatabase(t)
	d.exec(`CREATE TABLE results (a numeric, b text, n int DEFAULT 7, note text DEFAULT 'new', PRIMARY KEY (a, b));
		INSERT INTO results VALUES (1, 'x', 1, 'old')`)
	type result struct {
		A json.Number `json:"a"`
		B string      `json:"b"`
		N int         `json:"n,omitempty"`
	}
	type in struct{ ID int }
	results := []result{{"1.0", "x", 2}, {"2", "x", 3}, {"2.00", "x", 4}, {"3", "x", 0}, {"1", "x", 5}, {"1", "x", 6}}
	input := memory.New(memory.Stream[in]("in"))
	for i := range results {
		d.must(memory.Append(input, "in", 0, in{i}))
	}
	d.must(input.End("in"))
	mill, err := leat.New(func(i in) result { return results[i.ID] }, leat.Name("conflict"), quiet, leat.From(input),
		leat.To(postgres.New(d.url, postgres.Table[result]("results", postgres.Conflict("a", "b")))))
	d.must(err)
	d.must(mill.Run(t.Context()))
	if got := fmt.Sprint(d.query("SELECT a::float8, n, note FROM results ORDER BY a")); got != "[[1 6 old] [2 4 new] "+
		"[3 7 new]]" {
		t.Errorf("the table has %s", got)
	}
}
