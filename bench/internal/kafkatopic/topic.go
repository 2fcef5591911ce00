package kafkatopic

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// EndMark is the end of a stream.
var EndMark = []byte(`{"eos__": true}`)

// Create creates a topic that keeps what it has.
func Create(ctx context.Context, client *kgo.Client, name string, partitions int) error {
	forever := "-1"
	config := map[string]*string{"retention.ms": &forever}
	_, err := kadm.NewClient(client).CreateTopic(ctx, int32(partitions), 1, config, name)
	return err
}

// Committed returns the records that a topic holds, but for end marks, as a reader sees them who reads what is
// committed; last becomes the offset of the last.
func Committed(address, topic string, last *int64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		ctx := context.Background()
		client, err := kgo.NewClient(
			kgo.SeedBrokers(address),
			kgo.FetchIsolationLevel(kgo.ReadCommitted()),
			kgo.KeepControlRecords(),
			kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AtStart()}}),
		)
		if err != nil {
			yield(nil, err)
			return
		}
		defer client.Close()
		end, err := Stable(ctx, kadm.NewClient(client), topic)
		if err != nil {
			yield(nil, err)
			return
		}
		for next := int64(0); next < end; {
			fetches := client.PollFetches(ctx)
			if err := fetches.Err(); err != nil {
				yield(nil, err)
				return
			}
			for _, record := range fetches.Records() {
				next = record.Offset + 1
				if record.Attrs.IsControl() || string(record.Value) == string(EndMark) {
					continue
				}
				*last = record.Offset
				if !yield(record.Value, nil) {
					return
				}
			}
		}
	}
}

// warmUpTime is how long Kafka may take for WarmUp.
const warmUpTime = 30 * time.Second

// WarmUp has Kafka create the topics that it keeps transactions and positions in, which takes it up to a second: or
// else the first program would wait for that, and no other.
func WarmUp(ctx context.Context, address string) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(address), kgo.TransactionalID("warm-up"))
	if err != nil {
		return err
	}
	defer client.Close()
	begun := time.Now()
	for {
		_, _, inTransactions := client.ProducerID(ctx)
		_, inPositions := kadm.NewClient(client).FetchOffsets(ctx, "warm-up")
		err := errors.Join(inTransactions, inPositions)
		if err == nil || ctx.Err() != nil || time.Since(begun) > warmUpTime {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}
