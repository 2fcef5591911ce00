package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/leat-go/leat/bench/internal/process"
	"github.com/leat-go/leat/codec"
)

// A program does the workloads, each run in a process of its own.
type program struct {
	name string
	// command returns the command line that does a workload.
	command func(workload string, at endpoints) []string
	// prepare, where it is set, is called before a run, which it is no part of.
	prepare func(endpoints) error
	// elements is the number of input elements by workload, where that isn't the plan's since the program is so slow.
	elements map[string]int
	// rounds is the number of runs, where that isn't the plan's for the same reason.
	rounds int
	// environment is added to that of this process.
	environment []string
	// lacks are the workloads that the program doesn't do.
	lacks []string
	// stays is set for a program that waits for more at the end, and unordered for one whose results may come in any
	// order.
	stays, unordered bool
	// source is its source, whose lines are counted.
	source string
}

// A sample is what one run took.
type sample struct {
	elements  int
	wall, cpu time.Duration
	// start is the time until the program said that it was ready, where it says so.
	start time.Duration
	// first is the time until the first result could be read, where that was seen.
	first time.Duration
	// memory is the process's peak in bytes; zero where the system doesn't tell.
	memory int64
}

// oneTransaction is the time between transactions that is Leat's default.
const oneTransaction = 100 * time.Millisecond

// goPrograms returns the functions behind the programs that are part of this binary.
func goPrograms() map[string]func(workload, endpoints) error {
	onTopics := func(interval time.Duration) func(workload, endpoints) error {
		return func(w workload, p endpoints) error {
			return runLoop(w.loop, &topics{at: p, interval: interval}, codec.JSON.Decoder)
		}
	}
	return map[string]func(workload, endpoints) error{
		"leat": func(w workload, p endpoints) error { return w.leat(p) },
		"loop": func(w workload, p endpoints) error { return runLoop(w.loop, &lists{at: p}, codec.JSON.Decoder) },
		"loop-hand": func(w workload, p endpoints) error {
			return runLoop(w.loop, &lists{at: p, flat: true}, handDecoder)
		},
		"franz":         onTopics(0),
		"franz-tx":      onTopics(oneTransaction),
		"franz-tx-10ms": onTopics(10 * time.Millisecond),
		"franz-tx-hand": func(w workload, p endpoints) error {
			return runLoop(w.loop, &topics{at: p, interval: oneTransaction}, handDecoder)
		},
	}
}

// goProgram returns a program that is part of this binary, whose path is self.
func goProgram(self, name string) program {
	return program{name: name, command: func(workload string, at endpoints) []string {
		return append([]string{self, "run", name, workload}, at.arguments()...)
	}}
}

// does tells whether the program does a workload.
func (p program) does(workload string) bool { return !slices.Contains(p.lacks, workload) }

// start starts a run; what it says goes to says.
func (p program) start(ctx context.Context, workload string, at endpoints, says io.Writer) (*exec.Cmd, error) {
	args := p.command(workload, at)
	command := exec.CommandContext(ctx, args[0], args[1:]...)
	command.Stdout, command.Stderr = says, says
	command.Env = append(os.Environ(), p.environment...)
	return command, command.Start()
}

// run runs a program once, on files.
func (p program) run(ctx context.Context, workload string, at endpoints) (sample, error) {
	if p.prepare != nil {
		if err := p.prepare(at); err != nil {
			return sample{}, err
		}
	}
	if err := os.Remove(at.out); err != nil && !errors.Is(err, os.ErrNotExist) {
		return sample{}, err
	}
	start := time.Now()
	command, err := p.start(ctx, workload, at, os.Stderr)
	if err == nil {
		err = command.Wait()
	}
	wall := time.Since(start)
	if err != nil {
		return sample{}, fmt.Errorf("%s %s: %w", p.name, workload, err)
	}
	s := used(command.ProcessState)
	s.wall = wall
	return s, nil
}

// used returns what a process took, but the time.
func used(state *os.ProcessState) sample {
	cost := process.Used(state)
	return sample{cpu: cost.CPU, memory: cost.Memory}
}

// order says what the results' order is worth.
func (p program) order() string {
	if p.unordered {
		return unordered
	}
	return ordered
}
