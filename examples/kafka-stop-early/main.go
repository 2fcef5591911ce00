// Kafka-stop-early ends a run before its streams do: the function returns leat.EndOfStream as its error. The result
// beside it is still written, and an end-of-stream mark behind it. The next run goes on behind the mark of the input.
//
//	go run ./examples/kafka-stop-early -demo
package main

import (
	"context"
	_ "embed"
	"os"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/kafka"
	"github.com/leat-go/leat/examples/internal/demo"
)

// Location is one element of the stream of a robot's locations.
type Location struct {
	Time int64   `json:"time"`
	X    float64 `json:"x"`
}

// Step is a step of the robot on its way to the gate.
type Step struct {
	Time int64   `json:"time"`
	Left float64 `json:"left"` // to the gate
}

const gate = 60

func approach(l Location) (Step, error) {
	if l.X >= gate {
		return Step{l.Time, 0}, leat.EndOfStream
	}
	return Step{l.Time, gate - l.X}, nil
}

func run(ctx context.Context, at demo.Kafka) error {
	mill, err := leat.New(approach,
		leat.Broker(kafka.New(at.Brokers,
			kafka.Topic[Location]("robot-locations"),
			kafka.Topic[Step]("steps"),
			kafka.Group("approach"),
		)),
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
		Show: []string{"steps"},
	}
}

func main() { os.Exit(program().Main(os.Args[1:])) }
