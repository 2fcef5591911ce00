package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/observe"
)

// An idleCase is a mill of any form with streams that may be idle, in a time of the test's, and what comes to it.
type idleCase struct {
	t           *testing.T
	tr          *tree
	policy      engine.PolicyKind
	byKey       bool
	count       int
	concurrency int
	batch       int
	partitions  int
	events      []idleEvent
	// dies says that each run dies behind its first commit.
	dies bool

	b     *memory.Broker
	joins []*idleJoin
	begun time.Time
	stop  context.CancelFunc
	done  chan error
	stats *engine.Stats
	// restarts counts the runs but for the first, and late is the error that ended the last one under policy Fail.
	restarts int
	late     *broker.PositionError
}

// An idleEvent is an item that comes to a node, after the one before, where the run may be stopped, or dies at its next commit.
type idleEvent struct {
	after           time.Duration
	node, partition int
	it              item
	how             string
}

// R13: whatever the tree, the streams that may be idle, and wherever runs end: each master is handed over exactly once, with
// the matches that had come when it was certain or the streams that it waited for were idle; and what is late is told, and
// nothing else.
func TestR13RandomTrees(t *testing.T) {
	cases, ended := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		c := drawIdleCase(rt)
		var err error
		synctest.Test(t, func(t *testing.T) {
			c.t = t
			err = c.check()
		})
		if cases++; c.late != nil {
			ended++
		}
		if err != nil {
			rt.Fatalf("%v\n%v", err, c.tr)
		}
	})
	t.Logf("%d cases, of which a late element has ended %d", cases, ended)
}

func drawIdleCase(t *rapid.T) *idleCase {
	c := &idleCase{
		tr: drawIdleTree(t),
		policy: rapid.SampledFrom([]engine.PolicyKind{engine.Fail, engine.Skip, engine.DeadLetter,
			engine.DeadLetter}).Draw(t, "policy"),
		concurrency: rapid.SampledFrom([]int{0, 0, 3}).Draw(t, "concurrency"),
		batch:       rapid.IntRange(1, 3).Draw(t, "batch"),
		partitions:  rapid.SampledFrom([]int{1, 1, 2}).Draw(t, "partitions"),
		count:       1,
	}
	switch rapid.SampledFrom([]string{"", "", "key", "count"}).Draw(t, "window") {
	case "key":
		c.byKey = true
	case "count":
		c.count = 3
	}
	calm := rapid.Bool().Draw(t, "calm")
	c.dies = !calm && rapid.IntRange(0, 2).Draw(t, "dies at every commit") == 0
	nodes := c.tr.nodes()
	last := make([][]item, c.partitions)
	for p := range last {
		for _, n := range nodes {
			last[p] = append(last[p], item{ID: -1, Down: make([]int, len(n.children))})
		}
	}
	for range rapid.IntRange(1, 20).Draw(t, "events") {
		e := idleEvent{
			after:     time.Duration(rapid.SampledFrom([]int{0, 1, 1, 1, 4, 12, 25}).Draw(t, "after")) * time.Second,
			node:      rapid.IntRange(0, len(nodes)-1).Draw(t, "node"),
			partition: rapid.IntRange(0, c.partitions-1).Draw(t, "partition"),
		}
		if !calm {
			e.how = rapid.SampledFrom([]string{"", "", "", "", "stop", "fail", "lose"}).Draw(t, "how")
		}
		e.it = drawNext(t, nodes[e.node], &last[e.partition][e.node])
		c.events = append(c.events, e)
	}
	return c
}

// drawIdleTree draws a tree of which each node but the master may be idle, or be put in order.
func drawIdleTree(t *rapid.T) *tree {
	nodes := make([]*tree, rapid.IntRange(2, 4).Draw(t, "nodes"))
	for i := range nodes {
		n := &tree{name: fmt.Sprintf("n%d", i), nulls: rapid.IntRange(0, 3).Draw(t, "nulls") == 0}
		if nodes[i] = n; i == 0 {
			continue
		}
		n.kind = rapid.SampledFrom([]string{"int", "float", "string"}).Draw(t, "kind")
		n.unique = rapid.IntRange(0, 4).Draw(t, "unique") == 0
		drawEdge(t, n)
		n.idles = i == 1 || rapid.Bool().Draw(t, "idles")
		if n.idles {
			n.hi = min(n.hi, 3) // New refuses idle streams without an upper bound
		}
		parent := nodes[rapid.IntRange(0, i-1).Draw(t, "parent")]
		parent.children = append(parent.children, n)
	}
	for _, n := range nodes[1:] {
		if len(n.children) == 0 && rapid.IntRange(0, 3).Draw(t, "sorts") == 0 {
			n.sort = &sorting{lateness: 3}
		}
	}
	return nodes[0]
}

