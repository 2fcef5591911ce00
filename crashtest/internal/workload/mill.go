package workload

import (
	"log/slog"

	"github.com/leat-go/leat"
)

// NewMill returns the mill under test: a self-join with a chain of two more nodes below it. Its results are by the
// process given.
func NewMill(by string, concurrency int, logger *slog.Logger, storages ...leat.Option) (*leat.Mill, error) {
	options := []leat.Option{
		leat.Name("crashtest"),
		leat.Join(func(s Step) int64 { return s.Key + 1 }, func(n Next) int64 { return n.Key }),
		leat.Join(func(n Next) int64 { return n.Link }, func(d Detail) int64 { return d.Key }),
		leat.Join(func(d Detail) int64 { return d.Link }, func(n Note) int64 { return n.Key }),
		leat.Concurrency(concurrency),
		leat.Logger(logger),
	}
	return leat.New(Join(by), append(options, storages...)...)
}
