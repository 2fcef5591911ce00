package memory

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/leat-go/leat/broker"
)

// OpenSource implements [broker.Source]. The input that it returns is a [broker.Saver], so a sink that can't keep
// positions leaves them here.
func (b *Broker) OpenSource(ctx context.Context, job *broker.Job) (broker.Input, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(job.Inputs) == 0 {
		return nil, errors.New("memory: the job has no inputs")
	}
	logs, err := b.logsOf(job.Inputs)
	if err != nil {
		return nil, err
	}
	partitions := len(logs[0].partitions)
	for _, l := range logs {
		if len(l.partitions) != partitions {
			return nil, fmt.Errorf("memory: the streams that a mill joins need equal numbers of partitions, but %s",
				counts(logs))
		}
	}
	return &input{broker: b, job: job, logs: logs, partitions: partitions}, nil
}

func (b *Broker) logsOf(streams []broker.Stream) ([]*log, error) {
	logs := make([]*log, len(streams))
	for i, s := range streams {
		logs[i] = b.logs[s.Name]
		if logs[i] == nil {
			return nil, fmt.Errorf("memory: there is no stream %q; declared are %s", s.Name, b.names())
		}
	}
	return logs, nil
}

func counts(logs []*log) string {
	seen := map[*log]bool{}
	var parts []string
	for _, l := range logs {
		if !seen[l] {
			parts = append(parts, fmt.Sprintf("%q has %d", l.name, len(l.partitions)))
		}
		seen[l] = true
	}
	return strings.Join(parts, ", ")
}

// An input reads for one run.
type input struct {
	broker     *Broker
	job        *broker.Job
	logs       []*log
	partitions int

	// These are guarded by broker.mu.
	readers int
	closed  bool
}

func (in *input) Partitions() int { return in.partitions }

func (in *input) Reader(ctx context.Context, node, partition int, from int64) (broker.Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if node < 0 || node >= len(in.logs) || partition < 0 || partition >= in.partitions || from < 0 {
		return nil, fmt.Errorf("memory: there is no reader of node %d, partition %d from offset %d: the job has %s and %s",
			node, partition, from, plural(len(in.logs), "node"), plural(in.partitions, "partition"))
	}
	in.broker.mu.Lock()
	defer in.broker.mu.Unlock()
	if in.closed {
		return nil, errors.New("memory: Reader was called after Close")
	}
	in.readers++
	l := in.logs[node]
	p := &l.partitions[partition]
	return &reader{input: in, stream: l.name, number: partition, partition: p, index: p.find(from), from: from,
		next: from}, nil
}

// Progress implements broker.Saver.
func (in *input) Progress(ctx context.Context, partition int) (broker.Progress, error) {
	return in.broker.Progress(in.job.Name, partition), ctx.Err()
}

// Save implements broker.Saver.
func (in *input) Save(ctx context.Context, commits []broker.Commit) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	in.broker.mu.Lock()
	defer in.broker.mu.Unlock()
	if err := in.broker.crashed[in.job]; err != nil {
		return err
	}
	for _, c := range commits {
		in.broker.progress[taskID{in.job.Name, c.Partition}] = cloneProgress(c.Progress)
	}
	return nil
}

// Close finds a reader that was left open.
func (in *input) Close() error {
	in.broker.mu.Lock()
	defer in.broker.mu.Unlock()
	in.closed = true
	delete(in.broker.crashed, in.job)
	if in.readers > 0 {
		return fmt.Errorf("memory: Close was called while %s open", plural(in.readers, "reader"))
	}
	return nil
}

// A reader reads straight from the log: it never reads ahead.
type reader struct {
	input     *input
	stream    string
	number    int
	partition *partition
	// index is that of the entry that comes next.
	index      int
	from, next int64
	closed     bool
}

func (r *reader) Read(ctx context.Context) ([]broker.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r.closed {
		return nil, errors.New("memory: Read was called after Close")
	}
	var records []broker.Record
	var failed error
	waited, cancel := r.withTimeout(ctx)
	defer cancel()
	err := r.input.broker.await(waited, func() bool {
		records, failed = r.take()
		return records != nil || failed != nil
	})
	switch {
	case err == nil:
		return records, failed
	case ctx.Err() == nil:
		return nil, broker.ErrDataTimeout
	}
	return nil, err
}

// withTimeout returns a context that ends with the data timeout, where there is one.
func (r *reader) withTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	if d := r.input.broker.timeout; d > 0 {
		return context.WithTimeout(ctx, d)
	}
	return ctx, func() {}
}

// take returns the next records, io.EOF at a mark, and neither where there is nothing to read now.
// REQUIRES: broker.mu is held.
func (r *reader) take() ([]broker.Record, error) {
	b := r.input.broker
	var records []broker.Record
	for len(records) < b.batch && r.index < len(r.partition.entries) {
		e := r.partition.entries[r.index]
		if fault := b.faults.read(r.stream, r.number, r.next, e.Record.Offset); fault != nil {
			if len(records) > 0 || fault.err == nil {
				break
			}
			b.faults.remove(fault)
			if fault.crash {
				b.crashed[r.input.job] = fault.err
			}
			return nil, &broker.PositionError{Position: e.Record.At(r.stream, r.number), Err: fault.err}
		}
		if e.End && len(records) > 0 {
			break
		}
		r.index++
		r.next = e.Record.Offset + 1
		if e.End {
			return nil, io.EOF
		}
		records = append(records, e.Record)
	}
	return records, nil
}

func (r *reader) Next() int64 { return r.next }

// End implements broker.Lagger.
func (r *reader) End() int64 {
	r.input.broker.mu.Lock()
	defer r.input.broker.mu.Unlock()
	if n := len(r.partition.entries); n > 0 {
		return max(r.from, r.partition.entries[n-1].Record.Offset+1)
	}
	return r.from
}

func (r *reader) Close() error {
	r.input.broker.mu.Lock()
	defer r.input.broker.mu.Unlock()
	if !r.closed {
		r.closed = true
		r.input.readers--
	}
	return nil
}
