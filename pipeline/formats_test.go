package pipeline_test

import (
	"context"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/leat-go/leat/pipeline"
	"github.com/leat-go/leat/pipeline/avro"
	"github.com/leat-go/leat/pipeline/jsonschema"
	"github.com/leat-go/leat/pipeline/protobuf"
)

// A schemaPlant is a Kafka and a schema registry.
type schemaPlant struct {
	*plant
	registry *srfake.Registry
}

func newSchemaPlant(t *testing.T) *schemaPlant {
	t.Helper()
	p := &schemaPlant{newPlant(t, false), srfake.New()}
	t.Cleanup(p.registry.Close)
	return p
}

// load parses a pipeline file with the addresses of both in it.
func (p *schemaPlant) file(name, text string) (*pipeline.Pipeline, error) {
	p.Helper()
	text = strings.NewReplacer("BROKERS", `"`+strings.Join(p.Brokers, `", "`)+`"`, "REGISTRY", p.registry.URL()).Replace(text)
	return pipeline.Parse(filepath.Join(p.dir, name+".yaml"), []byte(text), avro.Format(), protobuf.Format(), jsonschema.Format())
}

// run runs a pipeline to the end of its streams.
func (p *schemaPlant) run(name, text string) error {
	p.Helper()
	parsed, err := p.file(name, text)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(p.Context(), time.Minute)
	defer cancel()
	return parsed.Run(ctx, pipeline.Options{Logger: slog.New(slog.DiscardHandler)})
}

func (p *schemaPlant) mustRun(name, text string) {
	p.Helper()
	p.must(p.run(name, text))
}

// records returns the records of a topic that are no marks.
func (p *schemaPlant) records(topic string, n int) (all []*kgo.Record) {
	p.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(p.Brokers...), kgo.ConsumeTopics(topic),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	p.must(err)
	defer client.Close()
	for len(all) < n {
		fetches := client.PollFetches(p.Context())
		p.must(fetches.Err())
		all = append(all, fetches.Records()...)
	}
	return all[:n]
}

func (p *schemaPlant) createTopic(name string) {
	p.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(p.Brokers...))
	p.must(err)
	defer client.Close()
	_, err = kadm.NewClient(client).CreateTopic(p.Context(), 1, 1, nil, name)
	p.must(err)
}

const withRegistry = "\nkafka: {brokers: [BROKERS], registry: {url: \"REGISTRY\"}}\n"

const orderSchema = `{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"id","type":"long"},
	{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
	{"name":"total","type":{"type":"bytes","logicalType":"decimal","precision":20,"scale":2}},
	{"name":"color","type":{"type":"enum","name":"Color","symbols":["RED","BLUE"]}},
	{"name":"note","type":["null","string"]}]}`

const orders = `{"id":1,"at":"2026-11-29T10:00:00Z","total":12.50,"color":"RED","note":null}
{"id":9007199254740993,"at":"2026-11-29T10:00:01.5Z","total":900719925474099.31,"color":"BLUE","note":"a \"b\""}
`

const itemSchema = `syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";
message Item {
  uint64 order_id = 1;
  string sku = 2;
  google.protobuf.Timestamp at = 3;
  optional double weight = 4;
}
`

const items = `{"order_id":1,"sku":"a","at":"2026-11-29T10:00:00Z","weight":1.5}
{"order_id":1,"sku":"b","at":"2026-11-29T10:00:00Z","weight":null}
{"order_id":9007199254740993,"sku":"c","at":"2026-11-29T10:00:01Z","weight":0.25}
`

// fill writes orders in Avro and items in Protobuf, with their schemas in the registry.
func (p *schemaPlant) fill() {
	p.Helper()
	p.write("orders.jsonl", orders)
	p.write("items.jsonl", items)
	p.write("order.avsc", orderSchema)
	p.write("key.avsc", `{"type":"record","name":"OrderKey","fields":[{"name":"id","type":"long"}]}`)
	p.write("item.proto", itemSchema)
	p.mustRun("fill-orders", `
streams:
  src: {file: orders.jsonl}
  out: {topic: orders, format: avro, schema: order.avsc, key: {by: "{id: id}", format: avro, schema: key.avsc}, time: date(at)}
master: src
output: out`+withRegistry)
	p.mustRun("fill-items", `
streams:
  src: {file: items.jsonl}
  out: {topic: items, format: protobuf, schema: item.proto, message: shop.Item, key: sku}
master: src
output: out`+withRegistry)
}

