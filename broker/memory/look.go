package memory

import (
	"context"
	"fmt"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/elements"
)

// Entries returns the records and end-of-stream marks of a partition. What they refer to must not be changed.
func (b *Broker) Entries(stream string, partition int) ([]Entry, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, p, err := b.partition(stream, partition)
	if err != nil {
		return nil, err
	}
	return append([]Entry(nil), p.entries...), nil
}

// Elements returns the elements of a partition, without its end-of-stream marks. It fails where the stream isn't
// declared with elements of type T and where a record can't be decoded.
func Elements[T any](b *Broker, stream string, partition int) ([]T, error) {
	sessions, err := Sessions[T](b, stream, partition)
	var all []T
	for _, session := range sessions {
		all = append(all, session...)
	}
	return all, err
}

// Sessions returns the elements of a partition, one slice for each session that an end-of-stream mark closes and
// a last one for what comes behind the last mark, which is empty where nothing does. It fails as [Elements] does.
func Sessions[T any](b *Broker, stream string, partition int) ([][]T, error) {
	declared, err := b.declared(stream, elements.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	decode, err := declared.Codec.Decoder(declared.Type)
	if err != nil {
		return nil, fmt.Errorf("memory: stream %q: %w", stream, err)
	}
	entries, err := b.Entries(stream, partition)
	if err != nil {
		return nil, err
	}
	sessions := make([][]T, 1)
	for _, e := range entries {
		if e.End {
			sessions = append(sessions, nil)
			continue
		}
		element, err := elements.Make[T](func(element any) error { return decode(e.Record.Value, element) })
		if err != nil {
			return nil, e.Record.DecodeError(stream, partition, err)
		}
		last := len(sessions) - 1
		sessions[last] = append(sessions[last], element)
	}
	return sessions, nil
}

// WaitRecords waits until a partition has at least n records. It returns ctx's error when ctx ends before.
func (b *Broker) WaitRecords(ctx context.Context, stream string, partition, n int) error {
	return b.waitFor(ctx, stream, partition, func(records, _ int) bool { return records >= n })
}

// WaitEnds waits until a partition has at least n end-of-stream marks. It returns ctx's error when ctx ends before.
func (b *Broker) WaitEnds(ctx context.Context, stream string, partition, n int) error {
	return b.waitFor(ctx, stream, partition, func(_, ends int) bool { return ends >= n })
}

func (b *Broker) waitFor(ctx context.Context, stream string, partition int, enough func(records, ends int) bool) error {
	if _, err := b.Entries(stream, partition); err != nil {
		return err
	}
	return b.await(ctx, func() bool { return enough(b.logs[stream].partitions[partition].count()) })
}

// Progress returns what the task of a partition has committed last under a job's name, the zero Progress where it never
// did.
func (b *Broker) Progress(job string, partition int) broker.Progress {
	b.mu.Lock()
	defer b.mu.Unlock()
	return cloneProgress(b.progress[taskID{job, partition}])
}

// Commits returns how many commits have become visible since the storage was made.
func (b *Broker) Commits() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.commits
}

func cloneProgress(p broker.Progress) broker.Progress {
	p.Nodes = append([]broker.Rewind(nil), p.Nodes...)
	return p
}
