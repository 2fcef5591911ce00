package pipeline

import (
	"context"
	"sync/atomic"

	"github.com/leat-go/leat/internal/engine"
)

// limit ends the session once a number of results is there (R6): the call that has made the last one ends it, so that
// its positions are those behind what it was called with.
func limit(spec *engine.Spec, results int64) {
	// Calls side by side would make results in another order than that in which they are written.
	spec.Concurrency = 1
	left := new(atomic.Int64)
	left.Store(results)
	newFunction := spec.NewFunction
	spec.NewFunction = func() engine.Function { return &limitedFunction{newFunction(), left} }
}

type limitedFunction struct {
	function engine.Function
	left     *atomic.Int64
}

// Call implements [engine.Function].
func (f *limitedFunction) Call(ctx context.Context, call *engine.Call, emit engine.Emit) error {
	if f.left.Load() <= 0 {
		return engine.EndOfStream // of another partition
	}
	err := f.function.Call(ctx, call, func(output int, element any) error {
		f.left.Add(-1)
		return emit(output, element)
	})
	if err == nil && f.left.Load() <= 0 {
		return engine.EndOfStream
	}
	return err
}
