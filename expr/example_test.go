package expr_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/expr"
)

// Location is where a robot was, with the time in milliseconds.
type Location struct {
	Time int     `json:"time"`
	X    float64 `json:"x"`
}

// Door is a door that it came by, with the time in seconds.
type Door struct {
	Time float64 `json:"time_seconds"`
	Name string  `json:"name"`
}

// runMill runs a mill over the robot's streams.
func runMill(fn any, options ...leat.Option) {
	b := memory.New(memory.Stream[Location]("locations"), memory.Stream[Door]("doors"))
	err := errors.Join(
		memory.Append(b, "locations", 0, Location{0, 1}, Location{10, 2}, Location{20, 5}, Location{70, 7}),
		memory.Append(b, "doors", 0, Door{0.010, "hall"}, Door{0.010, "porch"}, Door{0.070, "gate"}),
		b.End("locations"), b.End("doors"),
	)
	if err != nil {
		log.Fatal(err)
	}
	mill, err := leat.New(fn, append(options, leat.Broker(b), leat.Logger(slog.New(slog.DiscardHandler)))...)
	if err != nil {
		log.Fatal(err)
	}
	if err := mill.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func ExampleJoin() {
	runMill(func(l Location, doors []Door) {
		fmt.Println(l.Time, len(doors))
	}, expr.Join[Location, Door]("time / 1000", "time_seconds"))
	// Output:
	// 10 2
	// 70 1
}

// The doors that are within 10 ms, with distances that are exact.
func ExampleJoin_within() {
	runMill(func(l Location, doors []Door) {
		fmt.Println(l.Time, len(doors), doors[0].Name)
	}, expr.Join[Location, Door]("time / 1000", "time_seconds", leat.Within(0.01, 0.01)))
	// Output:
	// 0 2 hall
	// 10 2 hall
	// 20 2 hall
	// 70 1 gate
}

func ExampleBy() {
	runMill(func(l Location, door Door) {
		fmt.Println(l.Time, door.Name)
	}, expr.Join[Location, Door]("time / 1000", "time_seconds", leat.Within(1, 0), leat.Last(),
		expr.By[Location, Door]("x > 4", `name == "gate"`)))
	// Output:
	// 10 porch
	// 70 gate
}

func ExampleWindow() {
	runMill(func(list []Location, doors map[Location][]Door) {
		fmt.Println(len(list), len(doors[list[0]]))
	},
		expr.Window[Location]("floor(time / 60)"),
		expr.Join[Location, Door]("time / 1000", "time_seconds"),
	)
	// Output:
	// 1 2
	// 1 1
}
