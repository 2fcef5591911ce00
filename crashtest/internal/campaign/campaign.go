// Package campaign kills mills on any storage in every way, and checks each of their results: it is the crash test of
// databases and queues. What differs between storages is in a file for each.
package campaign

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat/crashtest/internal/proxy"
	"github.com/leat-go/leat/crashtest/internal/recovery"
	"github.com/leat-go/leat/crashtest/internal/report"
	"github.com/leat-go/leat/crashtest/internal/workload"
)

// A Config is what a campaign does.
type Config struct {
	// Storage is one of [Names].
	Storage string
	// Workload says what the mill joins by.
	Workload workload.Kind
	// Kills ends the campaign after so many kills of workers; where it is 0, Duration does.
	Kills    int
	Duration time.Duration
	// Elements is the length of a stream in one session, and Rate how many of them are written in a second.
	Elements, Rate int
	Seed           uint64
	// Pause is the mean time between two faults.
	Pause time.Duration
	// Faults are those to inject, of the names that [Faults] returns; all that the storage has where it is empty.
	Faults []string
	// Keep keeps the logs and the server's data; they are kept when the campaign fails.
	Keep bool
}

func (c *Config) plan(k kind) workload.Plan {
	return workload.Plan{Seed: c.Seed, Elements: c.Elements, Endless: !k.marks, Kind: c.Workload}
}

// A campaign is one run of the test.
type campaign struct {
	*report.Report
	config     *Config
	kind       kind
	faults     map[fault]bool
	dir        string
	storage    storage
	proxy      *proxy.Proxy // nil where there is no server
	load       *load
	consumer   *consumer
	injector   *injector
	recoveries *recovery.Times
}

// Run runs a campaign, tells about it on out, and cleans up behind it. The error shows the first difference between what
// must come out and what did.
func Run(ctx context.Context, c *Config, out io.Writer) (err error) {
	k, ok := named(c.Storage)
	if !ok {
		return fmt.Errorf("there is no storage %q: choose from %s", c.Storage, strings.Join(Names(), ", "))
	}
	dir, err := os.MkdirTemp("", "leat-crashtest-*")
	if err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // a server may run as another user
		return err
	}
	t := &campaign{config: c, kind: k, dir: dir, recoveries: recovery.New(), Report: report.New(out)}
	defer func() {
		if c.Keep || err != nil && ctx.Err() == nil {
			t.Print("the logs are in %s", dir)
			return
		}
		err = errors.Join(err, os.RemoveAll(dir))
	}()
	t.Print("seed %d; %s starts", c.Seed, k.name)
	if t.storage, err = k.start(ctx, filepath.Join(dir, k.name)); err != nil {
		return fmt.Errorf("start %s: %w", k.name, err)
	}
	defer func() {
		if closed := t.storage.close(); err == nil {
			err = closed
		}
	}()
	if t.faults, err = chosen(c.Faults, t.storage.server() != nil); err != nil {
		return err
	}
	return t.withWorkers(ctx)
}

// withWorkers runs the test and ends all processes that it has started.
func (t *campaign) withWorkers(parent context.Context) error {
	ctx, end := context.WithCancel(parent)
	defer end()
	group, ctx := errgroup.WithContext(ctx)
	target := t.storage.target("")
	if s := t.storage.server(); s != nil {
		var err error
		if t.proxy, err = proxy.New(s.Address()); err != nil {
			return err
		}
		target = t.storage.target(t.proxy.Address())
		group.Go(func() error { return t.proxy.Run(ctx) })
	}
	t.load = newLoad(t.config, t.kind, t.storage)
	t.consumer = newConsumer(t.load, t.storage, t.recoveries)
	t.injector = newInjector(t, newWorkers(ctx, group, workerConfig{kind: t.kind.name, target: target,
		workload: string(t.config.Workload)}, t.dir))
	group.Go(func() error {
		defer end()
		if err := t.injector.workers.start(); err != nil {
			return err
		}
		return t.run(ctx)
	})
	err := group.Wait()
	if parent.Err() != nil {
		err = parent.Err()
	}
	t.summary(err)
	return err
}

// run writes input, injects faults and verifies the output, until all results of the last session are there and nothing
// comes behind them.
func (t *campaign) run(parent context.Context) error {
	g, ctx := errgroup.WithContext(parent)
	verified, stop := context.WithCancel(ctx)
	g.Go(func() error { return t.load.run(ctx) })
	g.Go(func() error {
		defer stop()
		return t.consumer.run(ctx)
	})
	g.Go(func() error {
		err := t.injector.run(ctx)
		if err == nil {
			t.Print("no more faults; the last session ends")
			t.load.finish()
		}
		return err
	})
	g.Go(func() error {
		t.Progress(verified, t.consumer.verified)
		return nil
	})
	if err := g.Wait(); err != nil {
		return err
	}
	if err := t.injector.workers.stop(parent); err != nil {
		return err
	}
	return t.consumer.drain(parent)
}

// summary says what the test has found.
func (t *campaign) summary(err error) {
	verdict := "nothing is missing, doubled or out of order"
	if err != nil {
		verdict = "THE TEST HAS NOT PASSED"
	}
	t.Print("%s: %s", t.kind.name, verdict)
	t.Print("%d results in %d sessions; %s", t.consumer.verified(), t.consumer.verifier.Session(), t.Counted())
	for _, line := range t.recoveries.Lines() {
		t.Print("%s", line)
	}
}
