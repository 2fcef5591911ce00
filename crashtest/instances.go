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

	mu        sync.Mutex
	list      []*instance
	processes int // that were ever started
}

// An instance is one process at a time: after a kill, the next one.
type instance struct {
	// name is the instance's. Where it isn't lasting, each process is a new member of the group.
	name    string
	lasting bool
	proxy   *proxy // nil where there are several brokers
	// current is nil while the instance is down.
	current *process
	// busy says that something is being done to the instance.
	busy bool
}

// A process is one process of an instance.
type process struct {
	name    string
	command *exec.Cmd
	// stdin asks the process to end when it is closed.
	stdin io.Closer
	log   *os.File
	// done is closed when the process has ended, with its exit status in status.
	done   chan struct{}
	status int
	// mayEnd says that the process may end; guarded by instances.mu.
	mayEnd bool
}

// newInstances makes instances that aren't started yet.
func newInstances(ctx context.Context, g *errgroup.Group, kafka []string, dir string, c *config) (*instances, error) {
	is := &instances{group: g, ctx: ctx, kafka: kafka, dir: dir, debug: c.debug}
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
		p, err := newProxy(is.kafka[0])
		if err != nil {
			return nil, err
		}
		is.group.Go(func() error { return p.run(is.ctx) })
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
		i.proxy.end()
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
		concurrency: 1 + is.processes%2*2, debug: is.debug}
	if i.proxy != nil {
		c.proxy = i.proxy.address()
	}
	if i.lasting {
		c.instance = i.name
	}
	p, err := is.launch(c, i.name)
	if err != nil {
		return fmt.Errorf("start instance %s: %w", i.name, err)
	}
	i.current = p
	is.group.Go(func() error { return is.await(p) })
	return nil
}

// launch starts a worker.
func (is *instances) launch(c workerConfig, name string) (_ *process, err error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{name: c.process, done: make(chan struct{})}
	log := filepath.Join(is.dir, name+".log")
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

// await waits for the end of a process. An end that nobody has asked for is an error.
func (is *instances) await(p *process) error {
	stop := context.AfterFunc(is.ctx, func() { is.end(p) })
	defer stop()
	err := p.command.Wait()
	p.status = p.command.ProcessState.ExitCode()
	close(p.done)
	defer func() { _ = p.log.Close() }()
	is.mu.Lock()
	defer is.mu.Unlock()
	if p.mayEnd || is.ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("process %s has ended by itself (%w); its log %s ends with:\n%s", p.name,
		errors.Join(err, is.ctx.Err()), p.log.Name(), tail(p.log.Name()))
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

// letEnd allows a process to end from now on.
func (is *instances) letEnd(p *process) {
	is.mu.Lock()
	defer is.mu.Unlock()
	p.mayEnd = true
}

// end kills a process, also one that is frozen.
func (is *instances) end(p *process) {
	is.letEnd(p)
	_ = p.command.Process.Kill() // where it fails, the process has ended
}

// kill kills the process of an instance and waits until it is gone.
func (is *instances) kill(i *instance) {
	p := is.take(i)
	is.end(p)
	<-p.done
}

// take takes the process from its instance, which is down then.
func (is *instances) take(i *instance) *process {
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
	_ = p.stdin.Close()
	return is.expect(ctx, p, 0)
}

// expect waits for a process to end by itself, with the exit status given.
func (is *instances) expect(ctx context.Context, p *process, status int) error {
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

// expectOneEnds waits until either the process of an instance or another one under its name has ended, as one that was
// replaced does. The other one is the instance's, and must live on.
func (is *instances) expectOneEnds(ctx context.Context, i *instance, other *process) error {
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
	is.mu.Lock()
	i.current, lives.mayEnd = lives, false
	is.mu.Unlock()
	select {
	case <-lives.done:
		return fmt.Errorf("processes %s and %s have one name, and both have ended; their log %s ends with:\n%s",
			other.name, lives.name, other.log.Name(), tail(other.log.Name()))
	default:
		return is.expect(ctx, ended, exitReplaced)
	}
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
