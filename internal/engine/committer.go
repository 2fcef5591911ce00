package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/wait"
	"github.com/leat-go/leat/observe"
)

// The pauses before a commit that was aborted is tried again.
const (
	firstCommitBackoff = 10 * time.Millisecond
	lastCommitBackoff  = 2 * time.Second
)

// A committer commits what the tasks have finished, for all tasks of the run together, while they go on.
type committer struct {
	output broker.Output // nil where the mill writes nothing
	saver  broker.Saver  // keeps the progress where the output can't
	// positioner knows the positions that outlast the run; nil where offsets do.
	positioner broker.Positioner
	// acknowledger learns what is kept; nil where it needn't, or nothing is.
	acknowledger broker.Acknowledger
	atEnd        bool // the output shows nothing before all partitions have ended: progress must not run ahead of it
	// partitions is how many there are, and ended the commits of those that have ended, by partition, with atEnd.
	partitions int
	ended      map[int]broker.Commit
	pace       broker.Pace
	stats      *Stats
	logger     *slog.Logger
	watch      hook[observe.Commit] // nil where no observer watches commits

	// kick wakes the committer: there is something to commit.
	kick chan struct{}
	// full ends its wait for the next commit's time.
	full chan struct{}
	// results and bytes are what is pending, over all tasks, up to a batch of each.
	results, bytes atomic.Int64
	// list holds the results of the commit under way. It belongs to run.
	list []broker.Result

	mu      sync.Mutex
	pending []*pending
	// round is closed at the end of the commit that is under way or comes next, and then replaced.
	round chan struct{}
	err   error
}

func newCommitter(output broker.Output, stats *Stats, logger *slog.Logger) *committer {
	c := &committer{
		output: output,
		pace:   broker.DefaultPace,
		stats:  stats,
		logger: logger,
		kick:   make(chan struct{}, 1),
		full:   make(chan struct{}, 1),
		round:  make(chan struct{}),
		ended:  map[int]broker.Commit{},
	}
	if pacer, ok := output.(broker.Pacer); ok {
		c.pace = pacer.Pace()
	}
	return c
}

// setPace sets when there is enough to commit; zero leaves it to the storage. Who gives an interval wants it kept.
func (c *committer) setPace(p broker.Pace) {
	if p.Interval > 0 {
		c.pace.Interval, c.pace.Prompt = p.Interval, false
	}
	if p.Results > 0 {
		c.pace.Results = p.Results
	}
}

// batch is how many results a task may have pending before it adds them to the committer's sums.
func (c *committer) batch() int { return min(256, c.pace.Results) }

// waiting returns what is pending, up to a batch of each task.
func (c *committer) waiting() (results, bytes int64) { return c.results.Load(), c.bytes.Load() }

func (c *committer) join(p *pending) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending = append(c.pending, p)
}

func (c *committer) leave(p *pending) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.pending {
		if c.pending[i] == p {
			c.pending = append(c.pending[:i:i], c.pending[i+1:]...)
			return
		}
	}
}

// add hands results to the committer, and waits while too much is pending.
func (c *committer) add(ctx context.Context, p *pending, r *results, points []rewindPoint) error {
	first, results, bytes := p.add(r, points)
	if first {
		signal(c.kick)
	}
	if results == 0 && bytes == 0 {
		return nil
	}
	allResults, allBytes := c.results.Add(int64(results)), c.bytes.Add(int64(bytes))
	if allResults < int64(c.pace.Results) && allBytes < int64(c.pace.Bytes) {
		return nil
	}
	signal(c.full)
	return c.until(ctx, func() bool {
		return c.results.Load() < 2*int64(c.pace.Results) && c.bytes.Load() < 2*int64(c.pace.Bytes)
	})
}

// flush commits what p has pending and waits for it.
func (c *committer) flush(ctx context.Context, p *pending) error {
	goal, _ := p.progressed()
	return c.until(ctx, func() bool {
		if _, committed := p.progressed(); committed >= goal {
			return true
		}
		signal(c.kick)
		signal(c.full)
		return false
	})
}

