// Rabbitmq copies a file to a RabbitMQ stream, joins that with itself, one step ahead, and writes the results to another
// stream, exactly once: a journal, a stream of Leat's own, says what counts. Three mills run one after the other; each
// keeps its positions on the server.
//
//	go run ./examples/rabbitmq -demo
//
// starts a server in a temporary folder, of the programs that are installed (on Debian: apt install rabbitmq-server).
// On a server of your own it needs the stream plugin:
//
//	sudo apt install rabbitmq-server
//	sudo rabbitmq-plugins enable rabbitmq_stream
//	go run ./examples/rabbitmq -url rabbitmq-stream://guest:guest@localhost:5552
//
// Run it again there, and it finds that all is done; add locations to the file, and it goes on with these.
package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/rabbitmq"
	"github.com/leat-go/leat/examples/internal/folder"
	"github.com/leat-go/leat/examples/internal/server"
	"github.com/leat-go/leat/internal/rabbitserver"
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

// newLoad copies the file to a stream, which is made where it doesn't exist.
func newLoad(url string) (*leat.Mill, error) {
	return leat.New(func(l Location) Location { return l },
		leat.Name("load"), // positions are kept under it
		leat.From(file.New(file.At[Location]("robot-locations.jsonl"))),
		leat.To(rabbitmq.New(url, rabbitmq.Stream[Location]("robot-locations"))),
	)
}

// newJoin joins the stream with itself. It ends at the end-of-stream mark that newLoad has written, or when nothing has
// come for a second.
func newJoin(url string) (*leat.Mill, error) {
	return leat.New(speed,
		leat.Name("robot-speed"),
		leat.Broker(rabbitmq.New(url,
			rabbitmq.Stream[Location]("robot-locations", rabbitmq.DataTimeout(time.Second)),
			rabbitmq.Stream[NextLocation]("robot-locations", rabbitmq.DataTimeout(time.Second)),
			rabbitmq.Stream[Speed]("robot-speed", rabbitmq.MaxLength(1<<30)),
		)),
		leat.Join(
			func(l Location) int64 { return l.Time + 10 },
			func(n NextLocation) int64 { return n.Time },
		),
	)
}

// newShow prints what is new in the output.
func newShow(url string, out io.Writer) (*leat.Mill, error) {
	show := func(s Speed) { fmt.Fprintf(out, "%3d to %3d: %4.1f\n", s.From, s.To, s.Speed) }
	return leat.New(show,
		leat.Name("show"),
		leat.Broker(rabbitmq.New(url, rabbitmq.Stream[Speed]("robot-speed", rabbitmq.DataTimeout(time.Second)))),
	)
}

func main() {
	folder.Enter()
	os.Exit(program().Main(os.Args[1:]))
}

func program() server.Program {
	return server.Program{Run: run, Start: rabbitserver.Demo, URL: "rabbitmq-stream://guest:guest@localhost:5552"}
}

// run runs the mills, each to the end of its session.
func run(ctx context.Context, url string, out io.Writer) error {
	newShow := func(url string) (*leat.Mill, error) { return newShow(url, out) }
	for _, newMill := range []func(string) (*leat.Mill, error){newLoad, newJoin, newShow} {
		mill, err := newMill(url)
		if err != nil {
			return err
		}
		if err := mill.Run(ctx); err != nil {
			return err
		}
	}
	return nil
}
