package leat_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
)

// doorBroker has locations at 10, 20 and 70, and doors at 10, 30 and 70.
func doorBroker() *memory.Broker {
	b := memory.New(
		memory.Stream[Location]("locations"),
		memory.Stream[Door]("doors"),
		memory.Stream[leat.Unmatched]("unmatched"),
	)
	err := errors.Join(
		memory.Append(b, "locations", 0, Location{10, 2}, Location{20, 5}, Location{70, 7}),
		memory.Append(b, "doors", 0, Door{0.010, "hall"}, Door{0.030, "porch"}, Door{0.070, "gate"}),
		b.End("locations"),
		b.End("doors"),
	)
	if err != nil {
		log.Fatal(err)
	}
	return b
}

// Each element that isn't handed to the function is reported, with the keys around its own.
func ExampleOnUnmatched() {
	mill, err := leat.New(func(Location, []Door) {},
		leat.Broker(doorBroker()),
		leat.Join(locationTime, doorTime),
		leat.OnUnmatched(func(u leat.Unmatched) { fmt.Println(u) }),
		leat.Logger(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output:
	// Location locations[0]@1: gap at Door, key 20 between 10 and 30
	// Door doors[0]@1: gap at Location, key 30 between 20 and 70
}

// The same goes to a stream, in the commits of the results.
func ExampleWriteUnmatched() {
	streams := doorBroker()
	mill, err := leat.New(func(Location, []Door) {},
		leat.Broker(streams),
		leat.Join(locationTime, doorTime),
		leat.WriteUnmatched(),
		leat.Logger(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
	unmatched, err := memory.Elements[leat.Unmatched](streams, "unmatched", 0)
	if err != nil {
		log.Fatal(err)
	}
	for _, u := range unmatched {
		fmt.Println(u.Node, u.Verdict, u.Key, string(u.Element))
	}
	// Output:
	// Location gap 20 {"time":20,"x":5}
	// Door gap 30 {"time_seconds":0.03,"name":"porch"}
}

// What a program of your own gets to read in the stream.
func ExampleUnmatched() {
	text, err := json.Marshal(leat.Unmatched{Node: "Location", Verdict: leat.Gap, Other: "Door", Key: 20, Before: 10,
		After:  30,
		Stream: "locations", Offset: 1, Element: json.RawMessage(`{"time":20}`)})
	if err != nil {
		log.Fatal(err)
	}
	var read leat.Unmatched
	if err := json.Unmarshal(text, &read); err != nil {
		log.Fatal(err)
	}
	fmt.Println(read.Verdict == leat.Gap, read)
	// Output: true Location locations[0]@1: gap at Door, key 20 between 10 and 30
}
