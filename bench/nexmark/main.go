// Command nexmark answers queries of Nexmark that are joins, on JSON Lines of a generator of its own, by Leat and by DuckDB:
//
//	python3 -m venv /tmp/peers && /tmp/peers/bin/pip install -r joins/requirements.txt
//	go run ./nexmark -python /tmp/peers/bin/python     all queries, two million events, five rounds
//	go run ./nexmark -query Q9 -events 200000 -rounds 1
//	go run ./nexmark -on kafka -python /tmp/peers/bin/python      Q3, Q8 and Q20 on Kafka, beside Kafka Streams
//
// Q3 is who sells in three states in a category, Q4 the mean price of each category in each window of ten seconds, Q8 who
// became a member and opened an auction in the same window, Q9 the winning bid of each auction, and Q20 bids with their
// auctions, of a category. Persons and auctions may come up to 200 ms after they were named. Both must have found the same
// in each round. Each runs in a process of its own, in turn; the ratio to Leat is formed within a round.
//
// On Kafka, events lie in topics of one partition, results are written exactly once, and time runs from the start of a process
// until its last result can be read by a reader of what is committed. Kafka Streams gets fewer events, so that its start weighs
// more: the ratio is printed without it, too. Its joins of streams have a bound before, ten seconds, which all of these events
// keep. The answers must be DuckDB's on files with the same events, or Leat's without -python.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/leat-go/leat/bench/internal/process"
)

func main() { os.Exit(process.Main("nexmark", run)) }

// partCommand is the first argument of a process that does one part, see part.
const partCommand = "part"

var allQueries = []string{"Q3", "Q4", "Q8", "Q9", "Q20"}

// A command is what the flags say.
type command struct {
	queries                 []string
	python, profile, folder string
	rounds                  int
}

func run(ctx context.Context, args []string) (err error) {
	if len(args) > 1 && args[0] == partCommand {
		return part(ctx, args[1], args[2:])
	}
	var c command
	flags := flag.NewFlagSet("nexmark", flag.ContinueOnError)
	query := flags.String("query", "", "only these, with commas between them")
	on := flags.String("on", "files", "files, or kafka")
	events := flags.Int("events", 2_000_000, "how many events")
	streamsEvents := flags.Int("streams-events", 300_000, "how many for Kafka Streams")
	flags.StringVar(&c.python, "python", "", "a Python that has DuckDB; without it there is Leat only")
	flags.StringVar(&c.profile, "profile", "", "write a CPU profile of Leat to this file")
	flags.IntVar(&c.rounds, "rounds", 5, "how often")
	if err := flags.Parse(args); err != nil {
		return err
	}
	possible := map[string][]string{"files": allQueries, "kafka": kafkaQueries}[*on]
	if possible == nil {
		return fmt.Errorf("-on %s: there are files and kafka", *on)
	}
	if c.queries = possible; *query != "" {
		c.queries = strings.Split(*query, ",")
	}
	for _, q := range c.queries {
		if !slices.Contains(possible, q) {
			return fmt.Errorf("there is no query %q on %s; there are %s", q, *on, strings.Join(possible, ", "))
		}
	}
	if c.folder, err = os.MkdirTemp("", "leat-nexmark-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(c.folder)) }()
	if *on == "kafka" {
		return c.onKafka(ctx, *events, *streamsEvents)
	}
	if _, _, err := c.part(ctx, "generate", strconv.Itoa(*events), c.folder); err != nil {
		return err
	}
	fmt.Println("| query | program | wall | it ÷ leat | CPU | its CPU ÷ leat's | peak memory |\n" +
		"| --- | --- | --- | --- | --- | --- | --- |")
	for _, q := range c.queries {
		if err := c.measure(ctx, q); err != nil {
			return fmt.Errorf("%s: %w", q, err)
		}
	}
	return nil
}

// measure answers a query by all programs, in turn, and prints a line for each.
func (c *command) measure(ctx context.Context, query string) error {
	programs := []string{"leat", "duckdb"}
	if c.python == "" {
		programs = programs[:1]
	}
	samples, err := process.InTurn(programs, c.rounds, func(program string) (process.Cost, string, error) {
		return c.measureOne(ctx, program, query)
	}, process.Same)
	if err != nil {
		return err
	}
	for _, program := range programs {
		fmt.Printf("| %s | %s | %s |\n", query, program, strings.Join(process.Cells(samples[program], samples["leat"]), " | "))
	}
	return nil
}

func (c *command) measureOne(ctx context.Context, program, query string) (process.Cost, string, error) {
	return c.answerOnFiles(ctx, program, query, c.folder)
}

// answerOnFiles answers a query on the files in a folder, and sums the answer up.
func (c *command) answerOnFiles(ctx context.Context, program, query, folder string) (cost process.Cost, found string, err error) {
	if err := os.RemoveAll(filepath.Join(folder, "output.jsonl")); err != nil {
		return cost, "", err
	}
	args := []string{os.Args[0], partCommand, "files", query, folder, c.profile}
	if program == "duckdb" {
		args = []string{c.python, filepath.Join("nexmark", "duck.py"), query, folder}
	}
	if cost, _, err = process.Output(ctx, args); err != nil {
		return cost, "", err
	}
	found, err = sum(folder)
	return cost, found, err
}

// part does a part: generate EVENTS FOLDER, files QUERY FOLDER PROFILE, kafka QUERY ADDRESS PREFIX OUTPUT, or sum ADDRESS TOPIC.
func part(ctx context.Context, name string, args []string) error {
	switch {
	case name == "generate" && len(args) == 2:
		events, err := strconv.Atoi(args[0])
		if err != nil {
			return err
		}
		return generate(args[1], events)
	case name == "files" && len(args) == 3:
		return process.Profile(args[2], func() error { return join(ctx, args[0], args[1]) })
	case name == "kafka" && len(args) == 4:
		return joinTopics(ctx, args[0], args[1], args[2], args[3])
	case name == "sum" && len(args) == 2:
		last, found, err := sumTopic(args[0], args[1])
		fmt.Print(last, " ", found)
		return err
	}
	return fmt.Errorf("there is no part %s of %d arguments", name, len(args))
}
