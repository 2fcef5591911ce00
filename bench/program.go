package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"
)

// A program does the workloads, each run in a process of its own.
type program struct {
	name string
	// command returns the command line that does a workload.
	command func(workload, dir, out string) []string
}

// A sample is what one run took.
type sample struct {
	wall, cpu time.Duration
	// memory is the process's peak in bytes; zero where the system doesn't tell.
	memory int64
}

// goPrograms returns the programs that are part of this binary, whose path is self.
func goPrograms(self string) []program {
	subcommand := func(name string) program {
		return program{name, func(workload, dir, out string) []string {
			return []string{self, "run", name, workload, dir, out}
		}}
	}
	return []program{subcommand("leat"), subcommand("loop")}
}

// watermill returns the Python package's program. The first call installs the package into a cache folder, through pip
// and only there.
func watermill(ctx context.Context) (program, error) {
	interpreter, err := pythonWithWatermill(ctx)
	if err != nil {
		return program{}, err
	}
	script, err := filepath.Abs(filepath.Join("python", "peer.py"))
	if err != nil {
		return program{}, err
	}
	if _, err := os.Stat(script); err != nil {
		return program{}, fmt.Errorf("run this in the folder bench: %w", err)
	}
	return program{"watermill", func(workload, dir, out string) []string {
		return []string{interpreter, script, workload, dir, out}
	}}, nil
}

// watermillVersion is what the measurements compare with.
const watermillVersion = "3.6.7"

// pythonWithWatermill returns the path of a Python that has the package.
func pythonWithWatermill(ctx context.Context) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	home := filepath.Join(cache, "leat-bench", "watermill-"+watermillVersion)
	interpreter := filepath.Join(home, "bin", "python")
	if runtime.GOOS == "windows" {
		interpreter = filepath.Join(home, "Scripts", "python.exe")
	}
	if exec.CommandContext(ctx, interpreter, "-c", "import watermill.mill").Run() == nil {
		return interpreter, nil
	}
	if out, err := exec.CommandContext(ctx, "python3", "-m", "venv", home).CombinedOutput(); err != nil {
		return "", fmt.Errorf("python3 -m venv: %w\n%s", err, out)
	}
	install := exec.CommandContext(ctx, interpreter, "-m", "pip", "install", "--quiet", "watermill=="+watermillVersion)
	if out, err := install.CombinedOutput(); err != nil {
		return "", fmt.Errorf("pip install watermill: %w\n%s", err, out)
	}
	return interpreter, nil
}

// run runs a program once.
func (p program) run(ctx context.Context, workload, dir, out string) (sample, error) {
	if err := os.Remove(out); err != nil && !errors.Is(err, os.ErrNotExist) {
		return sample{}, err
	}
	args := p.command(workload, dir, out)
	command := exec.CommandContext(ctx, args[0], args[1:]...)
	command.Stdout, command.Stderr = os.Stderr, os.Stderr
	start := time.Now()
	err := command.Run()
	wall := time.Since(start)
	if err != nil {
		return sample{}, fmt.Errorf("%s %s: %w", p.name, workload, err)
	}
	state := command.ProcessState
	return sample{wall, state.UserTime() + state.SystemTime(), peakMemory(state)}, nil
}
