package engine_test

import (
	"context"
	"fmt"

	"github.com/leat-go/leat/broker"
)

// valued is a source whose positions are values: its input is a broker.Positioner, and what is kept of offsets is of
// no use.
type valued struct{ broker.Source }

func (s valued) OpenSource(ctx context.Context, job *broker.Job) (broker.Input, error) {
	in, err := s.Source.OpenSource(ctx, job)
	if in == nil {
		return nil, err
	}
	return valuedInput{in}, err
}

type valuedInput struct{ broker.Input }

func (in valuedInput) Positions(_ int, nodes []broker.Rewind) error {
	for i := range nodes {
		n := &nodes[i]
		n.Position = fmt.Sprint(n.Offset, " ", n.Seen, " ", n.Accounted)
		n.Offset, n.Seen, n.Accounted = 1<<40, 1<<41, 1<<40
	}
	return nil
}

func (in valuedInput) Resume(_ context.Context, _ int, nodes []broker.Rewind) error {
	for i := range nodes {
		n := &nodes[i]
		if _, err := fmt.Sscan(n.Position, &n.Offset, &n.Seen, &n.Accounted); err != nil {
			return fmt.Errorf("node %s: the position %q: %w", n.Node, n.Position, err)
		}
	}
	return nil
}
