package engine_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/internal/engine"
)

// A campaign is a mill that runs again and again, over streams of several partitions that grow meanwhile, with all
// that may happen to it: sessions that the function ends, a mark or the data timeout, crashes at any commit,
// policies, windows, calls side by side, nodes that share a stream, a second instance, positions that are values.
type campaign struct {
	*rapid.T
	storage *memory.Broker
	lanes   []*lane
	spec    *engine.Spec
	window  windowing
	// disorder, decode and onError are the policies; Fail where nothing goes wrong.
	disorder, decode, onError engine.PolicyKind
	// reports says that what is not handed over is told, and crashes that runs die.
	reports, crashes bool
	// values says that positions are kept as values, not as offsets.
	values bool
	// together says that the output encodes results itself, and gets them side by side.
	together bool
	// unmatched is how many elements of each node the runs have counted, unless one died or its end isn't exact.
	unmatched   []int64
	isUncounted bool
	// runs counts those of the engine.
	runs *int
}

// R1 to R10: whatever ends the sessions and wherever runs die, what is committed is what the naive reference has, and
// each element that is not handed over is told once.
func TestCampaign(t *testing.T) {
	cases, runs := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		cases++
		c := drawCampaign(t, &runs)
		stages := rapid.IntRange(1, 4).Draw(t, "stages")
		for stage := range stages {
			c.drawSpec()
			for _, l := range c.lanes {
				c.feed(l, stage == stages-1)
			}
			c.run(stage)
		}
		c.checkLetters()
		if c.reports {
			c.checkReports()
		}
	})
	t.Logf("%d cases, %d runs of the engine", cases, runs)
}

func drawCampaign(t *rapid.T, runs *int) *campaign {
	kinds := []engine.PolicyKind{engine.Fail, engine.Fail, engine.Skip, engine.DeadLetter}
	c := &campaign{T: t, runs: runs,
		disorder: rapid.SampledFrom(kinds).Draw(t, "on disorder"),
		decode:   rapid.SampledFrom(kinds).Draw(t, "on undecodable"),
		onError:  rapid.SampledFrom(append(kinds, engine.Retry)).Draw(t, "on error"),
		reports:  rapid.Bool().Draw(t, "reports"),
		crashes:  rapid.IntRange(0, 3).Draw(t, "crashes") > 0,
		values:   rapid.IntRange(0, 3).Draw(t, "values") == 0,
		together: rapid.Bool().Draw(t, "together"),
	}
	shape := drawShape(t)
	if c.disorder != engine.Fail {
		withoutFunctions(shape) // what a function shows of disorder depends on which elements it is asked about
	}
	shape.nulls = rapid.Bool().Draw(t, "nulls") &&
		!slices.ContainsFunc(shape.nodes(), func(n *tree) bool { return n.kind == "func" })
	partitions := rapid.SampledFrom([]int{1, 1, 2}).Draw(t, "partitions")
	options := []memory.Option{
		memory.Batch(rapid.IntRange(1, 5).Draw(t, "batch")), memory.DataTimeout(time.Nanosecond),
		memory.Pace(broker.Pace{Results: 1, Bytes: 1}),
	}
	for _, n := range shape.nodes() {
		if n.stream == "" {
			options = append(options, memory.Stream[item](n.name, memory.Named(n.name), memory.Partitions(partitions),
				memory.Gaps(rapid.IntRange(0, 1).Draw(t, "gaps"))))
		}
	}
	options = append(options,
		memory.Stream[output]("output", memory.Partitions(partitions)),
		memory.Stream[failed]("failed", memory.Partitions(partitions)),
		memory.Stream[reported]("unmatched", memory.Partitions(partitions)))
	c.storage, c.unmatched = memory.New(options...), make([]int64, len(shape.nodes()))
	for p := range partitions {
		l := &lane{
			partition: p, shape: shape, base: map[string]int{},
			handed: map[position]bool{}, failed: map[position]bool{},
		}
		c.drawSession(l)
		c.lanes = append(c.lanes, l)
	}
	return c
}

// drawShape draws a join tree in which some nodes share the stream of another.
func drawShape(t *rapid.T) *tree {
	nodes := make([]*tree, rapid.IntRange(1, 4).Draw(t, "nodes"))
	for i := range nodes {
		nodes[i] = &tree{name: fmt.Sprintf("n%d", i)}
		if i == 0 {
			continue
		}
		nodes[i].kind = rapid.SampledFrom([]string{"int", "float", "string", "func"}).Draw(t, "kind")
		nodes[i].unique = rapid.IntRange(0, 4).Draw(t, "unique") == 0
		drawEdge(t, nodes[i])
		parent := nodes[rapid.IntRange(0, i-1).Draw(t, "parent")]
		parent.children = append(parent.children, nodes[i])
		if rapid.IntRange(0, 3).Draw(t, "shares") == 0 {
			nodes[i].stream = nodes[rapid.IntRange(0, i-1).Draw(t, "stream of")].streamName()
		}
	}
	return nodes[0]
}

