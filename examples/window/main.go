// Window hands the readings of a thermometer over hour by hour: one call gets all elements in a row with the same
// window key.
//
//	go run ./examples/window
package main

import (
	"context"
	"log"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/examples/internal/folder"
)

// Reading is what a thermometer shows.
type Reading struct {
	Time    int     `json:"time"` // in minutes
	Celsius float64 `json:"celsius"`
}

// Hour sums up the readings of an hour.
type Hour struct {
	Hour     int     `json:"hour"`
	Readings int     `json:"readings"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
}

func hour(r Reading) int { return r.Time / 60 }

func sumUp(readings []Reading) Hour {
	h := Hour{hour(readings[0]), len(readings), readings[0].Celsius, readings[0].Celsius}
	for _, r := range readings {
		h.Low = min(h.Low, r.Celsius)
		h.High = max(h.High, r.Celsius)
	}
	return h
}

func main() {
	folder.Enter() // where the file lies
	mill, err := leat.New(sumUp,
		leat.Broker(file.New(
			file.At[Reading]("readings.jsonl"),
			file.At[Hour]("-"), // standard output
		)),
		leat.Window(hour),
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
}