const joinFormats = `
streams:
  orders: {topic: orders, format: avro}
  items:  {topic: items, format: protobuf}
  out:    {topic: joined}
master: orders
join:
  - {left: orders, right: items, on: "orders.id == items.order_id"}
output: out
emit: {id: orders.id, at: date(orders.at), total: orders.total, color: orders.color, note: orders.note, skus: "map(items, .sku)", weight: "items[-1].weight"}
` + withRegistry

const joinedFormats = `{"id":1,"at":"2026-11-29T10:00:00Z","total":12.50,"color":"RED","note":null,"skus":["a","b"],"weight":null}
{"id":9007199254740993,"at":"2026-11-29T10:00:01.5Z","total":900719925474099.31,"color":"BLUE","note":"a \"b\"","skus":["c"],"weight":0.25}
`

func TestTopicsInAvroAndProtobufAreJoined(t *testing.T) {
	p := newSchemaPlant(t)
	p.fill()
	p.mustRun("join", joinFormats)
	if got := p.dump("joined"); got != joinedFormats {
		t.Errorf("got\n%swant\n%s", got, joinedFormats)
	}
	record := p.records("orders", 1)[0]
	if !record.Timestamp.Equal(time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("the record's time is %v", record.Timestamp)
	}
	if got := fmt.Sprintf("%x", record.Key[5:]); record.Key[0] != 0 || got != "02" {
		t.Errorf("the record's key is %x", record.Key)
	}
	if got := string(p.records("items", 1)[0].Key); got != "a" {
		t.Errorf("the item's key is %q", got)
	}
}

