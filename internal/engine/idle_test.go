package engine_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/observe"
)

// idle is after how long the child of these tests is idle.
const idle = 10 * time.Second

// An arrival is an item that comes in the test's time; the child's where isChild.
type arrival struct {
	after   time.Duration // since the one before
	isChild bool
	step    int // from the key of the one before
	restart bool
}

// idleRun is a run of a join whose child may be idle, which is fed by hand.
type idleRun struct {
	tr    *tree
	b     *memory.Broker
	stats *engine.Stats
	stop  context.CancelFunc
	done  chan error
}

// startIdle starts a run of a join whose child may be idle. It must be called in a bubble.
func startIdle(t *testing.T, tr *tree, b *memory.Broker, policy engine.PolicyKind) *idleRun {
	spec := tr.spec(b)
	spec.Master.Children[0].Idle = engine.IdleAfter(idle)
	spec.OnDisorder = engine.Policy{Kind: policy}
	spec.OnUnmatched = func(*observe.Unmatched) {} // so that what goes by unmatched is committed soon
	ctx, stop := context.WithCancel(t.Context())
	r := &idleRun{tr, b, &engine.Stats{}, stop, make(chan error, 1)}
	go func() { r.done <- engine.Run(ctx, spec, r.stats) }()
	return r
}

// feed appends an item and has the run take it.
func (r *idleRun) feed(t fatal, isChild bool, id, key int) {
	stream := "master"
	if isChild {
		stream = "child"
	}
	if err := memory.Append(r.b, stream, 0, item{ID: id, Up: key, Down: []int{key}, Sort: key}); err != nil {
		t.Fatalf("%v", err)
	}
	settle()
}

// settle lets the run commit what it can, in no time that matters.
func settle() { time.Sleep(time.Millisecond); synctest.Wait() }

// end stops the run, and returns its error unless that says so.
func (r *idleRun) end() error {
	r.stop()
	if err := <-r.done; !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func letters(t fatal, b *memory.Broker) (offsets []int64) {
	all, err := memory.Elements[failed](b, "failed", 0)
	if err != nil {
		t.Fatalf("%v", err)
	}
	for _, l := range all {
		offsets = append(offsets, l.Offset)
	}
	return offsets
}

// R13: an idle stream isn't waited for; what comes late goes by the policy, and serves what comes next, before and after a
// restart.
func TestR13LateElements(t *testing.T) {
	for _, restart := range []bool{false, true} {
		for _, policy := range []engine.PolicyKind{engine.Fail, engine.Skip, engine.DeadLetter} {
			t.Run(fmt.Sprintf("restart %v, policy %v", restart, policy), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					tr := asOf()
					b := tr.storage()
					r := startIdle(t, tr, b, policy)
					defer func() { r.stop() }()
					r.feed(t, true, 0, 1)
					r.feed(t, false, 0, 5)
					time.Sleep(idle - time.Second)
					expect(t, b)
					time.Sleep(2 * time.Second)
					expect(t, b, "0[0]")
					r.feed(t, false, 1, 7)
					expect(t, b, "0[0]", "1[0]") // it goes on being idle
					if restart {
						must(t, r.end())
						r = startIdle(t, tr, b, policy)
						settle()
					}
					r.feed(t, true, 1, 6) // may match the master 7, which has gone
					if policy == engine.Fail {
						r.feed(t, false, 2, 7) // nobody reads the child before
						err := <-r.done
						if err == nil || !strings.Contains(err.Error(), "late") {
							t.Fatalf("a late element ends the run with %v", err)
						}
						return
					}
					r.feed(t, true, 2, 8) // nothing was taken for granted there
					r.feed(t, false, 2, 7)
					expect(t, b, "0[0]", "1[0]", "2[1]")
					must(t, r.end())
					var want []int64
					if policy == engine.DeadLetter {
						want = []int64{1}
					}
					if got := letters(t, b); !slices.Equal(got, want) {
						t.Errorf("letters about %v, want %v", got, want)
					}
					if late := totals(r.stats)[1].Late; late != 1 {
						t.Errorf("%d are late, not 1", late)
					}
				})
			})
		}
	}
}

// asOf is a join of each master with the last child at or before it.
func asOf() *tree {
	tr := pair(nil, nil)
	c := tr.children[0]
	c.lo, c.take, c.need = -unbounded, engine.TakeLast, engine.NeedNone
	return tr
}

// R13: with a needed match a master goes by, and its verdict says why.
func TestR13Unmatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := pair(nil, nil)
		b := tr.storage()
		r := startIdle(t, tr, b, engine.Fail)
		r.feed(t, false, 0, 5)
		time.Sleep(idle)
		r.feed(t, true, 0, 6)
		r.feed(t, false, 1, 6)
		r.feed(t, true, 1, 7)
		expect(t, b, "1[0]")
		must(t, r.end())
		master, child := totals(r.stats)[0], totals(r.stats)[1]
		if master.Unmatched["idle"] != 1 || child.Early != 1 || child.Late != 0 {
			t.Errorf("the master has %v; the child %d early and %d late", master.Unmatched, child.Early, child.Late)
		}
	})
}

