package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/leat-go/leat/bench/internal/kafkatopic"
	"github.com/leat-go/leat/bench/internal/process"
)

// measure answers a query by both programs, in turn, and prints a line for each.
func (k *kafkaCommand) measure(ctx context.Context, query string) error {
	programs := []string{leatProgram, streamsProgram}
	samples := map[string][]kafkatopic.Run{}
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
func (k *kafkaCommand) cells(all, leat []kafkatopic.Run, program string) string {
	events := float64(k.markets[program].events)
	var rates, ratios, started, cpus []float64
	memory := int64(0)
	for i, s := range all {
		rate, leatRate := events/s.Wall.Seconds(), float64(k.markets[leatProgram].events)/leat[i].Wall.Seconds()
		rates, ratios = append(rates, rate/1000), append(ratios, leatRate/rate)
		if s.Start > 0 {
			started = append(started, leatRate/(events/(s.Wall-s.Start).Seconds()))
		}
		cpus = append(cpus, s.CPU.Seconds()*1e6/events)
		memory = max(memory, s.Memory)
	}
	return fmt.Sprintf("%d k | %.1f k | %s | %s | %.2f | %d MiB", k.markets[program].events/1000, process.Median(rates),
		process.Spread(ratios), process.Spread(started), process.Median(cpus), memory>>20)
}

// run answers a query by a program, and compares the answer.
func (k *kafkaCommand) run(ctx context.Context, program, query string) (s kafkatopic.Run, err error) {
	k.outputs++
	m, output := k.markets[program], fmt.Sprintf("%s-%s-%d", query, program, k.outputs)
	if err := kafkatopic.Create(ctx, k.client, output, 1); err != nil {
		return s, err
	}
	var seen kafkatopic.Watch
	begin := time.Now()
	s, err = seen.Run(ctx, kadm.NewClient(k.client), output, kafkatopic.Program{
		Args: k.arguments(program, query, m, output), Stays: program == streamsProgram, Wanted: int64(m.answers[query].count),
	})
	if err != nil {
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
