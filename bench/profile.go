package main

import (
	"context"
	"errors"
	"os"

	"github.com/leat-go/leat/bench/internal/process"
)

// profileOnFiles writes the CPU profile of one run of Leat, in this process.
func (c *command) profileOnFiles(ctx context.Context) error {
	w, err := findWorkload(c.workload)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "leat-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if _, err := generate(ctx, c.self, w, endpoints{in: dir}, c.elements); err != nil {
		return err
	}
	return c.profileOf(w, endpoints{in: dir, out: output(dir, 0)})
}

// profileOnKafka does the same on Kafka.
func (c *command) profileOnKafka(ctx context.Context, k *cluster) error {
	w, err := findWorkload(c.workload)
	if err != nil {
		return err
	}
	at, _, err := k.fill(ctx, w, c.kafka)
	if err != nil {
		return err
	}
	if at.out, err = k.output(ctx, w.name); err != nil {
		return err
	}
	return c.profileOf(w, at)
}

func (c *command) profileOf(w workload, at endpoints) error {
	run := goPrograms()["leat"]
	if c.programs != "" {
		if run = goPrograms()[c.programs]; run == nil {
			return errors.New("-programs: a profile is that of one program of this binary")
		}
	}
	return process.Profile(c.profile, func() error { return run(w, at) })
}
