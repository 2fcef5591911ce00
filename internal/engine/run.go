package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/internal/wait"
	"github.com/leat-go/leat/observe"
)

// stopGrace is how long what is finished may take to be committed when a run is stopped.
const stopGrace = 5 * time.Second

// A run is one run of a mill: what its tasks share, which is nothing but the commit (R9).
type run struct {
	spec     *Spec
	nodes    []*Node
	stats    *Stats
	watches  watches
	input    broker.Input
	encoder  *encoder
	decoders []codec.Decode
	// keyDecoders decode the keys of records without a value; nil for streams that pass over them.
	keyDecoders []codec.Decode
	// decoding has the batches that sources have read and decoders may decode.
	decoding  chan *batch
	committer *committer
	keeper    broker.Keeper // nil where no positions are kept
	// session is the number of the session that the run is for: all partitions end it together (R5).
	session int64
	// running is the run's context, and commits that of commits: it outlives the former by the grace.
	running, commits context.Context
}

// Run runs a mill until the session ends in all partitions, and returns nil then; the error that stopped it; or
// ctx's error, after what was finished has been committed. It counts in stats, which may be nil.
func Run(ctx context.Context, spec *Spec, stats *Stats) (err error) {
	r := &run{spec: spec, nodes: spec.Master.Nodes(), stats: stats, decoding: make(chan *batch)}
	if stats == nil {
		r.stats = &Stats{}
	}
	r.stats.begin(spec, r.nodes)
	defer func() { r.watches.end(err) }()
	defer r.stats.end()
	if err := r.beginWatches(ctx); err != nil {
		return err
	}
	if err := r.compile(); err != nil {
		return err
	}
	output, err := r.open(ctx)
	if r.input != nil {
		defer func() { err = errors.Join(err, r.input.Close()) }()
	}
	if output != nil {
		defer func() { err = errors.Join(err, output.Close()) }()
	}
	if err != nil {
		return err
	}
	if err := r.checkSorts(); err != nil {
		return err
	}
	if err := r.findSession(ctx); err != nil {
		return err
	}
	r.advise(ctx, r.input)
	r.advise(ctx, output)
	err = r.runTasks(ctx)
	r.warn()
	r.logEnd(err)
	return err
}

// advise logs what would serve the run better.
func (r *run) advise(ctx context.Context, opened any) {
	advisor, ok := opened.(broker.Advisor)
	if !ok {
		return
	}
	advice, err := advisor.Advise(ctx)
	if err != nil && ctx.Err() == nil {
		r.spec.Logger.Info("there is no telling what would serve the run better", "error", err)
	}
	for _, a := range advice {
		r.spec.Logger.Warn(a)
	}
}

// warn logs the warnings of the input about what was read.
func (r *run) warn() {
	warner, ok := r.input.(broker.Warner)
	if !ok {
		return
	}
	warnings := warner.Warnings()
	r.stats.warn(warnings)
	for _, warning := range warnings {
		r.spec.Logger.Warn(warning)
	}
}

// logEnd logs what the run has done, node by node.
func (r *run) logEnd(err error) {
	attributes := []any{"calls", r.stats.Calls.Load(), "failed", r.stats.Failed.Load(), "results", r.stats.Results.Load()}
	if n := r.stats.Filtered.Load(); n > 0 {
		attributes = append(attributes, "filtered", n)
	}
	snapshot := r.stats.Snapshot()
	extents := snapshot.Extents()
	for i, n := range snapshot.Totals() {
		unmatched := n.Read - n.Matched - n.Skipped
		counts := []any{"read", n.Read, "matched", n.Matched, "unmatched", unmatched, "skipped", n.Skipped}
		if n.Tombstones > 0 {
			counts = append(counts, "tombstones", n.Tombstones)
		}
		if n.Filtered > 0 {
			counts = append(counts, "filtered", n.Filtered)
		}
		if n.Early > 0 {
			counts = append(counts, "early", n.Early)
		}
		if n.Missed > 0 {
			counts = append(counts, "missed", n.Missed)
		}
		if n.Late > 0 {
			counts = append(counts, "late", n.Late)
		}
		counts = append(counts, extentAttribute(extents[i]))
		attributes = append(attributes, slog.Group(snapshot.Nodes[i].Name, counts...))
	}
	message := "run ends"
	if err != nil {
		message = "run stops"
	}
	r.spec.Logger.Info(message, attributes...)
}

