// Kafka-time-window counts the visits of each second by the clock, in each partition. A window ends on time, even if
// nothing arrives any more. The demonstration's visits come all at once.
//
//	go run ./examples/kafka-time-window -demo
package main

import (
	"context"
	_ "embed"
	"os"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/kafka"
	"github.com/leat-go/leat/examples/internal/demo"
)

// Visit is somebody's look at a page.
type Visit struct {
	Page string `json:"page"`
}

// Count is the number of visits in a second, and of the pages that were seen.
type Count struct {
	Visits int `json:"visits"`
	Pages  int `json:"pages"`
}

func count(visits []Visit) Count {
	pages := map[string]bool{}
	for _, v := range visits {
		pages[v.Page] = true
	}
	return Count{len(visits), len(pages)}
}

func run(ctx context.Context, at demo.Kafka) error {
	mill, err := leat.New(count,
		leat.Broker(kafka.New(at.Brokers,
			kafka.Topic[Visit]("visits"),
			kafka.Topic[Count]("counts"),
			kafka.Group("counts"),
		)),
		leat.WindowEvery(time.Second),
	)
	if err != nil {
		return err
	}
	return mill.Run(ctx)
}

//go:embed visits.jsonl
var visits string

func program() demo.Program {
	return demo.Program{
		Run:  run,
		Data: map[string]string{"visits": visits},
		Show: []string{"counts"},
	}
}

func main() { os.Exit(program().Main(os.Args[1:])) }
