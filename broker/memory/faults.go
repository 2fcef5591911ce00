package memory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/wait"
)

// faults are what a test has asked to go wrong. They are guarded by Broker.mu.
type faults struct {
	commits []*commitFault
	reads   []*readFault
	delay   time.Duration
	// blocks counts the calls of BlockCommits that weren't released.
	blocks int
}

type commitFault struct {
	// in counts down to the commit that is meant.
	in      int
	err     error
	visible bool
}

// A readFault without an error blocks.
type readFault struct {
	stream    string
	partition int
	offset    int64
	err       error
	// crash says that the run's commits fail from then on.
	crash bool
}

// AbortCommit makes the n-th commit from now, counted from one over all runs, fail with an error that wraps
// [broker.ErrAborted]: nothing of it becomes visible, and the run tries again. It panics where n is less than one.
func (b *Broker) AbortCommit(n int) {
	b.failCommit(&commitFault{in: n, err: fmt.Errorf("memory: injected: %w", broker.ErrAborted)})
}

// FailCommit makes the n-th commit from now, counted from one over all runs, fail with err; nothing of it becomes
// visible. It panics where n is less than one or err is nil.
func (b *Broker) FailCommit(n int, err error) {
	b.failCommit(&commitFault{in: n, err: err})
}

// LoseCommit makes the n-th commit from now, counted from one over all runs, return err although it has become visible,
// like that of a process that was killed before it learned of its success. It panics where n is less than one or err is
// nil.
func (b *Broker) LoseCommit(n int, err error) {
	b.failCommit(&commitFault{in: n, err: err, visible: true})
}

func (b *Broker) failCommit(f *commitFault) {
	switch {
	case f.in < 1:
		panic(fmt.Sprintf("memory: commit %d can't fail: from now, they are counted from one", f.in))
	case f.err == nil:
		panic("memory: a commit fails with an error, but it is nil")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults.commits = append(b.faults.commits, f)
}

// SlowCommits makes every commit from now on take the time given; zero ends it. It panics where d is negative.
func (b *Broker) SlowCommits(d time.Duration) {
	if d < 0 {
		panic(fmt.Sprintf("memory: commits can't take %v: a time can't be negative", d))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults.delay = d
}

// BlockCommits holds up every commit until the function that it returns is called.
func (b *Broker) BlockCommits() (release func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults.blocks++
	released := false
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if !released {
			released = true
			b.faults.blocks--
			b.wake()
		}
	}
}

// errNoError is what a test has forgotten.
var errNoError = errors.New("memory: a read fails with an error, but it is nil")

// FailRead makes the next Read that reaches an offset of a partition, or would step over it, fail with err. What lies
// before it is read as ever. It happens once; a run that starts again passes.
func (b *Broker) FailRead(stream string, partition int, offset int64, err error) error {
	if err == nil {
		return errNoError
	}
	_, failure := b.failRead(&readFault{stream: stream, partition: partition, offset: offset, err: err})
	return failure
}

// CrashRead is FailRead for a run that is killed: from that read on none of its commits becomes visible, and they fail
// with err, too.
func (b *Broker) CrashRead(stream string, partition int, offset int64, err error) error {
	if err == nil {
		return errNoError
	}
	_, failure := b.failRead(&readFault{stream: stream, partition: partition, offset: offset, err: err, crash: true})
	return failure
}

// BlockRead makes every Read that reaches an offset of a partition, or would step over it, wait until the function
// that it returns is called.
func (b *Broker) BlockRead(stream string, partition int, offset int64) (release func(), err error) {
	return b.failRead(&readFault{stream: stream, partition: partition, offset: offset})
}

func (b *Broker) failRead(f *readFault) (release func(), err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, _, err := b.partition(f.stream, f.partition); err != nil {
		return nil, err
	}
	if f.offset < 0 {
		return nil, fmt.Errorf("memory: no read comes to the offset %d: offsets are counted from zero", f.offset)
	}
	b.faults.reads = append(b.faults.reads, f)
	b.wake()
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.faults.remove(f)
		b.wake()
	}, nil
}

// FaultsLeft returns how many of the faults asked for by AbortCommit, FailCommit, LoseCommit, FailRead and CrashRead
// have not been met yet.
func (b *Broker) FaultsLeft() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	left := len(b.faults.commits)
	for _, fault := range b.faults.reads {
		if fault.err != nil {
			left++
		}
	}
	return left
}

// read returns the fault that a step from the offset next to the entry at the offset given meets; nil where it meets
// none.
func (f *faults) read(stream string, partition int, next, offset int64) *readFault {
	for _, fault := range f.reads {
		if fault.stream == stream && fault.partition == partition && next <= fault.offset && fault.offset <= offset {
			return fault
		}
	}
	return nil
}

func (f *faults) remove(fault *readFault) {
	f.reads = slices.DeleteFunc(f.reads, func(other *readFault) bool { return other == fault })
}

// commit counts a commit and returns the fault that it meets; nil where it meets none.
func (f *faults) commit() *commitFault {
	var met *commitFault
	f.commits = slices.DeleteFunc(f.commits, func(fault *commitFault) bool {
		fault.in--
		if fault.in > 0 {
			return false
		}
		if met == nil {
			met = fault
		}
		return true
	})
	return met
}

// hold keeps a commit waiting for as long as the test has asked for.
func (b *Broker) hold(ctx context.Context) error {
	var delay time.Duration
	err := b.await(ctx, func() bool {
		delay = b.faults.delay
		return b.faults.blocks == 0
	})
	if err != nil || delay <= 0 {
		return err
	}
	return wait.For(ctx, delay)
}
