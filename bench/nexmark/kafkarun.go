package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/leat-go/leat/bench/internal/kafkatopic"
	"github.com/leat-go/leat/bench/internal/process"
)

// A kafkaSample is what a run took: until its last result could be read, and until the program said that it was ready.
type kafkaSample struct {
	process.Cost
	start time.Duration
}

// measure answers a query by both programs, in turn, and prints a line for each.
func (k *kafkaCommand) measure(ctx context.Context, query string) error {
	programs := []string{leatProgram, streamsProgram}
	samples := map[string][]kafkaSample{}
	for round := range k.rounds {
		for i := range programs {
			program := programs[(i+round)%len(programs)]
			s, err := k.run(ctx, program, query)
			if err != nil {
				return fmt.Errorf("%s: %w", program, err)
			}
			fmt.Fprintf(os.Stderr, "%s, round %d: %s took %v\n", query, round+1, program, s.Wall.Round(time.Millisecond))
			samples[program] = append(samples[program], s)
		}
	}
	for _, program := range programs {
		fmt.Printf("| %s | %s | %s |\n", query, program, k.cells(samples[program], samples[leatProgram], program))
	}
	return nil
}

// cells tells what the runs of a program took beside Leat's in the same rounds.
func (k *kafkaCommand) cells(all, leat []kafkaSample, program string) string {
	events := float64(k.markets[program].events)
	var rates, ratios, started, cpus []float64
	memory := int64(0)
	for i, s := range all {
		rate, leatRate := events/s.Wall.Seconds(), float64(k.markets[leatProgram].events)/leat[i].Wall.Seconds()
		rates, ratios = append(rates, rate/1000), append(ratios, leatRate/rate)
		if s.start > 0 {
			started = append(started, leatRate/(events/(s.Wall-s.start).Seconds()))
		}
		cpus = append(cpus, s.CPU.Seconds()*1e6/events)
		memory = max(memory, s.Memory)
	}
	return fmt.Sprintf("%d k | %.1f k | %s | %s | %.2f | %d MiB", k.markets[program].events/1000, process.Median(rates),
		process.Spread(ratios), process.Spread(started), process.Median(cpus), memory>>20)
}

// run answers a query by a program, and compares the answer.
func (k *kafkaCommand) run(ctx context.Context, program, query string) (s kafkaSample, err error) {
	k.outputs++
	m, output := k.markets[program], fmt.Sprintf("%s-%s-%d", query, program, k.outputs)
	if err := kafkatopic.Create(ctx, k.client, output, 1); err != nil {
		return s, err
	}
	var seen kafkatopic.Watch
	begin := time.Now()
	if s, err = k.watched(ctx, k.arguments(program, query, m, output), m.answers[query].count, &seen, output); err != nil {
		return s, err
	}
	_, printed, err := k.part(ctx, "sum", k.server.Address(), output)
	if err != nil {
		return s, err
	}
	last, found := int64(0), ""
	if n, rest, ok := bytes.Cut([]byte(printed), []byte(" ")); ok {
		if last, err = strconv.ParseInt(string(n), 10, 64); err != nil {
			return s, err
		}
		found = string(rest)
	}
	if found != m.answers[query].sum {
		return s, fmt.Errorf("it has found %s, and on files there are %s", found, m.answers[query].sum)
	}
	visible, err := seen.Visible(last)
	s.Wall = visible.Sub(begin)
	return s, err
}

// arguments returns the command line that answers a query.
func (k *kafkaCommand) arguments(program, query string, m *kafkaMarket, output string) []string {
	if program == leatProgram {
		return []string{os.Args[0], partCommand, "kafka", query, k.server.Address(), m.prefix, output}
	}
	return []string{"java", "-Xmx1g", "-cp", k.classPath, "Nexmark", query, k.server.Address(), m.prefix, output,
		filepath.Join(k.folder, "state-"+output)}
}

// watched runs a program to its end, or until all results are there where it has none, and watches its output.
func (k *kafkaCommand) watched(ctx context.Context, args []string, wanted int, seen *kafkatopic.Watch, output string) (
	s kafkaSample, err error,
) {
	running, stop := context.WithCancel(ctx)
	defer stop()
	ready := readiness{says: os.Stderr}
	command := exec.CommandContext(running, args[0], args[1:]...)
	command.Stdout, command.Stderr = &ready, &ready
	begin := time.Now()
	if err := command.Start(); err != nil {
		return s, err
	}
	stays := args[0] == "java"
	var over atomic.Bool
	ended := make(chan error, 1)
	go func() {
		ended <- command.Wait()
		over.Store(true)
	}()
	err = seen.Follow(ctx, kadm.NewClient(k.client), output, func() bool {
		return over.Load() || stays && seen.Quiet(time.Now()) > quietFor(seen.End() >= int64(wanted))
	})
	early := over.Load()
	if stays || err != nil {
		stop()
	}
	ending := <-ended
	switch {
	case err != nil:
		return s, err
	case ending != nil && (!stays || early):
		return s, ending
	}
	s.Cost = process.Used(command.ProcessState)
	if !ready.at.IsZero() {
		s.start = ready.at.Sub(begin)
	}
	return s, nil
}

// quietFor returns how long a program that never ends may be quiet until it is taken to have done all it does.
func quietFor(complete bool) time.Duration {
	if complete {
		return 2 * time.Second
	}
	return 30 * time.Second
}

// A readiness passes on what a program says, but for the line that says that it is ready: it remembers when that came.
type readiness struct {
	says io.Writer
	at   time.Time
}

// Write takes whole lines, as programs write them.
func (r *readiness) Write(p []byte) (int, error) {
	if !bytes.Contains(p, []byte("bench: ready")) {
		return r.says.Write(p)
	}
	if r.at.IsZero() {
		r.at = time.Now()
	}
	return len(p), nil
}
