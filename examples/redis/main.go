// Redis joins a Redis stream with itself, one step ahead, and writes the results to another stream, exactly once:
// results and positions are written by one script.
//
//	go run ./examples/redis -demo
//
// starts a server in a temporary folder, of the program that is installed (on Debian: apt install redis-server). On a
// server of your own, with the settings that keep what it has confirmed:
//
//	sudo apt install redis-server
//	redis-cli config set appendonly yes && redis-cli config set appendfsync always
//	go run ./examples/redis -url redis://localhost:6379
//
// Each run adds a session of locations, and goes on behind those of the run before, also after a kill -9.
package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"

	goredis "github.com/redis/go-redis/v9"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/redis"
	"github.com/leat-go/leat/examples/internal/server"
	"github.com/leat-go/leat/internal/redisserver"
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

func newMill(url string) (*leat.Mill, error) {
	return leat.New(speed,
		leat.Name("robot-speed"), // positions are kept under it
		leat.Broker(redis.New(url,
			redis.Stream[Location]("robot:locations"),
			redis.Stream[NextLocation]("robot:locations"),
			redis.Stream[Speed]("robot:speed"), // made where it doesn't exist
		)),
		leat.Join(
			func(l Location) int64 { return l.Time + 10 },
			func(n NextLocation) int64 { return n.Time },
		),
	)
}

//go:embed robot-locations.json
var locations []byte

func main() { os.Exit(program().Main(os.Args[1:])) }

func program() server.Program {
	return server.Program{Run: run, Start: redisserver.Demo, URL: "redis://localhost:6379"}
}

// run adds a session of locations, runs the mill, and prints the speeds.
func run(ctx context.Context, url string, out io.Writer) error {
	options, err := goredis.ParseURL(url)
	if err != nil {
		return err
	}
	client := goredis.NewClient(options)
	defer func() { _ = client.Close() }()
	if err := fill(ctx, client); err != nil {
		return err
	}
	mill, err := newMill(url)
	if err != nil {
		return err
	}
	if err := mill.Run(ctx); err != nil {
		return err
	}
	return show(ctx, client, out)
}

// fill adds a session of locations to their stream. An entry's fields are the members of an element; one with the field
// eos__ is an end-of-stream mark, which ends the session.
func fill(ctx context.Context, client *goredis.Client) error {
	var all []Location
	if err := json.Unmarshal(locations, &all); err != nil {
		return err
	}
	_, err := client.TxPipelined(ctx, func(p goredis.Pipeliner) error {
		for _, l := range all {
			p.XAdd(ctx, &goredis.XAddArgs{Stream: "robot:locations", Values: []any{"time", l.Time, "x", l.X, "y", l.Y}})
		}
		return p.XAdd(ctx, &goredis.XAddArgs{Stream: "robot:locations", Values: []any{"eos__", true}}).Err()
	})
	return err
}

// show prints what the output holds: a result is a document in the field json.
func show(ctx context.Context, client *goredis.Client, out io.Writer) error {
	entries, err := client.XRange(ctx, "robot:speed", "-", "+").Result()
	for _, e := range entries {
		if speed, ok := e.Values["json"]; ok {
			fmt.Fprintln(out, speed)
		} else {
			fmt.Fprintln(out, "the session ends")
		}
	}
	return err
}
