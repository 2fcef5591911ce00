package leattest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/observe"
)

// A run is a run of a mill that is under way.
type run struct {
	// snapshot returns what the run looks like now; nil where the mill doesn't take the option that it is given.
	snapshot func() observe.Snapshot
}

// start notes that a run is under way, until it is given to stop.
func (b *Broker) start() *run {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := &run{}
	b.runs = append(b.runs, r)
	return r
}

func (b *Broker) stop(r *run) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.runs = slices.DeleteFunc(b.runs, func(other *run) bool { return other == r })
}

// A watched is the option that a mill gets: the Broker, and an observer of its run for messages.
type watched struct {
	broker *Broker
	run    *run
}

// Declare implements leat.Option.
func (w watched) Declare(m *declaration.Mill) {
	leat.Broker(w.broker).Declare(m)
	leat.Observe(observe.Func(func(_ context.Context, begun observe.Run) (observe.Watch, error) {
		w.broker.mu.Lock()
		defer w.broker.mu.Unlock()
		w.run.snapshot = begun.Snapshot
		return observe.Watch{}, nil
	})).Declare(m)
}

// waits says which streams a run waits for.
func waits(s observe.Snapshot) string {
	var text strings.Builder
	for _, t := range s.Tasks {
		in := ""
		if s.Partitions > 1 {
			in = fmt.Sprintf(" in partition %d", t.Partition)
		}
		switch {
		case t.Ended:
			fmt.Fprintf(&text, "\n  the session of mill %q has ended%s", s.Name, in)
		case t.Owned && t.WaitsFor >= 0 && t.WaitsFor < len(s.Nodes):
			fmt.Fprintf(&text, "\n  mill %q waits for the next element of %s%s", s.Name, s.Nodes[t.WaitsFor].Name, in)
		}
	}
	return text.String()
}