// extentAttribute says for a log how far a stream was read.
func extentAttribute(e observe.Extent) slog.Attr {
	switch {
	case e.Ended:
		return slog.Bool("to_its_end", true)
	case e.Line > 0:
		return slog.Int("to_line", e.Line)
	case e.Offset > 0:
		return slog.Int64("to_offset", e.Offset)
	}
	return slog.Bool("to_its_end", false)
}

// compile prepares decoders and encoders.
func (r *run) compile() (err error) {
	r.decoders, r.keyDecoders = make([]codec.Decode, len(r.nodes)), make([]codec.Decode, len(r.nodes))
	for i, n := range r.nodes {
		r.decoders[i], err = n.Stream.Codec.Decoder(n.Stream.Type)
		if err == nil && n.Stream.Tombstones != nil {
			r.keyDecoders[i], err = n.Stream.Tombstones.Decoder(n.Stream.Type)
		}
		if err != nil {
			return fmt.Errorf("stream %s: %w", n.Stream.Name, err)
		}
	}
	r.encoder, err = newEncoder(r.spec.Outputs)
	return err
}

// open opens source and sink, and decides who keeps the positions.
func (r *run) open(ctx context.Context) (output broker.Output, err error) {
	spec := r.spec
	job := &broker.Job{Name: spec.Name, Decodes: true, Outputs: spec.Outputs, Logger: spec.Logger, Outages: &r.stats.outages}
	for _, n := range r.nodes {
		job.Inputs = append(job.Inputs, n.Stream)
	}
	if r.input, err = spec.Source.OpenSource(ctx, job); err != nil {
		return nil, err
	}
	job.Partitions = r.input.Partitions()
	if spec.Sink != nil {
		if output, err = spec.Sink.OpenSink(ctx, job); err != nil {
			return nil, err
		}
	}
	r.encoder.use(output)
	r.committer = newCommitter(output, r.stats, spec.Logger)
	r.committer.setPace(spec.Pace)
	r.committer.positioner, _ = r.input.(broker.Positioner)
	r.committer.watch = r.watches.commit
	r.stats.opened(r.input, r.committer.waiting)
	positions := "are not kept: a run starts at the beginning"
	if keeper, ok := output.(broker.Keeper); ok {
		r.keeper = keeper
		positions = "are kept with the results"
	} else if saver, ok := r.input.(broker.Saver); ok {
		r.keeper, r.committer.saver = saver, saver
		positions = "are kept by the source"
	}
	if r.keeper != nil {
		r.committer.acknowledger, _ = r.input.(broker.Acknowledger)
	}
	guarantee, level := "no results", slog.LevelInfo
	if output != nil {
		g := broker.GuaranteeOf(spec.Sink, spec.Outputs)
		guarantee, r.committer.atEnd, r.committer.partitions = g.String(), g == broker.AtEnd, r.input.Partitions()
		// Who reads warnings only is told, too, where the next run may repeat what this one has written.
		if g == broker.AtLeastOnce && r.keeper != nil {
			guarantee, level = guarantee+": after a crash the last ones may be there twice", slog.LevelWarn
		}
	}
	spec.Logger.Log(ctx, level, "run starts", "results", guarantee+r.idles(), "positions", positions,
		"partitions", r.input.Partitions())
	return output, nil
}

