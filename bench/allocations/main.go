// Command allocations compares the allocations of micro-benchmarks at two commits: allocations OLD NEW, where both are what
// go test -bench . -benchmem has printed. Allocations are counted, not measured, and so can be compared exactly, which times
// can't on a machine that others use, too. Of several runs of a benchmark the one with the fewest counts.
//
// It prints what changed, and fails where a benchmark allocates more often than it did. A benchmark that is new, or gone, is
// told only.
package main

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: allocations OLD NEW")
		os.Exit(2)
	}
	var counts [2]map[string]int64
	for i, path := range os.Args[1:] {
		var err error
		if counts[i], err = read(path); err != nil {
			fmt.Fprintln(os.Stderr, "allocations:", err)
			os.Exit(1)
		}
	}
	if more := compare(os.Stdout, counts[0], counts[1]); more > 0 {
		fmt.Fprintf(os.Stderr, "allocations: %d benchmarks allocate more often than before\n", more)
		os.Exit(1)
	}
}

func read(path string) (map[string]int64, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	counts, err := parse(file)
	if err == nil && len(counts) == 0 {
		err = fmt.Errorf("%s has no benchmark with allocs/op: give go test -bench . -benchmem", path)
	}
	return counts, err
}

// parse returns the fewest allocations of each benchmark, by its package and name.
func parse(r io.Reader) (map[string]int64, error) {
	counts, in := map[string]int64{}, ""
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if name, ok := strings.CutPrefix(lines.Text(), "pkg: "); ok {
			in = name
			continue
		}
		words := strings.Fields(lines.Text())
		at := slices.Index(words, "allocs/op")
		if at < 1 || !strings.HasPrefix(words[0], "Benchmark") {
			continue
		}
		n, err := strconv.ParseInt(words[at-1], 10, 64)
		if err != nil {
			return nil, err
		}
		name := in + " " + words[0]
		if before, ok := counts[name]; !ok || n < before {
			counts[name] = n
		}
	}
	return counts, lines.Err()
}

// compare prints what changed, and returns how many benchmarks allocate more often.
func compare(out io.Writer, before, after map[string]int64) (more int) {
	for _, name := range slices.Sorted(maps.Keys(after)) {
		old, ok := before[name]
		switch n := after[name]; {
		case !ok:
			fmt.Fprintf(out, "new    %s: %d allocs/op\n", name, n)
		case n > old:
			more++
			fmt.Fprintf(out, "MORE   %s: %d → %d allocs/op\n", name, old, n)
		case n < old:
			fmt.Fprintf(out, "fewer  %s: %d → %d allocs/op\n", name, old, n)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if _, ok := after[name]; !ok {
			fmt.Fprintf(out, "gone   %s\n", name)
		}
	}
	return more
}
