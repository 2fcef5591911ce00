package kafka_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/leat-go/leat/broker/kafka"
)

// grow gives the topics in and out another number of partitions, and returns the cluster with a client that knows of
// it.
func (c *cluster) grow(partitions int) *cluster {
	c.Helper()
	return c.raise("in", partitions).raise("out", partitions)
}

// R5: a partition that is added after some sessions begins with the one that the others have come to, wherever the
// group begins: what it holds came later.
func TestAddedPartitionsBeginWithTheSessionOfTheOthers(t *testing.T) {
	t.Parallel()
	for sessions := 1; sessions <= 3; sessions++ {
		for _, start := range []kafka.StartPosition{kafka.Earliest(), kafka.Latest()} {
			t.Run(fmt.Sprint(sessions, start), func(t *testing.T) {
				t.Parallel()
				tryAdded(t, sessions, start)
			})
		}
	}
}

func tryAdded(t *testing.T, sessions int, start kafka.StartPosition) {
	c := newCluster(t)
	c.create(c.prefix+"in", 2)
	c.create(c.prefix+"out", 2)
	var want []string
	for s := range sessions {
		part := append(numbers(10*s, 10*s+3), mark)
		for p := range 2 {
			c.produce(c.prefix+"in", p, part...)
		}
		c.run(c.copier())
		want = append(want, part...)
	}
	c = c.grow(3)
	c.produce(c.prefix+"in", 0, numbers(100, 103)...)
	c.produce(c.prefix+"in", 2, numbers(200, 201)...)
	// A run that is stopped in the midst of the session changes nothing of that, whatever has come of the partition
	// by then.
	c.runUntil(c.copier(kafka.Start(start)), func() bool { return len(c.out(0)) == len(want)+3 })
	c.produce(c.prefix+"in", 0, mark)
	c.produce(c.prefix+"in", 1, mark)
	c.produce(c.prefix+"in", 2, append(numbers(201, 203), mark)...)
	c.run(c.copier(kafka.Start(start)))
	c.expectOut(0, slices.Concat(want, numbers(100, 103), []string{mark})...)
	c.expectOut(1, append(slices.Clone(want), mark)...)
	c.expectOut(2, append(numbers(200, 203), mark)...)
}

// R5: a partition of which nothing was committed yet when a run was stopped isn't one that was added: its first
// session is the group's, and the others wait for it.
func TestIdlePartitionsBeginWithTheFirstSession(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.create(c.prefix+"in", 2)
	first := append(numbers(0, 3), mark)
	c.produce(c.prefix+"in", 0, append(slices.Clone(first), numbers(10, 13)...)...)
	c.runUntil(c.copier(), func() bool { return len(c.out(0)) == len(first) })
	c.produce(c.prefix+"in", 1, append(numbers(20, 23), mark)...)
	c.run(c.copier())
	c.expectOut(0, first...)
	c.expectOut(1, append(numbers(20, 23), mark)...)
}
