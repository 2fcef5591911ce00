// Command storages measures what a copy from table to table costs in Leat beside a hand-written loop with the same
// driver, which reads by a cursor, writes in bulk, and commits results and its position every 100 ms:
//
//	go run ./storages                           every storage, a million rows, five rounds
//	go run ./storages -storage sqlite -rows 5000000 -rounds 1
//	go run ./storages -storage sqlite -profile cpu.out
//
// Both run in processes of their own, in turn, and must leave the same rows. It prints the ratio of their rates within a
// round, above one where Leat is faster, and the memory that each had at most.
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
	"strconv"
	"strings"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/bench/internal/process"
)

// An event is what is read, and a result what is written of it.
type event struct {
	ID    int64   `json:"id"`
	At    int64   `json:"at"`
	Name  string  `json:"name"`
	Value float64 `json:"value"`
}

type result struct {
	ID     int64   `json:"id"`
	Name   string  `json:"name"`
	Double float64 `json:"double"`
}

// typed is double as Leat calls it directly, as in the other benchmarks.
var typed = leat.Typed(func(_ context.Context, e *event) (result, error) { return double(*e), nil })

func double(e event) result { return result{e.ID, e.Name, 2 * e.Value} }

// between is the time from one commit to the next: Leat's own.
const between = 100 * time.Millisecond

// A storage is what is measured.
type storage struct {
	// start starts what it needs and returns its url, and stop, which removes all of it.
	start func(ctx context.Context) (url string, stop func() error, err error)
	// fill makes the events, and clear removes results and positions.
	fill  func(ctx context.Context, url string, rows int) error
	clear func(ctx context.Context, url string) error
	// sum says what the results are: their number, the sum of their ids and that of their values.
	sum func(ctx context.Context, url string) (string, error)
	// leat and loop copy.
	leat, loop func(ctx context.Context, url string) error
}

var storages = map[string]storage{"sqlite": sqliteStorage, "postgres": postgresStorage, "mysql": mysqlStorage,
	"redis": redisStorage,
	"nats":  natsStorage, "rabbitmq": rabbitStorage}

// inTempDir has a server started in a temporary folder, which is removed when it is stopped.
func inTempDir(start func(ctx context.Context, dir string) (string, func() error, error)) func(context.Context) (
	string, func() error, error) {
	return func(ctx context.Context) (string, func() error, error) {
		dir, err := os.MkdirTemp("", "leat-storages-")
		if err != nil {
			return "", nil, err
		}
		err = os.Chmod(dir, 0o755) // where this is root the server runs as another user
		if err != nil {
			return "", nil, errors.Join(err, os.RemoveAll(dir))
		}
		url, stop, err := start(ctx, filepath.Join(dir, "server"))
		if err != nil {
			return "", nil, errors.Join(err, os.RemoveAll(dir))
		}
		return url, func() error { return errors.Join(stop(), os.RemoveAll(dir)) }, nil
	}
}

func main() { os.Exit(process.Main("storages", run)) }

func run(ctx context.Context, args []string) error {
	if len(args) == 5 && args[0] == "part" {
		return part(ctx, storages[args[1]], args[2], args[3], args[4])
	}
	flags := flag.NewFlagSet("storages", flag.ContinueOnError)
	name := flags.String("storage", "", "only this one of "+strings.Join(names(), ", "))
	rows := flags.Int("rows", 1_000_000, "how many rows are copied")
	rounds := flags.Int("rounds", 5, "how often")
	profile := flags.String("profile", "", "write a CPU profile of Leat to this file")
	if err := flags.Parse(args); err != nil {
		return err
	}
	all := names()
	if *name != "" {
		if _, ok := storages[*name]; !ok {
			return fmt.Errorf("there is no storage %q; there are %s", *name, strings.Join(all, ", "))
		}
		all = []string{*name}
	}
	for _, name := range all {
		if err := measure(ctx, name, *rows, *rounds, *profile); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func names() (all []string) {
	for name := range storages {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// part is one run, in a process of its own.
func part(ctx context.Context, s storage, program, url, profile string) error {
	if program == "loop" {
		return s.loop(ctx, url)
	}
	return process.Profile(profile, func() error { return s.leat(ctx, url) })
}

// measure copies by both programs, in turn, and prints a line for each round.
func measure(ctx context.Context, name string, rows, rounds int, profile string) (err error) {
	s := storages[name]
	url, stop, err := s.start(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if failed := stop(); err == nil {
			err = failed
		}
	}()
	if err := s.fill(ctx, url, rows); err != nil {
		return err
	}
	var ratios []float64
	for round := range rounds {
		programs := []string{"leat", "loop"}
		if round%2 == 1 {
			slices.Reverse(programs)
		}
		samples := map[string]sample{}
		for _, program := range programs {
			if err := s.clear(ctx, url); err != nil {
				return err
			}
			taken, err := measureOne(ctx, name, program, url, profile)
			if err != nil {
				return err
			}
			if taken.sum, err = s.sum(ctx, url); err != nil {
				return err
			}
			samples[program] = taken
		}
		ours, loop := samples["leat"], samples["loop"]
		if ours.sum != loop.sum {
			return fmt.Errorf("leat has written %s, the loop %s", ours.sum, loop.sum)
		}
		ratio := loop.Wall.Seconds() / ours.Wall.Seconds()
		ratios = append(ratios, ratio)
		fmt.Printf("%s, round %d, %s: leat %s, loop %s: %.2f ×\n", name, round+1, ours.sum, ours.of(rows),
			loop.of(rows), ratio)
	}
	slices.Sort(ratios)
	fmt.Printf("%s: leat is %.2f × the loop (%.2f–%.2f)\n", name, ratios[len(ratios)/2], ratios[0], ratios[len(ratios)-1])
	return nil
}

// A sample is what one run took.
type sample struct {
	process.Cost
	sum string
}

func (s sample) of(rows int) string {
	return fmt.Sprintf("%.0f k rows/s, %.2f µs CPU a row, %d MiB", float64(rows)/s.Wall.Seconds()/1000,
		float64(s.CPU.Microseconds())/float64(rows), s.Memory>>20)
}

func measureOne(ctx context.Context, name, program, url, profile string) (s sample, err error) {
	command := exec.CommandContext(ctx, os.Args[0], "part", name, program, url, profile)
	command.Stderr = os.Stderr
	if s.Cost, err = process.Run(command); err != nil {
		return s, fmt.Errorf("%s: %w", program, err)
	}
	return s, nil
}

// nth is an event.
func nth(i int) event {
	return event{int64(i), int64(i) * 10, "event " + strconv.Itoa(i%1000), float64(i) / 4}
}
