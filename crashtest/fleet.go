package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// leaveTimeout is how long a process may take to end when it is asked to, or when it has been replaced.
	leaveTimeout = 60 * time.Second
	// tailBytes is how much of a log an error shows.
	tailBytes = 4000
)

// A fleet is the instances of the mill, each a process behind a proxy of its own where there is one broker. It is safe for
// concurrent use.
type fleet struct {
	// group runs what lasts longer than a call: proxies, and the wait for each process. An error ends the test.
	group *errgroup.Group
	// ctx ends the proxies and all processes.
	ctx   context.Context
	kafka []string
	dir   string
	debug bool

	mu        sync.Mutex
	instances []*instance
	processes int // that were ever started
}

// An instance is a place for one process at a time.
type instance struct {
	// name is the place's; where it isn't lasting, each process is a new member of the group.
	name    string
	lasting bool
	proxy   *proxy // nil where there are several brokers
	// current is nil while the instance is down.
	current *process
	// busy says that something is being done to the instance.
	busy bool
}

// A process is one life of an instance.
type process struct {
	name    string
	command *exec.Cmd
	// stdin asks the process to end when it is closed.
	stdin io.Closer
	log   *os.File
	// done is closed when the process has ended, with its exit status in status.
	done   chan struct{}
	status int
	// doomed says that the process may end; guarded by the fleet's mu.
	doomed bool
}

