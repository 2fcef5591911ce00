package leat

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/metrics"
	"github.com/leat-go/leat/internal/mistake"
)

// Metrics shows the mill's runs as Prometheus metrics: for each stream and partition what was read, matched and unmatched, and
// why, keys and lags, and which stream the others wait for; calls and commits with their durations. docs/metrics.md in the
// repository lists them.
//
// They are on the registry from the first [Mill.Run] on, with the mill's name as the label mill: mills that run at the same
// time need a name each. Counters go on over several runs, and stay; what is true at a moment only is there while the mill
// runs. Elements cost nothing more than without; a call costs the measuring of its time.
func Metrics(registry prometheus.Registerer) Option {
	return declaration.Once("leat.Metrics", func(m *declaration.Mill, o *declaration.Option) {
		if mistake.IsNil(registry) {
			m.Mistakes.Add("%s: the registry is %s; prometheus.DefaultRegisterer is a usual one", o, mistake.Nil(registry))
			return
		}
		m.Observe(o, metrics.Observer(registry))
	})
}
