// Package process measures what processes take, and profiles this one.
package process

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime/pprof"
	"strings"
	"time"
)

// A Cost is what a process took.
type Cost struct {
	Wall, CPU time.Duration
	// Memory is the most that it had resident, in bytes; zero where the system doesn't tell.
	Memory int64
}

// Run runs a command to its end and returns what it took.
func Run(c *exec.Cmd) (cost Cost, err error) {
	begin := time.Now()
	if err := c.Run(); err != nil {
		return cost, err
	}
	wall := time.Since(begin)
	cost = Used(c.ProcessState)
	cost.Wall = wall
	return cost, nil
}

// Output runs a command line to its end, and returns what it took and printed.
func Output(ctx context.Context, args []string) (Cost, string, error) {
	var out strings.Builder
	command := exec.CommandContext(ctx, args[0], args[1:]...)
	command.Stdout, command.Stderr = &out, os.Stderr
	cost, err := Run(command)
	return cost, out.String(), err
}

// Used returns what a process that has ended took, but for the time.
func Used(state *os.ProcessState) Cost {
	return Cost{CPU: state.UserTime() + state.SystemTime(), Memory: peakMemory(state)}
}

// Profile writes a CPU profile of this process, while f runs, to a file; where the path is empty it only runs f.
func Profile(path string, f func() error) (err error) {
	if path == "" {
		return f()
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := pprof.StartCPUProfile(file); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	return f()
}