// A reader that is behind the end of its stream isn't idle.
func TestR13NotWhileBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := asOf()
		b := tr.storage()
		release, err := b.BlockRead("child", 0, 1)
		must(t, err)
		r := startIdle(t, tr, b, engine.Fail)
		r.feed(t, true, 0, 1)
		r.feed(t, true, 1, 4)
		r.feed(t, false, 0, 5)
		time.Sleep(10 * idle)
		expect(t, b)
		release()
		time.Sleep(2 * idle)
		expect(t, b, "0[1]")
		must(t, r.end())
	})
}

// What waits to be in order is released when the stream is idle, and what comes then before it is late, after a restart, too.
func TestR13Sorted(t *testing.T) {
	for _, restart := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			tr := asOf()
			tr.children[0].sort = &sorting{lateness: 5}
			b := tr.storage()
			r := startIdle(t, tr, b, engine.DeadLetter)
			defer func() { r.stop() }()
			r.feed(t, true, 0, 9)
			r.feed(t, true, 1, 7)
			r.feed(t, false, 0, 8)
			expect(t, b)
			time.Sleep(idle)
			settle()
			expect(t, b, "0[1]") // 9 was released, and is above
			r.feed(t, false, 1, 9)
			time.Sleep(idle)
			settle()
			expect(t, b, "0[1]", "1[0]")
			if restart {
				must(t, r.end())
				r = startIdle(t, tr, b, engine.DeadLetter)
				settle()
			}
			r.feed(t, true, 2, 8) // before 9, which went out
			r.feed(t, true, 3, 9) // in order, but late for master 9
			r.feed(t, false, 2, 9)
			time.Sleep(idle + time.Second)
			settle()
			expect(t, b, "0[1]", "1[0]", "2[3]")
			must(t, r.end())
			if got := letters(t, b); !slices.Equal(got, []int64{2, 3}) {
				t.Errorf("letters about %v, want 2 and 3", got)
			}
		})
	}
}

// A run that goes on without idle streams says so in its first line.
func TestR13Guarantee(t *testing.T) {
	tr := pair([]int{1}, []int{1})
	b := tr.storage()
	tr.fill(t, b)
	spec := tr.spec(b)
	spec.Master.Children[0].Idle = engine.IdleAfter(idle)
	var log strings.Builder
	spec.Logger = slog.New(slog.NewTextHandler(&log, nil))
	run(t, spec)
	first, _, _ := strings.Cut(log.String(), "\n")
	if !strings.Contains(first, "exactly once; with those matches that came in time") {
		t.Errorf("the first line is %s", first)
	}
}

// TestR13Reference compares runs with a naive reference of R13 and R3a, in a time of the test's, that are stopped and go on:
// each master is handed over once, with the matches that had come by the time that it was certain, or the child idle.
func TestR13Reference(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tr := pair(nil, nil)
		c := tr.children[0]
		c.need = rapid.SampledFrom([]engine.Need{engine.NeedOne, engine.NeedNone, engine.NeedAbsent}).Draw(rt, "need")
		c.lo = rapid.SampledFrom([]int{0, -2, 1}).Draw(rt, "lo")
		c.hi = max(c.lo, rapid.IntRange(0, 2).Draw(rt, "hi"))
		if c.need != engine.NeedAbsent {
			c.take = rapid.SampledFrom([]engine.Take{engine.TakeAll, engine.TakeFirst, engine.TakeLast,
				engine.TakeNearest}).Draw(rt, "take")
		}
		policy := rapid.SampledFrom([]engine.PolicyKind{engine.Skip, engine.DeadLetter}).Draw(rt, "policy")
		arrivals := drawArrivals(rt)
		var err error
		synctest.Test(t, func(t *testing.T) { err = checkIdle(t, tr, policy, arrivals) })
		if err != nil {
			rt.Fatalf("%v", err)
		}
	})
}

func drawArrivals(rt *rapid.T) []arrival {
	return rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) arrival {
		return arrival{
			after:   time.Duration(rapid.SampledFrom([]int{1, 1, 1, 4, 12, 25}).Draw(rt, "after")) * time.Second,
			isChild: rapid.Bool().Draw(rt, "child"),
			step:    rapid.IntRange(0, 3).Draw(rt, "step"),
			restart: rapid.IntRange(0, 4).Draw(rt, "restart") == 0,
		}
	}), 1, 14).Draw(rt, "arrivals")
}

