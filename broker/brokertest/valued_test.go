package brokertest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/leat-go/leat/broker"
)

// withValues gives a memory storage what databases have: positions that are values, offsets that are of one run only, a
// fence of epochs, and transactions that commit late.
func withValues(h Harness) Harness {
	whole := h.New
	h.New = func(t testing.TB, setup Setup) Storage {
		s := whole(t, setup)
		b := &valued{Source: s.Source, Sink: s.Sink, epochs: map[int]int{}}
		s.Source, s.Sink = b, b
		s.Reopen = func() (broker.Source, broker.Sink) { return b, b }
		held := &heldBack{append: s.Append}
		s.Append, s.AppendLate = held.add, held.addLate
		return s
	}
	return h
}

// heldBack keeps elements back while a transaction before them is open.
type heldBack struct {
	append func(input, partition int, elements ...Element)
	mu     sync.Mutex
	open   bool
	behind []func()
}

func (b *heldBack) add(input, partition int, elements ...Element) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open {
		b.behind = append(b.behind, func() { b.append(input, partition, elements...) })
		return
	}
	b.append(input, partition, elements...)
}

func (b *heldBack) addLate(input, partition int, elements ...Element) (commit func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open = true
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.open = false
		b.append(input, partition, elements...)
		for _, add := range b.behind {
			add()
		}
	}
}

type valued struct {
	broker.Source
	broker.Sink

	mu     sync.Mutex
	opened int64
	epochs map[int]int
}

func (b *valued) Streams() []broker.Stream { return b.Source.Streams() }

func (b *valued) OpenSource(ctx context.Context, job *broker.Job) (broker.Input, error) {
	in, err := b.Source.OpenSource(ctx, job)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.opened++
	return &valuedInput{Input: in, shift: 1000 * b.opened}, nil
}

func (b *valued) OpenSink(ctx context.Context, job *broker.Job) (broker.Output, error) {
	out, err := b.Sink.OpenSink(ctx, job)
	if err != nil {
		return nil, err
	}
	return &fenced{out, b, job, map[int]int{}}, nil
}

// A valuedInput has offsets that are shifted with each run.
type valuedInput struct {
	broker.Input
	shift int64
}

func (in *valuedInput) Reader(ctx context.Context, node, partition int, from int64) (broker.Reader, error) {
	r, err := in.Input.Reader(ctx, node, partition, max(0, from-in.shift))
	if err != nil {
		return nil, err
	}
	return shifted{r, in.shift}, nil
}

func (in *valuedInput) Positions(_ int, nodes []broker.Rewind) error {
	for i := range nodes {
		n := &nodes[i]
		n.Position = fmt.Sprint(n.Offset-in.shift, " ", n.Seen-in.shift, " ", n.Accounted-in.shift)
	}
	return nil
}

func (in *valuedInput) Resume(_ context.Context, _ int, nodes []broker.Rewind) error {
	for i := range nodes {
		n := &nodes[i]
		if _, err := fmt.Sscan(n.Position, &n.Offset, &n.Seen, &n.Accounted); err != nil {
			return err
		}
		n.Offset, n.Seen, n.Accounted = n.Offset+in.shift, n.Seen+in.shift, n.Accounted+in.shift
	}
	return nil
}

// Progress and Save implement broker.Saver.
func (in *valuedInput) Progress(ctx context.Context, partition int) (broker.Progress, error) {
	return in.Input.(broker.Saver).Progress(ctx, partition)
}

func (in *valuedInput) Save(ctx context.Context, commits []broker.Commit) error {
	return in.Input.(broker.Saver).Save(ctx, commits)
}

type shifted struct {
	broker.Reader
	shift int64
}

func (r shifted) Read(ctx context.Context) ([]broker.Record, error) {
	records, err := r.Reader.Read(ctx)
	for i := range records {
		records[i].Offset += r.shift
	}
	return records, err
}

func (r shifted) Next() int64 {
	if next := r.Reader.Next(); next > 0 {
		return next + r.shift
	}
	return 0
}

func (r shifted) End() int64 {
	if end := r.Reader.(broker.Lagger).End(); end > 0 {
		return end + r.shift
	}
	return 0
}

// A fenced output commits for the partitions whose epoch is the one that it has claimed.
type fenced struct {
	broker.Output
	storage *valued
	job     *broker.Job
	claimed map[int]int
}

func (o *fenced) Progress(ctx context.Context, partition int) (broker.Progress, error) {
	return o.Output.(broker.Keeper).Progress(ctx, partition)
}

func (o *fenced) Claim(ctx context.Context, partition int) (broker.Progress, error) {
	o.storage.mu.Lock()
	defer o.storage.mu.Unlock()
	o.storage.epochs[partition]++
	o.claimed[partition] = o.storage.epochs[partition]
	return o.Progress(ctx, partition)
}

func (o *fenced) Commit(ctx context.Context, commits []broker.Commit) error {
	o.storage.mu.Lock()
	defer o.storage.mu.Unlock()
	var mine []broker.Commit
	for i := range commits {
		c := &commits[i]
		switch {
		case o.claimed[c.Partition] == o.storage.epochs[c.Partition]:
			mine = append(mine, *c)
		case o.job.Shared:
			c.Lost = true
		default:
			return fmt.Errorf("partition %d: %w", c.Partition, broker.ErrTakenOver)
		}
	}
	return o.Output.Commit(ctx, mine)
}

