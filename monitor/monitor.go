// Package monitor shows the runs of mills on a web page. docs/monitor.md in the repository says what is on it, who can
// see it and what it costs.
package monitor

import (
	"github.com/leat-go/leat"
	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/monitor"
)

// Listen shows the mill's runs on a page at an address such as "localhost:8080": the join tree with the rate of each
// stream, where its keys are and which stream the others wait for, why elements were not handed over, calls and
// commits. The page keeps itself up to date, and /snapshot.json has the same as data; /healthz answers 200 while the
// run goes on, and /readyz from when it has opened its streams.
//
// The page is there as long as leat.Mill.Run runs, which fails before it reads anything if the address is taken; mills
// that run at the same time need an address each. ":8080" means this machine only; to be reached from elsewhere, name
// the address, "0.0.0.0:8080" for all that the machine has: the page only reads, but asks for no password, and shows
// elements. With port 0 the system chooses one. The address is in the log.
func Listen(addr string) leat.Option {
	return declaration.Once("monitor.Listen", func(m *declaration.Mill, o *declaration.Option) {
		address, err := monitor.ParseAddress(addr)
		if err != nil {
			m.Mistakes.Add("%s: %v", o, err)
			return
		}
		m.Observe(o, monitor.Observer(address))
	})
}
