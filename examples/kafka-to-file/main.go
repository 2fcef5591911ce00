// Kafka-to-file reads a topic and writes a file, here standard output: sources and sinks are chosen apart. A file gets
// its results all at the end of the session, or none; standard output gets them with each commit, and after a crash
// some again. The group keeps the positions. Files and standard output take topics of one partition.
//
//	go run ./examples/kafka-to-file -demo
package main

import (
	"context"
	_ "embed"
	"math"
	"os"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/kafka"
	"github.com/leat-go/leat/examples/internal/demo"
)

// Location is one element of the stream of a robot's locations.
type Location struct {
	Time int64   `json:"time"`
	X    float64 `json:"x"`
	Y    float64 `json:"y"`
}

// NextLocation is the same stream, read one step ahead: a self-join needs a type of its own for each node.
type NextLocation Location

// Speed is how far the robot came between two times.
type Speed struct {
	From  int64   `json:"time_from"`
	To    int64   `json:"time_to"`
	Speed float64 `json:"speed"`
}

func speed(prev Location, next []NextLocation) Speed {
	n := next[0]
	return Speed{prev.Time, n.Time, math.Hypot(n.X-prev.X, n.Y-prev.Y)}
}

func run(ctx context.Context, at demo.Kafka) error {
	mill, err := leat.New(speed,
		leat.From(kafka.New(at.Brokers,
			kafka.Topic[Location]("robot-locations"),
			kafka.Topic[NextLocation]("robot-locations"),
			kafka.Group("robot-speed-to-file"),
		)),
		leat.To(file.New(
			file.At[Speed]("-"), // standard output; or a file, such as "robot-speed.json"
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
	}
}

func main() { os.Exit(program().Main(os.Args[1:])) }
