// Command bench measures Leat on JSON files against a hand-written Go loop and the Python package watermill, which all
// do the same work on the same files, and prints a Markdown table. Run it in its folder:
//
//	go run .                                 all workloads and programs, three rounds
//	go run . -elements 1000000 -rounds 5     more of them
//	go run . -workload W1 -python=false      one workload, and only what is written in Go
//	go run . -memory                         the peak memory of a join over a file of 1 GiB
//	go run . -profile cpu.out -workload W1   a CPU profile of Leat
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/pprof"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// A command holds the flags.
type command struct {
	elements, rounds int
	workload         string
	python, memory   bool
	profile          string
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		return runPart(args)
	}
	var c command
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	flags.IntVar(&c.elements, "elements", 300_000, "`number` of elements in the input files of a workload")
	flags.IntVar(&c.rounds, "rounds", 3, "`number` of runs of each program")
	flags.StringVar(&c.workload, "workload", "", "the only workload to run: `W1`, W2, W3 or W4")
	flags.BoolVar(&c.python, "python", true, "whether to run the Python package")
	flags.BoolVar(&c.memory, "memory", false, "measure peak memory on a file of 1 GiB instead")
	flags.StringVar(&c.profile, "profile", "", "write a CPU profile of one run of Leat to this `file` instead")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if c.elements < 100 || c.rounds < 1 || flags.NArg() > 0 {
		return errors.New("there must be at least 100 elements and one round, and only flags")
	}
	switch {
	case c.memory:
		return measureMemory(ctx)
	case c.profile != "":
		return c.writeProfile()
	}
	return c.compare(ctx)
}

// compare measures all programs and prints the table.
func (c command) compare(ctx context.Context) error {
	p := plan{workloads: workloads(), elements: c.elements, rounds: c.rounds}
	if c.workload != "" {
		w, err := findWorkload(c.workload)
		if err != nil {
			return err
		}
		p.workloads = []workload{w}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	p.self, p.programs = self, goPrograms(self)
	if c.python {
		switch python, err := watermill(ctx); {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			fmt.Fprintf(os.Stderr, "skipped: the Python package watermill, which can't be installed: %v\n", err)
		default:
			p.programs = append(p.programs, python)
		}
	}
	results, err := p.measure(ctx, os.Stderr)
	if err != nil {
		return err
	}
	writeTable(os.Stdout, p.programs, results)
	return nil
}

// writeProfile writes the CPU profile of one run of Leat, in this process.
func (c command) writeProfile() (err error) {
	w, err := findWorkload(c.workload)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "leat-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if _, err := w.generate(dir, c.elements); err != nil {
		return err
	}
	file, err := os.Create(c.profile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := pprof.StartCPUProfile(file); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	return w.leat(dir, output(dir, 0))
}
