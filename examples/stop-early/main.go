// Stop-early ends a run before its streams do: the function returns leat.EndOfStream as its error. The result beside it
// is still written.
//
//	go run ./examples/stop-early
package main

import (
	"context"
	"log"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/examples/internal/folder"
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

func main() {
	folder.Enter() // where the file lies
	mill, err := leat.New(approach, leat.Broker(file.New(
		file.At[Location]("robot-locations.json"),
		file.At[Step]("-"), // standard output
	)))
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
}
