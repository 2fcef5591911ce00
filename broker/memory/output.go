package memory

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/leat-go/leat/broker"
)

// OpenSink implements [broker.Sink]. The results of partition p go to partition p of their stream, so an output needs
// as many partitions as the inputs have; where those are in the same storage, it is checked here.
func (b *Broker) OpenSink(ctx context.Context, job *broker.Job) (broker.Output, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	logs, err := b.logsOf(job.Outputs)
	if err != nil {
		return nil, err
	}
	if want := b.partitionsOf(job); want > 0 {
		for _, l := range logs {
			if len(l.partitions) != want {
				return nil, fmt.Errorf("memory: stream %q has %s, but the inputs have %d: "+
					"declare it with memory.Partitions(%d)", l.name, plural(len(l.partitions), "partition"), want, want)
			}
		}
	}
	return &output{broker: b, job: job, logs: logs}, nil
}

// partitionsOf returns how many partitions the job's inputs have, zero where they are in another storage.
func (b *Broker) partitionsOf(job *broker.Job) int {
	if len(job.Inputs) == 0 {
		return 0
	}
	master := job.Inputs[0]
	for _, d := range b.declarations {
		if d.stream.Name == master.Name && d.stream.Type == master.Type && d.stream.As == master.As {
			return len(b.logs[master.Name].partitions)
		}
	}
	return 0
}

// An output writes for one run.
type output struct {
	broker *Broker
	job    *broker.Job
	logs   []*log
	closed bool
}

// Pace implements broker.Pacer.
func (o *output) Pace() broker.Pace { return o.broker.pace }

// Progress implements broker.Keeper.
func (o *output) Progress(ctx context.Context, partition int) (broker.Progress, error) {
	return o.broker.Progress(o.job.Name, partition), ctx.Err()
}

func (o *output) Commit(ctx context.Context, commits []broker.Commit) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := o.check(commits); err != nil {
		return err
	}
	b := o.broker
	if err := b.hold(ctx); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range commits {
		if b.fenced(o.job, c.Partition) {
			return fmt.Errorf("memory: partition %d was taken away: %w", c.Partition, broker.ErrAborted)
		}
	}
	if err := b.crashed[o.job]; err != nil {
		return err
	}
	fault := b.faults.commit()
	if fault != nil && !fault.visible {
		return fault.err
	}
	for _, c := range commits {
		o.apply(c)
	}
	b.commits++
	b.wake()
	if fault != nil {
		return fault.err
	}
	return nil
}

// check finds what the contract doesn't allow.
func (o *output) check(commits []broker.Commit) error {
	if o.closed {
		return errors.New("memory: Commit was called after Close")
	}
	seen := map[int]bool{}
	for _, c := range commits {
		if c.Partition < 0 {
			return fmt.Errorf("memory: there is no partition %d", c.Partition)
		}
		if seen[c.Partition] {
			return fmt.Errorf("memory: partition %d is twice in one commit", c.Partition)
		}
		seen[c.Partition] = true
		for _, l := range o.logs {
			if c.Partition >= len(l.partitions) {
				return fmt.Errorf("memory: stream %q has %s, but there are results of partition %d: declare it with "+
					"memory.Partitions and the number that the inputs have",
					l.name, plural(len(l.partitions), "partition"), c.Partition)
			}
		}
		for _, r := range c.Results {
			if r.Stream < 0 || r.Stream >= len(o.logs) {
				return fmt.Errorf("memory: a result is for output %d, but the job has %d", r.Stream, len(o.logs))
			}
		}
	}
	return nil
}

// apply makes a commit visible. REQUIRES: broker.mu is held.
func (o *output) apply(c broker.Commit) {
	for _, r := range c.Results {
		o.logs[r.Stream].append(c.Partition, Entry{Record: broker.Record{
			Value: bytes.Clone(r.Value),
			Key:   bytes.Clone(r.Key),
			Time:  r.Time,
		}})
	}
	if c.End {
		for i, l := range o.logs {
			if o.firstUse(i) {
				l.append(c.Partition, Entry{End: true})
			}
		}
	}
	o.broker.progress[taskID{o.job.Name, c.Partition}] = cloneProgress(c.Progress)
}

// firstUse tells whether no output before i has the same log: a stream gets one mark, even if it is declared twice.
func (o *output) firstUse(i int) bool {
	for _, l := range o.logs[:i] {
		if l == o.logs[i] {
			return false
		}
	}
	return true
}

func (o *output) Close() error {
	o.closed = true
	return nil
}
