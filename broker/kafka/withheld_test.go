package kafka_test

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/kafka"
)

// What lies behind another producer's open transaction is told of, with since when, until that ends: else everything
// that the topic holds would seem to have been read.
func TestOpenTransactionsAreTold(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	topic := c.prefix + "in"
	c.create(topic, 1)
	writer, err := kgo.NewClient(kgo.SeedBrokers(c.addresses...), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.TransactionalID(c.prefix+"other"), kgo.TransactionTimeout(10*time.Minute))
	must(t, err)
	defer writer.Close()
	must(t, writer.BeginTransaction())
	for range 3 {
		must(t, writer.ProduceSync(t.Context(), &kgo.Record{Topic: topic, Value: []byte("1")}).FirstErr())
	}
	c.produce(topic, 0, "2", "3")

	ctx, cancel := context.WithTimeout(t.Context(), hung)
	defer cancel()
	in, err := kafka.New(c.addresses, kafka.Group(c.prefix+"g")).OpenSource(ctx, job("", []string{topic}, nil))
	must(t, err)
	defer in.Close()
	begin := time.Now()
	must(t, in.Own(ctx, func(ctx context.Context, partition int) error {
		r, err := in.Reader(ctx, 0, partition, 0)
		if err != nil {
			return err
		}
		defer r.Close()
		records, since := awaitWithheld(ctx, t, r, func(records int64) bool { return records > 0 })
		if records != 5 || since.Before(begin) || since.After(time.Now()) {
			t.Errorf("%d records are withheld since %v, wanted are 5 since a moment ago", records, since)
		}
		must(t, writer.EndTransaction(ctx, kgo.TryAbort))
		if _, since := awaitWithheld(ctx, t, r, func(records int64) bool { return records == 0 }); !since.IsZero() {
			t.Errorf("nothing is withheld, and yet since %v", since)
		}
		got, err := r.Read(ctx)
		if err == nil && string(got[0].Value) != "2" {
			t.Errorf("the first record is %q", got[0].Value)
		}
		return err
	}))
}

// awaitWithheld waits until what a reader says of withheld records is as it should be.
func awaitWithheld(
	ctx context.Context, t *testing.T, r broker.Reader, right func(records int64) bool,
) (int64, time.Time) {
	t.Helper()
	for {
		if w := r.(broker.Withholder).Withheld(); right(w.Records) {
			return w.Records, w.Since
		}
		select {
		case <-ctx.Done():
			t.Fatal("nothing is told of it")
		case <-time.After(50 * time.Millisecond):
		}
	}
}
