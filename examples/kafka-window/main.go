// Kafka-window hands the readings of a thermometer over hour by hour, from Kafka to Kafka.
//
//	go run ./examples/kafka-window -demo
package main

import (
	"context"
	_ "embed"
	"os"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/kafka"
	"github.com/leat-go/leat/examples/internal/demo"
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

func run(ctx context.Context, at demo.Kafka) error {
	mill, err := leat.New(sumUp,
		leat.Broker(kafka.New(at.Brokers,
			kafka.Topic[Reading]("readings"),
			kafka.Topic[Hour]("hours"),
			kafka.Group("hours"),
		)),
		leat.Window(hour),
	)
	if err != nil {
		return err
	}
	return mill.Run(ctx)
}

//go:embed readings.jsonl
var readings string

func program() demo.Program {
	return demo.Program{
		Run:  run,
		Data: map[string]string{"readings": readings},
		Show: []string{"hours"},
	}
}

func main() { os.Exit(program().Main(os.Args[1:])) }
