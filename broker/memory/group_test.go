package memory_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/leat-go/leat/broker"
)

// A journal notes what tasks do, in order.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) note(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf(format, args...))
}

// take returns the lines since the last call, sorted: tasks run side by side.
func (j *journal) take() []string {
	synctest.Wait()
	j.mu.Lock()
	defer j.mu.Unlock()
	lines := j.lines
	j.lines = nil
	slices.Sort(lines)
	return lines
}

func (j *journal) expect(t *testing.T, want ...string) {
	t.Helper()
	if got := j.take(); !slices.Equal(got, want) {
		t.Fatalf("the tasks have done %q, wanted %q", got, want)
	}
}

// A tasker runs tasks that last until their context ends or until they are told to end.
type tasker struct {
	name string
	*journal
	end chan error
}

func (r *tasker) task(ctx context.Context, partition int) error {
	r.note("%s starts %d", r.name, partition)
	select {
	case <-ctx.Done():
		r.note("%s loses %d", r.name, partition)
		return ctx.Err()
	case err := <-r.end:
		return err
	}
}

func (r *tasker) own(ctx context.Context, in broker.Input) <-chan error {
	done := make(chan error, 1)
	go func() { done <- in.Own(ctx, r.task) }()
	return done
}

// A partition that is taken away and given back is a new task; the run goes on meanwhile.
func TestRevokeAndRestore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroker(2)
		in, out := open(t, b)
		run := &tasker{"a", &journal{}, make(chan error)}
		done := run.own(t.Context(), in)
		run.expect(t, "a starts 0", "a starts 1")
		b.Revoke(1)
		run.expect(t, "a loses 1")
		if err := out.Commit(t.Context(), []broker.Commit{commitOf(1)}); !errors.Is(err, broker.ErrAborted) {
			t.Errorf("a commit of a partition that was taken away returns %v", err)
		}
		must(t, out.Commit(t.Context(), []broker.Commit{commitOf(0)}))
		b.Restore(1)
		run.expect(t, "a starts 1")
		must(t, out.Commit(t.Context(), []broker.Commit{commitOf(1)}))
		b.Revoke(1)
		b.Restore(1)
		run.expect(t, "a loses 1", "a starts 1")
		run.end <- nil
		run.end <- nil
		must(t, <-done)
	})
}

// R5: where several instances share the partitions, the session ends for all of them together.
func TestRunsShareThePartitions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroker(2)
		log := &journal{}
		one, _ := open(t, b)
		first := &tasker{"a", log, make(chan error)}
		firstDone := first.own(t.Context(), one)
		log.expect(t, "a starts 0", "a starts 1")

		two, out := open(t, b)
		second := &tasker{"b", log, make(chan error)}
		secondDone := second.own(t.Context(), two)
		log.expect(t, "a loses 1", "b starts 1")
		if err := out.Commit(t.Context(), []broker.Commit{commitOf(0)}); !errors.Is(err, broker.ErrAborted) {
			t.Errorf("a commit of another run's partition returns %v", err)
		}

		first.end <- nil
		synctest.Wait()
		select {
		case err := <-firstDone:
			t.Fatalf("Own returns %v before the other run's partition has ended", err)
		default:
		}
		second.end <- nil
		must(t, <-firstDone)
		must(t, <-secondDone)
	})
}

// R8: the partitions of a run that fails go to the others, those that had ended in it too.
func TestPartitionsOfAFailedRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroker(3)
		log := &journal{}
		one, _ := open(t, b)
		two, _ := open(t, b)
		first := &tasker{"a", log, make(chan error)}
		firstDone := first.own(t.Context(), one)
		log.expect(t, "a starts 0", "a starts 1", "a starts 2")
		second := &tasker{"b", log, make(chan error)}
		secondDone := second.own(t.Context(), two)
		log.expect(t, "a loses 1", "b starts 1")
		first.end <- nil
		synctest.Wait()
		crash := errors.New("crash")
		first.end <- crash
		if err := <-firstDone; !errors.Is(err, crash) {
			t.Errorf("Own returns %v", err)
		}
		log.expect(t, "b starts 0", "b starts 2")
		for range 3 {
			second.end <- nil
		}
		must(t, <-secondDone)
	})
}