func TestMemoryWithValues(t *testing.T) { Run(t, withValues(onMemory())) }

func outputBend(wrap func(inner broker.Output) broker.Output) bend { return bend{output: wrap} }

func brokenFences() []broken {
	return []broken{
		{"a zombie writes", "Fence/ZombieAddsNothing", "must wrap broker.ErrTakenOver",
			commitBend(func(ctx context.Context, inner broker.Output, commits []broker.Commit) error {
				return inner.(*fenced).Output.Commit(ctx, commits)
			})},
		{"a zombie writes before it notices", "Fence/ZombieAddsNothing", "adds nothing",
			commitBend(func(ctx context.Context, inner broker.Output, commits []broker.Commit) error {
				err := inner.Commit(ctx, commits)
				if err != nil {
					_ = inner.(*fenced).Output.Commit(ctx, commits)
				}
				return err
			})},
		{"a claim gives old progress", "Fence/ZombieAddsNothing", "Claim returns",
			outputBend(func(inner broker.Output) broker.Output {
				return &bentOutput{Output: inner,
					progress: func(broker.Progress) broker.Progress { return broker.Progress{} }}
			})},
		{"a partition that has gone ends the run", "Fence/SharedIsLeftOut", "is left out",
			commitBend(func(ctx context.Context, inner broker.Output, commits []broker.Commit) error {
				own := *inner.(*fenced)
				own.job = &broker.Job{}
				return own.Commit(ctx, commits)
			})},
		{"a claim forgets those before", "Fence/ClaimsSideBySide", "claimed side by side",
			outputBend(func(inner broker.Output) broker.Output { return &singleMinded{bentOutput{Output: inner}} })},
		{"who looks at positions claims them", "Fence/LookingClaimsNothing", "only looked",
			outputBend(func(inner broker.Output) broker.Output { return &grabbing{bentOutput{Output: inner}} })},
	}
}

// singleMinded remembers only what was claimed last.
type singleMinded struct{ bentOutput }

func (o *singleMinded) Claim(ctx context.Context, partition int) (broker.Progress, error) {
	p, err := o.bentOutput.Claim(ctx, partition)
	own := o.Output.(*fenced)
	own.storage.mu.Lock()
	defer own.storage.mu.Unlock()
	own.claimed = map[int]int{partition: own.claimed[partition]}
	return p, err
}

// grabbing claims where it is asked for progress only.
type grabbing struct{ bentOutput }

func (o *grabbing) Progress(ctx context.Context, partition int) (broker.Progress, error) {
	return o.Claim(ctx, partition)
}

// changedInput changes what an input makes of positions.
type changedInput struct {
	*valuedInput
	resume func(n *broker.Rewind)
}

func (in *changedInput) Resume(ctx context.Context, partition int, nodes []broker.Rewind) error {
	err := in.valuedInput.Resume(ctx, partition, nodes)
	for i := range nodes {
		in.resume(&nodes[i])
	}
	return err
}

func resumeBend(resume func(n *broker.Rewind)) bend {
	return bend{input: func(inner broker.Input) broker.Input { return &changedInput{inner.(*valuedInput), resume} }}
}

func brokenPositions() []broken {
	return []broken{
		{"a position is forgotten", "Position/ComesBack", "goes on at a position that was kept",
			resumeBend(func(n *broker.Rewind) { n.Offset = 0 })},
		{"a position is one too far", "Position/ComesBack", "goes on at a position that was kept",
			resumeBend(func(n *broker.Rewind) { n.Offset++ })},
		{"how far was looked is forgotten", "Position/ComesBack", "lie below Seen",
			resumeBend(func(n *broker.Rewind) { n.Seen = n.Offset })},
		{"an appended element is passed over", "Session/AppendedBehindItsEnd", "were appended",
			resumeBend(func(n *broker.Rewind) { n.Offset += 4 })},
		{"the rest of a session is read in the next one", "Session/AppendedBehindItsRest", "were appended",
			resumeBend(func(n *broker.Rewind) { n.NextSession = false })},
		{"each node has numbers of its own", "Position/OneNumbering", "agree on the offsets", bend{
			input: func(inner broker.Input) broker.Input { return &apart{inner.(*valuedInput)} }}},
		{"late commits are lost", "Wait/LateCommit", "none is passed", bend{
			reader: func(inner broker.Reader) broker.Reader { return &passing{Reader: inner} }}},
	}
}

// apart numbers the records of each node on its own.
type apart struct{ *valuedInput }

func (in *apart) Reader(ctx context.Context, node, partition int, from int64) (broker.Reader, error) {
	r, err := in.valuedInput.Reader(ctx, node, partition, from)
	if err != nil {
		return nil, err
	}
	return shifted{r, int64(node)}, nil
}

// passing loses what was committed after something behind it.
type passing struct {
	broker.Reader
	read int
}

func (r *passing) Read(ctx context.Context) ([]broker.Record, error) {
	records, err := r.Reader.Read(ctx)
	for r.read += len(records); r.read > 2 && len(records) > 0 && r.read-len(records) < 4; {
		records = records[1:]
		if len(records) == 0 {
			return r.Read(ctx)
		}
	}
	return records, err
}
