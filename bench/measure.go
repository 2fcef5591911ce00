package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
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

// measure runs every program several times on every workload, on files, in turn, and checks that they all write the
// same. With an error it returns what it has.
func (p plan) measure(ctx context.Context, progress io.Writer) ([]result, error) {
	var results []result
	for _, w := range p.workloads {
		if len(p.doing(w)) == 0 {
			continue
		}
		r, err := p.measureOne(ctx, w, progress)
		results = append(results, r)
		if err != nil {
			return results, fmt.Errorf("%s: %w", w.name, err)
		}
	}
	return results, nil
}

func (p plan) measureOne(ctx context.Context, w workload, progress io.Writer) (result, error) {
	r := result{workload: w, programs: p.doing(w)}
	r.samples = make([][]sample, len(r.programs))
	dir, err := os.MkdirTemp("", "leat-bench-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	elements, err := generate(ctx, p.self, w, endpoints{in: dir}, p.elements)
	if err != nil {
		return r, err
	}
	for round := range p.rounds {
		for _, n := range r.turns(round) {
			s, err := r.programs[n].run(ctx, w.name, endpoints{in: dir, out: output(dir, n)})
			if err != nil {
				return r, err
			}
			fmt.Fprintf(progress, "%s, round %d: %s took %v\n", w.name, round+1, r.programs[n].name, s.wall)
			s.elements = elements
			r.samples[n] = append(r.samples[n], s)
		}
		if err := p.compareOutputs(ctx, dir, r, round); err != nil {
			return r, err
		}
	}
	return r, nil
}

// turns returns the programs that run in a round, by their numbers. Nobody always runs behind the same other.
func (r result) turns(round int) (turns []int) {
	for i := range r.programs {
		n := (i + round) % len(r.programs)
		if p := r.programs[n]; p.rounds == 0 || round < p.rounds {
			turns = append(turns, n)
		}
	}
	return turns
}

func output(dir string, program int) string {
	return filepath.Join(dir, fmt.Sprintf("output-%d.json", program))
}

// compareOutputs compares what the first program of a round has written with what the others have.
func (p plan) compareOutputs(ctx context.Context, dir string, r result, round int) error {
	turns := slices.Sorted(slices.Values(r.turns(round)))
	if len(turns) == 0 {
		return nil // all are done with their rounds
	}
	for _, n := range turns[1:] {
		if err := compare(ctx, p.self, output(dir, turns[0]), output(dir, n), r.programs[n].order()); err != nil {
			return fmt.Errorf("%s and %s differ: %w", r.programs[turns[0]].name, r.programs[n].name, err)
		}
	}
	return nil
}