// drawNext draws the next item of a stream, of which last is the one before, with its keys.
func drawNext(t *rapid.T, n *tree, last *item) item {
	step := func(key *int) {
		*key += rapid.SampledFrom([]int{0, 1, 1, 1, 2, 3}).Draw(t, "step")
	}
	before := last.Up
	last.ID++
	step(&last.Up)
	step(&last.Window)
	for c := range last.Down {
		step(&last.Down[c])
	}
	if n.unique && last.Up == before {
		last.Up++
	}
	it := *last
	it.Down, it.ByDown = slices.Clone(last.Down), make([]int, len(n.children))
	it.ByUp, it.Window = rapid.IntRange(0, 2).Draw(t, "by"), last.Window/4
	for c := range n.children {
		it.ByDown[c] = rapid.IntRange(0, 2).Draw(t, "by of child")
	}
	if n.sort != nil && !n.unique {
		it.Up -= rapid.SampledFrom([]int{0, 0, 1, 2, 3, 5}).Draw(t, "late by")
	}
	it.Sort = it.Up
	if n.nulls {
		drawNulls(t, &it)
	}
	return it
}

// check has all come, and compares.
func (c *idleCase) check() error {
	options := []memory.Option{memory.Batch(c.batch), memory.Stream[output]("output", memory.Partitions(c.partitions)),
		memory.Stream[failed]("failed", memory.Partitions(c.partitions))}
	for _, n := range c.tr.nodes() {
		options = append(options, memory.Stream[item](n.name, memory.Named(n.name), memory.Partitions(c.partitions)))
	}
	c.b, c.begun = memory.New(options...), time.Now()
	for range c.partitions {
		j := newIdleJoin(c.tr.copied())
		j.byKey, j.count = c.byKey, c.count
		c.joins = append(c.joins, j)
	}
	c.start()
	defer func() { c.stop() }()
	for _, e := range c.events {
		if err := c.do(e); err != nil || c.late != nil {
			return err
		}
	}
	for range 2 * len(c.tr.nodes()) { // as many may wait one after the other, and a commit may fail yet
		if err := c.pass(2 * idle); err != nil || c.late != nil {
			return err
		}
	}
	c.stop()
	switch err := <-c.done; {
	case c.dies && errors.Is(err, errCrash):
		c.restarts++
	case !errors.Is(err, context.Canceled):
		return fmt.Errorf("run: %w", err)
	}
	return c.compare()
}

// copied returns a tree without items.
func (t *tree) copied() *tree {
	c := *t
	c.children, c.items = nil, nil
	for _, child := range t.children {
		c.children = append(c.children, child.copied())
	}
	return &c
}

func (c *idleCase) start() {
	spec := c.tr.spec(c.b)
	for i, n := range spec.Master.Nodes() {
		if c.tr.nodes()[i].idles {
			n.Idle = engine.IdleAfter(idle)
		}
	}
	spec.OnDisorder = engine.Policy{Kind: c.policy}
	spec.OnUnmatched = func(*observe.Unmatched) {} // so that what goes by unmatched is committed soon
	spec.Concurrency = c.concurrency
	switch {
	case c.byKey:
		windowed(spec)
	case c.count > 1:
		spec.Window = &engine.Window{Count: c.count}
	}
	ctx, stop := context.WithCancel(c.t.Context())
	c.stop, c.done, c.stats = stop, make(chan error, 1), &engine.Stats{}
	if c.dies && c.b.FaultsLeft() == 0 {
		c.b.LoseCommit(1, errCrash)
	}
	go func() { c.done <- engine.Run(ctx, spec, c.stats) }()
	settle()
}

func (c *idleCase) do(e idleEvent) error {
	switch e.how {
	case "stop":
		c.stop()
		if err := c.again(<-c.done); err != nil || c.late != nil {
			return err
		}
	case "fail":
		c.b.FailCommit(1, errCrash)
	case "lose":
		c.b.LoseCommit(1, errCrash)
	}
	if err := c.pass(e.after); err != nil || c.late != nil {
		return err
	}
	if err := memory.Append(c.b, c.tr.nodes()[e.node].name, e.partition, e.it); err != nil {
		return err
	}
	c.joins[e.partition].come(e.node, e.it)
	return c.pass(0)
}

