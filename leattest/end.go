package leattest

import (
	"errors"
	"fmt"

	"github.com/leat-go/leat/internal/elements"
)

// End ends a stream of T before the others: it puts an end-of-stream mark behind what was fed of it, in all partitions
// or in that of a [Partition]. What is fed to it afterwards belongs to the next session. [Broker.Run] and
// [Broker.Live] end the other streams, as ever. It fails the test where there is no such stream, where it has ended in
// this session, and beside [DataTimeout], where no mark ends streams.
func End[T any](b *Broker, which ...Selector) {
	b.t.Helper()
	p := selected(which)
	s, err := b.find(elements.TypeFor[T](), p.as, true)
	if err == nil {
		err = b.endEarly(s, b.partitionsOf(p))
	}
	if err != nil {
		b.t.Fatalf("leattest.End: %v", err)
	}
}

func (b *Broker) endEarly(s *stream, partitions []int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.timeout > 0 {
		return errors.New("with leattest.DataTimeout streams end by the time alone; let it pass by time.Sleep")
	}
	for _, partition := range partitions {
		if b.marks[partitionID{s.name, partition}] > b.ended {
			return fmt.Errorf("the stream of %s has ended in this session already", s)
		}
	}
	b.open = true
	noteFed(b, []*stream{s}, func(s *stream) string { return fmt.Sprintf("the end of %s", s) })
	return b.mark(s, partitions)
}

// mark puts end-of-stream marks into partitions of a stream.
func (b *Broker) mark(s *stream, partitions []int) error {
	if err := b.memory.End(s.name, partitions...); err != nil {
		return err
	}
	for _, partition := range partitions {
		b.marks[partitionID{s.name, partition}]++
	}
	return nil
}

// end puts an end-of-stream mark behind what was fed, in every stream that the test feeds and hasn't ended itself,
// where no data timeout ends them.
func (b *Broker) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.open {
		return
	}
	b.open = false
	b.ended++
	for _, s := range b.streams {
		if !s.input() || b.timeout > 0 {
			continue
		}
		for partition := range b.partitions {
			if b.marks[partitionID{s.name, partition}] < b.ended {
				// It fails only for streams and partitions that don't exist.
				_ = b.mark(s, []int{partition})
			}
		}
	}
}
