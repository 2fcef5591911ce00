package leat

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/plan"
)

// A Mill runs a function over joined streams. Make one with [New]. Several mills may run side by side; a single one runs
// once at a time, and may run again for the next session. Its methods are safe for concurrent use.
type Mill struct {
	spec    *engine.Spec
	running atomic.Bool
}

// New makes a mill of a function: its signature says what is joined and written, as the package's documentation shows,
// and the options say by which keys and from where. Nothing is read before [Mill.Run].
//
// What doesn't fit is an error, which names the function, quotes the parameter, result or option, and says what would
// be right; several mistakes are told at once.
func New(fn any, options ...Option) (*Mill, error) {
	b, err := newBuilder(fn, newConfig(options))
	if err != nil {
		return nil, err
	}
	spec := b.build()
	if err := b.mistakes.err(b.name, b.at); err != nil {
		return nil, err
	}
	return &Mill{spec: spec}, nil
}

// Run runs the mill until its session ends (rule R5) and returns nil then. It returns ctx's error after ctx has ended:
// what was finished is committed, and the next run goes on behind it where the sink keeps positions. Other errors are
// those of the brokers, of elements and of the function; the latter two say stream, partition and offset, and wrap a
// broker.PositionError and their cause.
func (m *Mill) Run(ctx context.Context) error {
	if !m.running.CompareAndSwap(false, true) {
		return fmt.Errorf("leat: mill %q is running already; wait for that run, or make another mill with leat.New",
			m.spec.Name)
	}
	defer m.running.Store(false)
	return engine.Run(ctx, m.spec, nil)
}

// Plan describes what the mill does. It doesn't read anything.
func (m *Mill) Plan() Plan { return Plan{plan.Of(m.spec)} }

// A Plan describes a mill: the join tree with its streams and keys, the window, the outputs with what a commit
// guarantees, concurrency and policies.
type Plan struct{ plan plan.Plan }

// String draws the plan as text for a terminal, over several lines.
func (p Plan) String() string { return p.plan.String() }

// Mermaid draws the plan as a Mermaid flowchart.
func (p Plan) Mermaid() string { return p.plan.Mermaid() }

// DOT draws the plan as a graph in Graphviz's language.
func (p Plan) DOT() string { return p.plan.DOT() }
