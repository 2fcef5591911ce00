package engine_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/internal/engine"
)

// A result of a unique join doesn't wait for the next key to arrive, that of another one does.
func TestUniqueDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, unique := range []bool{true, false} {
			tr := pair([]int{1}, []int{1})
			tr.children[0].unique = unique
			b := tr.storage()
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- engine.Run(ctx, tr.spec(b), nil) }()
			must(t, memory.Append(b, "child", 0, keys(0, 1)...))
			must(t, memory.Append(b, "master", 0, keys(1, 1)...))
			time.Sleep(time.Minute)
			if got := len(outputs(t, b)); (got == 1) != unique {
				t.Errorf("unique %v: %d results before the next key", unique, got)
			}
			stop()
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Errorf("a stopped run returns %v", err)
			}
		}
	})
}

// R8: a run that reads a long stretch again commits nothing before it comes to what is new.
func TestNoCommitOfWhatIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := pair(nil, nil)
		b := tr.storage(memory.Batch(1))
		must(t, memory.Append(b, "master", 0, keys(1, 1)...))
		must(t, memory.Append(b, "child", 0, keys(0, slices.Repeat([]int{1}, 100)...)...))
		runFor := func(ctx context.Context) (stop func() error) {
			ctx, cancel := context.WithCancel(ctx)
			done := make(chan error)
			go func() { done <- engine.Run(ctx, tr.spec(b), nil) }()
			time.Sleep(time.Minute)
			return func() error { cancel(); return <-done }
		}
		if err := runFor(t.Context())(); !errors.Is(err, context.Canceled) {
			t.Fatalf("a stopped run returns %v", err)
		}
		kept := b.Progress("test", 0).Nodes
		if len(kept) == 0 {
			t.Fatal("the first run has kept nothing")
		}
		b.LoseCommit(1, errCrash)
		stop := runFor(t.Context())
		if b.FaultsLeft() == 0 {
			t.Errorf("a run that came no further than the one before has committed: %+v, which was %+v",
				b.Progress("test", 0).Nodes, kept)
		}
		must(t, memory.Append(b, "child", 0, keys(0, 2)...))
		time.Sleep(time.Minute)
		if err := stop(); !errors.Is(err, errCrash) {
			t.Errorf("the commit of a result was to fail, but the run returns %v", err)
		}
		if got := len(outputs(t, b)); got != 1 {
			t.Errorf("%d results, not 1", got)
		}
	})
}

// R4: a window by the clock closes when the clock says so, even if nothing arrives, and while the join waits for
// another stream.
func TestR4WindowByTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := pair(nil, nil)
		b := tr.storage()
		spec := tr.spec(b)
		spec.Window = &engine.Window{Every: 20 * time.Second}
		done := make(chan error)
		go func() { done <- engine.Run(t.Context(), spec, nil) }()
		send := func(stream string, id, key int) {
			must(t, memory.Append(b, stream, 0, item{ID: id, Up: key, Down: []int{key}}))
		}
		time.Sleep(5 * time.Second)
		send("child", 0, 1)
		send("child", 1, 2)
		send("child", 2, 3)
		send("master", 0, 1)
		send("master", 1, 2)
		time.Sleep(14 * time.Second)
		expect(t, b)
		time.Sleep(2 * time.Second)
		expect(t, b, "0[0],1[1]")
		// Master 2 is read in the second window but waits for the child's next key until the third.
		send("master", 2, 3)
		time.Sleep(20 * time.Second)
		send("child", 3, 9)
		time.Sleep(20 * time.Second)
		expect(t, b, "0[0],1[1]", "2[2]")
		must(t, b.End("master"))
		must(t, <-done)
	})
}

// Results keep the order of the masters however long each call takes, and calls do run side by side.
func TestConcurrencyKeepsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := &tree{name: "master", items: keys(0, 0, 1, 2, 3, 4, 5, 6, 7)}
		b := tr.storage()
		tr.fill(t, b)
		spec := tr.spec(b)
		spec.Concurrency = 4
		var running, most atomic.Int32
		spec.NewFunction = func() engine.Function {
			return &function{before: func(call *engine.Call) error {
				most.Store(max(most.Load(), running.Add(1)))
				defer running.Add(-1)
				time.Sleep(time.Duration(10-call.Masters[0].Value.(*item).ID) * time.Second)
				return nil
			}}
		}
		run(t, spec)
		expect(t, b, "0", "1", "2", "3", "4", "5", "6", "7")
		if most.Load() != 4 {
			t.Errorf("%d calls ran at once, want 4", most.Load())
		}
	})
}

// While there is little to do, a prompt committer commits a result as soon as it is there; under load it waits for
// more.
func TestPromptCommits(t *testing.T) {
	tests := []struct {
		name   string
		prompt bool
		first  int  // elements that come at once
		all    bool // are visible a second after one more has come, which is long before the interval ends
	}{
		{"prompt", true, 1, true},
		{"by the interval", false, 1, false},
		{"prompt under load", true, 2000, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr := &tree{name: "master"}
				b := tr.storage(memory.Pace(broker.Pace{Interval: time.Minute, Prompt: test.prompt, Results: 1 << 20}))
				ctx, stop := context.WithCancel(t.Context())
				done := make(chan error)
				go func() { done <- engine.Run(ctx, tr.spec(b), nil) }()
				time.Sleep(time.Second)
				must(t, memory.Append(b, "master", 0, keys(0, make([]int, test.first)...)...))
				time.Sleep(time.Second)
				must(t, memory.Append(b, "master", 0, keys(0, 0)...))
				time.Sleep(time.Second)
				if got := len(outputs(t, b)); got == 0 || (got == test.first+1) != test.all {
					t.Errorf("%d results of %d are visible, want all: %v", got, test.first+1, test.all)
				}
				time.Sleep(time.Minute)
				if got := len(outputs(t, b)); got != test.first+1 {
					t.Errorf("%d results of %d are visible after the interval", got, test.first+1)
				}
				stop()
				<-done
			})
		})
	}
}

// A stretch without matches moves the positions, too: the next run doesn't read it again.
func TestPositionsMoveWithoutMatches(t *testing.T) {
	for _, concurrency := range []int{1, 3} {
		synctest.Test(t, func(t *testing.T) {
			tr := pair(nil, nil)
			b := tr.storage(memory.Batch(1))
			spec := tr.spec(b)
			spec.Concurrency = concurrency
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- engine.Run(ctx, spec, nil) }()
			for key := range 1000 {
				must(t, memory.Append(b, "master", 0, keys(1, 2*key)...))
				must(t, memory.Append(b, "child", 0, keys(0, 2*key+1)...))
			}
			time.Sleep(time.Minute)
			for _, n := range b.Progress("test", 0).Nodes {
				if n.Offset < 800 {
					t.Errorf("concurrency %d: %s goes on from %d after 1000 elements without a match", concurrency, n.Node, n.Offset)
				}
			}
			if len(b.Progress("test", 0).Nodes) == 0 {
				t.Error("no position was committed")
			}
			stop()
			<-done
		})
	}
}