func TestCommandsKnowFormats(t *testing.T) {
	p := newSchemaPlant(t)
	p.fill()
	parsed, err := p.file("join", joinFormats)
	p.must(err)
	report, err := parsed.Check(t.Context(), pipeline.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil || len(report.Problems) > 0 {
		t.Fatalf("%v, %v", report, err)
	}
	explanation, err := parsed.Explain(t.Context(), pipeline.Options{}, pipeline.About{Key: "9007199254740993"})
	if err != nil || !strings.Contains(fmt.Sprint(explanation), "items has 9007199254740993 once, at offset ") {
		t.Errorf("%v, %v", explanation, err)
	}
	dir := filepath.Join(t.TempDir(), "captured")
	if _, err := parsed.Capture(t.Context(), "1", "1", dir); err != nil {
		t.Fatal(err)
	}
	saved, err := os.ReadFile(filepath.Join(dir, "orders.jsonl"))
	if want, _, _ := strings.Cut(orders, "\n"); err != nil || string(saved) != want+"\n" {
		t.Errorf("%s, %v", saved, err)
	}
	p.mustRun("join", joinFormats)
	lag, err := parsed.Lag(t.Context(), pipeline.Options{})
	if err != nil || len(lag.Streams) != 2 {
		t.Errorf("%v, %v", lag, err)
	}
	if plan := fmt.Sprint(parsed.Plan()); strings.Contains(plan, p.registry.URL()) {
		t.Errorf("the plan has the registry's address: %s", plan)
	}
}

// The schema of results that have none of their own follows from emit, and what is registered is used again.
func TestSchemasAreDerivedFromEmit(t *testing.T) {
	p := newSchemaPlant(t)
	p.write("in.jsonl", `{"id":1,"name":"x","at":"2026-11-29T10:00:00Z"}`+"\n")
	for _, format := range []string{"avro", "json"} {
		p.mustRun("write-"+format, strings.ReplaceAll(`
streams: {src: {file: in.jsonl}, out: {topic: t-FORMAT, format: FORMAT}}
master: src
output: out
emit: {id: int(src.id) , big: src.id > 0, name: "upper(src.name)", at: date(src.at)}`, "FORMAT", format)+withRegistry)
		p.mustRun("again-"+format, strings.ReplaceAll(`
streams: {src: {file: in.jsonl}, out: {topic: t-FORMAT, format: FORMAT, register: false}}
master: src
output: out
emit: {id: int(src.id) , big: src.id > 0, name: "upper(src.name)", at: date(src.at)}`, "FORMAT", format)+withRegistry)
		p.mustRun("read-"+format, strings.ReplaceAll(`
streams: {src: {topic: t-FORMAT, format: FORMAT}, out: {topic: plain-FORMAT}}
master: src
output: out`, "FORMAT", format)+withRegistry)
		p.mustRun("read-"+format, strings.ReplaceAll(`
streams: {src: {topic: t-FORMAT, format: FORMAT}, out: {topic: plain-FORMAT}}
master: src
output: out`, "FORMAT", format)+withRegistry)
		const want = `{"id":1,"big":true,"name":"X","at":"2026-11-29T10:00:00Z"}
{"id":1,"big":true,"name":"X","at":"2026-11-29T10:00:00Z"}
`
		if got := p.dump("plain-" + format); got != want {
			t.Errorf("%s: got\n%swant\n%s", format, got, want)
		}
	}
}

func TestRecordsWithoutRegistry(t *testing.T) {
	p := newSchemaPlant(t)
	p.write("in.jsonl", orders)
	p.write("order.avsc", orderSchema)
	for _, framing := range []string{"none", "single_object"} {
		members := "format: avro, schema: order.avsc, framing: " + framing
		kafka := "\nkafka: {brokers: [BROKERS]}\n"
		p.mustRun("write-"+framing, `
streams: {src: {file: in.jsonl}, out: {topic: `+framing+`, `+members+`}}
master: src
output: out`+kafka)
		p.mustRun("read-"+framing, `
streams: {src: {topic: `+framing+`, `+members+`}, out: {topic: `+framing+`-plain}}
master: src
output: out`+kafka)
		if got := p.dump(framing + "-plain"); got != orders {
			t.Errorf("%s: %s", framing, got)
		}
	}
}

// A tombstone is the element that its key says, whatever that is written in.
func TestTombstonesWithTypedKeys(t *testing.T) {
	p := newSchemaPlant(t)
	p.fill()
	key := p.records("orders", 1)[0].Key
	client, err := kgo.NewClient(kgo.SeedBrokers(p.Brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	p.must(err)
	defer client.Close()
	p.createTopic("gone")
	p.must(client.ProduceSync(t.Context(), &kgo.Record{Topic: "gone", Key: key},
		&kgo.Record{Topic: "gone", Value: []byte(`{"eos__": true}`)}).FirstErr())
	const text = `
streams: {src: {topic: gone, format: avro, tombstones: true, key: {format: avro}}, out: {topic: ids}}
master: src
output: out` + withRegistry
	p.mustRun("gone", text)
	if got := p.dump("ids"); got != `{"id":1}`+"\n" {
		t.Errorf("%s", got)
	}
	parsed, err := p.file("gone", text)
	p.must(err)
	if report, err := parsed.Check(t.Context(), pipeline.Options{}); err != nil || len(report.Problems) > 0 {
		t.Errorf("%v, %v", report, err)
	}
}

func TestHeadersArePassed(t *testing.T) {
	p := newSchemaPlant(t)
	client, err := kgo.NewClient(kgo.SeedBrokers(p.Brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	p.must(err)
	defer client.Close()
	p.createTopic("in")
	headers := []kgo.RecordHeader{{Key: "trace", Value: []byte("abc")}, {Key: "trace", Value: []byte{0xFF}}}
	p.must(client.ProduceSync(t.Context(), &kgo.Record{Topic: "in", Value: []byte(`{"n":1}`), Headers: headers},
		&kgo.Record{Topic: "in", Value: []byte(`{"eos__": true}`)}).FirstErr())
	p.mustRun("headers", `
streams: {src: {topic: in}, out: {topic: out, headers: pass}}
master: src
output: out
kafka: {brokers: [BROKERS]}`)
	if got := p.records("out", 1)[0].Headers; fmt.Sprint(got) != fmt.Sprint(headers) {
		t.Errorf("%v", got)
	}
}

// A registry by TLS, with a login; what is secret stands in no error.
func TestRegistryByTLSWithLogin(t *testing.T) {
	p := newSchemaPlant(t)
	p.write("in.jsonl", `{"id":1}`+"\n")
	const secret = "0penSesame"
	target, err := url.Parse(p.registry.URL())
	p.must(err)
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, ok := r.BasicAuth()
		if !(ok && user == "me" && password == secret) && r.Header.Get("Authorization") != "Bearer "+secret {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	defer server.Close()
	p.write("ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	t.Setenv("SCHEMAS_SECRET", secret)
	t.Setenv("SCHEMAS_WRONG", "wr0ngSecret")
	run := func(name, registry string) error {
		return p.run(name, `
streams: {src: {file: in.jsonl}, out: {topic: `+name+`, format: json}}
master: src
output: out
kafka: {brokers: [BROKERS], registry: {url: "`+server.URL+`", `+registry+`}}`)
	}
	p.must(run("basic", "user: me, password_env: SCHEMAS_SECRET, tls: {ca: ca.pem}"))
	p.must(run("bearer", "token_env: SCHEMAS_SECRET, tls: {ca: ca.pem}"))
	for name, c := range map[string]struct{ registry, want string }{
		"wrong":     {"user: me, password_env: SCHEMAS_WRONG, tls: {ca: ca.pem}", "it doesn't know who is asking (401)"},
		"untrusted": {"user: me, password_env: SCHEMAS_SECRET", "certificate"},
		"unset":     {"token_env: SCHEMAS_UNSET", "the environment variable SCHEMAS_UNSET, which should hold the registry's token, is not set"},
	} {
		err := run(name, c.registry)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), secret) ||
			strings.Contains(err.Error(), "wr0ngSecret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestIncompatibleSchemasAreRefused(t *testing.T) {
	p := newSchemaPlant(t)
	p.fill()
	p.registry.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		refused := r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/versions")
		if refused {
			w.WriteHeader(http.StatusConflict)
			fmt.Fprint(w, `{"error_code":409,"message":"READER_FIELD_MISSING_DEFAULT_VALUE"}`)
		}
		return refused
	})
	p.write("other.avsc", `{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"n","type":"long"}]}`)
	err := p.run("refused", `
streams: {src: {file: orders.jsonl}, out: {topic: orders, format: avro, schema: other.avsc}}
master: src
output: out
emit: {n: src.id}`+withRegistry)
	for _, want := range []string{"refused.yaml:2:67", "incompatible with the subject's earlier ones (409)",
		"READER_FIELD_MISSING_DEFAULT_VALUE", "default"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestRecordsOfAnotherFormat(t *testing.T) {
	p := newSchemaPlant(t)
	p.plant.load("orders", 1, `{"id":1}`+"\n")
	err := p.run("wrong", `
streams: {src: {topic: orders, format: avro}, out: {topic: out}}
master: src
output: out`+withRegistry)
	if err == nil || !strings.Contains(err.Error(), "orders[0]@0: ") || !strings.Contains(err.Error(), "may be JSON") {
		t.Error(err)
	}
}

// comma returns members that go on behind others.
func comma(members string) string {
	if members != "" {
		members = ", " + members
	}
	return members
}

func TestMistakesWithFormats(t *testing.T) {
	p := newSchemaPlant(t)
	const registry = `, registry: {url: "http://localhost:8081"}`
	for _, c := range []struct{ in, out, kafka, want string }{
		{"format: avr", "", registry, `1:36: there is no format "avr": there are avro, protobuf, json, did you mean avro?`},
		{"format: avro", "", "", "1:36: records in Avro without a registry don't say what their schema is: add schema: FILE"},
		{"format: protobuf", "", "", "messages of Protobuf without a registry don't say what they are: add schema: FILE"},
		{"format: json", "", "", "take it out for plain JSON"},
		{"schema: a.avsc", "", "", "schema says more of a format that the stream src doesn't have: add format: avro"},
		{"format: avro, framing: soap", "", registry, `records in avro have no framing "soap"`},
		{"format: avro, subject: x", "", registry, "each record that is read says its own: take it out"},
		{"format: avro, register: false", "", registry, "register says how results are written, but this stream is read"},
		{"format: avro, schema: a, framing: registry", "", "", "the file doesn't say where the registry is"},
		{"key: id", "", "", `this says which key results have, but "src" is read`},
		{"headers: pass", "", "", `headers says what is written, but "src" is read`},
		{"time: x", "", "", `time says what is written, but "src" is read`},
		{"", "headers: none", "", "headers can be passed on from the master's record: headers: pass"},
		{"", "key: {format: avro}", registry, "add by, an expression over the members of a result"},
		{"", "key: {}", "", "key of the stream out says nothing"},
		{"", "key: id +", "", "the expression ends here, but something is missing"},
		{"", "time: '1 + 1'", "", "the time of a result must be an instant"},
		{"", "format: protobuf", registry, "which message results are isn't known: add schema: FILE"},
		{"", "", registry, "no topic's records have a format whose schemas are in a registry: take registry out"},
		{"format: avro", "", `, registry: {user: me}`, `registry has no member "url"`},
		{"format: avro", "", `, registry: {url: "ftp://me:0penSesame@x"}`, "this is no registry's url, which looks like http://localhost:8081"},
		{"format: avro", "", `, registry: {url: "http://a", user: me}`, "add password_env: VARIABLE"},
		{"format: avro", "", `, registry: {url: "http://a", token_env: A, user: me, password_env: B}`, "a token or a user with a password"},
		{"format: avro", "", `, registry: {url: "http://a", subjects: topics}`, "subjects are called after the topic, the record or both"},
	} {
		_, err := p.file("wrong", "streams: {src: {topic: in"+comma(c.in)+"}, out: {topic: out"+comma(c.out)+"}}\nmaster: src\noutput: out\n"+
			"kafka: {brokers: [a]"+c.kafka+"}\n")
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "0penSesame") {
			t.Errorf("%s %s %s:\n%v, want %s", c.in, c.out, c.kafka, err, c.want)
		}
	}
	_, err := pipeline.Parse("a.yaml", []byte("streams: {src: {topic: in, format: avro}, out: {topic: out}}\nmaster: src\noutput: out\n"+
		"kafka: {brokers: [a]}\n"))
	if want := "this program doesn't carry the format avro: the command leat does; in Go give avro.Format()"; err == nil ||
		!strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}

// What a schema can't hold is an error of the result, and what a derived one can't say of the pipeline file.
func TestResultsThatASchemaCannotHold(t *testing.T) {
	p := newSchemaPlant(t)
	p.write("in.jsonl", orders)
	p.write("order.avsc", orderSchema)
	for name, c := range map[string]struct{ out, emit, want string }{
		"field":   {"schema: order.avsc", "", ""},
		"missing": {"schema: order.avsc", "emit: {id: src.id}", "field at: it is missing, and the record shop.Order has no default for it"},
		"no file": {"schema: none.avsc", "", "the schema can't be read"},
		"no key":  {"schema: order.avsc, key: idd", "", "the key of a result: "},
		"no time": {"schema: order.avsc, time: id", "", "the time of a result: id is a number: make an instant of it, as by date(at)"},
	} {
		err := p.run("hold", "streams: {src: {file: in.jsonl}, out: {topic: "+strings.ReplaceAll(name, " ", "-")+", format: avro"+comma(c.out)+"}}"+
			"\nmaster: src\noutput: out\n"+c.emit+withRegistry)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}
