package kafka_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log"
	"log/slog"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/kafka"
)

// runAlarms runs a mill that reads "readings" and writes "alarms", with options for its broker, until the session ends.
func runAlarms(address string, options ...kafka.Option) {
	options = append([]kafka.Option{kafka.Topic[Reading]("readings"), kafka.Topic[Alarm]("alarms")}, options...)
	mill, err := leat.New(alarm,
		leat.Name("alarms"),
		leat.Broker(kafka.New([]string{address}, options...)),
		leat.Logger(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

// printRecords prints the values of the next n records of a topic.
func printRecords(client *kgo.Client, topic string, n int) {
	client.AddConsumeTopics(topic)
	for n > 0 {
		for _, r := range client.PollRecords(context.Background(), n).Records() {
			fmt.Printf("%s\n", r.Value)
			n--
		}
	}
}

// send appends records to partition 0 of a topic.
func send(client *kgo.Client, topic string, values ...string) {
	for _, value := range values {
		record := kgo.StringRecord(value)
		record.Topic = topic
		if err := client.ProduceSync(context.Background(), record).FirstErr(); err != nil {
			log.Fatal(err)
		}
	}
}

// Instances of one service share a group. A lasting name for each, such as its host's, has a restart take over its
// partitions at once.
func ExampleInstance() {
	address, client := exampleKafka()
	runAlarms(address,
		kafka.Group("alarms"),
		kafka.Instance("host-1"),
		kafka.ClientID("alarm-service"),
	)
	printRecords(client, "alarms", 2)
	// Output:
	// {"place":"boiler"}
	// {"eos__": true}
}

// Results become visible at most twice a second, in larger transactions, which makes less work for Kafka.
func ExampleCommitBytes() {
	address, client := exampleKafka()
	mill, err := leat.New(alarm,
		leat.CommitEvery(500*time.Millisecond, 100_000), // or as soon as there are so many results,
		leat.Broker(kafka.New([]string{address},
			kafka.CommitBytes(1<<20), // or so many bytes of them
			kafka.ReadAhead(256<<10), // for each stream and partition
			kafka.Compression(kgo.ZstdCompression(), kgo.SnappyCompression()),
			kafka.Topic[Reading]("readings"), kafka.Topic[Alarm]("alarms"), kafka.Group("alarms"),
		)),
		leat.Logger(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
	printRecords(client, "alarms", 1)
	// Output:
	// {"place":"boiler"}
}

// A new group begins with the records of a moment. What is older is left out.
func ExampleStart() {
	address, client := exampleKafka()
	record := kgo.StringRecord(`{"place":"attic","celsius":95}`)
	record.Topic, record.Timestamp = "readings", time.Now().Add(time.Hour)
	if err := client.ProduceSync(context.Background(), record).FirstErr(); err != nil {
		log.Fatal(err)
	}
	send(client, "readings", `{"eos__": true}`)

	runAlarms(address, kafka.Start(kafka.From(time.Now().Add(30*time.Minute))))
	printRecords(client, "alarms", 1)
	// Output:
	// {"place":"attic"}
}

// A stream without end-of-stream marks ends the session when nothing has come for a while. The next run goes on where
// this one stood.
func ExampleDataTimeout() {
	address, client := exampleKafka(kfake.SeedTopics(1, "heartbeats"))
	send(client, "heartbeats", `{"place":"oven","celsius":99}`)
	mill, err := leat.New(alarm,
		leat.Broker(kafka.New([]string{address},
			kafka.Topic[Reading]("heartbeats"),
			kafka.Topic[Alarm]("alarms"),
			kafka.Group("heartbeats"),
			kafka.DataTimeout(2*time.Second),
		)),
		leat.Logger(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(mill.Run(context.Background()))
	printRecords(client, "alarms", 1)
	// Output:
	// <nil>
	// {"place":"oven"}
}

// The output exists already, with too few partitions. The run adds the others, and notices within a second when
// partitions are added to the inputs.
func ExampleGrowOutputs() {
	address, client := exampleKafka(kfake.SeedTopics(2, "readings"), kfake.SeedTopics(1, "alarms"))
	record := kgo.StringRecord(`{"eos__": true}`)
	record.Topic, record.Partition = "readings", 1
	if err := client.ProduceSync(context.Background(), record).FirstErr(); err != nil {
		log.Fatal(err)
	}
	runAlarms(address,
		kafka.GrowOutputs(),
		kafka.CreateTopics(false), // a misspelt output is an error then, and not a new topic
		kafka.MetadataAge(time.Second),
	)
	topics, err := kadm.NewClient(client).ListTopics(context.Background(), "alarms")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(topics["alarms"].Partitions), "partitions")
	// Output:
	// 2 partitions
}

// Two topics hold elements of one type: each has a name, which its join names, too. The matches of both come in one
// list.
func ExampleNamed() {
	type Hour struct {
		Hour int `json:"hour"`
	}
	type Measured struct {
		Hour    int     `json:"hour"`
		Celsius float64 `json:"celsius"`
	}
	address, client := exampleKafka(kfake.SeedTopics(1, "hours", "indoors", "outdoors"))
	send(client, "hours", `{"hour":9}`, `{"eos__": true}`)
	send(client, "indoors", `{"hour":9,"celsius":21}`, `{"eos__": true}`)
	send(client, "outdoors", `{"hour":9,"celsius":4}`, `{"eos__": true}`)

	hour, measured := func(h Hour) int { return h.Hour }, func(m Measured) int { return m.Hour }
	mill, err := leat.New(func(_ Hour, m []Measured) map[string]float64 {
		return map[string]float64{"warmer": m[0].Celsius - m[1].Celsius}
	},
		leat.Name("difference"),
		leat.Broker(kafka.New([]string{address},
			kafka.Topic[Hour]("hours"),
			kafka.Topic[Measured]("indoors", kafka.Named("indoors")),
			kafka.Topic[Measured]("outdoors", kafka.Named("outdoors"), kafka.MaxElement(64<<10)),
			kafka.Topic[map[string]float64]("differences"),
		)),
		leat.Join(hour, measured, leat.Named("indoors")),
		leat.Join(hour, measured, leat.Named("outdoors")),
		leat.Logger(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
	printRecords(client, "differences", 1)
	// Output:
	// {"warmer":17}
}

// A record without a value, which says that its key was deleted, is an element, too.
func ExampleTombstones() {
	address, client := exampleKafka(kfake.SeedTopics(1, "sensors"))
	deleted := &kgo.Record{Topic: "sensors", Key: []byte(`{"place":"cellar"}`)}
	if err := client.ProduceSync(context.Background(), deleted).FirstErr(); err != nil {
		log.Fatal(err)
	}
	send(client, "sensors", `{"eos__": true}`)
	mill, err := leat.New(func(r Reading) Alarm { return Alarm{r.Place + " is gone"} },
		leat.Name("sensors"),
		leat.Broker(kafka.New([]string{address},
			kafka.Topic[Reading]("sensors", kafka.Tombstones()),
			kafka.Topic[Alarm]("alarms"),
		)),
		leat.Logger(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
	printRecords(client, "alarms", 1)
	// Output:
	// {"place":"cellar is gone"}
}

// A cluster that wants a password. TLS keeps it from whoever is on the way.
func ExampleScramSHA512() {
	runAlarms("kafka.example.com:9093", kafka.TLS(nil), kafka.ScramSHA512("leat", os.Getenv("KAFKA_PASSWORD")))
}

// A cluster with certificates of an authority of its own, which wants one of its clients, too.
func ExampleTLS() {
	authority, err := os.ReadFile("ca.pem")
	if err != nil {
		log.Fatal(err)
	}
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM(authority)
	certificate, err := tls.LoadX509KeyPair("client.pem", "client.key")
	if err != nil {
		log.Fatal(err)
	}
	runAlarms("kafka.example.com:9093",
		kafka.TLS(&tls.Config{RootCAs: authorities, Certificates: []tls.Certificate{certificate}}))
}

// Tokens are fetched for each connection, from wherever they come.
func ExampleOAuthBearer() {
	token := func(context.Context) (string, error) { return os.Getenv("KAFKA_TOKEN"), nil }
	runAlarms("kafka.example.com:9093", kafka.TLS(nil), kafka.OAuthBearer(token))
}

// What has no option of its own is set by the client library's: here a rack, so that the nearest copy is read.
func ExampleOptions() {
	address, client := exampleKafka()
	runAlarms(address, kafka.Options(kgo.Rack("eu-west-1a")))
	printRecords(client, "alarms", 1)
	// Output:
	// {"place":"boiler"}
}
