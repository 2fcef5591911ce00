package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/internal/engine"
)

// one writes one result a call.
type one struct{ result output }

func (f *one) Call(_ context.Context, _ *engine.Call, emit engine.Emit) error {
	return emit(0, &f.result)
}

// BenchmarkCommit measures a whole task on a storage in memory, per result: reading, encoding, and commits of some
// size, which is what differs.
func BenchmarkCommit(b *testing.B) {
	const results = 20_000
	for _, size := range []int{100, 1_000, results} {
		b.Run(fmt.Sprintf("of %d results", size), func(b *testing.B) {
			master := &tree{name: "master"}
			for i := range results {
				master.items = append(master.items, item{ID: i})
			}
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				storage := master.storage(memory.Pace(broker.Pace{Interval: time.Hour, Results: size, Bytes: 1 << 30}))
				master.fill(b, storage)
				spec := master.spec(storage)
				spec.Source = storage
				spec.NewFunction = func() engine.Function { return &one{} }
				b.StartTimer()
				run(b, spec)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/results, "ns/result")
			b.ReportMetric(0, "ns/op")
		})
	}
}
