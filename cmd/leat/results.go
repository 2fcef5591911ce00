package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/leat-go/leat/internal/monitor"
	"github.com/leat-go/leat/pipeline"
)

// dryRows is how many results a dry run shows where no limit is given.
const dryRows = 20

// A resultShow shows the results of a run.
type resultShow struct {
	// to is what standard output is to the run.
	to io.Writer
	// live shows results on a terminal as they come; nil where they are written as they are.
	live *liveTable
	// Of a dry run the first ones are kept, most at most, and shown at its end on dry.
	first [][]byte
	most  int
	dry   io.Writer
	table bool
	width int
}

// newResults says how a run's results are shown.
func (a *app) newResults(c *runCommand, p *pipeline.Pipeline) *resultShow {
	r := &resultShow{to: a.stdout, width: a.width(), table: c.Format == "table" || c.Format == "auto" && a.results}
	switch {
	case c.DryRun:
		r.dry, r.most = a.stdout, dryRows
		if c.Limit > 0 {
			r.most = int(c.Limit)
		}
	case r.table && (c.DemoKafka || p.WritesStdout()) && !p.WritesCells():
		r.live = &liveTable{out: a.stdout, width: r.width}
		r.to = r.live
	}
	return r
}

// keep keeps a result of a dry run.
func (r *resultShow) keep(json []byte) error {
	if len(r.first) < r.most {
		r.first = append(r.first, slices.Clone(json))
	}
	return nil
}

// end shows what wasn't shown yet.
func (r *resultShow) end() error {
	switch {
	case r.live != nil:
		return r.live.end()
	case r.dry == nil:
		return nil
	case !r.table:
		for _, result := range r.first {
			if _, err := fmt.Fprintf(r.dry, "%s\n", result); err != nil {
				return err
			}
		}
		return nil
	}
	g := &grid{}
	for _, result := range r.first {
		g.add(result)
	}
	return g.print(r.dry, nil, r.width)
}

// dryness says what a dry run has not done, and how many of its results were shown.
func (r *resultShow) dryness(all int64) string {
	if all > int64(len(r.first)) {
		return fmt.Sprintf("leat: these are the first %d of %s results; nothing was written", len(r.first), monitor.Grouped(all))
	}
	return "leat: nothing was written"
}
