// Parallel-streams joins several streams of one element type: the locations of a fleet's robots, a file for each. They
// are told apart by name, on the stream and on the join; the matches of all of them come in one list, in the order of
// the joins.
//
//	go run ./examples/parallel-streams
package main

import (
	"context"
	"log"
	"math"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/examples/internal/folder"
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

func main() {
	folder.Enter() // where the files lie
	streams := []file.Option{
		file.At[Location]("robot-1.json"),
		file.At[Neighbour]("-"), // standard output
	}
	var options []leat.Option
	at := func(l Location) int64 { return l.Time }
	for _, robot := range []string{"robot-2", "robot-3"} {
		streams = append(streams, file.At[Location](robot+".json", file.Named(robot)))
		options = append(options, leat.Join(at, at, leat.Named(robot)))
	}
	mill, err := leat.New(closest, append(options, leat.Broker(file.New(streams...)))...)
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
}
