// Chained-join joins a stream to one that is joined itself: each location with the next one, and the next one with the
// speed that the robot reported when it came there. The matches of the next locations come in a map.
//
//	go run ./examples/chained-join
package main

import (
	"context"
	"log"
	"math"

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

func main() {
	folder.Enter() // where the files lie
	mill, err := leat.New(check,
		leat.Broker(file.New(
			file.At[Location]("robot-locations.json"),
			file.At[NextLocation]("robot-locations.json"),
			file.At[Reported]("reported-speed.json"),
			file.At[Deviation]("-"), // standard output
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
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
}
