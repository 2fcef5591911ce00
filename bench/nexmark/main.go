// Command nexmark answers queries of Nexmark that are joins, on JSON Lines of a generator of its own, by Leat and by DuckDB:
//
//	python3 -m venv /tmp/peers && /tmp/peers/bin/pip install -r joins/requirements.txt
//	go run ./nexmark -python /tmp/peers/bin/python     all queries, two million events, five rounds
//	go run ./nexmark -query Q9 -events 200000 -rounds 1
//
// Q3 is who sells in three states in a category, Q4 the mean price of each category in each window of ten seconds, Q8 who
// became a member and opened an auction in the same window, Q9 the winning bid of each auction, and Q20 bids with their
// auctions, of a category. Persons and auctions may come up to 200 ms after they were named. Both must have found the same
// in each round. Each runs in a process of its own, in turn; the ratio to Leat is formed within a round.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/leat-go/leat/bench/internal/process"
)

func main() { os.Exit(process.Main("nexmark", run)) }

// partCommand is the first argument of a process that answers one query: part QUERY FOLDER PROFILE.
const partCommand = "part"

var allQueries = []string{"Q3", "Q4", "Q8", "Q9", "Q20"}

// A command is what the flags say.
type command struct {
	queries                 []string
	python, profile, folder string
	rounds                  int
}

func run(ctx context.Context, args []string) (err error) {
	if len(args) == 4 && args[0] == partCommand {
		return process.Profile(args[3], func() error { return join(ctx, args[1], args[2]) })
	}
	var c command
	flags := flag.NewFlagSet("nexmark", flag.ContinueOnError)
	query := flags.String("query", strings.Join(allQueries, ","), "only these, with commas between them")
	events := flags.Int("events", 2_000_000, "how many events")
	flags.StringVar(&c.python, "python", "", "a Python that has DuckDB; without it there is Leat only")
	flags.StringVar(&c.profile, "profile", "", "write a CPU profile of Leat to this file")
	flags.IntVar(&c.rounds, "rounds", 5, "how often")
	if err := flags.Parse(args); err != nil {
		return err
	}
	c.queries = strings.Split(*query, ",")
	for _, q := range c.queries {
		if !slices.Contains(allQueries, q) {
			return fmt.Errorf("there is no query %q; there are %s", q, strings.Join(allQueries, ", "))
		}
	}
	if c.folder, err = os.MkdirTemp("", "leat-nexmark-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(c.folder)) }()
	if err := generate(c.folder, *events); err != nil {
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

func (c *command) measureOne(ctx context.Context, program, query string) (cost process.Cost, results string, err error) {
	if err := os.RemoveAll(filepath.Join(c.folder, "output.jsonl")); err != nil {
		return cost, "", err
	}
	command := exec.CommandContext(ctx, os.Args[0], partCommand, query, c.folder, c.profile)
	if program == "duckdb" {
		command = exec.CommandContext(ctx, c.python, filepath.Join("nexmark", "duck.py"), query, c.folder)
	}
	command.Stdout, command.Stderr = os.Stderr, os.Stderr
	if cost, err = process.Run(command); err != nil {
		return cost, "", err
	}
	results, err = sum(c.folder)
	return cost, results, err
}
