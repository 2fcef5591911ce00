package brokertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leat-go/leat/broker"
)

func ownChecks() []check {
	several := func(f features) bool { return f.source && f.partitions > 1 }
	return []check{
		{"Own/EveryPartitionOnce", isSource, checkOwnAll},
		{"Own/ReadsSideBySide", isSource, checkOwnReads},
		{"Own/FirstErrorEndsTheRest", isSource, checkOwnError},
		{"Own/OneEndLeavesTheRest", several, checkOwnEnd},
		{"Own/IsCancelled", isSource, checkOwnCancel},
	}
}

// An owned run counts the tasks that Own has called.
type owned struct {
	*rig
	in broker.Input
	// all is closed when the tasks of all partitions have been called.
	all     chan struct{}
	running atomic.Int32

	mu     sync.Mutex
	called []int
}

func (h Harness) owned(t testing.TB) (*owned, Stream) {
	content := h.stream(1, h.partitions())
	r := h.rig(t, Setup{Inputs: []Stream{content}}, 0)
	return &owned{rig: r, in: r.openSource(), all: make(chan struct{})}, content
}

// own calls Own and waits for it; each task first waits until all are there.
func (o *owned) own(ctx context.Context, task func(ctx context.Context, partition int) error) error {
	done := make(chan error, 1)
	go func() {
		done <- o.in.Own(ctx, func(ctx context.Context, partition int) error {
			o.running.Add(1)
			defer o.running.Add(-1)
			if err := o.meet(ctx, partition); err != nil {
				return err
			}
			return task(ctx, partition)
		})
	}()
	select {
	case err := <-done:
		if n := o.running.Load(); n > 0 {
			return fmt.Errorf("Own has returned (%v) while %d tasks were still running: it waits for all of them", err, n)
		}
		return err
	case <-time.After(2*o.harness.patience() + grace):
		return errors.New("Own doesn't return although its tasks have: it waits for nothing else")
	}
}

var errApart = errors.New("the tasks of all partitions run side by side, each in a goroutine of its own, " +
	"but they weren't all called")

func (o *owned) meet(ctx context.Context, partition int) error {
	o.mu.Lock()
	o.called = append(o.called, partition)
	if len(o.called) == o.in.Partitions() {
		close(o.all)
	}
	o.mu.Unlock()
	select {
	case <-o.all:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(o.harness.patience()):
		return errApart
	}
}

// checkOwnAll: Own calls the task of each partition once, waits for them, and returns nil.
func checkOwnAll(t testing.TB, h Harness) {
	o, content := h.owned(t)
	o.must(wrap(o.own(context.Background(), func(context.Context, int) error { return nil }), "Own"))
	slices.Sort(o.called)
	want := []int{0, 1, 2}[:len(content)]
	if !slices.Equal(o.called, want) {
		t.Fatalf("Own has called the tasks of the partitions %v: it must call each of %v once", o.called, want)
	}
	o.close(o.in)
}

// checkOwnReads: tasks read side by side, each its own partition.
func checkOwnReads(t testing.TB, h Harness) {
	o, content := h.owned(t)
	o.must(wrap(o.own(context.Background(), func(_ context.Context, p int) error {
		return o.expectPartition(o.in, 0, p, content[p])
	}), "reading all partitions side by side in Own"))
	o.close(o.in)
}

// checkOwnError: the first error of a task ends the contexts of the others and is what Own returns.
func checkOwnError(t testing.TB, h Harness) {
	o, _ := h.owned(t)
	wrong := errors.New("the first task's error")
	err := o.own(context.Background(), func(ctx context.Context, partition int) error {
		if partition == 0 {
			return wrong
		}
		return o.waitForEnd(ctx, "when another task has failed")
	})
	if !errors.Is(err, wrong) {
		t.Fatalf("Own returns %v: it must be the first error of a task, %q", err, wrong)
	}
	o.close(o.in)
}

func (o *owned) waitForEnd(ctx context.Context, when string) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(o.harness.patience()):
		o.Errorf("the context of a task must end %s", when)
		return errors.New("the task's context didn't end")
	}
}

// checkOwnEnd: a task that returns nil doesn't end those of other partitions.
func checkOwnEnd(t testing.TB, h Harness) {
	o, _ := h.owned(t)
	o.must(wrap(o.own(context.Background(), func(ctx context.Context, partition int) error {
		if partition == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the task of partition 0 has returned nil, and the context of partition %d has ended: "+
				"the others go on", partition)
		case <-time.After(pause):
			return nil
		}
	}), "Own"))
	o.close(o.in)
}

// checkOwnCancel: when ctx ends, the tasks' contexts do, and Own returns ctx's error once they have returned.
func checkOwnCancel(t testing.TB, h Harness) {
	o, _ := h.owned(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var ended sync.Once
	err := o.own(ctx, func(task context.Context, _ int) error {
		ended.Do(cancel)
		err := o.waitForEnd(task, "when the context given to Own has ended")
		<-time.After(pause) // as for something that has to be finished first
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("Own returns %v after its context was cancelled: it must be the context's error", err)
	}
	o.close(o.in)
}
