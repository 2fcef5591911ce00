// Robot-speed joins the stream of a robot's locations with itself, one step ahead, and writes how far the robot came in
// each step. From the root of the repository:
//
//	go run ./examples/robot-speed
//
// No result begins or ends at 150 seconds, since no location was measured then: what has no match is left out.
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

// newMill makes the mill on the storage given: files below, memory in the tests.
func newMill(storage leat.Option) (*leat.Mill, error) {
	return leat.New(speed, storage,
		leat.Join(
			func(l Location) int64 { return l.Time + 10 },
			func(r NextLocation) int64 { return r.Time },
		),
	)
}

func main() {
	folder.Enter() // where the file lies
	files := file.New(
		file.At[Location]("robot-locations.json"),
		file.At[NextLocation]("robot-locations.json"),
		file.At[Speed]("-"), // standard output; or a file, such as "robot-speed.json"
	)
	mill, err := newMill(leat.Broker(files))
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
}
