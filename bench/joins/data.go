package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// The workloads. Keys are whole numbers, and no two elements of a stream have the same key, nor two matches the same
// distance: programs differ in what they make of those.
var workloads = []string{
	"as-of",    // the last right element within 50 before
	"by",       // the same, of the same symbol, within 5000
	"interval", // all from 10 before to 10 after, about five: their sum
	"left",     // the one of the same key, which half of the left elements have
	"nearest",  // the nearest within 4
}

const (
	leftName, rightName, outputName = "left.jsonl", "right.jsonl", "output.jsonl"
	symbols                         = 100
)

// What the workloads reach.
const (
	asOfWithin, byWithin, intervalWithin, nearestWithin = 50, 5000, 10, 4
)

// generate writes the two streams of a workload. Those of as-of joins are trades and four times as many quotes.
func generate(folder, workload string, scale float64) error {
	n := int(1_000_000 * scale)
	random := rand.New(rand.NewPCG(1, 2))
	left := func(i int) (time int64) { return 4 * int64(i) }
	rights, right := n, func(i int) int64 { return 4*int64(i) + []int64{1, -3, 1, 5}[random.IntN(4)] }
	switch workload {
	case "as-of", "by":
		left = func(i int) int64 { return 40*int64(i) + 2*random.Int64N(20) }
		rights, right = 4*n, func(i int) int64 { return 10*int64(i) + 1 + 2*random.Int64N(5) }
	case "interval":
		left = func(i int) int64 { return 20 * int64(i) }
		rights, right = 5*n, func(i int) int64 { return 4*int64(i) + random.Int64N(4) }
	case "left":
		rights, right = n/2, func(i int) int64 { return 8 * int64(i) }
	}
	err := write(filepath.Join(folder, leftName), n, func(w io.Writer, i int) error {
		_, err := fmt.Fprintf(w, "{\"n\":%d,\"time\":%d,\"symbol\":\"S%d\"}\n", i, left(i), random.IntN(symbols))
		return err
	})
	before := int64(-1 << 40)
	return errors.Join(err, write(filepath.Join(folder, rightName), rights, func(w io.Writer, i int) error {
		before = max(before+4*boolInt(workload == "nearest"), right(i))
		_, err := fmt.Fprintf(w, "{\"time\":%d,\"symbol\":\"S%d\",\"value\":%d}\n", before, random.IntN(symbols),
			random.IntN(100_000))
		return err
	}))
}

func boolInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func write(path string, n int, element func(w io.Writer, i int) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(file, 1<<20)
	for i := 0; i < n && err == nil; i++ {
		err = element(w, i)
	}
	return errors.Join(err, w.Flush(), file.Close())
}

var seed = maphash.MakeSeed()

// sum sums the results of a program up: in any order, since not all programs keep one.
func sum(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	lines, matched, hash := 0, 0, uint64(0)
	for d := json.NewDecoder(bufio.NewReaderSize(file, 1<<20)); ; {
		var r result
		if err := d.Decode(&r); errors.Is(err, io.EOF) {
			return fmt.Sprintf("%d results, %d with a match, sum %x", lines, matched, hash), nil
		} else if err != nil {
			return "", err
		}
		lines++
		value := int64(-1)
		if r.Value != nil {
			matched++
			value = *r.Value
		}
		hash += maphash.Comparable(seed, [2]int64{r.Number, value})
	}
}
