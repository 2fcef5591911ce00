package leat_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"

	"github.com/leat-go/leat"
)

// Doors called "hall" are left out: the location that has no other door is not handed over.
func ExampleWhere() {
	mill, err := leat.New(func(l Location, doors []Door) { fmt.Println(l.Time, doors[0].Name) },
		leat.Broker(doorBroker()),
		leat.Join(locationTime, doorTime),
		leat.Where(func(d Door) bool { return d.Name != "hall" }),
		leat.Logger(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output: 70 gate
}
