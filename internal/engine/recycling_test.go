package engine_test

import (
	"bytes"
	"context"
	"math"
	"sync"

	"github.com/leat-go/leat/broker"
)

// recycling is a source whose readers write over each record that they get back, and over its value where they may, so that
// one that is still in use shows.
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
	return newRecyclingReader(r), nil
}

type recyclingReader struct {
	broker.Reader
	mu sync.Mutex
	// values are those of the records that weren't given back, copies of the storage's.
	values map[int64][]byte // guarded by mu
}

func newRecyclingReader(r broker.Reader) *recyclingReader {
	return &recyclingReader{Reader: r, values: map[int64][]byte{}}
}

// Read implements [broker.Reader].
func (r *recyclingReader) Read(ctx context.Context) ([]broker.Record, error) {
	records, err := r.Reader.Read(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range records {
		records[i].Value = bytes.Clone(records[i].Value)
		r.values[records[i].Offset] = records[i].Value
	}
	return records, err
}

// Recycle implements [broker.Recycler].
func (r *recyclingReader) Recycle(records []broker.Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range records {
		delete(r.values, records[i].Offset)
		records[i] = broker.Record{Offset: math.MaxInt32}
	}
}

// RecycleValues implements [broker.ValueRecycler].
func (r *recyclingReader) RecycleValues(records []broker.Record) {
	r.mu.Lock()
	for i := range records {
		value := r.values[records[i].Offset]
		for j := range value {
			value[j] = '?'
		}
	}
	r.mu.Unlock()
	r.Recycle(records)
}

// End implements broker.Lagger.
func (r *recyclingReader) End() int64 { return r.Reader.(broker.Lagger).End() }
