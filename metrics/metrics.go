// Package metrics shows the runs of mills as Prometheus metrics: for each stream and partition what was read, matched
// and unmatched, and why, keys and lags, and which stream the others wait for; calls and commits with their durations.
// docs/metrics.md in the repository lists them.
package metrics

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/mistake"
	"github.com/leat-go/leat/observe"
)

// Register shows the mill's runs on a registry.
//
// The metrics are there from the first leat.Mill.Run on, with the mill's name as the label mill: mills that run at the
// same time need a name each, and a run whose name is taken doesn't begin. Counters go on over several runs, and stay;
// what is true at a moment only is there while the mill runs. Elements cost nothing more than without; a call costs the
// measuring of its time.
func Register(registry prometheus.Registerer) leat.Option {
	return declaration.Once("metrics.Register", func(m *declaration.Mill, o *declaration.Option) {
		if mistake.IsNil(registry) {
			m.Mistakes.Add("%s: the registry is %s; prometheus.DefaultRegisterer is a usual one", o, mistake.Nil(registry))
			return
		}
		m.Observe(o, observe.Func(func(_ context.Context, run observe.Run) (observe.Watch, error) {
			return begin(registry, run)
		}))
	})
}

// begin shows a run that begins.
func begin(registry prometheus.Registerer, run observe.Run) (observe.Watch, error) {
	c, err := register(registry, run.Mill)
	if err == nil {
		err = c.begin(run.Snapshot)
	}
	if err != nil {
		return observe.Watch{}, fmt.Errorf("mill %q: %w", run.Mill, err)
	}
	return observe.Watch{CallTime: true, End: func(error) { c.end() }}, nil
}
