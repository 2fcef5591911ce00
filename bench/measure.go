package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// A plan says what to measure.
type plan struct {
	// self is the path of this binary.
	self      string
	workloads []workload
	programs  []program
	elements  int
	rounds    int
}

// A result holds the samples of one workload, by program.
type result struct {
	workload workload
	elements int
	samples  [][]sample
}

// measure runs every program several times on every workload, in turn, and checks that they all write the same.
func (p plan) measure(ctx context.Context, progress io.Writer) ([]result, error) {
	var results []result
	for _, w := range p.workloads {
		r, err := p.measureOne(ctx, w, progress)
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	return results, nil
}

func (p plan) measureOne(ctx context.Context, w workload, progress io.Writer) (result, error) {
	dir, err := os.MkdirTemp("", "leat-bench-")
	if err != nil {
		return result{}, err
	}
	defer os.RemoveAll(dir)
	elements, err := generate(ctx, p.self, w, dir, p.elements)
	if err != nil {
		return result{}, err
	}
	r := result{w, elements, make([][]sample, len(p.programs))}
	for round := range p.rounds {
		for i := range p.programs {
			// Nobody always runs behind the same other.
			n := (i + round) % len(p.programs)
			s, err := p.programs[n].run(ctx, w.name, dir, output(dir, n))
			if err != nil {
				return result{}, err
			}
			fmt.Fprintf(progress, "%s, round %d: %s took %v\n", w.name, round+1, p.programs[n].name, s.wall)
			r.samples[n] = append(r.samples[n], s)
		}
		if err := p.compareOutputs(ctx, dir); err != nil {
			return result{}, fmt.Errorf("%s: %w", w.name, err)
		}
	}
	return r, nil
}

func output(dir string, program int) string {
	return filepath.Join(dir, fmt.Sprintf("output-%d.json", program))
}

func (p plan) compareOutputs(ctx context.Context, dir string) error {
	for n := 1; n < len(p.programs); n++ {
		if err := compare(ctx, p.self, output(dir, 0), output(dir, n)); err != nil {
			return fmt.Errorf("%s and %s differ: %w", p.programs[0].name, p.programs[n].name, err)
		}
	}
	return nil
}
