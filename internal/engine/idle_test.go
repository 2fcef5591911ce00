package engine_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker"
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
	return startIdleFrom(t, tr, b, recycling{b}, policy)
}

// startIdleFrom is startIdle with another source than the storage itself.
func startIdleFrom(t *testing.T, tr *tree, b *memory.Broker, from broker.Source, policy engine.PolicyKind) *idleRun {
	spec := tr.spec(b)
	spec.Source = from
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
					if late := totals(r.stats)[1].Missed; late != 1 {
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
		if master.Unmatched["idle"] != 1 || child.Early != 1 || child.Missed != 0 {
			t.Errorf("the master has %v; the child %d early and %d late", master.Unmatched, child.Early, child.Missed)
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

// Only what an element that has gone on would have taken is late: what nobody has missed stops no run.
func TestR13OnTime(t *testing.T) {
	by := func(tr *tree) { tr.children[0].by = true }
	nearest := func(tr *tree) {
		c := tr.children[0]
		c.lo, c.hi, c.take = -5, 5, engine.TakeNearest
	}
	unequal := func(tr *tree) {
		c := tr.children[0]
		c.lo, c.hi, c.unequal = -2, 2, true
	}
	for _, test := range []struct {
		name            string
		set             func(*tree)
		before, masters []item
		onTime, late    item
	}{
		{"between", func(*tree) {}, nil, []item{{Up: 5}, {Up: 9}}, item{Up: 7}, item{Up: 9}},
		{"below", func(*tree) {}, nil, []item{{Up: 5}}, item{Up: 4}, item{Up: 5}},
		{"match key", by, nil, []item{{Up: 5, ByUp: 1}}, item{Up: 5, ByUp: 2}, item{Up: 5, ByUp: 1}},
		{"nearest", nearest, []item{{Up: 8}}, []item{{Up: 10}}, item{Up: 12}, item{Up: 11}},
		{"nearest, equal", nearest, []item{{Up: 10}}, []item{{Up: 10}}, item{Up: 11}, item{Up: 10}},
		{"nearest, none yet", nearest, nil, []item{{Up: 10}}, item{Up: 16}, item{Up: 15}},
		{"unequal", unequal, nil, []item{{Up: 10}}, item{Up: 10}, item{Up: 11}},
		{"unequal, below", unequal, nil, []item{{Up: 10}}, item{Up: 13}, item{Up: 9}},
	} {
		for _, isLate := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				tr := pair(nil, nil)
				test.set(tr)
				b := tr.storage()
				r := startIdle(t, tr, b, engine.Fail)
				defer func() { r.stop() }()
				feed := func(stream string, items ...item) {
					for i := range items {
						items[i].Down, items[i].ByDown = []int{items[i].Up}, []int{items[i].ByUp}
					}
					must(t, memory.Append(b, stream, 0, items...))
					settle()
				}
				feed("child", slices.Clone(test.before)...)
				feed("master", slices.Clone(test.masters)...)
				time.Sleep(idle * time.Duration(len(test.masters)))
				settle()
				if early := totals(r.stats)[1].Early; early != int64(len(test.masters)) {
					t.Errorf("%s: %d have gone on early", test.name, early)
				}
				if isLate {
					feed("child", test.late)
				} else {
					feed("child", test.onTime)
				}
				feed("master", item{Up: 100}) // has the child read
				time.Sleep(idle)
				settle()
				if err := r.end(); (err != nil) != isLate {
					t.Errorf("%s, late %v: %v", test.name, isLate, err)
				}
			})
		}
	}
}

// A probed storage is one that can be asked whether it is away.
type probed struct {
	broker.Source
	isAway *atomic.Bool
	probes *atomic.Int64
}

func (p probed) OpenSource(ctx context.Context, job *broker.Job) (broker.Input, error) {
	in, err := p.Source.OpenSource(ctx, job)
	return probedInput{in, p}, err
}

type probedInput struct {
	broker.Input
	probed
}

func (in probedInput) Reader(ctx context.Context, node, partition int, from int64) (broker.Reader, error) {
	r, err := in.Input.Reader(ctx, node, partition, from)
	return probedReader{r, in.probed}, err
}

type probedReader struct {
	broker.Reader
	probed
}

func (r probedReader) End() int64 { return r.Reader.(broker.Lagger).End() }

func (r probedReader) Probe(context.Context, int64) (int64, error) {
	if r.probes.Add(1); r.isAway.Load() {
		return 0, errors.New("away")
	}
	return r.End(), nil
}

// A time when the storage is away doesn't count: when it is back, the wait begins again, so that what was to come meanwhile
// has that time. That holds whenever the storage goes: while the join waits, and when the stream was idle before.
func TestR13NotWhileAway(t *testing.T) {
	for _, test := range []struct {
		name       string
		goes, away time.Duration // after the master has come, and for how long
	}{
		{"at once", 0, 5 * idle},
		{"short", time.Second, idle - 2*time.Second},
		{"late", idle - time.Second, 2 * idle},
	} {
		synctest.Test(t, func(t *testing.T) {
			tr := asOf()
			b := tr.storage()
			p := probed{b, &atomic.Bool{}, &atomic.Int64{}}
			r := startIdleFrom(t, tr, b, p, engine.Fail)
			defer func() { r.stop() }()
			r.feed(t, true, 0, 1)
			r.feed(t, false, 0, 5)
			time.Sleep(test.goes)
			p.isAway.Store(true)
			time.Sleep(test.away)
			p.isAway.Store(false)
			time.Sleep(idle - 2*time.Second)
			expect(t, b)
			r.feed(t, true, 1, 4) // what could not be written before
			r.feed(t, true, 2, 6)
			expect(t, b, "0[1]")
			r.feed(t, false, 1, 8) // is waited for, and goes out when the storage has been there for long enough
			time.Sleep(idle + 2*time.Second)
			expect(t, b, "0[1]", "1[2]")
			p.isAway.Store(true)
			time.Sleep(2 * time.Second)
			r.feed(t, false, 2, 9) // the stream is idle, and the storage away since
			time.Sleep(2 * idle)
			expect(t, b, "0[1]", "1[2]")
			p.isAway.Store(false)
			time.Sleep(idle + 2*time.Second)
			expect(t, b, "0[1]", "1[2]", "2[2]")
			must(t, r.end())
			if probes := p.probes.Load(); probes > 200 {
				t.Errorf("%s: the storage was asked %d times", test.name, probes)
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
