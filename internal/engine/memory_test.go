package engine_test

import (
	"cmp"
	"context"
	"encoding/binary"
	"io"
	"log/slog"
	"reflect"
	"runtime"
	"testing"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/internal/engine"
)

// number is an element of the endless streams.
type number struct{ N int64 }

// binaryCodec is eight bytes for a number.
type binaryCodec struct{}

func (binaryCodec) Decoder(reflect.Type) (codec.Decode, error) {
	return func(data []byte, into any) error {
		into.(*number).N = int64(binary.BigEndian.Uint64(data))
		return nil
	}, nil
}

func (binaryCodec) Encoder(reflect.Type) (codec.Encode, error) {
	return func(dst []byte, element any) ([]byte, error) {
		return binary.BigEndian.AppendUint64(dst, uint64(element.(*number).N)), nil
	}, nil
}

// generator is a source whose streams hold the numbers from first to last, made as they are read.
type generator struct {
	first []int64 // by node
	last  int64
}

func (g *generator) Streams() []broker.Stream { return nil }

func (g *generator) OpenSource(context.Context, *broker.Job) (broker.Input, error) { return g, nil }

func (g *generator) Partitions() int { return 1 }

func (g *generator) Own(ctx context.Context, task func(context.Context, int) error) error {
	return task(ctx, 0)
}

func (g *generator) Reader(_ context.Context, node, _ int, from int64) (broker.Reader, error) {
	return &generatorReader{next: max(from, g.first[node]), last: g.last}, nil
}

func (g *generator) Close() error { return nil }

type generatorReader struct{ next, last int64 }

func (r *generatorReader) Read(context.Context) ([]broker.Record, error) {
	records := make([]broker.Record, 0, 100)
	for ; r.next <= r.last && len(records) < cap(records); r.next++ {
		records = append(records, broker.Record{Offset: r.next, Value: binary.BigEndian.AppendUint64(nil, uint64(r.next))})
	}
	if len(records) == 0 {
		return nil, io.EOF
	}
	return records, nil
}

func (r *generatorReader) Next() int64 { return r.next }

func (r *generatorReader) Close() error { return nil }

// heapFunction notes the live heap now and then.
type heapFunction struct {
	calls int
	most  *uint64
}

func (f *heapFunction) Call(context.Context, *engine.Call, engine.Emit) error {
	if f.calls++; f.calls%20_000 == 1 {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		*f.most = max(*f.most, stats.HeapAlloc)
	}
	return nil
}

// Memory doesn't grow with the streams, nor with how far one is ahead of the other, nor with the elements of windows
// that are closed.
func TestMemoryIsBounded(t *testing.T) {
	const length, distance = 1_000_000, 500_000
	key := func(e any) (int64, error) { return e.(*number).N, nil }
	masters, children := broker.NewStream[number]("masters"), broker.NewStream[number]("children")
	masters.Codec, children.Codec = binaryCodec{}, binaryCodec{}
	for _, window := range []*engine.Window{nil, {Count: 100}} {
		for _, first := range [][]int64{{0, distance}, {distance, 0}} {
			var before runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			var most uint64
			spec := &engine.Spec{
				Source: &generator{first: first, last: length},
				Master: &engine.Node{Name: "master", Stream: masters, Children: []*engine.Node{
					{Name: "child", Stream: children, NewEdge: engine.KeyEdge(key, key, cmp.Compare[int64], false)},
				}},
				Window:      window,
				NewFunction: func() engine.Function { return &heapFunction{most: &most} },
				Logger:      slog.New(slog.DiscardHandler),
			}
			stats := run(t, spec)
			if matched := totals(stats)[0].Matched; matched != length-distance+1 {
				t.Errorf("%d masters matched, want %d", matched, length-distance+1)
			}
			if grown := int64(most) - int64(before.HeapAlloc); grown > 4<<20 {
				t.Errorf("first elements %v: the heap grew by %d bytes", first, grown)
			}
		}
	}
}
