package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// How long each program is fed when its latency is measured, and how much of that is for starting.
const (
	latencyTime   = 20 * time.Second
	latencyWarmUp = 12 * time.Second
)

// measureLatency prints how long it takes from an element to its result, at a steady rate.
func (c *command) measureLatency(ctx context.Context, k *cluster) error {
	programs, err := c.choose(ctx, []peer{
		{"leat", own(c.self, "leat", "")},
		{"franz-tx-10ms", own(c.self, "franz-tx-10ms", "")},
		{"franz-tx", own(c.self, "franz-tx", "")},
		{"kafka-streams", func(ctx context.Context) (program, error) { return kafkaStreams(ctx, k.dir, 0) }},
	})
	if err != nil {
		return err
	}
	elements := int(latencyTime.Seconds() * float64(c.rate))
	fmt.Print("| program | elements/s | p50 | p99 | highest | CPU, share of a core |\n" +
		"| --- | --- | --- | --- | --- | --- |\n")
	for _, p := range programs {
		f, err := k.feedOf(ctx, p, c.rate, elements)
		if err != nil {
			return err
		}
		var process *exec.Cmd
		nothing := func(_ context.Context, command *exec.Cmd) error { process = command; return nil }
		if err := f.run(ctx, p, os.Stderr, nothing); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		took := f.latencies(latencyWarmUp)
		fmt.Fprintf(os.Stderr, "%s has been measured\n", p.name)
		fmt.Printf("| %s | %d | %s | %s | %s | %.2f |\n", p.name, c.rate, milliseconds(quantile(took, 0.5)),
			milliseconds(quantile(took, 0.99)), milliseconds(took[len(took)-1]),
			used(process.ProcessState).cpu.Seconds()/latencyTime.Seconds())
	}
	return nil
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/1e6) }
