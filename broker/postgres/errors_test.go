package postgres_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/broker/postgres"
	"github.com/leat-go/leat/internal/postgresserver"
)

type object = map[string]any

// open opens source and sink, as far as there are inputs and outputs, and closes them.
func open(t testing.TB, b *postgres.Broker, inputs, outputs int) error {
	t.Helper()
	job := &broker.Job{Name: "test", Logger: slog.New(slog.DiscardHandler)}
	job.Inputs, job.Outputs = b.Streams()[:inputs], b.Streams()[inputs:inputs+outputs]
	if inputs > 0 {
		in, err := b.OpenSource(t.Context(), job)
		if err != nil {
			return err
		}
		defer in.Close()
	}
	if outputs == 0 {
		return nil
	}
	out, err := b.OpenSink(t.Context(), job)
	if err != nil {
		return err
	}
	return out.Close()
}

// A wrong setup is refused at the start, with what would be right, and without secrets.
func TestWrongSetupIsRefused(t *testing.T) {
	d := newDatabase(t)
	d.exec(`CREATE TABLE orders (id bigint PRIMARY KEY, placed timestamptz, total numeric);
		INSERT INTO orders VALUES (1, NULL, 2);
		CREATE TABLE log (line text);
		CREATE TABLE closed (id bigint PRIMARY KEY);
		CREATE ROLE guest_of_tests LOGIN PASSWORD 'hush-hush';
		GRANT SELECT, INSERT ON orders, log TO guest_of_tests`)
	d.Cleanup(func() { d.exec("DROP OWNED BY guest_of_tests; DROP ROLE guest_of_tests") })
	guest := server.URL("guest_of_tests", "hush-hush", d.name)
	for _, test := range []struct {
		name, url       string
		inputs, outputs int
		stream          postgres.Option
		want            []string
	}{
		{"password", server.URL(postgresserver.User, "hush-hush", d.name), 1, 0, postgres.Table[object]("orders"),
			[]string{"connecting as postgres", "the password is wrong", "PGPASSWORD"}},
		{"no database", server.URL(postgresserver.User, postgresserver.Password, "none"), 1, 0,
			postgres.Table[object]("orders"),
			[]string{`database "none" does not exist`, "CREATE DATABASE"}},
		{"no such host", "postgres://x:hush-hush@nobody.invalid/x", 1, 0, postgres.Table[object]("orders"),
			[]string{"nobody.invalid"}},
		{"no url", "postgres://x:hush-hush@127.0.0.1:none/x", 1, 0, postgres.Table[object]("orders"),
			[]string{"a url looks like"}},
		{"no table", d.url, 1, 0, postgres.Table[object]("oders"), []string{"there is no table oders",
			"did you mean orders?"}},
		{"no output", d.url, 0, 1, postgres.Table[object]("oders"), []string{"there is no table oders",
			"did you mean orders?", "postgres.Columns"}},
		{"wrong columns", d.url, 0, 1, postgres.Table[object]("made", postgres.Columns("id bigint", "total nummeric")),
			[]string{"the table made", `type "nummeric" does not exist`}},
		{"no right to make an output", guest, 0, 1, postgres.Table[object]("made", postgres.Columns("id bigint")),
			[]string{"permission denied", `GRANT CREATE ON SCHEMA "public" TO "guest_of_tests"`, `CREATE TABLE "made" (id bigint)`}},
		{"no order", d.url, 1, 0, postgres.Table[object]("log"), []string{"it has no primary key", "postgres.OrderBy"}},
		{"equal rows", d.url, 1, 0, postgres.Table[object]("log", postgres.OrderBy("line")),
			[]string{"may have the same line", "PRIMARY KEY"}},
		{"no such column", d.url, 1, 0, postgres.Table[object]("orders", postgres.OrderBy("place")),
			[]string{"there is no column place, did you mean placed?"}},
		{"null", d.url, 1, 0, postgres.Table[object]("orders", postgres.OrderBy("placed")),
			[]string{"rows whose placed is null"}},
		{"wrong query", d.url, 1, 0, postgres.Query[object]("q", "SELEC 1"), []string{"query q", "syntax error"}},
		{"same columns", d.url, 1, 0, postgres.Query[object]("q", "SELECT 1 AS a, 2 AS a"), []string{"two columns a"}},
		{"query without order", d.url, 1, 0, postgres.Query[object]("q", "SELECT 1 AS a"), []string{"postgres.OrderBy"}},
		{"query as output", d.url, 0, 1, postgres.Query[object]("q", "SELECT 1 AS a"), []string{"can be read only"}},
		{"conflict without index", d.url, 0, 1, postgres.Table[object]("orders", postgres.Conflict("placed")),
			[]string{`CREATE UNIQUE INDEX ON "orders" ("placed")`}},
		{"no right to read", guest, 1, 0, postgres.Table[object]("closed"), []string{"permission denied",
			`GRANT SELECT ON "closed" TO "guest_of_tests"`}},
		{"no right to write", guest, 0, 1, postgres.Table[object]("closed"), []string{"permission denied",
			`GRANT SELECT, INSERT, UPDATE ON "closed" TO "guest_of_tests"`}},
		{"no right to make the table of positions", guest, 0, 1, postgres.Table[object]("log"),
			[]string{"permission denied", `GRANT CREATE ON SCHEMA "public" TO "guest_of_tests"`,
				"CREATE TABLE IF NOT EXISTS leat_positions"}},
		{"right to make it", d.url, 0, 1, postgres.Table[object]("log"), nil},
		{"no right to keep positions", guest, 0, 1, postgres.Table[object]("log"),
			[]string{`GRANT SELECT, INSERT, UPDATE ON leat_positions TO "guest_of_tests"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := open(t, postgres.New(test.url, test.stream), test.inputs, test.outputs)
			switch {
			case err != nil:
			case test.want == nil:
				return
			default:
				t.Fatal("it was opened")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error is %q, wanted one with %q", err, want)
				}
			}
			for _, secret := range []string{"hush-hush", postgresserver.Password} {
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
	d.exec("CREATE TABLE results (id int PRIMARY KEY, name varchar(5) NOT NULL, at timestamptz, unique (name), " +
		"twice int GENERATED ALWAYS AS (id * 2) STORED, parent int REFERENCES results DEFERRABLE INITIALLY DEFERRED); " +
		"INSERT INTO results VALUES (7, 'seven')")
	type result struct {
		ID     *int64  `json:"id"`
		Name   *string `json:"name,omitempty"`
		Names  *string `json:"names,omitempty"`
		At     *string `json:"at,omitempty"`
		Twice  *int64  `json:"twice,omitempty"`
		Parent int64   `json:"parent,omitempty"`
	}
	name := func(s string) *string { return &s }
	for what, test := range map[string]struct {
		result result
		want   []string
	}{
		"no column": {result{ID: new(int64), Names: name("x")}, []string{"has no column names, did you mean name?",
			`ADD COLUMN "names" text`}},
		"no member": {result{ID: new(int64)}, []string{"not-null", "a default"}},
		"too long":  {result{ID: new(int64), Name: name("too long")}, []string{"character varying(5)", "ALTER TABLE"}},
		"wrong text": {result{ID: new(int64), Name: name("x"), At: name("soon")}, []string{"soon", "column at",
			"ALTER TABLE"}},
		"generated": {result{ID: new(int64), Name: name("x"), Twice: new(int64)}, []string{"generated column",
			"leave that member out"}},
		"deferred": {result{ID: new(int64), Name: name("x"), Parent: 99}, []string{"postgres: COMMIT: ", "foreign key",
			"(99)"}},
		"there": {result{ID: new(int64), Name: name("seven")}, []string{"duplicate key", "postgres.Conflict"}},
	} {
		t.Run(what, func(t *testing.T) {
			input := memory.New(memory.Stream[order]("orders"))
			d.must(memory.Append(input, "orders", 0, order{ID: 1}))
			d.must(input.End("orders"))
			mill, err := leat.New(func(order) result { return test.result }, leat.Name(what), quiet, leat.From(input),
				leat.To(postgres.New(d.url, postgres.Table[result]("results"))))
			d.must(err)
			err = mill.Run(context.Background())
			for _, want := range test.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("the error is %q, wanted one with %q", fmt.Sprint(err), want)
				}
			}
			if got := d.query("SELECT count(*) FROM results"); got[0][0] != "1" {
				t.Errorf("there are %v rows, not the one from before", got)
			}
		})
	}
}
