package kafka_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/broker/kafka"
)

// A batch of a few kilobytes that decompresses to far more than elements may have ends the stream at its place,
// before memory is taken for it.
func TestBatchThatDecompressesToTooMuch(t *testing.T) {
	c := newCluster(t)
	topic := c.prefix + "in"
	c.create(topic, 1)
	c.produce(topic, 0, `{"N":1}`)
	producer, err := kgo.NewClient(kgo.SeedBrokers(c.addresses...), kgo.ProducerBatchCompression(kgo.ZstdCompression()),
		kgo.ProducerBatchMaxBytes(64<<20), kgo.BrokerMaxWriteBytes(80<<20))
	must(t, err)
	defer producer.Close()
	large := &kgo.Record{Topic: topic, Value: []byte(`{"S":"` + strings.Repeat("x", 20<<20) + `"}`)}
	must(t, producer.ProduceSync(t.Context(), large).FirstErr())

	j := job(c.prefix+"limit", []string{topic}, nil)
	j.Inputs[0].MaxElement = 1 << 20
	in, err := kafka.New(c.addresses, kafka.Topic[Left](topic)).OpenSource(t.Context(), j)
	must(t, err)
	defer in.Close()
	r, err := in.Reader(t.Context(), 0, 0, 0)
	must(t, err)
	defer r.Close()
	ctx, cancel := context.WithTimeout(t.Context(), hung)
	defer cancel()
	n := 0
	for err == nil {
		records, failed := r.Read(ctx)
		n += len(records)
		err = failed
	}
	want := topic + "[0]@1: a batch of records decompresses to far more"
	if n != 1 || !errors.Is(err, kgo.ErrMaxDecompress) || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%d records, then %v", n, err)
	}
}
