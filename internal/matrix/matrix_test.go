// Package matrix_test joins streams of every storage that pipeline files may name, and writes what comes out to every
// one of them.
package matrix_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leat-go/leat/pipeline"
	"github.com/leat-go/leat/pipeline/mysql"
	"github.com/leat-go/leat/pipeline/nats"
	"github.com/leat-go/leat/pipeline/postgres"
	"github.com/leat-go/leat/pipeline/rabbitmq"
	"github.com/leat-go/leat/pipeline/redis"
	"github.com/leat-go/leat/pipeline/sqlite"
)

const (
	orders = `{"id":1,"name":"one","big":9007199254740993}
{"id":2,"name":"two","big":0}
{"id":3,"name":null,"big":-7}
{"id":5,"name":"five \"quoted\", ü","big":1}
`
	items = `{"id":1,"n":1}
{"id":1,"n":2}
{"id":3,"n":3}
{"id":4,"n":4}
{"id":5,"n":5}
`
	joined = `{"id":1,"name":"one","big":9007199254740993,"ns":[1,2]}
{"id":3,"name":null,"big":-7,"ns":[3]}
{"id":5,"name":"five \"quoted\", ü","big":1,"ns":[5]}
`
)

// columns are those of the streams in databases, with types that all of them know.
var columns = map[string][]string{
	"orders": {"id BIGINT", "name TEXT", "big BIGINT"},
	"items":  {"id BIGINT", "n BIGINT"},
	"joined": {"id BIGINT", "name TEXT", "big BIGINT", "ns JSON"},
}

// A storage is one to read from and to write to.
type storage struct {
	name string
	// connection is the member at the top of a pipeline file; empty for none.
	connection string
	// stream describes a stream of a kind: "orders" with a name; read says that it is an input.
	stream func(kind, name string, read bool) string
	// prepare makes what must exist before a stream is written; nil where that is nothing.
	prepare func(kind, name string) error
	// guarantee is what the plan says of it as an output.
	guarantee string
	// ends says that a stream ends without a mark, so that a second run ends at once.
	ends bool
}

// A workplace is a folder with files, and the storages there are.
type workplace struct {
	*testing.T
	dir string
	// prefix tells topics and positions of this test from those of others on a Kafka that outlasts it.
	prefix string
}

// TestMatrix joins in every storage, and writes to every one: what is read back must be the same each time.
func TestMatrix(t *testing.T) {
	w := &workplace{t, t.TempDir(), fmt.Sprintf("matrix%d-", os.Getpid())}
	all := w.storages()
	for kind, text := range map[string]string{"orders": orders, "items": items} {
		if err := os.WriteFile(filepath.Join(w.dir, kind+".jsonl"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, s := range all[1:] {
			w.copy(kind, all[0], s, kind, kind)
		}
	}
	for _, from := range all {
		for _, to := range all {
			t.Run(from.name+" to "+to.name, func(t *testing.T) {
				w := &workplace{t, w.dir, w.prefix}
				w.join(all[0], from, to)
			})
		}
	}
}

// copy copies a stream from one storage to another.
func (w *workplace) copy(kind string, from, to *storage, fromName, toName string) {
	w.Helper()
	if to.prepare != nil {
		if err := to.prepare(kind, toName); err != nil {
			w.Fatal(err)
		}
	}
	w.run("copy-"+from.name+"-"+to.name+"-"+toName, connections(from, to)+
		fmt.Sprintf("streams: {a: {%s}, b: {%s}}\nmaster: a\noutput: b\n", from.stream(kind, fromName, true),
			to.stream(kind, toName, false)))
}

func connections(from, to *storage) string {
	if from == to || to.connection == "" {
		return from.connection
	}
	return from.connection + to.connection
}

// join joins in one storage, writes to another, and reads that back.
func (w *workplace) join(files, from, to *storage) {
	w.Helper()
	name := "joined_" + from.name + "_" + to.name
	if to.prepare != nil {
		if err := to.prepare("joined", name); err != nil {
			w.Fatal(err)
		}
	}
	p := w.run("join-"+from.name+"-"+to.name, connections(from, to)+fmt.Sprintf(`streams:
  orders: {%s}
  items:  {%s}
  joined: {%s}
master: orders
join: [{left: orders, right: items, on: orders.id == items.id}]
output: joined
emit: {id: orders.id, name: orders.name, big: orders.big, ns: "map(items, .n)"}
`, from.stream("orders", "orders", true), from.stream("items", "items", true), to.stream("joined", name, false)))
	if from.ends && to.guarantee == exactlyOnce { // a second run finds nothing to do
		if err := p.Run(w.Context(), pipeline.Options{Logger: quiet}); err != nil {
			w.Error(err)
		}
	}
	if kept, err := p.Positions(w.Context(), pipeline.Options{Logger: quiet}); err == nil && strings.Contains(kept.String(), "{") {
		w.Errorf("the positions aren't for people:\n%v", kept)
	}
	if plan := p.Plan().String(); !strings.Contains(plan, to.guarantee) {
		w.Errorf("the plan doesn't say %q:\n%s", to.guarantee, plan)
	}
	back := name
	if to != files {
		back += "_back"
		w.copy("joined", to, files, name, back)
	}
	text, err := os.ReadFile(filepath.Join(w.dir, back+".jsonl"))
	if err != nil {
		w.Fatal(err)
	}
	if diff := cmp.Diff(w.elements(joined), w.elements(string(text))); diff != "" {
		w.Errorf("- want, + got\n%s", diff)
	}
}

// elements decodes lines of JSON, with numbers as they are written.
func (w *workplace) elements(lines string) (all []map[string]any) {
	w.Helper()
	decoder := json.NewDecoder(strings.NewReader(lines))
	decoder.UseNumber()
	for decoder.More() {
		var element map[string]any
		if err := decoder.Decode(&element); err != nil {
			w.Fatal(err)
		}
		all = append(all, element)
	}
	return all
}

// parse reads a pipeline file.
func (w *workplace) parse(name, text string) *pipeline.Pipeline {
	w.Helper()
	p, err := pipeline.Parse(filepath.Join(w.dir, w.prefix+name+".yaml"), []byte(text), postgres.Storage(), sqlite.Storage(),
		mysql.Storage(), rabbitmq.Storage(), nats.Storage(), redis.Storage())
	if err != nil {
		w.Fatalf("%v\n%s", err, text)
	}
	return p
}

// run runs a pipeline file.
func (w *workplace) run(name, text string) *pipeline.Pipeline {
	w.Helper()
	p := w.parse(name, text)
	if err := p.Run(w.Context(), pipeline.Options{Logger: quiet}); err != nil {
		w.Fatalf("%v\n%s", err, text)
	}
	return p
}
