// Fleet computes how fast each of many robots goes, from one stream that has the locations of all of them: each
// location is joined with the last one before it of the same robot. From the root of the repository:
//
//	go run ./examples/fleet
//
// The first location of a robot has none before it and is left out, and so is one after more than a minute of silence.
// That bound is also what keeps the join small: a robot that reports no more is forgotten a minute later.
package main

import (
	"context"
	"log"
	"math"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/examples/internal/folder"
)

// Location is where a robot was. The stream is in the order of time; robots come in any order.
type Location struct {
	Time  int64   `json:"time"` // in seconds
	Robot string  `json:"robot"`
	X     float64 `json:"x"` // in meters
	Y     float64 `json:"y"`
}

// Earlier is the same stream, read once more: a self-join needs a type of its own for each node.
type Earlier Location

// Speed is how fast a robot went up to a time, in meters a second.
type Speed struct {
	Time  int64   `json:"time"`
	Robot string  `json:"robot"`
	Speed float64 `json:"speed"`
}

func speed(here Location, before Earlier) Speed {
	way := math.Hypot(here.X-before.X, here.Y-before.Y)
	return Speed{here.Time, here.Robot, way / float64(here.Time-before.Time)}
}

// newMill makes the mill on the storage given: files below, memory in the tests. On Kafka, where a topic has many
// partitions, a robot's locations must all be in one, as they are if its name is the records' key.
func newMill(storage leat.Option) (*leat.Mill, error) {
	return leat.New(speed, storage,
		leat.AsOf(
			func(l Location) int64 { return l.Time },
			func(e Earlier) int64 { return e.Time },
			leat.By(
				func(l Location) string { return l.Robot },
				func(e Earlier) string { return e.Robot },
			),
			leat.Unequal(), // else each location would be joined with itself
			leat.Within(60, 0),
		),
	)
}

func main() {
	folder.Enter() // where the file lies
	mill, err := newMill(leat.Broker(file.New(
		file.At[Location]("locations.jsonl"),
		file.At[Earlier]("locations.jsonl"),
		file.At[Speed]("-"), // standard output
	)))
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
}
