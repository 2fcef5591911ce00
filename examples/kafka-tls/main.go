// Kafka-tls connects by TLS: -ca names the file with the certificate authority that Kafka's certificate comes from. The
// demonstration makes a certificate for its own Kafka.
//
//	go run ./examples/kafka-tls -demo
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"errors"
	"math"
	"os"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/kafka"
	"github.com/leat-go/leat/examples/internal/demo"
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

func run(ctx context.Context, at demo.Kafka) error {
	config, err := trust(at.CA)
	if err != nil {
		return err
	}
	mill, err := leat.New(speed,
		leat.Broker(kafka.New(at.Brokers,
			kafka.Topic[Location]("robot-locations"),
			kafka.Topic[NextLocation]("robot-locations"),
			kafka.Topic[Speed]("robot-speed"),
			kafka.Group("robot-speed"),
			kafka.TLS(config), // with a password, too: kafka.ScramSHA512(user, password)
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

// trust returns a configuration that trusts the certificate authority in a PEM file, and no other.
func trust(path string) (*tls.Config, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	authorities := x509.NewCertPool()
	if !authorities.AppendCertsFromPEM(pem) {
		return nil, errors.New(path + " holds no certificate in PEM form")
	}
	return &tls.Config{RootCAs: authorities}, nil
}

//go:embed robot-locations.json
var locations string

func program() demo.Program {
	return demo.Program{
		Run:  run,
		Data: map[string]string{"robot-locations": locations},
		Show: []string{"robot-speed"},
		TLS:  true,
	}
}

func main() { os.Exit(program().Main(os.Args[1:])) }
