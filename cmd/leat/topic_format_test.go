package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr/srfake"
)

const (
	orderAvsc = `{"type":"record","name":"Order","fields":[{"name":"id","type":"long"},
		{"name":"total","type":{"type":"bytes","logicalType":"decimal","precision":20,"scale":2}},
		{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"note","type":["null","string"]}]}`
	keyAvsc    = `{"type":"record","name":"Key","fields":[{"name":"id","type":"long"}]}`
	orderProto = "syntax = \"proto3\";\npackage shop;\nmessage Order {\n  uint64 id = 1;\n  string note = 2;\n  double weight = 3;\n}\n" +
		"message Key { uint64 id = 1; }\n"
	avroOrders = `{"id":1,"total":12.50,"at":"2026-11-29T10:00:00Z","note":null}` + "\n" +
		`{"id":9007199254740993,"total":900719925474099.31,"at":"2026-11-29T10:00:01.5Z","note":"a \"b\""}` + "\n"
	protoOrders = `{"id":1,"note":"x","weight":0.5}` + "\n" + `{"id":9007199254740993,"note":"","weight":100000000000000000000}` + "\n"
	plainOrders = `{"id":1,"total":1.50,"huge":1e400}` + "\n" + `{"id":2, "list":[1,  2]}` + "\n"
)

