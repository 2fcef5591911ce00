// Package pipeline_test runs the pipeline file as "leat run robot-speed.yaml" does.
package pipeline_test

import (
	"context"
	"log"
	"log/slog"

	"github.com/leat-go/leat/pipeline"
)

func Example() {
	p, err := pipeline.Load("robot-speed.yaml")
	if err != nil {
		log.Fatal(err)
	}
	if err := p.Run(context.Background(), pipeline.Options{}); err != nil {
		log.Fatal(err)
	}
	// Output:
	// {"time_from":0,"time_to":10,"speed":5}
	// {"time_from":10,"time_to":20,"speed":10}
	// {"time_from":20,"time_to":30,"speed":13}
	// {"time_from":30,"time_to":40,"speed":17}
	// {"time_from":40,"time_to":50,"speed":15}
	// {"time_from":50,"time_to":60,"speed":13}
	// {"time_from":60,"time_to":70,"speed":5}
	// {"time_from":70,"time_to":80,"speed":6}
	// {"time_from":80,"time_to":90,"speed":0}
	// {"time_from":90,"time_to":100,"speed":0}
	// {"time_from":100,"time_to":110,"speed":13}
	// {"time_from":110,"time_to":120,"speed":10}
	// {"time_from":120,"time_to":130,"speed":5}
	// {"time_from":130,"time_to":140,"speed":29}
	// {"time_from":160,"time_to":170,"speed":5}
	// {"time_from":170,"time_to":180,"speed":2}
	// {"time_from":180,"time_to":190,"speed":0}
	// {"time_from":190,"time_to":200,"speed":10}
	// {"time_from":200,"time_to":210,"speed":10}
	// {"time_from":210,"time_to":220,"speed":17}
	// {"time_from":220,"time_to":230,"speed":25}
	// {"time_from":230,"time_to":240,"speed":29}
	// {"time_from":240,"time_to":250,"speed":13}
	// {"time_from":250,"time_to":260,"speed":5}
	// {"time_from":260,"time_to":270,"speed":5}
	// {"time_from":270,"time_to":280,"speed":5}
	// {"time_from":280,"time_to":290,"speed":1}
	// {"time_from":290,"time_to":300,"speed":0}
}

// Trades and quotes in one file, of which a line is broken.
func Example_where() {
	p, err := pipeline.Load("market-feed.yaml")
	if err != nil {
		log.Fatal(err)
	}
	if err := p.Run(context.Background(), pipeline.Options{Logger: slog.New(slog.DiscardHandler)}); err != nil {
		log.Fatal(err)
	}
	// Output:
	// {"time":2,"ticker":"A","value":50}
	// {"time":4,"ticker":"B","value":20}
	// {"time":7,"ticker":"A","value":77}
}
