package leat

import (
	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/observe"
)

// Observe adds an observer of the mill's runs. It follows when a run begins and ends, takes snapshots at any moment
// and, where it asks for that, each call of the function and each commit. The option may be given several times.
// Packages metrics, tracing and monitor have observers that are ready for use.
//
// An observer may keep a run from beginning: [Mill.Run] returns its error before anything is read.
func Observe(observer observe.Observer) Option {
	return declaration.Many("leat.Observe", func(m *declaration.Mill, o *declaration.Option) { m.Observe(o, observer) })
}