// runTasks runs the tasks of the partitions that this process owns, and beside them the committer and the decoders.
func (r *run) runTasks(parent context.Context) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	commits, stopCommits := context.WithCancel(context.WithoutCancel(ctx))
	r.running, r.commits = ctx, commits
	defer context.AfterFunc(ctx, func() {
		r.stats.stop()
		_ = wait.For(commits, stopGrace)
		stopCommits()
	})()

	var g errgroup.Group
	g.Go(func() error {
		err := survive(func() error { return r.committer.run(commits) })
		if err != nil {
			r.committer.endRound(err) // those that wait for it learn of it, whatever has ended it
			cancel(err)
		}
		return err
	})
	// The joins and the sources decode, too: two cores are busy without a decoder.
	for range runtime.GOMAXPROCS(0) - 2 {
		g.Go(func() error {
			decodeBatches(r.decoding)
			return nil
		})
	}
	err := r.input.Own(ctx, r.runTask)
	close(r.decoding)
	stopCommits()
	if failed := g.Wait(); failed != nil {
		return failed
	}
	if stopped := parent.Err(); stopped != nil && (errors.Is(err, stopped) || errors.Is(err, context.Cause(parent))) {
		return stopped
	}
	return err
}

// runTask does the work on one partition, as long as this process owns it.
func (r *run) runTask(ctx context.Context, partition int) error {
	progress, err := r.claim(ctx, partition)
	if err != nil {
		return fmt.Errorf("positions of partition %d: %w", partition, err)
	}
	if progress.Sessions > r.session {
		return nil // it has ended before, and stays so until all others have
	}
	rewinds, err := r.rewinds(ctx, progress, partition)
	if err != nil {
		return err
	}
	p := newPending(partition, r.nodes, progress.Sessions, rewinds, r.committer.batch(), r.spec.callBatch)
	if err := r.skipSessions(ctx, partition, rewinds); err != nil {
		return err
	}
	starts, err := r.starts(rewinds)
	if err != nil {
		return fmt.Errorf("the positions kept for %q, partition %d: %w", r.spec.Name, partition, err)
	}
	r.committer.join(p)
	defer r.committer.leave(p)
	t := r.newTask(ctx, partition, starts, p)
	t.begin()
	ended, err := t.run()
	if err != nil && (ctx.Err() == nil || r.running.Err() != nil) {
		r.stats.stop() // of all tasks, not since another process takes the partition over
	}
	t.leave(ended)
	if !ended && ctx.Err() != nil && r.running.Err() == nil {
		r.stats.revoked.Add(1)
	}
	if flushed := r.committer.flush(r.commits, p); flushed != nil && err == nil {
		err = flushed
	}
	return err
}

func (r *run) newTask(ctx context.Context, partition int, starts []start, p *pending) *task {
	t := &task{
		spec:      r.spec,
		input:     r.input,
		decoding:  r.decoding,
		partition: partition,
		logger:    r.spec.Logger.With("partition", partition),
		ctx:       ctx,
		runStats:  r.stats,

		acknowledges: r.committer.acknowledger != nil,
		watch:        r.watches.call,
		stats:        r.stats.task(partition),
		positions:    make([]position, len(r.nodes)),
		points:       make([]rewindPoint, len(r.nodes)),
	}
	reports := r.spec.OnUnmatched != nil || r.spec.Unmatched != nil
	t.ledgers = ledgers{
		reports:     reports,
		accounts:    reports,
		explains:    reports || r.stats.KeepRecent,
		keepsRecent: r.stats.KeepRecent,
		stats:       t.stats,
		live:        make([]int64, len(r.nodes)),
	}
	t.root = t.addNode(r, r.spec.Master, nil, 0, starts)
	for i, n := range t.nodes {
		n.watchIdle(&starts[i])
		n.setSkimming()
	}
	if r.spec.Window != nil {
		t.window = newWindow(r.spec.Window, len(r.nodes))
	}
	t.calls = newCalls(t, r.encoder, r.committer, p)
	return t
}

