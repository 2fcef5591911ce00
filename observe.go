package leat

import (
	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/observe"
)

// Observe has an observer told of the mill's runs: when one begins and ends, what it looks like at any moment and,
// where the observer wants to know, of each call of the function and each commit. It may be given several times.
// Packages metrics, tracing and monitor have observers that are ready for use.
//
// An observer may keep a run from beginning. [Mill.Run] then returns its error before anything is read.
func Observe(observer observe.Observer) Option {
	return declaration.Many("leat.Observe", func(m *declaration.Mill, o *declaration.Option) { m.Observe(o, observer) })
}
