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
	programs []program
	samples  [][]sample
}

// doing returns the programs that do a workload.
func (p plan) doing(w workload) (programs []program) {
	for _, program := range p.programs {
		if program.does(w.name) {
			programs = append(programs, program)
		}
	}
	return programs
}

// measure runs every program several times on every workload, on files, in turn, and checks that they all write the same.
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
	elements, err := generate(ctx, p.self, w, place{in: dir}, p.elements)
	if err != nil {
		return result{}, err
	}
	r := result{workload: w, programs: p.doing(w)}
	r.samples = make([][]sample, len(r.programs))
	for round := range p.rounds {
		for i := range r.programs {
			// Nobody always runs behind the same other.
			n := (i + round) % len(r.programs)
			s, err := r.programs[n].run(ctx, w.name, place{in: dir, out: output(dir, n)})
			if err != nil {
				return result{}, err
			}
			fmt.Fprintf(progress, "%s, round %d: %s took %v\n", w.name, round+1, r.programs[n].name, s.wall)
			s.elements = elements
			r.samples[n] = append(r.samples[n], s)
		}
		if err := p.compareOutputs(ctx, dir, r.programs); err != nil {
			return result{}, fmt.Errorf("%s: %w", w.name, err)
		}
	}
	return r, nil
}

func output(dir string, program int) string {
	return filepath.Join(dir, fmt.Sprintf("output-%d.json", program))
}

func (p plan) compareOutputs(ctx context.Context, dir string, programs []program) error {
	for n := 1; n < len(programs); n++ {
		if err := compare(ctx, p.self, output(dir, 0), output(dir, n), programs[n].order()); err != nil {
			return fmt.Errorf("%s and %s differ: %w", programs[0].name, programs[n].name, err)
		}
	}
	return nil
}