// drawSession draws the streams of a lane's next session, and what the function does in it.
func (c *campaign) drawSession(l *lane) {
	l.rows, l.have, l.marked = map[string][]row{}, map[string]int{}, map[string]bool{}
	l.from, l.over, l.runs = 0, false, 0
	for _, n := range l.shape.nodes() {
		if n.stream == "" {
			l.rows[n.name] = c.drawRows(l.shape, n.name)
		}
	}
	l.plan = plan{fails: map[int]bool{}, end: -1}
	masters := len(l.rows[l.shape.name])
	if masters > 0 && rapid.IntRange(0, 2).Draw(c.T, "ended by the function") == 0 {
		l.plan.end = rapid.IntRange(0, masters-1).Draw(c.T, "end")
		l.plan.withValue = rapid.Bool().Draw(c.T, "with a result")
	}
	if c.onError != engine.Fail {
		for range rapid.IntRange(0, 3).Draw(c.T, "failures") {
			l.plan.fails[rapid.IntRange(0, 11).Draw(c.T, "fails at")] = true
		}
	}
}

// drawRows draws a stream that fits all nodes that read it, but for what the policies are for.
func (c *campaign) drawRows(shape *tree, stream string) []row {
	widest := &tree{nulls: shape.nulls}
	for _, n := range shape.nodes() {
		if n.streamName() == stream {
			widest.unique = widest.unique || n.unique
			if len(n.children) > len(widest.children) {
				widest.children = n.children
			}
		}
	}
	items := drawItems(c.T, widest)
	rows := make([]row, min(len(items), 12))
	for i := range rows {
		rows[i].item = items[i]
	}
	if c.disorder != engine.Fail && len(rows) > 1 {
		for range rapid.IntRange(0, 2).Draw(c.T, "swaps") {
			i := rapid.IntRange(1, len(rows)-1).Draw(c.T, "swap")
			rows[i-1], rows[i] = rows[i], rows[i-1]
		}
	}
	if c.decode != engine.Fail && len(rows) > 0 {
		for range rapid.IntRange(0, 2).Draw(c.T, "garbage") {
			rows[rapid.IntRange(0, len(rows)-1).Draw(c.T, "garbage at")].garbage = true
		}
	}
	for i := range rows {
		rows[i].item.ID = i
	}
	return rows
}

// drawSpec draws how the mill is run next.
func (c *campaign) drawSpec() {
	spec := c.lanes[0].shape.spec(c.storage)
	if c.values {
		spec.Source = valued{spec.Source}
	}
	if c.together {
		spec.Sink = together{spec.Sink}
	}
	spec.Concurrency = rapid.IntRange(1, 4).Draw(c.T, "concurrency")
	spec.SetFeedAhead(rapid.IntRange(0, 1).Draw(c.T, "feed ahead"))
	spec.SetCallBatch(rapid.SampledFrom([]int{0, 2, 5, 100}).Draw(c.T, "call batch"))
	spec.OnDisorder.Kind, spec.OnDecode.Kind = c.disorder, c.decode
	spec.OnError = engine.Policy{Kind: c.onError, Attempts: 1}
	c.window = windowing{count: 1}
	switch rapid.SampledFrom([]string{"", "", "key", "count", "moment", "age"}).Draw(c.T, "window") {
	case "key":
		windowed(spec)
		c.window = windowing{byKey: true}
	case "count":
		spec.Window = &engine.Window{Count: 3}
		c.window = windowing{count: 3}
	case "moment": // is over when the next master comes
		spec.Window = &engine.Window{Every: time.Nanosecond}
	case "age": // is over with the session
		spec.Window = &engine.Window{Every: 1000 * time.Hour}
		c.window = windowing{count: math.MaxInt}
	}
	if c.reports {
		reporting(spec, c.storage)
	}
	spec.NewFunction = func() engine.Function {
		tried := map[*engine.Element]bool{}
		return &function{
			before: func(call *engine.Call) error { return c.before(call, tried) },
			after:  func(call *engine.Call) error { return c.after(call, true) },
		}
	}
	c.spec = spec
}

var errPlanned = errors.New("planned failure")

// before fails as planned, the first time where the call is tried again.
func (c *campaign) before(call *engine.Call, tried map[*engine.Element]bool) error {
	p := c.lanes[call.Partition].plan
	first := &call.Masters[0]
	for i := range call.Masters {
		if p.fails[call.Masters[i].Value.(*item).ID] && !tried[first] {
			tried[first] = c.onError == engine.Retry
			return errPlanned
		}
	}
	delete(tried, first)
	return c.after(call, false)
}

// after ends the session as planned, behind the result or without it.
func (c *campaign) after(call *engine.Call, withValue bool) error {
	p := c.lanes[call.Partition].plan
	for i := range call.Masters {
		if call.Masters[i].Value.(*item).ID == p.end && p.withValue == withValue {
			return engine.EndOfStream
		}
	}
	return nil
}

