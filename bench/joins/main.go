// Command joins measures joins of near keys on JSON Lines, CSV and Parquet, in Leat beside a hand-written loop, DuckDB and
// Polars:
//
//	python3 -m venv /tmp/peers && /tmp/peers/bin/pip install -r joins/requirements.txt
//	go run ./joins -python /tmp/peers/bin/python       every workload, five rounds
//	go run ./joins -format csv -workload by,left       also json, which it is if left out, and parquet
//	go run ./joins -workload by -programs leat -scale 10 -rounds 1
//	go run ./joins -workload by -profile cpu.out
//	go run ./joins -workload by -programs "leat run" -profile cpu.out
//	go run ./joins -grow                               how the cost grows with match keys' values and with reach
//
// Each program runs in a process of its own, in turn, and all must find the same matches. It prints what each took, and
// the ratio to Leat within a round: above one where Leat is faster. The program "leat run" is
// the command on a pipeline file. Without -python there are Leat's and the loop only.
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

	"github.com/leat-go/leat/bench/internal/process"
)

func main() { os.Exit(process.Main("joins", run)) }

// partCommand is the first argument of a process that does one part: part PROGRAM WORKLOAD FORMAT FOLDER EXTRA, where the
// last is the path of a profile, or what the scale is. Files are made and read by such processes, too: what this one has in
// memory would count as theirs.
const partCommand = "part"

// A command is what the flags say.
type command struct {
	programs, workloads     []string
	format, python, profile string
	folder                  string
	rounds                  int
	growing                 bool
	scale                   float64
}

func run(ctx context.Context, args []string) error {
	if len(args) == 6 && args[0] == partCommand {
		return part(ctx, args[1], job{args[2], args[3], args[4]}, args[5])
	}
	c := command{workloads: workloads, programs: []string{"leat", "leat run", "loop", "duckdb", "polars"}}
	flags := flag.NewFlagSet("joins", flag.ContinueOnError)
	workload := flags.String("workload", "", "only these of "+strings.Join(workloads, ", ")+", with commas between them")
	programs := flags.String("programs", "", "only these of "+strings.Join(c.programs, ", ")+", with commas between them")
	flags.BoolVar(&c.growing, "grow", false, "how Leat's cost grows with match keys' values and the candidates within reach")
	flags.StringVar(&c.format, "format", "json", "json, csv or parquet")
	flags.StringVar(&c.python, "python", "", "a Python that has what requirements.txt lists")
	flags.StringVar(&c.profile, "profile", "", "write a CPU profile of Leat to this file")
	flags.IntVar(&c.rounds, "rounds", 5, "how often")
	flags.Float64Var(&c.scale, "scale", 1, "how many times the usual number of elements")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *workload != "" {
		c.workloads = strings.Split(*workload, ",")
	}
	for _, w := range c.workloads {
		if !slices.Contains(workloads, w) {
			return fmt.Errorf("there is no workload %q; there are %s", w, strings.Join(workloads, ", "))
		}
	}
	if !slices.Contains([]string{"json", "csv", "parquet"}, c.format) {
		return fmt.Errorf("there is no format %q; there are json, csv and parquet", c.format)
	}
	if *programs != "" {
		c.programs = strings.Split(*programs, ",")
	} else if c.python == "" {
		c.programs = c.programs[:3]
	}
	return c.measureAll(ctx)
}

func (c *command) measureAll(ctx context.Context) (err error) {
	if c.folder, err = os.MkdirTemp("", "leat-joins-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(c.folder)) }()
	if c.growing {
		return c.grow(ctx)
	}
	if slices.Contains(c.programs, "leat run") {
		if _, err := process.BuildLeat(ctx, c.folder); err != nil {
			return err
		}
	}
	fmt.Println("| format | workload | program | wall | it ÷ leat | CPU | its CPU ÷ leat's | peak memory |\n" +
		"| --- | --- | --- | --- | --- | --- | --- | --- |")
	for _, workload := range c.workloads {
		if err := c.measure(ctx, job{workload, c.format, c.folder}); err != nil {
			return fmt.Errorf("%s: %w", workload, err)
		}
	}
	return nil
}

// measure does a workload by all programs, in turn, and prints a line for each.
func (c *command) measure(ctx context.Context, j job) error {
	if _, _, err := c.part(ctx, "generate", j, fmt.Sprint(c.scale)); err != nil {
		return err
	}
	samples, err := process.InTurn(c.programs, c.rounds, func(program string) (process.Cost, string, error) {
		return c.measureOne(ctx, program, j)
	}, process.Same)
	if err != nil {
		return err
	}
	for _, program := range c.programs {
		cells := process.Cells(samples[program], samples["leat"])
		fmt.Printf("| %s | %s | %s | %s |\n", j.format, j.workload, program, strings.Join(cells, " | "))
	}
	return nil
}

func (c *command) measureOne(ctx context.Context, program string, j job) (cost process.Cost, results string, err error) {
	if err := os.RemoveAll(j.path("output")); err != nil {
		return cost, "", err
	}
	var command *exec.Cmd
	switch program {
	case "duckdb", "polars":
		command = exec.CommandContext(ctx, c.python, filepath.Join("joins", "peer.py"), program, j.workload, j.format, j.folder)
		command.Env = append(os.Environ(), "POLARS_MAX_THREADS=2")
	case "leat run":
		if c.profile != "" {
			cost, _, err = c.part(ctx, program, j, c.profile)
			break
		}
		pipeline, err := writePipeline(j)
		if err != nil {
			return cost, "", err
		}
		command = exec.CommandContext(ctx, filepath.Join(c.folder, "leat"), "run", "--quiet", pipeline)
	default:
		cost, _, err = c.part(ctx, program, j, c.profile)
	}
	if command != nil {
		command.Stdout, command.Stderr = os.Stderr, os.Stderr
		cost, err = process.Run(command)
	}
	if err != nil {
		return cost, "", err
	}
	_, results, err = c.part(ctx, "sum", j, "")
	return cost, results, err
}

// part runs a part in a process of its own, and returns what it took and printed.
func (c *command) part(ctx context.Context, name string, j job, extra string) (process.Cost, string, error) {
	return process.Output(ctx, []string{os.Args[0], partCommand, name, j.workload, j.format, j.folder, extra})
}

// part is what such a process does.
func part(ctx context.Context, name string, j job, extra string) error {
	switch name {
	case "generate":
		scale, err := strconv.ParseFloat(extra, 64)
		if err != nil {
			return err
		}
		return generate(j, scale)
	case "grow-data", "grow":
		n, err := strconv.Atoi(extra)
		if err != nil {
			return err
		}
		if name == "grow" {
			return joinGrown(ctx, j, n)
		}
		return generateGrown(j, n)
	case "sum":
		results, err := sum(j)
		fmt.Print(results)
		return err
	case "loop":
		return process.Profile(extra, func() error { return loop(j) })
	case "leat run":
		return process.Profile(extra, func() error { return runPipeline(ctx, j) })
	case "leat":
		return process.Profile(extra, func() error { return join(ctx, j) })
	}
	return fmt.Errorf("there is no program %q", name)
}
