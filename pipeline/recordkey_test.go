package pipeline_test

import (
	"strings"
	"testing"

	"github.com/leat-go/leat/pipeline"
)

// The key of a record is what its format makes of it, in keys, conditions and results; check and explain see it, too.
func TestRecordsWithTypedKeys(t *testing.T) {
	p := newSchemaPlant(t)
	p.fill()
	text := func(order, emit string) string {
		return `
streams:
  orders: {topic: orders, format: avro, ORDER key: {format: avro}}
  items: {topic: items, format: protobuf}
  out: {topic: TO}
master: orders
join: [{left: orders, right: items, on: record(orders).key.id == items.order_id}]
output: out
emit: ` + emit + withRegistry
	}
	file := func(name, order, emit string) string {
		return strings.NewReplacer("ORDER", order, "TO", name).Replace(text(order, emit))
	}
	p.mustRun("typed", file("typed", "", `
  {key: record(orders).key, id: record(orders).key.id, item: "record(items[0]).key", none: record(orders).key?.no}`))
	const want = `{"key":{"id":1},"id":1,"item":"a","none":null}
{"key":{"id":9007199254740993},"id":9007199254740993,"item":"c","none":null}
`
	if got := p.dump("typed"); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	p.mustRun("some", file("some", `where: "record().key.id > 1", `, `{id: orders.id}`))
	if got := p.dump("some"); got != `{"id":9007199254740993}`+"\n" {
		t.Errorf("by where: %s", got)
	}
	parsed, err := p.file("typed", file("typed", "", `{id: record(orders).key.id}`))
	p.must(err)
	report, err := parsed.Check(t.Context(), pipeline.Options{})
	p.must(err)
	if len(report.Problems) > 0 || report.Joins[0].Matched != 2 {
		t.Errorf("check: %v, %d match", report.Problems, report.Joins[0].Matched)
	}
	explained, err := parsed.Explain(t.Context(), pipeline.Options{}, pipeline.About{Stream: "orders", Key: "1"})
	p.must(err)
	if !strings.Contains(explained.String(), "So the element of orders is handed over") {
		t.Errorf("explain: %s", explained)
	}
}

func TestMistakesWithTypedKeys(t *testing.T) {
	p := newSchemaPlant(t)
	p.fill()
	const form = `
streams: {orders: {topic: orders, format: avro, KEY}, out: {topic: wrong}}
master: orders
output: out
emit: {x: EMIT}` + withRegistry
	for _, test := range []struct{ key, emit, want string }{
		{"key: {format: avro}", "orders.id", "nothing reads the keys of orders: an expression does, as in record(orders).key"},
		{"key: {format: avro}", "record(orders).key.no", "no"},
		{"key: {format: avro}", "record(orders).keys", "a record has no keys, but key, time"},
		{"key: {format: protobuf}", "record(orders).key.id", "record(orders).key"},
		{"key: {format: avro, schema: gone.avsc}", "record(orders).key.id", "the schema can't be read"},
		{"max_element: 1MB", "record(orders).key.id", "record(orders).key is text, which has no id, since nothing says what keys are: " +
			"key: {format: avro} at the stream does, or protobuf or json; of a text that is JSON write fromJSON(record(orders).key).id"},
	} {
		err := p.run("wrong", strings.NewReplacer("KEY", test.key, "EMIT", test.emit).Replace(form))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s, %s: %v", test.key, test.emit, err)
		} else {
			t.Log(err)
		}
	}
}