// checkIdle feeds what arrives, stops the run in between, and compares with the reference.
func checkIdle(t *testing.T, tr *tree, policy engine.PolicyKind, arrivals []arrival) error {
	b := tr.storage()
	r := startIdle(t, tr, b, policy)
	defer func() { r.stop() }()
	ref := &idleReference{tr: tr}
	var last [2]int
	for i, a := range arrivals {
		if a.restart {
			if err := r.end(); err != nil {
				return fmt.Errorf("run: %w", err)
			}
			r = startIdle(t, tr, b, policy)
			settle()
			ref.restart()
		}
		time.Sleep(a.after)
		settle()
		ref.pass(a.after)
		side := 0
		if a.isChild {
			side = 1
		}
		last[side] += a.step
		r.feed(t, a.isChild, i, last[side])
		ref.come(a.isChild, item{ID: i, Up: last[side], Down: []int{last[side]}})
	}
	r.feed(t, false, len(arrivals), last[0]+100) // so that all is read
	ref.come(false, item{ID: len(arrivals), Down: []int{last[0] + 100}})
	time.Sleep(2 * idle)
	settle()
	ref.pass(2 * idle)
	if err := r.end(); err != nil {
		return fmt.Errorf("run: %w", err)
	}
	if got := outputs(t, b); !slices.Equal(got, ref.calls) {
		return fmt.Errorf("calls  %v\nwanted %v", got, ref.calls)
	}
	if got := letters(t, b); policy == engine.DeadLetter && !slices.Equal(got, ref.late) {
		return fmt.Errorf("letters about %v, want %v", got, ref.late)
	}
	return nil
}

// TestR13Once lets commits fail and get lost: each master is handed over exactly once all the same.
func TestR13Once(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		arrivals, isLost := drawArrivals(rt), rapid.Bool().Draw(rt, "is lost")
		var failure error
		synctest.Test(t, func(t *testing.T) { failure = checkOnce(t, arrivals, isLost) })
		if failure != nil {
			rt.Fatalf("%v", failure)
		}
	})
}

// checkOnce feeds what arrives, lets a commit fail, or get lost, where it says restart, and looks at what came out.
func checkOnce(t *testing.T, arrivals []arrival, isLost bool) (failure error) {
	tr := asOf()
	b := tr.storage()
	r := startIdle(t, tr, b, engine.Skip)
	defer func() { r.stop() }()
	again := func() {
		settle()
		select {
		case err := <-r.done:
			if !errors.Is(err, errCrash) {
				failure = fmt.Errorf("run: %w", err)
			}
			r = startIdle(t, tr, b, engine.Skip)
			settle()
		default:
		}
	}
	var last [2]int
	var masters []string
	for i, a := range arrivals {
		switch {
		case a.restart && isLost:
			b.LoseCommit(1, errCrash)
		case a.restart:
			b.FailCommit(1, errCrash)
		}
		time.Sleep(a.after)
		again()
		side := 1
		if !a.isChild {
			side, masters = 0, append(masters, fmt.Sprint(i))
		}
		last[side] += a.step
		r.feed(t, a.isChild, i, last[side])
		again()
	}
	for range len(arrivals) + 1 { // as many commits may fail
		time.Sleep(2 * idle)
		again()
	}
	if err := r.end(); err != nil && !errors.Is(err, errCrash) {
		failure = fmt.Errorf("run: %w", err)
	}
	var got []string
	for _, call := range outputs(t, b) {
		id, _, _ := strings.Cut(call, "[")
		got = append(got, id)
	}
	if !slices.Equal(got, masters) {
		return fmt.Errorf("handed over %v, want %v", got, masters)
	}
	return failure
}

// An idleReference is R13 and R3a over slices: masters wait in a line, the first of it until it is certain, or the child
// was waited for long enough and has nothing.
type idleReference struct {
	tr      *tree
	waiting []item
	// waited is how long the child was waited for since it had something last, and isAwaited says that somebody has.
	isAwaited bool
	waited    time.Duration
	calls     []string
	late      []int64 // offsets
	// from and to are the keys within reach of the masters that have gone on early; has says that there are any.
	from, to int
	has      bool
}

func (r *idleReference) come(isChild bool, it item) {
	if !isChild {
		r.waiting = append(r.waiting, it)
		r.handOver()
		return
	}
	c := r.tr.children[0]
	c.items = append(c.items, it)
	r.waited, r.isAwaited = 0, false
	if r.has && it.Up > r.to {
		r.has = false
	}
	if r.has && it.Up >= r.from {
		r.late = append(r.late, int64(len(c.items)-1))
	}
	r.handOver()
}

// handOver hands over the masters at the head of the line that needn't wait any more.
func (r *idleReference) handOver() {
	c := r.tr.children[0]
	for len(r.waiting) > 0 {
		m := r.waiting[0]
		found, certain := r.tr.look(m, 0, false)
		if !certain {
			r.isAwaited = true
			if r.waited < idle {
				return
			}
			left := m.Down[0]
			if !r.has {
				r.from, r.has = left+c.lo, true
			}
			r.to = left + c.hi
		}
		r.waiting = r.waiting[1:]
		switch {
		case c.need == engine.NeedOne && len(found) == 0, c.need == engine.NeedAbsent && len(found) > 0:
			continue
		case c.need == engine.NeedAbsent:
			found = nil
		}
		var ids []string
		for _, f := range found {
			ids = append(ids, fmt.Sprint(f.ID))
		}
		r.calls = append(r.calls, fmt.Sprintf("%d[%s]", m.ID, strings.Join(ids, " ")))
	}
}

// pass lets time pass.
func (r *idleReference) pass(d time.Duration) {
	if r.isAwaited {
		r.waited += d
	}
	r.handOver()
}

// restart has the child waited for anew.
func (r *idleReference) restart() { r.waited, r.isAwaited = 0, len(r.waiting) > 0 }
