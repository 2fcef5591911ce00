package metrics

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leat-go/leat/observe"
)

// Observer returns an observer that shows runs on a registry.
func Observer(registry prometheus.Registerer) observe.Observer {
	return observe.Func(func(_ context.Context, run observe.Run) (observe.Watch, error) {
		collector, err := Register(registry, run.Mill)
		if err == nil {
			err = collector.Begin(run.Snapshot)
		}
		if err != nil {
			return observe.Watch{}, fmt.Errorf("mill %q: %w", run.Mill, err)
		}
		return observe.Watch{CallTime: true, End: func(error) { collector.End() }}, nil
	})
}
