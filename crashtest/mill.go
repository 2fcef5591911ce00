package main

import (
	"log/slog"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
)

// newMill returns the mill under test: a self-join with a chain of two more nodes below it. Its results are by the
// process given.
func newMill(by string, concurrency int, b broker.Storage, logger *slog.Logger) (*leat.Mill, error) {
	return leat.New(join(by),
		leat.Name("crashtest"),
		leat.Broker(b),
		leat.Join(func(s Step) int64 { return s.Key + 1 }, func(n Next) int64 { return n.Key }),
		leat.Join(func(n Next) int64 { return n.Link }, func(d Detail) int64 { return d.Key }),
		leat.Join(func(d Detail) int64 { return d.Link }, func(n Note) int64 { return n.Key }),
		leat.Concurrency(concurrency),
		leat.Logger(logger),
	)
}