// feed adds to the streams of a lane: some rows of each, all of them with a mark behind in some streams, or in all.
func (c *campaign) feed(l *lane, isLast bool) {
	if l.over {
		c.fill(l, func(string) (int, bool) { return 12, true }) // the rest of the session before
		for stream := range l.rows {
			l.base[stream] += l.have[stream] + 1
		}
		c.drawSession(l)
	}
	how := "marks"
	if !isLast {
		how = rapid.SampledFrom([]string{"marks", "some marks", "no marks", "no marks"}).Draw(c.T, "feed")
	}
	c.fill(l, func(stream string) (rows int, mark bool) {
		if how == "marks" || how == "some marks" && rapid.Bool().Draw(c.T, "mark") {
			return 12, true
		}
		return rapid.SampledFrom([]int{0, 1, 2, 3, 5, 8, 12}).Draw(c.T, "more"), false
	})
}

// fill adds as many rows as more says to each stream whose mark isn't there yet, and the mark.
func (c *campaign) fill(l *lane, more func(stream string) (rows int, mark bool)) {
	for _, n := range l.shape.nodes() {
		if n.stream != "" || l.marked[n.name] {
			continue
		}
		count, mark := more(n.name)
		behind := min(l.have[n.name]+count, len(l.rows[n.name]))
		for _, r := range l.rows[n.name][l.have[n.name]:behind] {
			var err error
			if r.garbage {
				err = c.storage.AppendRecords(n.name, l.partition, broker.Record{Value: []byte("garbage")})
			} else {
				err = memory.Append(c.storage, n.name, l.partition, r.item)
			}
			c.must(err)
		}
		l.have[n.name] = behind
		if l.marked[n.name] = mark; mark {
			c.must(c.storage.End(n.name, l.partition))
		}
	}
}

func (c *campaign) must(err error) {
	if err != nil {
		c.Fatalf("%v", err)
	}
}

// run runs the mill until it has ended the session in all partitions, and again where it dies before.
func (c *campaign) run(stage int) {
	possible, mayEnd := make([][]possibility, len(c.lanes)), false // by the function
	for i, l := range c.lanes {
		possible[i] = l.possible(c.storage, &c.window, c.onError)
		mayEnd = mayEnd || slices.ContainsFunc(possible[i], func(e possibility) bool { return e.ended })
	}
	for attempt := 0; c.lowest() <= int64(stage); attempt++ {
		if c.crashes && attempt < 30 {
			c.planCrash()
		}
		stats := &engine.Stats{}
		var err error
		isAlone := rapid.IntRange(0, 3).Draw(c.T, "instances") > 0
		if isAlone {
			err = engine.Run(c.Context(), c.spec, stats)
		} else {
			err = runInstances(c.Context(), c.spec, 2)
		}
		*c.runs++
		for _, l := range c.lanes {
			if l.runs++; !isAlone {
				l.runs++ // the partition may have moved from one to the other
			}
		}
		switch {
		case errors.Is(err, errCrash), err == nil && !isAlone:
			c.isUncounted = true
		case err != nil:
			c.Fatalf("run: %v", err)
		case c.spec.Concurrency == 1 || !mayEnd:
			c.checkCounts(stats)
		default:
			c.isUncounted = true // the join has looked beyond the end
		}
	}
	for i, l := range c.lanes {
		c.checkLane(l, possible[i])
	}
}

// lowest returns how many sessions have ended in all partitions.
func (c *campaign) lowest() int64 {
	lowest := c.storage.Progress("test", 0).Sessions
	for p := range c.lanes {
		lowest = min(lowest, c.storage.Progress("test", p).Sessions)
	}
	return lowest
}

// planCrash draws what goes wrong in the next run, if anything: it dies at a commit, before that is visible or behind
// it with its answer lost, or at a read, with what is finished committed or not; or a commit is aborted.
func (c *campaign) planCrash() {
	commit := func() int { return rapid.IntRange(1, 4).Draw(c.T, "at commit") }
	switch rapid.SampledFrom([]string{"none", "before", "before", "behind", "behind", "read"}).Draw(c.T, "crash") {
	case "none":
		if rapid.IntRange(0, 99).Draw(c.T, "aborted") == 50 { // seldom, since the run pauses then
			c.storage.AbortCommit(commit())
		}
	case "before":
		c.storage.FailCommit(commit(), errCrash)
	case "behind":
		c.storage.LoseCommit(commit(), errCrash)
	case "read":
		l := rapid.SampledFrom(c.lanes).Draw(c.T, "in partition")
		n := rapid.SampledFrom(l.shape.nodes()).Draw(c.T, "at a read of")
		fail := c.storage.FailRead
		if rapid.Bool().Draw(c.T, "killed") {
			fail = c.storage.CrashRead
		}
		offset := rapid.IntRange(0, l.base[n.streamName()]+12).Draw(c.T, "offset")
		c.must(fail(n.streamName(), l.partition, int64(offset), errCrash))
	}
}