// newFleet makes a fleet of instances that aren't started yet.
func newFleet(ctx context.Context, g *errgroup.Group, kafka []string, dir string, c *config) (*fleet, error) {
	f := &fleet{group: g, ctx: ctx, kafka: kafka, dir: dir, debug: c.debug}
	for i := range c.instances {
		if _, err := f.add(fmt.Sprintf("i%d", i), true); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// add adds an instance that isn't started yet; it is busy where it isn't lasting.
func (f *fleet) add(name string, lasting bool) (*instance, error) {
	i := &instance{name: name, lasting: lasting, busy: !lasting}
	if len(f.kafka) == 1 {
		p, err := newProxy(f.kafka[0])
		if err != nil {
			return nil, err
		}
		f.group.Go(func() error { return p.run(f.ctx) })
		i.proxy = p
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.instances = append(f.instances, i)
	return i, nil
}

// all returns the instances.
func (f *fleet) all() []*instance {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.instances)
}

// remove removes an instance that is down.
func (f *fleet) remove(i *instance) {
	if i.proxy != nil {
		i.proxy.end()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.instances = slices.DeleteFunc(f.instances, func(other *instance) bool { return other == i })
}

// choose returns up to n instances that run and are left alone, and makes them busy until release.
func (f *fleet) choose(random *rand.Rand, n int) []*instance {
	f.mu.Lock()
	defer f.mu.Unlock()
	var idle []*instance
	for _, i := range f.instances {
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

func (f *fleet) release(i *instance) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i.busy = false
}

// start starts a process for an instance, whatever has become of the one before.
func (f *fleet) start(i *instance) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.ctx.Err(); err != nil {
		return err
	}
	f.processes++
	c := workerConfig{kafka: strings.Join(f.kafka, ","), process: fmt.Sprintf("%s#%d", i.name, f.processes),
		concurrency: 1 + f.processes%2*2, debug: f.debug}
	if i.proxy != nil {
		c.proxy = i.proxy.address()
	}
	if i.lasting {
		c.instance = i.name
	}
	p, err := f.launch(c, i.name)
	if err != nil {
		return fmt.Errorf("start instance %s: %w", i.name, err)
	}
	i.current = p
	f.group.Go(func() error { return f.await(p) })
	return nil
}

// launch starts a worker.
func (f *fleet) launch(c workerConfig, name string) (_ *process, err error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{name: c.process, done: make(chan struct{})}
	log := filepath.Join(f.dir, name+".log")
	if p.log, err = os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644); err != nil {
		return nil, err
	}
	p.command = exec.Command(program, c.arguments()...)
	p.command.Stderr = p.log
	if p.stdin, err = p.command.StdinPipe(); err == nil {
		err = p.command.Start()
	}
	if err != nil {
		return nil, errors.Join(err, p.log.Close())
	}
	return p, nil
}

// await waits for the end of a process. It is an error where nobody wanted it.
func (f *fleet) await(p *process) error {
	stop := context.AfterFunc(f.ctx, func() { f.end(p) })
	defer stop()
	err := p.command.Wait()
	p.status = p.command.ProcessState.ExitCode()
	close(p.done)
	defer func() { _ = p.log.Close() }()
	f.mu.Lock()
	defer f.mu.Unlock()
	if p.doomed || f.ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("process %s has ended by itself (%w); its log %s ends with:\n%s", p.name,
		errors.Join(err, f.ctx.Err()), p.log.Name(), tail(p.log.Name()))
}

// tail returns the end of a file.
func tail(name string) []byte {
	content, err := os.ReadFile(name)
	if err != nil {
		return []byte(err.Error())
	}
	content = bytes.TrimSpace(content)
	return content[max(0, len(content)-tailBytes):]
}

// doom says that a process may end from now on.
func (f *fleet) doom(p *process) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p.doomed = true
}

// end kills a process, also one that is frozen.
func (f *fleet) end(p *process) {
	f.doom(p)
	_ = p.command.Process.Kill() // where it fails, the process has ended
}

// kill kills the process of an instance and waits until it is gone.
func (f *fleet) kill(i *instance) {
	p := f.take(i)
	f.end(p)
	<-p.done
}

// take takes the process off its instance, which is down then.
func (f *fleet) take(i *instance) *process {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := i.current
	i.current = nil
	return p
}

// stop asks the process of an instance to end, and waits until it has.
func (f *fleet) stop(ctx context.Context, i *instance) error {
	p := f.take(i)
	f.doom(p)
	_ = p.stdin.Close()
	return f.expect(ctx, p, 0)
}

// expect waits for a process to end by itself, with the exit status given.
func (f *fleet) expect(ctx context.Context, p *process, status int) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-p.done:
	case <-time.After(leaveTimeout):
		return fmt.Errorf("process %s should end, but after %v it still runs; its log %s ends with:\n%s", p.name,
			leaveTimeout, p.log.Name(), tail(p.log.Name()))
	}
	if p.status != status {
		return fmt.Errorf("process %s has ended with exit status %d instead of %d; its log %s ends with:\n%s", p.name,
			p.status, status, p.log.Name(), tail(p.log.Name()))
	}
	return nil
}

// expectOne waits until either the process of an instance or another one under its name has ended, as one that was
// replaced does. The other one is the instance's, and must live on.
func (f *fleet) expectOne(ctx context.Context, i *instance, other *process) error {
	ended, lives := other, i.current
	select {
	case <-other.done:
	case <-lives.done:
		ended, lives = lives, other
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(leaveTimeout):
		return fmt.Errorf("processes %s and %s have one name, and both still run after %v; their log %s ends with:\n%s",
			other.name, lives.name, leaveTimeout, other.log.Name(), tail(other.log.Name()))
	}
	f.mu.Lock()
	i.current, lives.doomed = lives, false
	f.mu.Unlock()
	select {
	case <-lives.done:
		return fmt.Errorf("processes %s and %s have one name, and both have ended; their log %s ends with:\n%s",
			other.name, lives.name, other.log.Name(), tail(other.log.Name()))
	default:
		return f.expect(ctx, ended, exitReplaced)
	}
}

// stopAll ends all processes, at the same time.
func (f *fleet) stopAll(ctx context.Context) error {
	var g errgroup.Group
	for _, i := range f.all() {
		if i.current != nil {
			g.Go(func() error { return f.stop(ctx, i) })
		}
	}
	return g.Wait()
}
