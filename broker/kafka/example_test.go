package kafka_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/kafka"
)

// Reading is the temperature at a place, Alarm the stream of those that are too high.
type (
	Reading struct {
		Place   string  `json:"place"`
		Celsius float64 `json:"celsius"`
	}
	Alarm struct {
		Place string `json:"place"`
	}
)

// alarm writes an element for a reading that is too high, and nothing for the others.
func alarm(r Reading) *Alarm {
	if r.Celsius < 90 {
		return nil
	}
	return &Alarm{r.Place}
}

// A mill on Kafka: start more processes of it, and they share the partitions. The Kafka of this example is one in
// memory, which knows the topic "readings".
func Example() {
	address, client := exampleKafka()
	mill, err := leat.New(alarm,
		leat.Broker(kafka.New([]string{address},
			kafka.Topic[Reading]("readings"),
			kafka.Topic[Alarm]("alarms", kafka.Key(func(a Alarm) []byte { return []byte(a.Place) })),
			kafka.Group("alarms"),
		)),
		leat.Logger(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}

	client.AddConsumeTopics("alarms")
	for _, r := range client.PollRecords(context.Background(), 2).Records() {
		fmt.Printf("%s: %s\n", r.Key, r.Value)
	}
	// Output:
	// boiler: {"place":"boiler"}
	// : {"eos__": true}
}

// exampleKafka starts a Kafka in memory with a topic of two readings and an end-of-stream mark.
func exampleKafka(options ...kfake.Opt) (address string, client *kgo.Client) {
	options = append([]kfake.Opt{kfake.NumBrokers(1), kfake.SeedTopics(1, "readings")}, options...)
	cluster, err := kfake.NewCluster(options...)
	if err != nil {
		log.Fatal(err)
	}
	address = cluster.ListenAddrs()[0]
	client, err = kgo.NewClient(kgo.SeedBrokers(address), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.DisableFetchSessions(), kgo.ConsumeTopics(), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		log.Fatal(err)
	}
	send(client, "readings",
		`{"place":"boiler","celsius":91.5}`,
		`{"place":"cellar","celsius":12}`,
		`{"eos__": true}`)
	return address, client
}
