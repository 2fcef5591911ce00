package postgres_test

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/postgres"
	"github.com/leat-go/leat/internal/wait"
)

type number struct {
	ID int64 `json:"id"`
}

// read opens a stream and reads as often as is said. It returns the input and how many records each time gave.
func (d *database) read(stream postgres.Option, times int) (in broker.Input, r broker.Reader, counts []int) {
	d.Helper()
	b := postgres.New(d.url, stream)
	job := &broker.Job{Name: "test", Inputs: b.Streams(), Logger: slog.New(slog.DiscardHandler)}
	in, err := b.OpenSource(d.Context(), job)
	d.must(err)
	d.Cleanup(func() { _ = in.Close() })
	r, err = in.Reader(d.Context(), 0, 0, 0)
	d.must(err)
	d.Cleanup(func() { _ = r.Close() })
	for range times {
		records, err := r.Read(d.Context())
		d.must(err)
		counts = append(counts, len(records))
	}
	return in, r, counts
}

// While rows of one page are read, the server makes those of the next one, and no more. Each row that it makes takes a
// lock here, which lasts until the connection ends.
func TestOnePageAhead(t *testing.T) {
	d := newDatabase(t)
	d.exec(`CREATE TABLE numbers AS SELECT id FROM generate_series(1, 20000) id;
		ALTER TABLE numbers ADD PRIMARY KEY (id); ANALYZE numbers`)
	_, r, counts := d.read(postgres.Query[number]("locking",
		"SELECT id, pg_try_advisory_lock(id) AS locked FROM numbers ORDER BY id", postgres.OrderBy("id")), 2)
	if !slices.Equal(counts, []int{100, 400}) {
		t.Fatalf("Read returned %v records, wanted the pages of 100 and 400", counts)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	expect := func(what string, want int) {
		t.Helper()
		made := ""
		for made != strconv.Itoa(want) {
			if wait.For(ctx, time.Millisecond) != nil {
				t.Fatalf("%s the server has made %s rows, wanted %d", what, made, want)
			}
			made = d.query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")[0][0]
			if n, _ := strconv.Atoi(made); n > 100+400+400 {
				t.Fatalf("%s the server has made %d rows: more than one page ahead", what, n)
			}
		}
	}
	expect("behind 500 rows", 100+400+400)
	d.must(r.Close())
	expect("behind Close", 0)
}

// The key that a position holds has the texts that a cast gives, whatever the rows themselves come as: it was written
// by earlier versions, too.
func TestPositionsHoldTextsOfCasts(t *testing.T) {
	d := newDatabase(t)
	type key struct{ value, comparedAs string }
	types := map[string]key{"boolean": {"true", "bool"}, "char(4)": {"ab", "text"}, "varchar": {`a "b"`, "text"},
		"numeric": {"1.50", "number"}, "bigint": {"-7", "number"}, "uuid": {"00000000-0000-0000-0000-00000000000a", "uuid"},
		"date": {"2026-11-29", "date"}, "timestamptz": {"2026-11-29 10:00:00.5+00", "timestamptz"},
		"timestamp": {"2026-11-29 10:00:00", "timestamp"}, "bytea": {`\x00ff`, "bytea"}, "float8": {"1e+20", "float"},
		`"char"`: {"x", "char"}, "name": {"n", "text"}, "inet": {"10.0.0.1", "inet"}}
	for kind, key := range types {
		t.Run(kind, func(t *testing.T) {
			d := &database{TB: t, name: d.name, url: d.url, conn: d.conn}
			d.exec("DROP TABLE IF EXISTS keyed; CREATE TABLE keyed (id " + kind + " PRIMARY KEY); INSERT INTO keyed VALUES ('" +
				key.value + "')")
			in, r, _ := d.read(postgres.Table[struct{}]("keyed"), 1)
			nodes := []broker.Rewind{{Offset: r.Next()}}
			d.must(in.(broker.Positioner).Positions(0, nodes))
			want := `{"at":[` + strconv.Quote(d.query("SELECT id::text FROM keyed")[0][0]) + `],"after":true,"by":["id"],"as":["` +
				key.comparedAs + `"],"in":"public.keyed"}`
			if got := nodes[0].Position; got != want {
				t.Errorf("the position is %s, wanted %s", got, want)
			}
			nodes[0].Position = nodes[0].Position[:strings.Index(nodes[0].Position, `,"by"`)] + "}" // as earlier versions kept it
			d.must(in.(broker.Positioner).Resume(t.Context(), 0, nodes))
			if nodes[0].Offset != 1 {
				t.Errorf("the position is offset %d when it is read back, wanted 1", nodes[0].Offset)
			}
		})
	}
}

// A position says which table it is of: another one of the same name and order isn't gone on with, in another schema
// either. A query goes on from any.
func TestPositionsOfAnotherTable(t *testing.T) {
	d := newDatabase(t)
	d.exec("CREATE SCHEMA other; CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); " +
		"CREATE TABLE other.a (id int PRIMARY KEY); INSERT INTO a VALUES (1); INSERT INTO b VALUES (1); INSERT INTO other.a VALUES (1)")
	for _, options := range [][]postgres.StreamOption{nil, {postgres.PartitionBy("id", 1)}} {
		in, r, _ := d.read(postgres.Table[struct{}]("a", options...), 1)
		kept := []broker.Rewind{{Node: "n", Offset: r.Next()}}
		d.must(in.(broker.Positioner).Positions(0, kept))
		resume := func(stream postgres.Option) error {
			in, _, _ := d.read(stream, 0)
			return in.(broker.Positioner).Resume(t.Context(), 0, slices.Clone(kept))
		}
		for _, name := range []string{"b", "other.a"} {
			err := resume(postgres.Table[struct{}](name, options...))
			other := strings.Replace("public."+name, "public.other", "other", 1)
			if err == nil || !strings.Contains(err.Error(), "kept for public.a, but "+other+" is read now") {
				t.Errorf("what was kept for table a is read on in %s, and the error is %v", name, err)
			}
			in, _, _ := d.read(postgres.Table[struct{}](name, options...), 0)
			_, err = in.(broker.Seeker).Count(t.Context(), 0, 0, kept[0].Position, 10)
			if err == nil || !strings.Contains(err.Error(), "kept for public.a, but "+other+" is read now") {
				t.Errorf("what is left of %s is counted, and the error is %v", name, err)
			}
		}
		d.must(resume(postgres.Table[struct{}]("public.a", options...)))
		d.must(resume(postgres.Query[struct{}]("q", "SELECT * FROM b;\n", append(options, postgres.OrderBy("id"))...)))
	}
}
