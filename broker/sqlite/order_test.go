package sqlite_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/relation/relationtest"
	"github.com/leat-go/leat/broker/sqlite"
)

// records reads a stream from positions that were kept: the text after each record must be what the next run reads on
// with. It returns all.
func (d *database) records(stream sqlite.Option) (all []string) {
	d.Helper()
	b := sqlite.New(d.path, stream)
	job := &broker.Job{Name: "order", Inputs: b.Streams(), Logger: relationtest.Quiet}
	read := func(at string) (values, positions []string) {
		in, err := b.OpenSource(d.Context(), job)
		d.Must(err)
		defer in.Close()
		from := []broker.Rewind{{Position: at}}
		if at != "" {
			d.Must(in.(broker.Positioner).Resume(d.Context(), 0, from))
		}
		r, err := in.Reader(d.Context(), 0, 0, from[0].Offset)
		d.Must(err)
		defer r.Close()
		for {
			records, err := r.Read(d.Context())
			if err != nil {
				return values, positions
			}
			for _, record := range records {
				values = append(values, string(record.Value))
				next := []broker.Rewind{{Offset: record.Offset + 1, Seen: record.Offset + 1, Accounted: record.Offset + 1}}
				d.Must(in.(broker.Positioner).Positions(0, next))
				positions = append(positions, next[0].Position)
			}
		}
	}
	all, positions := read("")
	for i, p := range positions {
		if rest, _ := read(p); fmt.Sprint(rest) != fmt.Sprint(all[i+1:]) {
			d.Errorf("from %s on, there is %s, not %s", p, rest, all[i+1:])
		}
	}
	return all
}

// The order is SQLite's, of values of all types and by the column's collation, and positions lie in it.
func TestOrder(t *testing.T) {
	d := newDatabase(t)
	d.Exec(`CREATE TABLE mixed (k PRIMARY KEY, n TEXT);
		INSERT INTO mixed VALUES (x'00', 'blob'), (x'ff01', 'longer'), ('', 'empty'), ('it''s', 'quoted'), ('Größe', 'text'),
			(-9223372036854775808, 'least'), (9223372036854775807, 'greatest'), (0.5, 'half'), (1e300, 'huge'), (-9e999, 'inf'),
			(9007199254740993, 'odd'), (1.0, 'one'), (CAST(x'61ff' AS TEXT), 'latin 1'), (CAST(x'6180' AS TEXT), 'cut');
		CREATE TABLE names (name TEXT COLLATE NOCASE, n INT, PRIMARY KEY (name, n)) WITHOUT ROWID;
		INSERT INTO names VALUES ('b', 1), ('A', 2), ('a', 1), ('B', 2), ('c', 0), ('C', 5), ('Ä', 1);
		CREATE TABLE plain (t TEXT); INSERT INTO plain VALUES ('z'), ('y'), ('x'); DELETE FROM plain WHERE t = 'y';
		CREATE TABLE two (a INT NOT NULL, b INT, c INT PRIMARY KEY); INSERT INTO two VALUES (2, 5, 1), (1, 9, 2), (1, 3, 3), (1, 3, 4)`)
	for _, test := range []struct {
		stream sqlite.Option
		sql    string
	}{
		{sqlite.Table[object]("mixed"), "SELECT n FROM mixed ORDER BY k"},
		{sqlite.Table[object]("names"), "SELECT name || n FROM names ORDER BY name, n"},
		{sqlite.Table[object]("plain"), "SELECT t FROM plain ORDER BY rowid"},
		{sqlite.Table[object]("two", sqlite.OrderBy("a", "B")), "SELECT c FROM two ORDER BY a, b, c"},
		{sqlite.Query[object]("q", "SELECT a, sum(c) AS s FROM two GROUP BY a", sqlite.OrderBy("s")),
			"SELECT a FROM two GROUP BY a ORDER BY sum(c)"},
	} {
		got := d.records(test.stream)
		want := d.Query(test.sql)
		if len(got) != len(want) {
			t.Errorf("%s: there are %d records, not %d", test.sql, len(got), len(want))
		}
		for i := range min(len(got), len(want)) {
			var columns map[string]json.RawMessage
			d.Must(json.Unmarshal([]byte(got[i]), &columns))
			text := ""
			for _, name := range []string{"name", "t", "c"} {
				text += strings.Trim(string(columns[name]), `"`)
			}
			if n := string(columns["n"]); n != "" {
				text += strings.Trim(n, `"`)
			}
			if columns["s"] != nil {
				text = string(columns["a"])
			}
			if text != want[i][0] {
				t.Errorf("%s: record %d is %s, not %s", test.sql, i, got[i], want[i][0])
			}
		}
	}
}

// A position says which table it is of, as the catalog spells it.
func TestPositionsOfAnotherTable(t *testing.T) {
	d := newDatabase(t)
	d.Exec("CREATE TABLE A (id INTEGER PRIMARY KEY); CREATE TABLE b (id INTEGER PRIMARY KEY); INSERT INTO a VALUES (1)")
	relationtest.CheckOtherTable(t, sqlite.New(d.path, sqlite.Table[object]("a")), sqlite.New(d.path, sqlite.Table[object]("b")),
		sqlite.New(d.path, sqlite.Query[object]("q", "SELECT * FROM b", sqlite.OrderBy("id"))), "A", "b")
}