// TestTopicFormats: what dump writes, load takes again, and a dump of that is the same to the byte.
func TestTopicFormats(t *testing.T) {
	brokers := kafka(t)
	registry := srfake.New()
	t.Cleanup(registry.Close)
	w := newWorkplace(t, map[string]string{"order.avsc": orderAvsc, "key.avsc": keyAvsc, "shop.proto": orderProto})
	for i, test := range []struct{ name, text, key, load, dump string }{
		{"plain", plainOrders, "id", "", ""},
		{"plain json by its name", plainOrders, "id", "--format json", "--format json"},
		{"avro of one schema", avroOrders, "id", "--format avro --schema order.avsc", "--format avro --schema order.avsc"},
		{"avro with fingerprints", avroOrders, "id", "--format avro --schema order.avsc --framing single_object",
			"--format avro --schema order.avsc --framing single_object"},
		{"avro by a registry", avroOrders, "{id: id}",
			"--format avro --schema order.avsc --key-format avro --key-schema key.avsc --registry REGISTRY",
			"--format avro --registry REGISTRY --key-format avro"},
		{"protobuf of one schema", protoOrders, "id", "--format protobuf --schema shop.proto --message shop.Order",
			"--format protobuf --schema shop.proto --message shop.Order"},
		{"protobuf by a registry", protoOrders, "{id: id}", "--format protobuf --schema shop.proto --message shop.Order " +
			"--key-format protobuf --key-schema shop.proto --key-message shop.Key --registry REGISTRY",
			"--format protobuf --registry REGISTRY --key-format protobuf"},
		{"json by a registry", `{"id":1,"total":1.50,"huge":1e400}` + "\n", "id", "--format json --schema empty.json --registry REGISTRY",
			"--format json --registry REGISTRY"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := &workplace{t, w.dir}
			w.write("empty.json", "{}")
			flags := func(text string) []string {
				return strings.Fields(strings.ReplaceAll(text, "REGISTRY", registry.URL()) + " --brokers " + brokers)
			}
			load := func(arguments ...string) {
				t.Helper()
				w.good(slices.Concat([]string{"topic", "load", "--partitions", "3"}, flags(test.load), arguments)...)
			}
			dump := func(arguments ...string) string {
				t.Helper()
				ofValues, ofKeys, _ := strings.Cut(test.dump, " --key-format") // which are shown with --records only
				if ofKeys != "" && slices.Contains(arguments, "--records") {
					ofValues = test.dump
				}
				return w.good(slices.Concat([]string{"topic", "dump"}, flags(ofValues), arguments)...)
			}
			first, second := fmt.Sprintf("first-%d", i), fmt.Sprintf("second-%d", i)
			w.write("in.jsonl", test.text)
			load("in.jsonl", first, "--end", "--key", test.key)
			lines := dump(first)
			for line := range strings.Lines(test.text) {
				if !strings.Contains(lines, line) {
					t.Errorf("no %sin\n%s", line, lines)
				}
			}
			records := dump(first, "--records")
			w.write("records.jsonl", records)
			load("records.jsonl", second, "--records")
			again := dump(second, "--records")
			if diff := cmp.Diff(records, again); diff != "" {
				t.Error(diff)
			}
			w.write("in.jsonl", lines)
			third := fmt.Sprintf("third-%d", i)
			load("in.jsonl", third, "--key", test.key)
			if diff := cmp.Diff(lines, dump(third)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestTopicRecords: whole records, with keys, headers and values of every kind, come back as they were.
func TestTopicRecords(t *testing.T) {
	brokers := kafka(t)
	w := newWorkplace(t, nil)
	w.good("topic", "load", "--partitions", "2", w.empty(), "one", "--brokers", brokers)
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(brokers, ",")...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	header := func(key string, value []byte) kgo.RecordHeader { return kgo.RecordHeader{Key: key, Value: value} }
	for i, r := range []*kgo.Record{
		{Value: []byte(`{"a":1.50}`)},
		{Key: []byte("k"), Value: []byte("[1,\n2]"), Headers: []kgo.RecordHeader{header("x", []byte("y")), header("x", nil), header("", []byte{0xff})}},
		{Key: []byte{}, Value: []byte("null")},
		{Key: []byte{0xff, 0}, Value: nil},
		{Key: []byte("\"quoted\"\n"), Value: []byte(`"text"`), Partition: 1},
	} {
		r.Topic = "one"
		if err := client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(i, err)
		}
	}
	first := w.good("topic", "dump", "--records", "one", "--brokers", brokers)
	for _, want := range []string{`"value":{"a":1.50}}`, `"key":"k","headers":[{"key":"x","value":"y"},{"key":"x"},{"key":"","value":{"base64":"/w=="}}],"value":[1, 2]}`,
		`"key":"","value":null}`, `"key":{"base64":"/wA="}}`, `{"partition":1,`, `"key":"\"quoted\"\n","value":"text"}`} {
		if !strings.Contains(first, want) {
			t.Errorf("no %s in\n%s", want, first)
		}
	}
	for line := range strings.Lines(first) {
		if !json.Valid([]byte(line)) {
			t.Errorf("no JSON: %s", line)
		}
	}
	w.write("one.jsonl", first)
	w.good("topic", "load", "--partitions", "2", "--records", "one.jsonl", "two", "--brokers", brokers)
	if diff := cmp.Diff(first, w.good("topic", "dump", "--records", "two", "--brokers", brokers)); diff != "" {
		t.Error(diff)
	}
	for text, want := range map[string]string{
		`{"partition":2,"value":{}}`: "in.jsonl:1:1 (partition 0, offset 0): it says partition 2, but the topic has 2: create it by --partitions N",
		`{"a":1}`:                    `it is no record as leat topic dump --records writes it: json: unknown field "a"`,
		`{"key":7,"value":{}}`:       `the key: it must be a text, or {"base64": "…"}, but is 7`,
		`{"time":7,"value":{}}`:      "it is no record",
	} {
		w.write("in.jsonl", text)
		if status, _, stderr := w.call("", "topic", "load", "--records", "in.jsonl", "two", "--brokers", brokers); status != 1 ||
			!strings.Contains(stderr, want) {
			t.Errorf("%s: status %d, %s", text, status, stderr)
		}
	}
}

// empty returns an empty file.
func (w *workplace) empty() string {
	w.write("empty.jsonl", "")
	return "empty.jsonl"
}

// TestTopicCells: a CSV file is loaded by its name, and what was loaded becomes one again.
func TestTopicCells(t *testing.T) {
	brokers := kafka(t)
	const cells = "id,price,note\n1,1.50,\n2,1e400,x\n"
	w := newWorkplace(t, map[string]string{"orders.csv": cells})
	w.good("topic", "load", "orders.csv", "orders", "--brokers", brokers)
	w.write("orders.jsonl", w.good("topic", "dump", "orders", "--brokers", brokers))
	w.good("convert", "-q", "orders.jsonl", "again.csv")
	if got := w.read("again.csv"); got != cells {
		t.Error(got)
	}
}

func TestTopicFormatMistakes(t *testing.T) {
	brokers := kafka(t)
	w := newWorkplace(t, map[string]string{"order.avsc": orderAvsc, "in.jsonl": avroOrders, "bad.jsonl": `{"id":"x"}`})
	t.Setenv("LEAT_BROKERS", brokers)
	w.good(strings.Fields("topic load in.jsonl orders --format avro --schema order.avsc")...)
	for arguments, want := range map[string]string{
		"dump orders":                                                        "the value is not JSON: ",
		"dump orders --format csv":                                           "records are no rows of cells; leat topic load takes a .csv file by its name",
		"dump orders --format avor":                                          "there is no such format, there are json, avro, protobuf, did you mean avro?",
		"dump orders --format avro":                                          "leat: --format avro: without a registry records don't say what they are: add --schema FILE, or --registry URL",
		"dump orders --schema x":                                             "leat: --schema says more of a format: add --format avro, protobuf or json",
		"dump orders --format avro --schema none.avsc":                       "none.avsc: no such file",
		"dump orders --format avro --schema in.jsonl":                        "the schema isn't one of Avro",
		"dump orders --format avro --schema order.avsc --framing rgistry":    `no framing "rgistry"`,
		"dump orders --format avro --schema order.avsc --message x":          "--message is of Protobuf",
		"dump orders --format protobuf":                                      "--schema FILE, or --registry URL",
		"dump orders --registry localhost:8081":                              "--registry: this is no registry's url",
		"dump orders --registry http://localhost:1":                          "--registry is for records in a format",
		"dump orders --registry http://u:hush@localhost:1":                   "--registry: all users of the machine can read a password",
		"dump orders --registry http://localhost:1 --registry-user u":        "put it into the environment variable LEAT_REGISTRY_PASSWORD",
		"dump orders --registry-user u":                                      "--registry-user is for --registry URL",
		"dump orders --key-format avro --key-schema order.avsc":              "shown with --records only",
		"load in.jsonl x --key-format avro --key-schema order.avsc":          "without --key EXPR or --records there are none",
		"load in.jsonl x --key id --records":                                 "leave one of them out",
		"load bad.jsonl x --format avro --schema order.avsc":                 "bad.jsonl:1:1 (partition 0, offset 0): field id",
		"dump orders --format json --schema order.avsc --registry http://x":  "--schema is to write with",
		"dump orders --format json --framing none":                           "leave it out for plain JSON",
		"dump orders --format avro --schema order.avsc --framing registry":   "the file doesn't say where the registry is",
		"dump orders --records --key-format protobuf --format json":          "--key-format protobuf: without a registry",
		"load in.jsonl x --key id --key-format avro --key-schema order.avsc": "in.jsonl:1:1 (partition 0, offset 0): 1 is a number, and the schema has the record Order here",
	} {
		status, _, stderr := w.call("", append([]string{"topic"}, strings.Fields(arguments)...)...)
		if status == 0 || !strings.Contains(stderr, want) || strings.Contains(stderr, "hush") {
			t.Errorf("%s: status %d, %s", arguments, status, stderr)
		}
	}
}

// TestShowAndInitOfFormats: topics in the formats of a registry are shown, and joined by leat init, as plain ones are.
func TestShowAndInitOfFormats(t *testing.T) {
	brokers := kafka(t)
	registry := srfake.New()
	t.Cleanup(registry.Close)
	w := newWorkplace(t, map[string]string{"order.avsc": orderAvsc, "key.avsc": keyAvsc, "shop.proto": orderProto,
		"orders.jsonl": avroOrders, "notes.jsonl": protoOrders,
		"p.yaml": "kafka: {brokers: [" + brokers + "], registry: {url: '" + registry.URL() + "'}}\nstreams:\n" +
			"  orders: {topic: orders, format: avro, key: {format: avro}}\n  notes: {topic: notes, format: protobuf}\n  out: {topic: joined, format: avro}\n" +
			"master: orders\njoin: [{left: orders, right: notes, on: record(orders).key.id == notes.id}]\noutput: out\n" +
			"emit: {id: orders.id, note: 'notes[0].note', total: float(orders.total)}\n",
	})
	at := []string{"--brokers", brokers, "--registry", registry.URL()}
	w.good(append(strings.Fields("topic load orders.jsonl orders --end --key {id:id} --format avro --schema order.avsc --key-format avro "+
		"--key-schema key.avsc"), at...)...)
	w.good(append(strings.Fields("topic load notes.jsonl notes --end --format protobuf --schema shop.proto --message shop.Order"), at...)...)
	w.check(call{arguments: []string{"show", "p.yaml"}, stdout: avroOrders})
	if table := w.good("show", "p.yaml", "--format", "table"); !strings.Contains(table, "key record(orders).key.id  number  1 to 9007199254740993") {
		t.Errorf("the keys are shown as\n%s", table)
	}
	for line := range strings.Lines(protoOrders) {
		if shown := w.good("show", "p.yaml", "--stream", "notes"); !strings.Contains(shown, line) {
			t.Errorf("no %sin\n%s", line, shown)
		}
	}
	w.good("run", "-q", "p.yaml")
	if joined := w.good("show", "p.yaml", "--stream", "out"); !strings.Contains(joined, `{"id":1,"note":"x","total":12.5}`) {
		t.Errorf("the output is shown as\n%s", joined)
	}
	w.good(append([]string{"init", "kafka:orders", "kafka:notes", "--yes"}, at...)...)
	text := w.read("join.yaml")
	for _, want := range []string{"format: avro", "format: protobuf", "registry: {url: ", "orders.id == notes.id"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s in\n%s", want, text)
		}
	}
	w.good("run", "-q", "join.yaml")
	if dumped := w.good("topic", "dump", "orders-notes-joined", "--brokers", brokers); strings.Count(dumped, "\n") != 2 {
		t.Errorf("the result of the pipeline of init is\n%s", dumped)
	}
}
