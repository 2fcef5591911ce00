package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat/crashtest/internal/process"
	"github.com/leat-go/leat/crashtest/internal/proxy"
	"github.com/leat-go/leat/crashtest/internal/workload"
)

// instances are the instances of the mill. Each is a process, and has a proxy of its own where there is one broker.
// They are safe for concurrent use.
type instances struct {
	// group runs what outlasts a call: the proxies, and the wait for each process. An error ends the test.
	group *errgroup.Group
	// ctx ends the proxies and all processes.
	ctx   context.Context
	kafka []string
	dir   string
	debug bool
	// workload is the kind of the mill.
	workload workload.Kind

	mu        sync.Mutex
	list      []*instance
	processes int // that were ever started
}

// An instance is one process at a time: after a kill, the next one.
type instance struct {
	// name is the instance's. Where it isn't lasting, each process is a new member of the group.
	name    string
	lasting bool
	proxy   *proxy.Proxy // nil where there are several brokers
	// current is nil while the instance is down.
	current *worker
	// busy says that something is being done to the instance.
	busy bool
}

// A worker is one process of an instance.
type worker struct {
	*process.Process
	// mayEnd says that the process may end; guarded by instances.mu.
	mayEnd bool
}

// newInstances makes instances that aren't started yet.
func newInstances(ctx context.Context, g *errgroup.Group, kafka []string, dir string, c *config) (*instances, error) {
	is := &instances{group: g, ctx: ctx, kafka: kafka, dir: dir, debug: c.debug, workload: c.workload}
	for i := range c.instances {
		if _, err := is.add(fmt.Sprintf("i%d", i), true); err != nil {
			return nil, err
		}
	}
	return is, nil
}

// add adds an instance that isn't started yet. It is busy where it isn't lasting.
func (is *instances) add(name string, lasting bool) (*instance, error) {
	i := &instance{name: name, lasting: lasting, busy: !lasting}
	if len(is.kafka) == 1 {
		p, err := proxy.New(is.kafka[0])
		if err != nil {
			return nil, err
		}
		is.group.Go(func() error { return p.Run(is.ctx) })
		i.proxy = p
	}
	is.mu.Lock()
	defer is.mu.Unlock()
	is.list = append(is.list, i)
	return i, nil
}

// all returns the instances.
func (is *instances) all() []*instance {
	is.mu.Lock()
	defer is.mu.Unlock()
	return slices.Clone(is.list)
}

// remove removes an instance that is down.
func (is *instances) remove(i *instance) {
	if i.proxy != nil {
		i.proxy.End()
	}
	is.mu.Lock()
	defer is.mu.Unlock()
	is.list = slices.DeleteFunc(is.list, func(other *instance) bool { return other == i })
}

// choose returns up to n instances that run and aren't busy, and makes them busy until release.
func (is *instances) choose(random *rand.Rand, n int) []*instance {
	is.mu.Lock()
	defer is.mu.Unlock()
	var idle []*instance
	for _, i := range is.list {
		if i.current != nil && !i.busy {
			idle = append(idle, i)
		}
	}
	random.Shuffle(len(idle), func(a, b int) { idle[a], idle[b] = idle[b], idle[a] })
	idle = idle[:min(n, len(idle))]
	for _, i := range idle {
		i.busy = true
	}
	return idle
}

func (is *instances) release(i *instance) {
	is.mu.Lock()
	defer is.mu.Unlock()
	i.busy = false
}

// start starts a process of an instance, whatever has become of the one before.
func (is *instances) start(i *instance) error {
	is.mu.Lock()
	defer is.mu.Unlock()
	if err := is.ctx.Err(); err != nil {
		return err
	}
	is.processes++
	c := workerConfig{kafka: strings.Join(is.kafka, ","), process: fmt.Sprintf("%s#%d", i.name, is.processes),
		concurrency: 1 + is.processes%2*2, workload: string(is.workload), debug: is.debug}
	if i.proxy != nil {
		c.proxy = i.proxy.Address()
	}
	if i.lasting {
		c.instance = i.name
	}
	started, err := process.Start(c.process, filepath.Join(is.dir, i.name+".log"), c.arguments())
	if err != nil {
		return fmt.Errorf("start instance %s: %w", i.name, err)
	}
	p := &worker{Process: started}
	i.current = p
	is.group.Go(func() error { return is.await(p) })
	return nil
}

// await waits for the end of a process. An end that nobody has asked for is an error.
func (is *instances) await(p *worker) error {
	stop := context.AfterFunc(is.ctx, func() { is.end(p) })
	defer stop()
	err := p.Wait()
	is.mu.Lock()
	defer is.mu.Unlock()
	if p.mayEnd || is.ctx.Err() != nil {
		return nil
	}
	return p.Errorf("has ended by itself (%w)", errors.Join(err, is.ctx.Err()))
}

// letEnd allows a process to end from now on.
func (is *instances) letEnd(p *worker) {
	is.mu.Lock()
	defer is.mu.Unlock()
	p.mayEnd = true
}

// end kills a process, also one that is frozen.
func (is *instances) end(p *worker) {
	is.letEnd(p)
	p.Kill()
}

// kill kills the process of an instance and waits until it is gone.
func (is *instances) kill(i *instance) {
	p := is.take(i)
	is.end(p)
	<-p.Done()
}

// take takes the process from its instance, which is down then.
func (is *instances) take(i *instance) *worker {
	is.mu.Lock()
	defer is.mu.Unlock()
	p := i.current
	i.current = nil
	return p
}

// stop asks the process of an instance to end, and waits until it has.
func (is *instances) stop(ctx context.Context, i *instance) error {
	p := is.take(i)
	is.letEnd(p)
	p.Leave()
	return p.Expect(ctx, 0)
}

// expectOneEnds waits until either the process of an instance or another one under its name has ended, as one that was
// replaced does. The other one is the instance's, and must live on.
func (is *instances) expectOneEnds(ctx context.Context, i *instance, other *worker) error {
	lives, err := process.ExpectOneEnds(ctx, other.Process, i.current.Process, exitReplaced)
	if err != nil {
		return err
	}
	is.mu.Lock()
	defer is.mu.Unlock()
	if lives == other.Process {
		i.current = other
	}
	i.current.mayEnd = false
	return nil
}

// stopAll ends all processes, at the same time.
func (is *instances) stopAll(ctx context.Context) error {
	var g errgroup.Group
	for _, i := range is.all() {
		if i.current != nil {
			g.Go(func() error { return is.stop(ctx, i) })
		}
	}
	return g.Wait()
}