// until waits for the rounds of commits that it takes until condition holds.
func (c *committer) until(ctx context.Context, condition func() bool) error {
	for {
		c.mu.Lock()
		round, err := c.round, c.err
		c.mu.Unlock()
		if err != nil {
			return err
		}
		if condition() {
			return nil
		}
		select {
		case <-round:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// run commits until ctx ends or a commit fails for good.
func (c *committer) run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	last, before := time.Now(), time.Duration(0)
	for c.wait(ctx, timer) {
		start := time.Now()
		amount, err := c.commitRound(ctx)
		c.endRound(err)
		if err != nil {
			return err
		}
		took := time.Since(start)
		timer.Reset(c.pause(amount, start.Sub(last), took, min(took, before)))
		last, before = start, took
	}
	return nil
}

// promptAmount is how many calls or results in an Interval are little to do.
const promptAmount = 1000

// pause returns how long to wait after a commit of so many calls or results, which came together in the time since
// the last one, and which took so long. While there is little to do, a prompt committer works at most half of its
// time; rest is the shorter of the last two commits, since one that the storage has held up is no reason to hold up
// the next.
func (c *committer) pause(amount int64, since, took, rest time.Duration) time.Duration {
	pause := max(0, c.pace.Interval-took)
	isLittle := amount*int64(c.pace.Interval) < promptAmount*int64(since)
	if c.pace.Prompt && isLittle {
		return min(pause, rest)
	}
	return pause
}

// wait waits until there is something to commit, and until timer has fired or the tasks have enough for a commit;
// false when ctx ended.
func (c *committer) wait(ctx context.Context, timer *time.Timer) bool {
	isTime := false
	for kicked := false; !kicked; {
		select {
		case <-c.kick:
			kicked = true
		case <-timer.C:
			isTime = true
			c.slowDown()
		case <-ctx.Done():
			return false
		}
	}
	if isTime {
		return true
	}
	select {
	case <-timer.C:
	case <-c.full:
	case <-ctx.Done():
		return false
	}
	return true
}

// slowDown has the tasks submit each call at once, after a time between two commits in which there was nothing to
// commit.
func (c *committer) slowDown() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.pending {
		p.pace(0)
	}
}

func (c *committer) endRound(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
	close(c.round)
	c.round = make(chan struct{})
}

// commitRound commits what is pending and returns how much that was, in calls or results, whichever were more.
func (c *committer) commitRound(ctx context.Context) (amount int64, err error) {
	c.mu.Lock()
	tasks := c.pending
	c.mu.Unlock()

	var taken []*pending
	var commits []broker.Commit
	for _, p := range tasks {
		if commit, ok := p.begin(); ok {
			taken, commits = append(taken, p), append(commits, commit)
		}
	}
	if len(commits) == 0 {
		return 0, nil
	}
	if err := c.position(commits); err != nil {
		return 0, err
	}
	count := c.fill(commits, taken)
	begun := time.Now()
	if err := c.watched(ctx, commits, count); err != nil {
		return 0, err
	}
	c.stats.commits.add(time.Since(begun))
	clear(c.list) // keeps no result alive
	for i, p := range taken {
		calls, count, results, bytes := p.done()
		if !commits[i].Lost { // whoever has the partition now counts them
			c.stats.Calls.Add(calls.calls)
			c.stats.Failed.Add(calls.failed)
			c.stats.Filtered.Add(calls.filtered)
			c.stats.Results.Add(int64(count))
		}
		c.results.Add(-int64(results))
		c.bytes.Add(-int64(bytes))
		amount += max(calls.calls, int64(count))
	}
	return amount, nil
}

// position gives the commits' rewind points the positions that outlast the run.
func (c *committer) position(commits []broker.Commit) error {
	if c.positioner == nil {
		return nil
	}
	for i := range commits {
		if err := c.positioner.Positions(commits[i].Partition, commits[i].Progress.Nodes); err != nil {
			return fmt.Errorf("positions of partition %d: %w", commits[i].Partition, err)
		}
	}
	return nil
}

// fill gives commits the results that are under way, in one list, and returns how many they are.
func (c *committer) fill(commits []broker.Commit, taken []*pending) (count int) {
	length := 0
	for _, p := range taken {
		count += p.underWay.count
		length += p.underWay.length()
	}
	list := slices.Grow(c.list[:0], length)
	for i, p := range taken {
		begin := len(list)
		list = p.underWay.appendTo(list)
		commits[i].Results = list[begin:len(list):len(list)]
	}
	c.list = list
	return count
}

// watched is commit, with the observers of commits called before and behind it.
func (c *committer) watched(ctx context.Context, commits []broker.Commit, results int) error {
	about := observe.Commit{Since: time.Now(), Results: results}
	c.stats.commitBegins(about)
	defer c.stats.commitEnds()
	if c.watch == nil {
		return c.commit(ctx, commits)
	}
	ctx, end, err := c.watch.begin(ctx, about)
	if err != nil {
		return err
	}
	err = c.commit(ctx, commits)
	if broken := end(err); err == nil {
		err = broken
	}
	return err
}

// commit commits, again and again as long as the output says that trying makes sense.
func (c *committer) commit(ctx context.Context, commits []broker.Commit) error {
	backoff := firstCommitBackoff
	for c.output != nil {
		err := c.output.Commit(ctx, commits)
		if err == nil {
			break
		}
		if !errors.Is(err, broker.ErrAborted) {
			return fmt.Errorf("commit: %w", err)
		}
		c.stats.commitAborted(err)
		c.logger.Warn("commit aborted, trying again", "error", err, "pause", backoff)
		if wait.For(ctx, backoff) != nil {
			return fmt.Errorf("commit: %w", err)
		}
		backoff = min(2*backoff, lastCommitBackoff)
	}
	if c.saver != nil {
		if c.atEnd {
			if commits = c.allEnded(commits); commits == nil {
				return nil
			}
		}
		if err := c.saver.Save(ctx, commits); err != nil {
			return fmt.Errorf("save positions: %w", err)
		}
	}
	c.acknowledge(commits)
	return nil
}

// acknowledge tells the input which rewind points are kept. Those of a partition that was lost aren't ours to tell.
func (c *committer) acknowledge(commits []broker.Commit) {
	if c.acknowledger == nil {
		return
	}
	for i := range commits {
		if !commits[i].Lost {
			c.acknowledger.Acknowledge(commits[i].Partition, commits[i].Progress.Nodes)
		}
	}
}

// allEnded returns the ends of all partitions once the last has ended, and nil before.
func (c *committer) allEnded(commits []broker.Commit) []broker.Commit {
	for _, commit := range commits {
		if commit.End && !commit.Lost {
			commit.Results = nil // they are through, and their memory is used again
			c.ended[commit.Partition] = commit
		}
	}
	if len(c.ended) < c.partitions {
		return nil
	}
	return slices.Collect(maps.Values(c.ended))
}

// signal wakes the one that waits for c, or the next one that does.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
