// Command joins measures joins of near keys on JSON Lines, in Leat beside a hand-written loop, DuckDB and Polars:
//
//	python3 -m venv /tmp/peers && /tmp/peers/bin/pip install -r joins/requirements.txt
//	go run ./joins -python /tmp/peers/bin/python       every workload, five rounds
//	go run ./joins -workload by -programs leat -scale 10 -rounds 1
//	go run ./joins -workload by -profile cpu.out
//
// Each program runs in a process of its own, in turn, and all must find the same matches. It prints what each took, and
// the ratio to Leat within a round: above one where Leat is faster. Without -python there are Leat and the loop only.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/leat-go/leat/bench/internal/process"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "joins:", err)
		os.Exit(1)
	}
}

// partCommand is the first argument of a process that does one workload: part PROGRAM WORKLOAD FOLDER PROFILE.
const partCommand = "part"

// A command is what the flags say.
type command struct {
	programs, workloads     []string
	python, profile, folder string
	rounds                  int
	scale                   float64
}

func run(ctx context.Context, args []string) error {
	if len(args) == 5 && args[0] == partCommand {
		return part(ctx, args[1], args[2], args[3], args[4])
	}
	c := command{workloads: workloads, programs: []string{"leat", "loop", "duckdb", "polars"}}
	flags := flag.NewFlagSet("joins", flag.ContinueOnError)
	workload := flags.String("workload", "", "only this one of "+strings.Join(workloads, ", "))
	programs := flags.String("programs", "", "only these of "+strings.Join(c.programs, ", ")+", with commas between them")
	flags.StringVar(&c.python, "python", "", "a Python that has what requirements.txt lists")
	flags.StringVar(&c.profile, "profile", "", "write a CPU profile of Leat to this file")
	flags.IntVar(&c.rounds, "rounds", 5, "how often")
	flags.Float64Var(&c.scale, "scale", 1, "how many times the usual number of elements")
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch {
	case *workload == "":
	case !slices.Contains(workloads, *workload):
		return fmt.Errorf("there is no workload %q; there are %s", *workload, strings.Join(workloads, ", "))
	default:
		c.workloads = []string{*workload}
	}
	if *programs != "" {
		c.programs = strings.Split(*programs, ",")
	} else if c.python == "" {
		c.programs = c.programs[:2]
	}
	return c.measureAll(ctx)
}

func (c *command) measureAll(ctx context.Context) (err error) {
	if c.folder, err = os.MkdirTemp("", "leat-joins-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(c.folder)) }()
	for _, workload := range c.workloads {
		if err := c.measure(ctx, workload); err != nil {
			return fmt.Errorf("%s: %w", workload, err)
		}
	}
	return nil
}

// measure does a workload by all programs, in turn, and prints a line for each.
func (c *command) measure(ctx context.Context, workload string) error {
	if err := generate(c.folder, workload, c.scale); err != nil {
		return err
	}
	samples := map[string][]sample{}
	for round := range c.rounds {
		results := ""
		for i := range c.programs {
			program := c.programs[(i+round)%len(c.programs)]
			s, err := c.measureOne(ctx, program, workload)
			if err != nil {
				return fmt.Errorf("%s: %w", program, err)
			}
			if results == "" {
				results = s.results
			}
			if s.results != results {
				return fmt.Errorf("%s has found %s, another program %s", program, s.results, results)
			}
			samples[program] = append(samples[program], s)
		}
	}
	for _, program := range c.programs {
		fmt.Println(line(workload, program, samples[program], samples["leat"]))
	}
	return nil
}

// A sample is what one run took.
type sample struct {
	process.Cost
	results string
}

// line tells the medians of a program beside Leat's.
func line(workload, program string, all, ours []sample) string {
	var walls, cpus, ratios []float64
	memory := int64(0)
	for i, s := range all {
		walls, cpus = append(walls, s.Wall.Seconds()), append(cpus, s.CPU.Seconds())
		memory = max(memory, s.Memory)
		if len(ours) > i {
			ratios = append(ratios, s.Wall.Seconds()/ours[i].Wall.Seconds())
		}
	}
	ratio := ""
	if len(ratios) > 0 {
		ratio = fmt.Sprintf("%.2f (%.2f–%.2f)", median(ratios), slices.Min(ratios), slices.Max(ratios))
	}
	return fmt.Sprintf("| %s | %s | %.2f s | %s | %.2f s | %d MiB |", workload, program, median(walls), ratio, median(cpus),
		memory>>20)
}

func median(numbers []float64) float64 {
	sorted := slices.Sorted(slices.Values(numbers))
	return sorted[len(sorted)/2]
}

func (c *command) measureOne(ctx context.Context, program, workload string) (s sample, err error) {
	output := filepath.Join(c.folder, outputName)
	if err := os.RemoveAll(output); err != nil {
		return s, err
	}
	command := exec.CommandContext(ctx, os.Args[0], partCommand, program, workload, c.folder, c.profile)
	if program == "duckdb" || program == "polars" {
		command = exec.CommandContext(ctx, c.python, filepath.Join("joins", "peer.py"), program, workload, c.folder)
		command.Env = append(os.Environ(), "POLARS_MAX_THREADS=2")
	}
	command.Stdout, command.Stderr = os.Stderr, os.Stderr
	if s.Cost, err = process.Run(command); err != nil {
		return s, err
	}
	s.results, err = sum(output)
	return s, err
}

// part is one run of Leat or the loop, in a process of its own.
func part(ctx context.Context, program, workload, folder, profile string) error {
	if program == "loop" {
		return loop(workload, folder)
	}
	return process.Profile(profile, func() error { return join(ctx, workload, folder) })
}
