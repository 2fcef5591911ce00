package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/file"
)

// What grows: the values of a match key, which an as-of join keeps an element of each, and the candidates within reach.
var growths = map[string][]int{
	"values":     {10, 100, 1_000, 10_000, 100_000, 1_000_000},
	"candidates": {1, 10, 100, 1_000, 10_000},
}

// grown is how many right elements a growing join reads.
const grown = 1_000_000

// lefts returns how many left elements there are: with many candidates fewer, so that there are as many matches, if at
// least twenty elements.
func lefts(what string, n int) int {
	if what == "candidates" {
		return max(20, grown/n)
	}
	return grown / 4
}

// grow prints how the cost of a join grows.
func (c *command) grow(ctx context.Context) error {
	fmt.Println("| what | how many | elements | matches | CPU | CPU ns an element or match | peak memory |\n" +
		"| --- | --- | --- | --- | --- | --- | --- |")
	for _, what := range []string{"values", "candidates"} {
		for _, n := range growths[what] {
			j := job{what, "json", c.folder}
			if _, _, err := c.part(ctx, "grow-data", j, strconv.Itoa(n)); err != nil {
				return err
			}
			cost, printed, err := c.part(ctx, "grow", j, strconv.Itoa(n))
			if err != nil {
				return err
			}
			matches, err := strconv.Atoi(printed)
			if err != nil {
				return err
			}
			elements := grown + lefts(what, n)
			fmt.Printf("| %s | %d | %d | %d | %v | %d | %d MiB |\n", what, n, elements, matches, cost.CPU.Round(time.Millisecond),
				cost.CPU.Nanoseconds()/int64(elements+matches), cost.Memory>>20)
		}
	}
	return nil
}

// generateGrown writes right elements every four units of time, and left ones evenly among them.
func generateGrown(j job, n int) error {
	values := 1
	if j.workload == "values" {
		values = n
	}
	random := rand.New(rand.NewPCG(1, 2))
	symbol := func() string { return "S" + strconv.Itoa(random.IntN(values)) }
	count := lefts(j.workload, n)
	err := write(j, "left", leftColumns, count, func(i int) left {
		return left{int64(i), 4*int64(i)*int64(grown/count) + 1, symbol()}
	})
	return errors.Join(err, write(j, "right", rightColumns, grown, func(i int) right { return right{4 * int64(i), symbol(), 1} }))
}

// joinGrown joins them, and prints how many matches there were.
func joinGrown(ctx context.Context, j job, n int) error {
	matches := 0
	l, r := func(l left) int64 { return l.Time }, func(r right) int64 { return r.Time }
	fn := any(leat.Typed(func(_ context.Context, in *list) (struct{}, error) {
		matches += len(in.Matches)
		return struct{}{}, nil
	}))
	option := leat.Join(l, r, leat.Within(int64(2*n), int64(2*n-1)))
	if j.workload == "values" {
		fn = leat.Typed(func(_ context.Context, in *pair) (struct{}, error) {
			if in.Match != nil {
				matches++
			}
			return struct{}{}, nil
		})
		option = leat.AsOf(l, r, leat.Optional(), leat.Within(leat.Any, 0),
			leat.By(func(l left) string { return l.Symbol }, func(r right) string { return r.Symbol }))
	}
	files := file.New(file.At[left](j.path("left")), file.At[right](j.path("right")))
	mill, err := leat.New(fn, leat.Broker(files), leat.Logger(slog.New(slog.DiscardHandler)), option)
	if err != nil {
		return err
	}
	err = mill.Run(ctx)
	fmt.Print(matches)
	return err
}