// pass lets time pass, and starts runs that have died meanwhile again, until one goes on.
func (c *idleCase) pass(d time.Duration) error {
	time.Sleep(d)
	settle()
	for _, j := range c.joins {
		j.pass(time.Since(c.begun))
	}
	for {
		select {
		case err := <-c.done:
			if err := c.again(err); err != nil || c.late != nil {
				return err
			}
		default:
			return nil
		}
	}
}

// again starts a run where the last one, which has returned err, was stopped or has died at a commit.
func (c *idleCase) again(err error) error {
	at, isLocated := errors.AsType[*broker.PositionError](err)
	switch {
	case isLocated && c.policy == engine.Fail:
		c.late = at
		return c.checkLate()
	case !errors.Is(err, context.Canceled) && !errors.Is(err, errCrash):
		return fmt.Errorf("run: %w", err)
	}
	c.restarts++
	for p, j := range c.joins {
		if err := j.restart(c.b.Progress("test", p).Nodes, c.outputs(p)); err != nil {
			return err
		}
	}
	c.start()
	for _, j := range c.joins {
		j.pass(time.Since(c.begun))
	}
	return nil
}

func (c *idleCase) outputs(partition int) (calls []string) {
	results, err := memory.Elements[output](c.b, "output", partition)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, r := range results {
		calls = append(calls, r.Call)
	}
	return calls
}

// checkLate checks that a run was right to stop at a late element.
func (c *idleCase) checkLate() error {
	for i, n := range c.tr.nodes() {
		if n.name != c.late.Position.Stream {
			continue
		}
		if _, may := c.joins[c.late.Position.Partition].nodes[i].late(); !may[int(c.late.Position.Offset)] {
			return fmt.Errorf("nobody has gone on without what is said to be late: %w", c.late)
		}
	}
	for p, j := range c.joins {
		if got := c.outputs(p); len(got) > len(j.calls) || !slices.Equal(got, j.texts()[:len(got)]) {
			return fmt.Errorf("calls  %q\nwanted %v", got, j.calls)
		}
	}
	return nil
}

func (j *idleJoin) texts() (texts []string) {
	for _, c := range j.calls {
		texts = append(texts, c.text)
	}
	return texts
}

// compare compares calls, letters and counts with the reference's.
func (c *idleCase) compare() error {
	must, may, early := 0, 0, make([]int, len(c.tr.nodes()))
	for p, j := range c.joins {
		if got := c.outputs(p); !slices.Equal(got, j.texts()) {
			return fmt.Errorf("partition %d: calls  %q\nwanted %v", p, got, j.calls)
		}
		told, err := memory.Elements[failed](c.b, "failed", p)
		if err != nil {
			return err
		}
		for i, n := range j.nodes {
			early[i] += len(n.given)
			lower, upper, err := n.compareLetters(told, c.b.Progress("test", p).Nodes, i)
			if err != nil && c.policy == engine.DeadLetter {
				return fmt.Errorf("partition %d: %w", p, err)
			}
			must, may = must+lower, may+upper
		}
	}
	if c.restarts > 0 {
		return nil
	}
	late := 0
	for i, n := range totals(c.stats) {
		if late += int(n.Late + n.Missed); int(n.Early) != early[i] {
			return fmt.Errorf("%d have gone on early without %s, want %d", n.Early, c.tr.nodes()[i].name, early[i])
		}
	}
	if late < must || late > may || c.policy == engine.Fail && must > 0 {
		return fmt.Errorf("%d are late by policy %v, want %d to %d", late, c.policy, must, may)
	}
	return nil
}

// compareLetters checks that what must be late is told, and nothing that may not. What nobody has read yet isn't told.
func (n *idleNode) compareLetters(told []failed, kept []broker.Rewind, node int) (must, may int, err error) {
	about := map[int]bool{}
	for _, l := range told {
		if l.Node != n.tree.name {
			continue
		}
		if about[int(l.Offset)] {
			return 0, 0, fmt.Errorf("two letters about %s@%d: %v", n.tree.name, l.Offset, told)
		}
		about[int(l.Offset)] = true
	}
	musts, mays := n.late()
	var wrong []string
	for _, it := range n.arrivals {
		isRead := len(kept) > 0 && it.ID < int(kept[node].Seen)
		if musts[it.ID] && isRead {
			must++
		}
		if mays[it.ID] {
			may++
		}
		if musts[it.ID] && isRead && !about[it.ID] || about[it.ID] && !mays[it.ID] {
			wrong = append(wrong, fmt.Sprintf("%s@%d", n.tree.name, it.ID))
		}
	}
	if wrong != nil {
		return must, may, fmt.Errorf("letters are missing or too many about %s: %v", strings.Join(wrong, ", "), told)
	}
	return must, may, nil
}
