package kafka_test

import (
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/broker/kafka"
)

// tombstones appends records without a value to partition 0 of the topic in, each with a key.
func (c *cluster) tombstones(keys ...string) {
	c.Helper()
	for _, key := range keys {
		must(c, c.client.ProduceSync(c.Context(), &kgo.Record{Topic: c.prefix + "in", Key: []byte(key)}).FirstErr())
	}
}

// Records without a value are passed over and counted, or elements where the topic says so; a mark is a mark either
// way.
func TestTombstones(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.create(c.prefix+"in", 1)
	c.produce(c.prefix+"in", 0, numbers(0, 2)...)
	c.tombstones("2", `{"N":3}`)
	c.produce(c.prefix+"in", 0, append(numbers(4, 5), mark)...)
	log := &logged{}
	c.run(c.copier(log))
	c.expectOut(0, slices.Concat(numbers(0, 2), numbers(4, 5), []string{mark})...)
	if log.count("in.tombstones=2") != 1 && log.count("Number.tombstones=2") != 1 {
		t.Errorf("the run doesn't count two records without a value:\n%s", log)
	}
	type Taken Copy
	c.run(c.copier(kafka.Group(c.prefix+"taken"), func(s Stone) Taken { return Taken(s) },
		kafka.Topic[Stone](c.prefix+"in", kafka.Tombstones()), kafka.Topic[Taken](c.prefix+"taken")))
	var got []string
	for _, r := range c.committed(c.prefix+"taken", 0) {
		got = append(got, string(r.Value))
	}
	if want := slices.Concat(numbers(0, 2), numbers(0, 1), numbers(3, 5), []string{mark}); !slices.Equal(got, want) {
		t.Errorf("taken as elements: got %v, want %v", got, want)
	}
}

// Stone is what is read of a topic whose tombstones are elements.
type Stone struct{ N int }

// R8: retention may remove records without a value that were passed over, as it may remove what was dealt with.
func TestRetentionOfTombstones(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.create(c.prefix+"in", 1)
	c.produce(c.prefix+"in", 0, numbers(0, 3)...)
	c.tombstones("a", "b", "c")
	c.runUntil(c.copier(), func() bool { return c.hasOutput(3) })
	c.removeUpTo("in", highWatermark)
	c.produce(c.prefix+"in", 0, append(numbers(3, 5), mark)...)
	c.run(c.copier())
	c.expectOut(0, append(numbers(0, 5), mark)...)
}
