// Kafka-parallel-streams joins several topics of one element type: the locations of a fleet's robots, a topic for each.
// They are told apart by name, on the topic and on the join.
//
//	go run ./examples/kafka-parallel-streams -demo
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

// Location is where a robot is at a time.
type Location struct {
	Time  int64   `json:"time"`
	Robot string  `json:"robot"`
	X     float64 `json:"x"`
	Y     float64 `json:"y"`
}

// Neighbour is the robot that is closest to the first one.
type Neighbour struct {
	Time     int64   `json:"time"`
	Robot    string  `json:"robot"`
	Distance float64 `json:"distance"`
}

func closest(first Location, others []Location) Neighbour {
	n := Neighbour{Time: first.Time, Distance: math.Inf(1)}
	for _, other := range others {
		if d := math.Hypot(other.X-first.X, other.Y-first.Y); d < n.Distance {
			n.Robot, n.Distance = other.Robot, d
		}
	}
	return n
}

func run(ctx context.Context, at demo.Kafka) error {
	topics := []kafka.Option{
		kafka.Topic[Location]("robot-1"),
		kafka.Topic[Neighbour]("neighbours"),
		kafka.Group("neighbours"),
	}
	var options []leat.Option
	when := func(l Location) int64 { return l.Time }
	for _, robot := range []string{"robot-2", "robot-3"} {
		topics = append(topics, kafka.Topic[Location](robot, kafka.Named(robot)))
		options = append(options, leat.Join(when, when, leat.Named(robot)))
	}
	mill, err := leat.New(closest, append(options, leat.Broker(kafka.New(at.Brokers, topics...)))...)
	if err != nil {
		return err
	}
	return mill.Run(ctx)
}

//go:embed robot-1.json
var robot1 string

//go:embed robot-2.json
var robot2 string

//go:embed robot-3.json
var robot3 string

func program() demo.Program {
	return demo.Program{
		Run: run,
		Data: map[string]string{
			"robot-1": robot1,
			"robot-2": robot2,
			"robot-3": robot3,
		},
		Show: []string{"neighbours"},
	}
}

func main() { os.Exit(program().Main(os.Args[1:])) }
