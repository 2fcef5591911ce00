package postgres_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/postgres"
)

// What would make reading a table faster or safer is told when it is opened, with the command to run; and once that was
// run, nothing is told.
func TestAdvice(t *testing.T) {
	for _, c := range []struct {
		name, sql string
		declared  postgres.Option
		want      string // a part of the advice; none where it is empty
		remedy    string // which the advice has
	}{
		{"the primary key", "CREATE TABLE t (id bigint PRIMARY KEY)",
			postgres.Table[order]("t", postgres.Follow()), "", ""},
		{"followed without an index", "CREATE TABLE t (id bigint PRIMARY KEY, placed timestamptz NOT NULL)",
			postgres.Table[order]("t", postgres.OrderBy("placed", "id"), postgres.Follow()),
			"table t: no index serves the order placed, id", `CREATE INDEX CONCURRENTLY ON "t" ("placed", "id")`},
		{"small and finite", "CREATE TABLE t (id bigint PRIMARY KEY, placed timestamptz NOT NULL)",
			postgres.Table[order]("t", postgres.OrderBy("placed", "id")), "", ""},
		{"large and finite", `CREATE TABLE t (id bigint PRIMARY KEY, placed timestamptz NOT NULL);
			INSERT INTO t SELECT n, now() FROM generate_series(1, 20000) n; ANALYZE t`,
			postgres.Table[order]("t", postgres.OrderBy("placed", "id")),
			"table t: no index serves the order placed, id", `CREATE INDEX CONCURRENTLY ON "t" ("placed", "id")`},
		{"partitioned", `CREATE TABLE t (id bigint, placed timestamptz NOT NULL, PRIMARY KEY (id)) PARTITION BY RANGE (id);
			CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (100);
			CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (100) TO (200)`,
			postgres.Table[order]("t", postgres.OrderBy("placed", "id"), postgres.Follow()),
			"no index serves the order placed, id", `CREATE INDEX ON "t" ("placed", "id")`},
		{"identity with a cache",
			"CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME numbers CACHE 20) PRIMARY KEY)",
			postgres.Table[order]("t"), "the sequence public.numbers of column id has CACHE 20",
			"ALTER SEQUENCE public.numbers CACHE 1"},
		{"default with a cache",
			"CREATE SEQUENCE numbers CACHE 7; CREATE TABLE t (id bigint DEFAULT nextval('numbers') PRIMARY KEY)",
			postgres.Table[order]("t"), "the sequence public.numbers of column id has CACHE 7",
			"ALTER SEQUENCE public.numbers CACHE 1"},
		{"a query", `CREATE TABLE t (id bigint PRIMARY KEY, placed timestamptz NOT NULL)`,
			postgres.Query[order]("recent", "SELECT * FROM t", postgres.OrderBy("placed"), postgres.Follow()),
			"query recent: no index serves the order placed", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDatabase(t)
			d.exec(c.sql)
			b := postgres.New(d.url, c.declared)
			if got := d.advice(b); c.want == "" && got != "" || !strings.Contains(got, c.want) ||
				!strings.Contains(got, c.remedy) {
				t.Fatalf("the advice is %q, wanted %q with %q", got, c.want, c.remedy)
			}
			if c.remedy == "" {
				return
			}
			d.exec(c.remedy)
			if got := d.advice(b); got != "" {
				t.Errorf("after %s, the advice is still %q", c.remedy, got)
			}
		})
	}
}

// advice returns what an input advises.
func (d *database) advice(b *postgres.Broker) string {
	d.Helper()
	in, err := b.OpenSource(d.Context(), &broker.Job{Name: "m", Inputs: b.Streams(),
		Logger: slog.New(slog.DiscardHandler)})
	d.must(err)
	defer func() { d.must(in.Close()) }()
	all, err := in.(broker.Advisor).Advise(d.Context())
	d.must(err)
	return strings.Join(all, "\n")
}
