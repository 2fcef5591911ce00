package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
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

const symbols = 100

// What the workloads reach.
const (
	asOfWithin, byWithin, intervalWithin, nearestWithin = 50, 5000, 10, 4
)

// A job is a workload on files of a format in a folder.
type job struct{ workload, format, folder string }

func (j job) path(name string) string {
	end := j.format
	if end == "json" {
		end = "jsonl"
	}
	return filepath.Join(j.folder, name+"."+end)
}

// generate writes the two streams of a workload. Those of as-of joins are trades and four times as many quotes.
func generate(j job, scale float64) error {
	n := int(1_000_000 * scale)
	random := rand.New(rand.NewPCG(1, 2))
	leftTime := func(i int) (time int64) { return 4 * int64(i) }
	rights, rightTime := n, func(i int) int64 { return 4*int64(i) + []int64{1, -3, 1, 5}[random.IntN(4)] }
	switch j.workload {
	case "as-of", "by":
		leftTime = func(i int) int64 { return 40*int64(i) + 2*random.Int64N(20) }
		rights, rightTime = 4*n, func(i int) int64 { return 10*int64(i) + 1 + 2*random.Int64N(5) }
	case "interval":
		leftTime = func(i int) int64 { return 20 * int64(i) }
		rights, rightTime = 5*n, func(i int) int64 { return 4*int64(i) + random.Int64N(4) }
	case "left":
		rights, rightTime = n/2, func(i int) int64 { return 8 * int64(i) }
	}
	symbol := func() string { return "S" + strconv.Itoa(random.IntN(symbols)) }
	err := write(j, "left", leftColumns, n, func(i int) left { return left{int64(i), leftTime(i), symbol()} })
	before := int64(-1 << 40)
	return errors.Join(err, write(j, "right", rightColumns, rights, func(i int) right {
		time := rightTime(i)
		if j.workload == "nearest" {
			time = max(time, before+4)
		}
		before = time
		return right{time, symbol(), random.Int64N(100_000)}
	}))
}

// write writes a stream of n elements.
func write[T any](j job, name string, columns []string, n int, element func(i int) T) error {
	file, err := os.Create(j.path(name))
	if err != nil {
		return err
	}
	w := tableWriter[T](j.format, file, columns)
	for i := 0; i < n && err == nil; i++ {
		err = w.write(element(i))
	}
	return errors.Join(err, w.close(), file.Close())
}

// sum sums the results of a program up: in any order, since not all programs keep one.
func sum(j job) (string, error) {
	lines, matched, hash := 0, 0, uint64(0)
	err := readResults(j, func(number int64, value *int64) {
		lines++
		v := int64(-1)
		if value != nil {
			matched++
			v = *value
		}
		hash += mixed(mixed(uint64(number)) + uint64(v))
	})
	return fmt.Sprintf("%d results, %d with a match, sum %x", lines, matched, hash), err
}

// mixed spreads the bits of a number, as splitmix64 does.
func mixed(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