// addNode adds n and the nodes below it to the task, in the order of Node.Nodes.
func (t *task) addNode(r *run, spec *Node, parent *node, depth int, starts []start) *node {
	i := len(t.nodes)
	from := starts[i].rewind
	n := &node{spec: spec, task: t, parent: parent, index: i}
	n.candidates = candidates{
		need:   spec.Need,
		unique: spec.Unique,
		// The matches of a master are used up by its call; those of other elements outlive the next one's.
		reuse: depth <= 1 && t.spec.Window == nil && t.spec.Concurrency <= 1,
	}
	n.cursor = cursor{
		feed: &feed{
			node:      i,
			partition: t.partition,
			stream:    spec.Stream,
			decode:    r.decoders[i],
			decodeKey: r.keyDecoders[i],
			keepValue: t.spec.keepsValues(),
			where:     spec.Where,
			measured:  spec.Sort != nil && !spec.Sort.Whole,
			cameIn:    spec.CameIn,
			copied:    spec.Copied,
			chunks:    make(chan *chunk, cmp.Or(t.spec.feedAhead, feedAhead)),
			from:      starts[i].kept.Offset,
			returned:  make(chan *chunk, maxReturned),
		},
		chunk:   &chunk{},
		done:    positionOf(from),
		restart: positionOf(from),
		seen:    max(from.Seen, from.Offset),
	}
	n.ledger = ledger{
		all:             &t.ledgers,
		node:            i,
		seenBefore:      from.Seen,
		handedOver:      -1,
		counted:         t.stats.tallies[i],
		accountedBefore: from.Accounted,
		accounted:       from.Accounted,
	}
	if spec.Sort != nil {
		n.sorter = spec.Sort.NewKeys().sorter(n, &starts[i], t.stats.tallies[i])
	}
	if spec.NewEdge != nil {
		n.edge = spec.NewEdge()
		n.candidates.selection = newSelection(spec, n.edge)
		n.setForm()
		n.edge.Follow(follows(starts[parent.index].rewind), follows(from))
	}
	t.nodes = append(t.nodes, n)
	for _, child := range spec.Children {
		n.children = append(n.children, t.addNode(r, child, n, depth+1, starts))
	}
	n.loosen(from)
	n.size = len(t.nodes) - i
	n.evaluation = evaluation{below: make([]position, n.size-1), from: -1}
	n.candidates.belowSize = n.size - 1
	return n
}

// follows reports whether a run before has dealt with elements of a node, as far as its rewind point tells.
func follows(r broker.Rewind) bool { return r.Behind || r.Offset > 0 && r.Seen > r.Offset }

// keepsValues reports whether an element's record may be needed after it was decoded.
func (s *Spec) keepsValues() bool {
	return s.OnUnmatched != nil || s.Unmatched != nil || slices.ContainsFunc(s.Master.Nodes(), (*Node).sortsWhole) ||
		s.OnDisorder.Kind == DeadLetter || s.OnDecode.Kind == DeadLetter || s.OnError.Kind == DeadLetter
}

// run joins while the sources read ahead, and submits what is finished. It reports whether the session has ended.
func (t *task) run() (ended bool, err error) {
	ctx, stopSources := context.WithCancel(t.ctx)
	var sources sync.WaitGroup
	defer func() { err = cmp.Or(err, t.closeSorters()) }()
	defer sources.Wait()
	defer stopSources()
	start := func(s *source) { sources.Go(func() { s.run(ctx) }) }
	var feeds []*feed
	for _, n := range t.nodes {
		feeds = append(feeds, n.cursor.feed)
	}
	for _, group := range shared(feeds) {
		start(newSource(t.input, t.decoding, start, group...))
	}
	err = t.calls.during(t.join)
	byFunction := errors.Is(err, errSessionEnded)
	if err == nil || byFunction {
		err = t.survive(func() error { return t.end(byFunction) })
		return err == nil, err
	}
	if !t.calls.concurrent() && !t.ledgers.reportFailed {
		if failed := t.survive(t.submit); failed != nil {
			t.logger.Warn("results that were finished before can't be committed: the next run makes them again", "error", failed)
		}
	}
	return false, err
}
