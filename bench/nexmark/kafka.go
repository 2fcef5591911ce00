package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/bench/internal/kafkatopic"
	"github.com/leat-go/leat/bench/internal/process"
	"github.com/leat-go/leat/bench/internal/streams"
	"github.com/leat-go/leat/internal/kafkaserver"
)

// kafkaQueries are those that Kafka Streams can do with its joins of streams.
var kafkaQueries = []string{"Q3", "Q8", "Q20"}

// A market on Kafka is a number of events in topics.
type kafkaMarket struct {
	events int
	// folder has the same events as files, and prefix is what the topics' names begin with.
	folder, prefix string
	// answers are those of DuckDB, or of Leat on the files where there is no Python: what sum says of them, by query.
	answers map[string]answer
}

// An answer is how many results there are, and what sum says of them.
type answer struct {
	count int
	sum   string
}

// A kafkaCommand measures on Kafka.
type kafkaCommand struct {
	*command
	server    *kafkaserver.Server
	client    *kgo.Client
	classPath string
	// markets are that of each program: Kafka Streams gets fewer events.
	markets map[string]*kafkaMarket
	outputs int
}

const (
	leatProgram    = "leat"
	streamsProgram = "kafka-streams"
)

// onKafka answers the queries on Kafka, by Leat and by Kafka Streams.
func (c *command) onKafka(ctx context.Context, events, streamsEvents int) (err error) {
	k := &kafkaCommand{command: c}
	if k.server, err = kafkaserver.Start(ctx, filepath.Join(c.folder, "kafka")); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.server.Kill()) }() // nobody needs its data any more
	if k.client, err = kgo.NewClient(kgo.SeedBrokers(k.server.Address()), kgo.MaxBufferedRecords(100_000)); err != nil {
		return err
	}
	defer k.client.Close()
	if err := kafkatopic.WarmUp(ctx, k.server.Address()); err != nil {
		return err
	}
	if k.classPath, err = streams.Compile(ctx, "Nexmark.java", c.folder); err != nil {
		return err
	}
	k.markets = map[string]*kafkaMarket{}
	for program, n := range map[string]int{leatProgram: events, streamsProgram: streamsEvents} {
		if k.markets[program], err = k.fill(ctx, n); err != nil {
			return err
		}
	}
	fmt.Println("| query | program | events | events/s | leat ÷ it | without its start | CPU µs an event | peak memory |\n" +
		"| --- | --- | --- | --- | --- | --- | --- | --- |")
	for _, query := range c.queries {
		if err := k.measure(ctx, query); err != nil {
			return fmt.Errorf("%s: %w", query, err)
		}
	}
	return nil
}

// fill makes events, as files and in topics, whose keys are what Kafka Streams joins by where that needs no other one.
func (k *kafkaCommand) fill(ctx context.Context, events int) (*kafkaMarket, error) {
	m := &kafkaMarket{events: events, prefix: strconv.Itoa(events) + "-", answers: map[string]answer{}}
	m.folder = filepath.Join(k.folder, m.prefix+"events")
	if err := os.MkdirAll(m.folder, 0o700); err != nil {
		return nil, err
	}
	if _, _, err := k.part(ctx, "generate", strconv.Itoa(events), m.folder); err != nil {
		return nil, err
	}
	for stream, key := range map[string]string{"persons": "id", "auctions": "id", "bids": "auction"} {
		if err := k.load(ctx, filepath.Join(m.folder, stream+".jsonl"), m.prefix+stream, key); err != nil {
			return nil, err
		}
	}
	for _, query := range k.queries {
		program := "duckdb"
		if k.python == "" {
			program = leatProgram
		}
		_, found, err := k.answerOnFiles(ctx, program, query, m.folder)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", query, err)
		}
		a := answer{sum: found}
		if _, err := fmt.Sscanf(found, "%d", &a.count); err != nil {
			return nil, err
		}
		m.answers[query] = a
	}
	return m, nil
}

// load puts the lines of a file into a topic that it makes, and an end mark behind them.
func (k *kafkaCommand) load(ctx context.Context, path, topic, key string) error {
	if err := kafkatopic.Create(ctx, k.client, topic, 1); err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	var failed kgo.FirstErrPromise
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var members map[string]any
		if err := json.Unmarshal(lines.Bytes(), &members); err != nil {
			return err
		}
		id := binary.BigEndian.AppendUint64(nil, uint64(members[key].(float64)))
		k.client.Produce(ctx, &kgo.Record{Topic: topic, Key: id, Value: append([]byte(nil), lines.Bytes()...)}, failed.Promise())
	}
	k.client.Produce(ctx, &kgo.Record{Topic: topic, Value: kafkatopic.EndMark}, failed.Promise())
	return errors.Join(lines.Err(), k.client.Flush(ctx), failed.Err())
}

// part runs a part in a process of its own, and returns what it took and printed.
func (c *command) part(ctx context.Context, args ...string) (process.Cost, string, error) {
	return process.Output(ctx, append([]string{os.Args[0], partCommand}, args...))
}
