package engine_test

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/internal/engine"
)

// holedCodec is binaryCodec, but refuses each number that is 7 behind a multiple of 1000.
type holedCodec struct{ binaryCodec }

func (holedCodec) Decoder(t reflect.Type) (codec.Decode, error) {
	decode, err := binaryCodec{}.Decoder(t)
	return func(data []byte, into any) error {
		if refused(int64(binary.BigEndian.Uint64(data))) {
			return errors.New("refused")
		}
		return decode(data, into)
	}, err
}

func refused(n int64) bool { return n%1000 == 7 }

// countingGenerator is a generator of one stream that counts its readers.
type countingGenerator struct {
	generator
	readers atomic.Int32
}

func (g *countingGenerator) OpenSource(context.Context, *broker.Job) (broker.Input, error) {
	return g, nil
}

func (g *countingGenerator) Reader(ctx context.Context, node, partition int, from int64) (broker.Reader, error) {
	g.readers.Add(1)
	r, err := g.generator.Reader(ctx, node, partition, from)
	return newRecyclingReader(r), err
}

// pairs checks that its calls are for each master in turn that has a match in the distance.
type pairs struct {
	next, distance int64
}

func (p *pairs) Call(_ context.Context, call *engine.Call, _ engine.Emit) error {
	for i := range call.Masters {
		m := &call.Masters[i]
		for refused(p.next) || refused(p.next+p.distance) {
			p.next++
		}
		n, matches := m.Value.(*number).N, m.Matches[0]
		if n != p.next || len(matches) != 1 || matches[0].Value.(*number).N != n+p.distance {
			return fmt.Errorf("called for %d with %d matches, want %d with one", n, len(matches), p.next)
		}
		p.next++
	}
	return nil
}

// A stream that several nodes read is read once, unless a node falls so far behind another one that what is between
// them would fill the memory.
func TestSharedSource(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// The generator's batches have 100 records.
		distance := rapid.SampledFrom([]int64{0, 1, 99, 450, 6000, 20_000}).Draw(t, "distance")
		last := distance + rapid.Int64Range(0, 20_000).Draw(t, "length")
		stream := broker.NewStream[number]("numbers")
		stream.Codec = holedCodec{}
		behind := func(by int64) func(e any) (int64, error) {
			return func(e any) (int64, error) { return e.(*number).N + by, nil }
		}
		source := &countingGenerator{generator: generator{first: []int64{0, 0}, last: last}}
		function := &pairs{distance: distance}
		spec := &engine.Spec{
			Source: source,
			Master: &engine.Node{Name: "master", Stream: stream, Copied: true, Children: []*engine.Node{
				{Name: "child", Stream: stream, Copied: true,
					NewEdge: engine.KeyEdge(behind(distance), behind(0), cmp.Compare[int64], false)},
			}},
			NewFunction: func() engine.Function { return function },
			OnDecode:    engine.Policy{Kind: engine.Skip},
			Logger:      slog.New(slog.DiscardHandler),
		}
		if rapid.Bool().Draw(t, "window") {
			spec.Window = &engine.Window{Count: 30}
		}
		if err := engine.Run(t.Context(), spec, nil); err != nil {
			t.Fatal(err)
		}
		for refused(function.next) || refused(function.next+distance) {
			function.next++
		}
		if function.next <= last-distance {
			t.Fatalf("the last call was before %d, want %d", function.next, last-distance)
		}
		if readers := source.readers.Load(); readers > 1 && distance < 5000 || readers > 2 {
			t.Errorf("%d readers", readers)
		}
	})
}

// What breaks a stream reaches each node that reads it.
func TestSharedSourceBreaks(t *testing.T) {
	stream := broker.NewStream[number]("numbers")
	stream.Codec = binaryCodec{}
	key := func(e any) (int64, error) { return e.(*number).N, nil }
	source := &countingGenerator{generator: generator{first: []int64{0, 0}, last: 5}}
	spec := &engine.Spec{
		Source: breaking{source},
		Master: &engine.Node{Name: "master", Stream: stream, Children: []*engine.Node{
			{Name: "child", Stream: stream, NewEdge: engine.KeyEdge(key, key, cmp.Compare[int64], false)},
		}},
		NewFunction: func() engine.Function { return &pairs{} },
		Logger:      slog.New(slog.DiscardHandler),
	}
	if err := engine.Run(t.Context(), spec, nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the error is %v, want %v", err, io.ErrUnexpectedEOF)
	}
}

// breaking is a source whose readers break instead of ending.
type breaking struct{ *countingGenerator }

func (s breaking) OpenSource(context.Context, *broker.Job) (broker.Input, error) { return s, nil }

func (s breaking) Reader(ctx context.Context, node, partition int, from int64) (broker.Reader, error) {
	r, err := s.countingGenerator.Reader(ctx, node, partition, from)
	return breakingReader{r}, err
}

type breakingReader struct{ broker.Reader }

func (r breakingReader) Read(ctx context.Context) ([]broker.Record, error) {
	records, err := r.Reader.Read(ctx)
	if err == io.EOF {
		return nil, io.ErrUnexpectedEOF
	}
	return records, err
}
