// Kafka-several-results writes more than one element per call, to more than one topic: an iterator, a slice, and a
// pointer that may be nil. All of them become visible in one transaction.
//
//	go run ./examples/kafka-several-results -demo
package main

import (
	"context"
	_ "embed"
	"iter"
	"os"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/kafka"
	"github.com/leat-go/leat/examples/internal/demo"
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

func run(ctx context.Context, at demo.Kafka) error {
	mill, err := leat.New(trace,
		leat.Broker(kafka.New(at.Brokers,
			kafka.Topic[Location]("robot-locations"),
			kafka.Topic[NextLocation]("robot-locations"),
			kafka.Topic[Point]("points"),
			kafka.Topic[Move]("moves"),
			kafka.Topic[Rest]("rests"),
			kafka.Group("traces"),
		)),
		leat.Join(
			func(l Location) int64 { return l.Time + 10 },
			func(n NextLocation) int64 { return n.Time },
		),
	)
	if err != nil {
		return err
	}
	return mill.Run(ctx)
}

//go:embed robot-locations.json
var locations string

func program() demo.Program {
	return demo.Program{
		Run:  run,
		Data: map[string]string{"robot-locations": locations},
		Show: []string{"points", "moves", "rests"},
	}
}

func main() { os.Exit(program().Main(os.Args[1:])) }
