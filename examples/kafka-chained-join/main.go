// Kafka-chained-join joins a topic to one that is joined itself: each location with the next one, and the next one with
// the speed that the robot reported when it came there.
//
//	go run ./examples/kafka-chained-join -demo
package main

import (
	"context"
	_ "embed"
	"math"
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

// Reported is a speed as the robot measured it itself.
type Reported struct {
	Time  int64   `json:"time"`
	Speed float64 `json:"speed"`
}

// Deviation is how far the robot's measure is off.
type Deviation struct {
	Time    int64   `json:"time"`
	Percent float64 `json:"percent"`
}

func check(prev Location, next []NextLocation, reported map[NextLocation][]Reported) Deviation {
	n := next[0]
	r := reported[n][0]
	actual := math.Hypot(n.X-prev.X, n.Y-prev.Y)
	return Deviation{n.Time, 100 * (r.Speed - actual) / actual}
}

func run(ctx context.Context, at demo.Kafka) error {
	mill, err := leat.New(check,
		leat.Broker(kafka.New(at.Brokers,
			kafka.Topic[Location]("robot-locations"),
			kafka.Topic[NextLocation]("robot-locations"),
			kafka.Topic[Reported]("reported-speed"),
			kafka.Topic[Deviation]("deviations"),
			kafka.Group("deviations"),
		)),
		leat.Join(
			func(l Location) int64 { return l.Time + 10 },
			func(n NextLocation) int64 { return n.Time },
		),
		leat.Join(
			func(n NextLocation) int64 { return n.Time },
			func(r Reported) int64 { return r.Time },
		),
	)
	if err != nil {
		return err
	}
	return mill.Run(ctx)
}

//go:embed robot-locations.json
var locations string

//go:embed reported-speed.json
var reported string

func program() demo.Program {
	return demo.Program{
		Run: run,
		Data: map[string]string{
			"robot-locations": locations,
			"reported-speed":  reported,
		},
		Show: []string{"deviations"},
	}
}

func main() { os.Exit(program().Main(os.Args[1:])) }
