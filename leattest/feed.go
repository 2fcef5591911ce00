package leattest

import (
	"fmt"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/internal/elements"
)

// Feed adds elements to a stream that was declared by [Stream], in partition 0 unless a [Partition] is given. After a
// run has ended they are those of the next session, and in [Broker.Live] the mill sees them at once. It fails the test
// where there is no such stream and where an element can't be encoded.
func Feed[T any](b *Broker, added []T, which ...Selector) {
	b.t.Helper()
	feed[T](b, which, func(s *stream, partition int) error {
		noteFed(b, added, func(element T) string { return s.String() + " " + show(element) })
		return memory.Append(b.memory, s.name, partition, added...)
	})
}

// FeedRecords adds records as they are to the stream of T, like [Feed]: with keys, headers and times, or with values
// that can't be decoded.
func FeedRecords[T any](b *Broker, records []broker.Record, which ...Selector) {
	b.t.Helper()
	feed[T](b, which, func(s *stream, partition int) error {
		noteFed(b, records, func(record broker.Record) string { return fmt.Sprintf("%s %s", s, record.Value) })
		return b.memory.AppendRecords(s.name, partition, records...)
	})
}

func feed[T any](b *Broker, which []Selector, add func(s *stream, partition int) error) {
	b.t.Helper()
	p := selected(which)
	s, err := b.find(elements.TypeFor[T](), p.as, true)
	if err == nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.open = true
		err = add(s, p.partition)
	}
	if err != nil {
		b.t.Fatalf("leattest: feed: %v", err)
	}
}

// Results returns the results of type T that are committed by now, in the order of their sessions and, within one, of
// their partitions; with a [Partition] those of that one. It fails the test where there is no such stream, and where
// one can't be decoded.
func Results[T any](b *Broker, which ...Selector) []T {
	b.t.Helper()
	var all []T
	for _, session := range Sessions[T](b, which...) {
		all = append(all, session...)
	}
	return all
}

// Sessions returns the results as [Results] does, a slice for each session that has begun.
func Sessions[T any](b *Broker, which ...Selector) [][]T {
	b.t.Helper()
	p := selected(which)
	s, err := b.find(elements.TypeFor[T](), p.as, false)
	if err != nil {
		b.t.Fatalf("leattest: results: %v", err)
	}
	var sessions [][]T
	for _, number := range b.partitionsOf(p) {
		read, err := memory.Sessions[T](b.memory, s.name, number)
		if err != nil {
			b.t.Fatalf("leattest: results: %v", err)
		}
		if last := len(read) - 1; len(read[last]) == 0 {
			read = read[:last] // nothing of it has come yet
		}
		for i, some := range read {
			if i == len(sessions) {
				sessions = append(sessions, nil)
			}
			sessions[i] = append(sessions[i], some...)
		}
	}
	return sessions
}

// partitionsOf returns the numbers of the partitions that are meant.
func (b *Broker) partitionsOf(s selection) []int {
	if s.given {
		return []int{s.partition}
	}
	numbers := make([]int, b.partitions)
	for i := range numbers {
		numbers[i] = i
	}
	return numbers
}
