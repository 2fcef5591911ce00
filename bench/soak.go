package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// soakSamples is how many lines a soak prints.
const soakSamples = 20

// soak feeds Leat at a steady rate for the time given, and prints a table of its memory.
func (c *command) soak(ctx context.Context, k *cluster) error {
	p := goProgram(c.self, "leat")
	elements := int(c.soakTime.Seconds() * float64(c.rate))
	f, err := k.feedOf(ctx, p, c.rate, elements)
	if err != nil {
		return err
	}
	// The collector's trace tells the live heap.
	p.environment = []string{"GODEBUG=gctrace=1"}
	var heap heapTrace
	fmt.Printf("W1 at %d elements/s for %v:\n\n", c.rate, c.soakTime)
	fmt.Println("| after | resident memory | live heap |\n| --- | --- | --- |")
	sample := func(ctx context.Context, command *exec.Cmd) error {
		return sampleMemory(ctx, command.Process.Pid, c.soakTime/soakSamples, &heap)
	}
	if err := f.run(ctx, p, &heap, sample); err != nil {
		return err
	}
	took := f.latencies(latencyWarmUp)
	fmt.Printf("\n%d results, in order; latency p50 %s, p99 %s, highest %s\n", elements-1,
		milliseconds(quantile(took, 0.5)),
		milliseconds(quantile(took, 0.99)), milliseconds(took[len(took)-1]))
	return nil
}

// sampleMemory prints a process's memory in intervals, soakSamples times.
func sampleMemory(ctx context.Context, pid int, interval time.Duration, heap *heapTrace) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for n := 1; n <= soakSamples; n++ {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		out, err := exec.CommandContext(ctx, "ps", "-o", "rss=", "-p", strconv.Itoa(pid)).Output()
		if err != nil {
			return fmt.Errorf("asking for the memory of process %d: %w", pid, err)
		}
		kilobytes, err := strconv.Atoi(strings.TrimSpace(string(out)))
		if err != nil {
			return err
		}
		fmt.Printf("| %v | %d MiB | %s MiB |\n", time.Duration(n)*interval, kilobytes>>10, heap.last())
	}
	return nil
}

// A heapTrace takes the trace of Go's garbage collector and remembers the live heap after the last collection.
type heapTrace struct {
	mu   sync.Mutex
	live string
}

// heapSizes are the heap's size at the start and at the end of a collection, and what was live in it.
var heapSizes = regexp.MustCompile(`[0-9]+->[0-9]+->([0-9]+) MB`)

// Write takes whole lines, as the runtime writes them.
func (h *heapTrace) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if all := heapSizes.FindAllSubmatch(p, -1); all != nil {
		h.live = string(all[len(all)-1][1])
	}
	return len(p), nil
}

func (h *heapTrace) last() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.live
}
