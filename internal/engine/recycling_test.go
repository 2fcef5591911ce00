package engine_test

import (
	"context"
	"math"

	"github.com/leat-go/leat/broker"
)

// recycling is a source whose readers write over each record that they get back, so that one that is still in use
// shows.
type recycling struct{ broker.Source }

func (s recycling) OpenSource(ctx context.Context, job *broker.Job) (broker.Input, error) {
	in, err := s.Source.OpenSource(ctx, job)
	if in == nil {
		return nil, err
	}
	return recyclingInput{in}, err
}

type recyclingInput struct{ broker.Input }

func (in recyclingInput) Reader(ctx context.Context, node, partition int, from int64) (broker.Reader, error) {
	r, err := in.Input.Reader(ctx, node, partition, from)
	if err != nil {
		return nil, err
	}
	return recyclingReader{r}, nil
}

type recyclingReader struct{ broker.Reader }

func (recyclingReader) Recycle(records []broker.Record) {
	for i := range records {
		records[i] = broker.Record{Offset: math.MaxInt32}
	}
}

// End implements broker.Lagger.
func (r recyclingReader) End() int64 { return r.Reader.(broker.Lagger).End() }
