package pipeline_test

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// TestRecordsOfFiles uses the records of files as keys, in windows, in sort and in emit, where each element of a list has
// its own.
func TestRecordsOfFiles(t *testing.T) {
	files := map[string]string{"a.jsonl": `{"x":1}` + "\n" + `{"x":2}` + "\n" + `{"x":3}` + "\n",
		"b.jsonl": `{"y":1}` + "\n" + `{"y":2}` + "\n" + `{"y":3}` + "\n" + `{"y":4}` + "\n"}
	for text, want := range map[string]string{
		`streams: {a: {file: a.jsonl}, b: {file: b.jsonl}, out: {file: out.jsonl}}
master: a
join: [{left: a, right: b, on: record(a).offset + 1 == record(b).offset}]
output: out
emit: {x: a.x, y: "b[0].y", at: "record(b[0]).offset",
  own: record(a).offset}`: `{"x":1,"y":2,"at":1,"own":0} ` +
			`{"x":2,"y":3,"at":2,"own":1} {"x":3,"y":4,"at":3,"own":2}`,
		`streams: {a: {file: a.jsonl}, b: {file: b.jsonl}, out: {file: out.jsonl}}
master: a
join: [{left: a, right: b, on: a.x == b.y, within: {before: 1}}]
output: out
emit: {x: a.x, at: "map(b, record(#).offset)",
  last: "record(b[-1]).offset", all: record(a)}`: `{"x":1,"at":[0],"last":0,` +
			`"all":{"key":null,"time":null,"headers":{},"partition":0,"offset":0}} ` +
			`{"x":2,"at":[0,1],"last":1,"all":{"key":null,"time":null,"headers":{},"partition":0,"offset":1}} ` +
			`{"x":3,"at":[1,2],"last":2,"all":{"key":null,"time":null,"headers":{},"partition":0,"offset":2}}`,
		`streams: {a: {file: a.jsonl, sort: -record().offset}, out: {file: out.jsonl}}
master: a
window: floor(-record(a).offset / 2)
output: out
emit: {x: "map(a, .x)", at: "map(a, record(#).offset)",
  first: "record(a[0]).offset"}`: `{"x":[3,2],"at":[2,1],"first":2} ` +
			`{"x":[1],"at":[0],"first":0}`,
		`streams: {a: {file: a.jsonl, where: record().offset != 1}, out: {file: out.jsonl}}
master: a
output: out
emit: {x: a.x, at: record(a).offset}`: `{"x":1,"at":0} {"x":3,"at":2}`,
		`streams: {a: {file: a.jsonl}, b: {file: b.jsonl}, out: {file: out.jsonl}}
master: a
join: [{left: a, right: b, on: a.x == b.y + 2, take: last, need: optional}]
output: out
emit: {x: a.x, at: "record(b)?.offset"}`: `{"x":1,"at":null} {"x":2,"at":null} {"x":3,"at":0}`,
	} {
		got, err := run(t, text, files)
		if err != nil {
			got = err.Error()
		}
		if got = strings.ReplaceAll(strings.TrimSpace(got), "\n", " "); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
		}
	}
}

