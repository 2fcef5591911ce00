package process

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
)

// Main runs a command of a name until it ends or is interrupted, and returns the process's exit code.
func Main(name string, run func(ctx context.Context, args []string) error) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		return 1
	}
	return 0
}

// BuildLeat builds the command into a folder, and returns its path. The module's folder is the one above this process's.
func BuildLeat(ctx context.Context, folder string) (string, error) {
	leat := filepath.Join(folder, "leat")
	build := exec.CommandContext(ctx, "go", "-C", "..", "build", "-o", leat, "./cmd/leat")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return leat, nil
}

// A Found is what a program has found.
type Found struct{ Program, Results string }

// InTurn runs programs in turn, each once in a round, in an order that changes from round to round. What they have found in a
// round goes to compare, whose error ends it. It returns what each took, by its name.
func InTurn(
	programs []string, rounds int, run func(program string) (Cost, string, error), compare func(all []Found) error,
) (map[string][]Cost, error) {
	costs := map[string][]Cost{}
	for round := range rounds {
		var all []Found
		for i := range programs {
			program := programs[(i+round)%len(programs)]
			cost, results, err := run(program)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", program, err)
			}
			costs[program] = append(costs[program], cost)
			all = append(all, Found{program, results})
		}
		if err := compare(all); err != nil {
			return nil, err
		}
	}
	return costs, nil
}

// Same is an error where not all have found the same.
func Same(all []Found) error {
	for _, f := range all[1:] {
		if f.Results != all[0].Results {
			return fmt.Errorf("%s has found %s, and %s %s", f.Program, f.Results, all[0].Program, all[0].Results)
		}
	}
	return nil
}
