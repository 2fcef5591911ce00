// Nats joins a subject of NATS JetStream with itself, one step ahead, and writes the results to another subject,
// exactly once: results and positions are one atomic batch.
//
//	go run ./examples/nats
//
// runs a server inside the process, on data in a temporary folder; a server of your own, with JetStream, is given by
// -url nats://localhost:4222. Run it again there: it goes on behind what it has read, so there is nothing more to do
// until somebody adds locations and an end-of-stream mark to robot.locations.
package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/nats"
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

func run(ctx context.Context, url string) error {
	mill, err := leat.New(speed,
		leat.Name("robot-speed"), // positions are kept under it
		leat.Broker(nats.New(url,
			nats.Subject[Location]("robot.locations"),
			nats.Subject[NextLocation]("robot.locations"),
			nats.Subject[Speed]("robot.speed"), // its stream is made where it doesn't exist
		)),
		leat.Join(
			func(l Location) int64 { return l.Time + 10 },
			func(n NextLocation) int64 { return n.Time },
		),
	)
	if err != nil {
		return err
	}
	return mill.Run(ctx)
}

//go:embed robot-locations.json
var locations []byte

func main() {
	url := flag.String("url", "", "a server's; empty for one inside this process")
	flag.Parse()
	if err := example(context.Background(), *url); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// example runs the mill on a server, its own where url is empty, and prints what the output holds.
func example(ctx context.Context, url string) (err error) {
	if url == "" {
		own, stop, err := startServer()
		if err != nil {
			return err
		}
		defer stop()
		url = own
	}
	conn, err := natsgo.Connect(url)
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	if err := fill(ctx, js); err != nil {
		return err
	}
	if err := run(ctx, url); err != nil {
		return err
	}
	return show(ctx, js)
}

// startServer starts a server inside this process, whose messages are on disk before they are acknowledged.
func startServer() (url string, stop func(), err error) {
	dir, err := os.MkdirTemp("", "leat-nats-*")
	if err != nil {
		return "", nil, err
	}
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true,
		JetStream: true, StoreDir: dir, SyncAlways: true})
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	s.Start()
	stop = func() {
		s.Shutdown()
		s.WaitForShutdown()
		_ = os.RemoveAll(dir)
	}
	if !s.ReadyForConnections(time.Minute) {
		stop()
		return "", nil, errors.New("the server doesn't take connections after a minute")
	}
	return s.ClientURL(), stop, nil
}

// fill makes the stream of locations, with a session in it, where it doesn't exist.
func fill(ctx context.Context, js jetstream.JetStream) error {
	_, err := js.Stream(ctx, "LOCATIONS")
	if !errors.Is(err, jetstream.ErrStreamNotFound) {
		return err
	}
	config := jetstream.StreamConfig{Name: "LOCATIONS", Subjects: []string{"robot.locations"}}
	if _, err := js.CreateStream(ctx, config); err != nil {
		return err
	}
	var all []json.RawMessage
	if err := json.Unmarshal(locations, &all); err != nil {
		return err
	}
	for _, location := range append(all, json.RawMessage(`{"eos__": true}`)) { // which ends the session
		if _, err := js.Publish(ctx, "robot.locations", location); err != nil {
			return err
		}
	}
	return nil
}

// show prints what the output holds.
func show(ctx context.Context, js jetstream.JetStream) error {
	stream, err := js.StreamNameBySubject(ctx, "robot.speed")
	if err != nil {
		return err
	}
	consumer, err := js.OrderedConsumer(ctx, stream,
		jetstream.OrderedConsumerConfig{FilterSubjects: []string{"robot.speed"}})
	if err != nil {
		return err
	}
	messages, err := consumer.FetchNoWait(1000)
	if err != nil {
		return err
	}
	for m := range messages.Messages() {
		fmt.Println(string(m.Data()))
	}
	return messages.Error()
}
