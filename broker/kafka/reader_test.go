package kafka_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/kafka"
)

// A reader that gets its records back writes over them, and over the library's behind them. What they referred to
// stays as it was, and no record that wasn't given back changes, while readers of other partitions run ahead and are
// held up.
func TestRecycle(t *testing.T) {
	const n, partitions = 4000, 2
	c := newCluster(t)
	topic := c.prefix + "in"
	c.create(topic, partitions)
	value := func(p, i int) string { return fmt.Sprintf(`{"N":%d,"S":"%s"}`, i, strings.Repeat("x", (i*7+p)%50)) }
	var failed kgo.FirstErrPromise
	for i := range n {
		for p := range partitions {
			c.client.Produce(t.Context(), &kgo.Record{Topic: topic, Partition: int32(p), Key: fmt.Appendf(nil, "k%d", i),
				Value: []byte(value(p, i)), Headers: []kgo.RecordHeader{{Key: "h", Value: fmt.Append(nil, i)}}}, failed.Promise())
		}
	}
	must(t, c.client.Flush(t.Context()))
	must(t, failed.Err())
	for p := range partitions {
		c.produce(topic, p, mark)
	}
	in, err := kafka.New(c.addresses, kafka.Topic[Left](topic), kafka.ReadAhead(10_000)).
		OpenSource(t.Context(), job(c.prefix+"recycle", []string{topic}, nil))
	must(t, err)
	defer in.Close()
	var readers [partitions]broker.Reader
	for p := range readers {
		readers[p], err = in.Reader(t.Context(), 0, p, 0)
		must(t, err)
		defer readers[p].Close()
	}
	for p, r := range readers {
		var kept, last []broker.Record
		for {
			records, err := r.Read(t.Context())
			if err == io.EOF {
				break
			}
			must(t, err)
			kept = append(kept, records...) // copies, whose values are those of the records
			r.(broker.Recycler).Recycle(last)
			last = records
			for i, r := range last {
				if want := kept[len(kept)-len(last)+i]; r.Offset != want.Offset || string(r.Value) != string(want.Value) {
					t.Fatalf("partition %d: the record at %d became %+v when others were given back", p, want.Offset, r)
				}
			}
		}
		if len(kept) != n {
			t.Fatalf("partition %d: %d records, want %d", p, len(kept), n)
		}
		for i, r := range kept {
			if string(r.Value) != value(p, i) || string(r.Key) != fmt.Sprint("k", i) ||
				len(r.Headers) != 1 || string(r.Headers[0].Value) != fmt.Sprint(i) {
				t.Fatalf("partition %d: record %d is now %+v", p, i, r)
			}
		}
	}
}
