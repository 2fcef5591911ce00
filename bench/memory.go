package main

import (
	"context"
	"fmt"
	"os"
)

// The memory check: a join over a file of this size, within this much memory.
const (
	memoryInput = 1 << 30
	memoryLimit = 64 << 20
)

// measureMemory runs W1 by Leat over a file of 1 GiB, and fails where it takes more than 64 MiB.
func measureMemory(ctx context.Context, self string) error {
	dir, err := os.MkdirTemp("", "leat-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	size, elements, err := generateBytes(ctx, self, dir, memoryInput)
	if err != nil {
		return err
	}
	s, err := goProgram(self, "leat").run(ctx, "W1", endpoints{in: dir, out: output(dir, 0)})
	if err != nil {
		return err
	}
	fmt.Printf("leat joined a file of %d MiB (%d elements) with itself in %.1f s, with a peak of %.1f MiB\n",
		size>>20, elements, s.wall.Seconds(), float64(s.memory)/(1<<20))
	if s.memory > memoryLimit {
		return fmt.Errorf("the peak is above %d MiB", memoryLimit>>20)
	}
	return nil
}

// generateBytes writes locations for at least so many bytes.
func generateBytes(ctx context.Context, self, dir string, atLeast int64) (size int64, elements int, err error) {
	w, err := findWorkload("W1")
	if err != nil {
		return 0, 0, err
	}
	// Elements grow with their number by a few digits: a first guess from a small file, then what is missing.
	for elements = 100_000; ; elements = int(float64(elements)*float64(atLeast)/float64(size)) + 1 {
		if _, err := generate(ctx, self, w, endpoints{in: dir}, elements); err != nil {
			return 0, 0, err
		}
		info, err := os.Stat(listPath(dir, locationsStream))
		if err != nil {
			return 0, 0, err
		}
		if size = info.Size(); size >= atLeast {
			return size, elements, nil
		}
	}
}
