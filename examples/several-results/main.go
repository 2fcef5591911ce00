// Several-results shows a function that writes more than one element per call, to more than one stream: an iterator, a
// slice, and a pointer that may be nil. Each type of result has a file of its own.
//
//	go run ./examples/several-results
package main

import (
	"context"
	"fmt"
	"iter"
	"log"
	"os"
	"path/filepath"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/examples/internal/folder"
)

// Location is one element of the stream of a robot's locations.
type Location struct {
	Time int64   `json:"time"`
	X    float64 `json:"x"`
	Y    float64 `json:"y"`
}

// NextLocation is the same stream, read one step ahead.
type NextLocation Location

// Point is where the robot was at a time between two locations.
type Point struct {
	Time int64   `json:"time"`
	X    float64 `json:"x"`
	Y    float64 `json:"y"`
}

// Move is how far the robot came along one axis.
type Move struct {
	From     int64   `json:"time_from"`
	Axis     string  `json:"axis"`
	Distance float64 `json:"distance"`
}

// Rest is a time in which the robot stood still.
type Rest struct {
	From int64 `json:"time_from"`
	To   int64 `json:"time_to"`
}

func trace(prev Location, next []NextLocation) (iter.Seq[Point], []Move, *Rest) {
	var list []Move
	for _, m := range []Move{{prev.Time, "x", next[0].X - prev.X}, {prev.Time, "y", next[0].Y - prev.Y}} {
		if m.Distance != 0 {
			list = append(list, m)
		}
	}
	if len(list) == 0 {
		return nil, nil, &Rest{prev.Time, next[0].Time}
	}
	return points(prev, next[0]), list, nil
}

// points gives a point every five seconds. They are made one by one while they are written.
func points(prev Location, next NextLocation) iter.Seq[Point] {
	return func(yield func(Point) bool) {
		for t := prev.Time; t < next.Time; t += 5 {
			part := float64(t-prev.Time) / float64(next.Time-prev.Time)
			if !yield(Point{t, prev.X + part*(next.X-prev.X), prev.Y + part*(next.Y-prev.Y)}) {
				return
			}
		}
	}
}

func main() {
	folder.Enter() // where the file lies
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	results, err := os.MkdirTemp("", "several-results")
	if err != nil {
		return err
	}
	defer os.RemoveAll(results)
	mill, err := leat.New(trace,
		leat.Broker(file.New(
			file.At[Location]("robot-locations.json"),
			file.At[NextLocation]("robot-locations.json"),
			file.At[Point](filepath.Join(results, "points.jsonl")),
			file.At[Move](filepath.Join(results, "moves.jsonl")),
			file.At[Rest](filepath.Join(results, "rests.jsonl")),
		)),
		leat.Join(
			func(l Location) int64 { return l.Time + 10 },
			func(n NextLocation) int64 { return n.Time },
		),
	)
	if err != nil {
		return err
	}
	if err := mill.Run(ctx); err != nil {
		return err
	}
	return show(results, "points.jsonl", "moves.jsonl", "rests.jsonl")
}

// show prints the files of a directory.
func show(dir string, names ...string) error {
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		fmt.Printf("%s:\n%s", name, text)
	}
	return nil
}