// Equal keys are refused where no index rules them out.
func TestEqualKeys(t *testing.T) {
	d := newDatabase(t)
	for _, query := range []string{"SELECT 1 AS k UNION ALL SELECT 1", "SELECT 1 AS k UNION ALL SELECT 1.0",
		"SELECT 'a' AS k UNION ALL SELECT 'a'"} {
		mill, err := leat.New(func(object) {}, quiet, leat.Name("equal"),
			leat.From(sqlite.New(d.path, sqlite.Query[object]("q", query, sqlite.OrderBy("k")))))
		d.Must(err)
		if err := mill.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "two rows have the same") {
			t.Errorf("%s: the run ends with %v", query, err)
		}
	}
}

// A self-join reads one stream for two nodes, which agree on its offsets, also where rows are deleted meanwhile and the
// collation isn't Go's.
func TestTwoNodes(t *testing.T) {
	d := newDatabase(t)
	d.Exec(`CREATE TABLE words (id INTEGER PRIMARY KEY AUTOINCREMENT, word TEXT);
		CREATE TABLE pairs (a INT, b INT)`)
	d.Exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO words SELECT i, 'w' FROM n")
	type word struct {
		ID int64 `json:"id"`
	}
	type next word
	type pair struct {
		A int64 `json:"a"`
		B int64 `json:"b"`
	}
	mill := func() *leat.Mill {
		m, err := leat.New(func(w word, all []next) pair {
			if w.ID%100 == 0 {
				d.Exec("DELETE FROM words WHERE id = ?", w.ID-50)
			}
			return pair{w.ID, all[0].ID}
		}, leat.Name("pairs"), quiet,
			leat.Join(func(w word) int64 { return w.ID + 10 }, func(n next) int64 { return n.ID }),
			leat.Broker(sqlite.New(d.path, sqlite.Table[word]("words"), sqlite.Table[next]("words"), sqlite.Table[pair]("pairs"))))
		d.Must(err)
		return m
	}
	d.Must(mill().Run(t.Context()))
	if got := d.Query("SELECT count(*), sum(b - a), count(DISTINCT a) FROM pairs"); fmt.Sprint(got) != "[[4990 49900 4990]]" {
		t.Errorf("there are pairs %v", got)
	}
	d.Exec("WITH RECURSIVE n(i) AS (SELECT 5001 UNION ALL SELECT i + 1 FROM n WHERE i < 5100) INSERT INTO words SELECT i, 'w' FROM n")
	d.Must(mill().Run(t.Context()))
	if got := d.Query("SELECT count(*), count(DISTINCT a) FROM pairs WHERE a > 5000"); fmt.Sprint(got) != "[[90 90]]" {
		t.Errorf("the second session has pairs %v", got)
	}
}

// Rows that must be sorted, since no index has their order, are read while results go to the same file; in either
// journal mode.
func TestSorted(t *testing.T) {
	for _, mode := range []string{"WAL", "DELETE"} {
		t.Run(mode, func(t *testing.T) {
			d := newDatabase(t)
			d.Exec("PRAGMA journal_mode=" + mode)
			d.Exec(`CREATE TABLE rows (id INTEGER PRIMARY KEY, k INT NOT NULL, text TEXT);
				WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 19999)
				INSERT INTO rows SELECT i, (i * 7919) % 20000, printf('%200d', i) FROM n`)
			output := databaseAt(t, d.path)
			if mode == "DELETE" {
				output = databaseAt(t, d.path+".out")
			}
			type row struct {
				K int64 `json:"k"`
			}
			mill, err := leat.New(func(r row) row { return r }, leat.Name("sorted"), quiet,
				leat.From(sqlite.New(d.path, sqlite.Table[row]("rows", sqlite.OrderBy("k")))),
				leat.To(sqlite.New(output.path, sqlite.Table[row]("sorted", sqlite.Columns("n INTEGER PRIMARY KEY", "k INT")))))
			d.Must(err)
			d.Must(mill.Run(t.Context()))
			output.connect()
			got := output.Query("SELECT count(*), sum(k = n - 1) FROM sorted")
			if got[0][0] != "20000" || got[0][1] != "20000" {
				t.Errorf("of %s rows %s are in order", got[0][0], got[0][1])
			}
			if now := d.Query("PRAGMA journal_mode"); now[0][0] != strings.ToLower(mode) {
				t.Errorf("the input's journal mode is %s now", now[0][0])
			}
		})
	}
}

// A database that can't be written to can be read; positions can't be kept in it.
func TestReadOnly(t *testing.T) {
	d := newDatabase(t)
	d.Exec("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (2); PRAGMA journal_mode=DELETE")
	d.Must(d.DB.Close())
	d.Must(os.Chmod(d.path, 0o444))
	if got := d.elements(sqlite.Table[json.RawMessage]("t")); len(got) != 2 {
		t.Errorf("there are elements %v", got)
	}
}