// TestRecordMistakes: the message says where, and what would be right.
func TestRecordMistakes(t *testing.T) {
	const head = `streams: {a: {file: a.jsonl}, b: {file: b.jsonl}, out: {file: out.jsonl}}
master: a
join: [{left: a, right: b, on: "LEFT == b.y", take: TAKE, need: NEED}]
output: out
emit: {x: "EMIT"}`
	for _, c := range []struct{ left, take, emit, want string }{
		{"record().offset", "all", "1", "record().offset names neither a nor b"},
		{"record(a).time", "all", "1", "a.jsonl have no time: they have partition and offset"},
		{"record(a).offsett", "all", "1", "a record has no offsett, but key, time, headers, partition, offset, did you mean offset?"},
		{"record(a).key", "all", "1", "have no key"},
		{"record(a.x).offset", "all", "1", "record takes the element here: record(a)"},
		{"record(a, 1).offset", "all", "1", "record takes an element by its name"},
		{"a.x", "all", "record(b).offset", "b is a list: write record(b[0])"},
		{"a.x", "all", "record().offset", "record takes an element here: record(a)"},
		{"a.x", "all", "record(a.x).offset", "a.x is a member of an element, and came in no record of its own"},
		{"a.x", "all", "let c = a; record(c).offset", "record takes an element by its name"},
		{"a.x", "all", "map([1], record(#).offset)", "record takes an element by its name"},
		{"a.x", "all", "record(b[9]).offset", "there is no b[9]: b has 1 elements"},
		{"a.x", "last", "record(b).offset", "b is null where there is no match"},
		{"a.x", "all", "record(a).headers", "a.jsonl have no headers"},
		{"a.x", "all", "record", "unknown name record"},
	} {
		need := "one"
		if c.take == "last" {
			need = "optional"
		}
		text := strings.NewReplacer("LEFT", c.left, "TAKE", c.take, "NEED", need, "EMIT", c.emit).Replace(head)
		_, err := run(t, text, map[string]string{"a.jsonl": `{"x":1}` + "\n", "b.jsonl": `{"y":1}` + "\n"})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %s: %v, want %s", c.left, c.emit, err, c.want)
		}
	}
}

// TestRecordsOfTopics uses the key, the time and the headers of Kafka's records, in keys as in results, and check,
// explain and lag know them.
func TestRecordsOfTopics(t *testing.T) {
	k := newPlant(t, false)
	client, err := kgo.NewClient(kgo.SeedBrokers(k.Brokers...))
	k.must(err)
	defer client.Close()
	_, err = kadm.NewClient(client).CreateTopics(t.Context(), 1, 1, nil, "readings", "rooms")
	k.must(err)
	begin := time.Date(2026, 11, 27, 10, 0, 0, 0, time.UTC)
	add := func(topic, key, value string, after time.Duration, headers ...kgo.RecordHeader) {
		r := &kgo.Record{Topic: topic, Value: []byte(value), Timestamp: begin.Add(after), Headers: headers}
		if key != "" {
			r.Key = []byte(key)
		}
		k.must(client.ProduceSync(t.Context(), r).FirstErr())
	}
	unit := kgo.RecordHeader{Key: "unit", Value: []byte("C")}
	add("readings", "7", `{"v":1}`, 0, kgo.RecordHeader{Key: "unit", Value: []byte("F")}, unit)
	add("readings", "", `{"v":2}`, time.Second)
	add("readings", "8", `{"v":3}`, 2500*time.Millisecond, unit)
	add("readings", "", `{"eos__": true}`, 0)
	add("rooms", "7", `{"room":"hall"}`, 0)
	add("rooms", "8", `{"room":"attic"}`, 2500*time.Millisecond)
	add("rooms", "", `{"eos__": true}`, 0)
	p := k.parse(`kafka: {brokers: BROKERS, group: records}
streams: {readings: {topic: readings}, rooms: {topic: rooms}, out: {topic: placed}}
master: readings
join:
  - left: readings
    right: rooms
    on: record(readings).time == record(rooms).time
    by: int(record(readings).key) == int(record(rooms).key)
output: out
emit:
  room: rooms[0].room
  at: record(readings).time
  key: record(readings).key
  unit: record(readings).headers["unit"]
  none: record(readings).headers["none"] ?? "-"
  seconds: epoch(record(rooms[0]).time)
  offset: record(readings).offset
`)
	_, err = p.Lag(t.Context(), quiet())
	k.must(err)
	report, err := p.Check(t.Context(), quiet())
	k.must(err)
	if len(report.Problems) > 0 {
		t.Errorf("check says %v", report.Problems)
	}
	k.must(p.Run(t.Context(), quiet()))
	const want = `{"room":"hall","at":"2026-11-27T10:00:00Z","key":"7","unit":"C","none":"-","seconds":1795773600,"offset":0}` + "\n" +
		`{"room":"attic","at":"2026-11-27T10:00:02.5Z","key":"8","unit":"C","none":"-","seconds":1795773602.5,"offset":2}` + "\n"
	if got := k.dump("placed"); got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
}
