package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/leat-go/leat/pipeline"
)

// refresh is how often the progress bar is drawn.
const refresh = 150 * time.Millisecond

// showing runs a function and shows on a terminal how far it has come; where the input is endless, only how much was read.
// The function writes logs to what it gets.
func (a *app) showing(monitor *pipeline.Monitor, quiet, endless bool, run func(logs io.Writer) error) error {
	if quiet || !a.terminal {
		return run(a.stderr)
	}
	bars := mpb.New(mpb.WithOutput(a.stderr), mpb.WithRefreshRate(refresh), mpb.WithWidth(48))
	start := time.Now()
	elements := decor.Any(func(decor.Statistics) string { return rate(monitor.Progress(), time.Since(start)) })
	var bar *mpb.Bar
	if endless {
		bar = bars.MustAdd(0, nil, mpb.AppendDecorators(elements))
	} else {
		bar = bars.AddBar(0, mpb.PrependDecorators(decor.CountersKibiByte("% .1f of % .1f ")),
			mpb.AppendDecorators(decor.Percentage(), elements))
	}
	done := make(chan struct{})
	var following sync.WaitGroup
	following.Go(func() { follow(bar, monitor, done) })
	err := run(bars)
	close(done)
	following.Wait()
	// The summary says more than a full bar.
	bar.Abort(true)
	bars.Wait()
	return err
}

// follow keeps the bar up to date until done is closed.
func follow(bar *mpb.Bar, monitor *pipeline.Monitor, done <-chan struct{}) {
	ticker := time.NewTicker(refresh)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			p := monitor.Progress()
			bar.SetTotal(p.BytesTotal, false)
			bar.SetCurrent(p.BytesRead)
		case <-done:
			return
		}
	}
}

// rate says how many elements were read and how fast.
func rate(p pipeline.Progress, since time.Duration) string {
	elements := int64(0)
	for _, s := range p.Streams {
		elements += s.Read
	}
	return fmt.Sprintf("  %d elements, %.0f/s", elements, float64(elements)/since.Seconds())
}
