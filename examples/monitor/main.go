// Monitor shows a mill at work: robots tell where they are and how full their batteries are, the mill joins each
// location with the next one and with the battery's level, and a page draws it all live. Now and then a reading is
// lost, and now and then the batteries are silent for a while: the page says who waits for whom, and why something was
// not handed over.
//
//	go run ./examples/monitor
//
// and open http://localhost:8080 in a browser. Ctrl-C ends it.
package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"os/signal"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/monitor"
)

// Location is where a robot is, ten times a second.
type Location struct {
	Time int64   `json:"time"` // in milliseconds
	X    float64 `json:"x"`
	Y    float64 `json:"y"`
}

// NextLocation is the same stream, read one step ahead.
type NextLocation Location

// Battery is how full a robot's battery is, once a second.
type Battery struct {
	Second int64   `json:"second"`
	Level  float64 `json:"level"`
}

// Move is how fast a robot was, and on which battery.
type Move struct {
	From  int64   `json:"from"`
	Speed float64 `json:"speed"`
	Level float64 `json:"level"`
}

func move(from Location, to []NextLocation, battery []Battery) Move {
	return Move{from.Time, 10 * math.Hypot(to[0].X-from.X, to[0].Y-from.Y), battery[0].Level}
}

func main() {
	address := flag.String("addr", "localhost:8080", "where the page is")
	limit := flag.Duration("for", 0, "end after this time; 0 means never")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if *limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, *limit)
		defer cancel()
	}
	if err := run(ctx, *address); err != nil {
		log.Fatal(err)
	}
}

// robots is how many there are; each has a partition of its own.
const robots = 3

func run(ctx context.Context, address string) error {
	streams := memory.New(
		memory.Stream[Location]("robot-locations", memory.Partitions(robots)),
		memory.Stream[NextLocation]("robot-locations"),
		memory.Stream[Battery]("battery-levels", memory.Partitions(robots)),
		memory.Stream[Move]("robot-moves", memory.Partitions(robots)),
	)
	mill, err := leat.New(move,
		leat.Broker(streams),
		monitor.Listen(address),
		leat.Join(
			func(l Location) int64 { return l.Time + 100 },
			func(next NextLocation) int64 { return next.Time },
		),
		leat.Join(
			func(l Location) int64 { return l.Time / 1000 },
			func(b Battery) int64 { return b.Second },
			leat.Unique(),
		),
	)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	for robot := range robots {
		g.Go(func() error { return drive(ctx, streams, robot) })
	}
	g.Go(func() error { return mill.Run(ctx) })
	if err := g.Wait(); !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// drive lets a robot tell of itself.
func drive(ctx context.Context, streams *memory.Broker, robot int) error {
	start := time.Now().Truncate(time.Second).UnixMilli()
	ticks := time.NewTicker(100 * time.Millisecond)
	defer ticks.Stop()
	for step := int64(0); ; step++ {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticks.C:
		}
		now, turn := start+100*step, float64(step)/50+float64(robot)
		if rand.IntN(40) > 0 { // else the reading is lost
			here := Location{now, 20 * math.Cos(turn), 10 * math.Sin(2*turn)}
			if err := memory.Append(streams, "robot-locations", robot, here); err != nil {
				return err
			}
		}
		if second := now / 1000; now%1000 == 0 && !silent(second, robot) {
			level := Battery{second, 100 - float64(step%6000)/60}
			if err := memory.Append(streams, "battery-levels", robot, level); err != nil {
				return err
			}
		}
	}
}

// silent says whether a robot's battery is out of reach in a second: for a quarter of every minute.
func silent(second int64, robot int) bool { return (second+20*int64(robot))%60 < 15 }
