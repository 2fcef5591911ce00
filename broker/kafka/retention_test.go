package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/kafka"
)

// highWatermark stands for the end of a partition.
const highWatermark = -1

// removeUpTo removes the records below an offset, as retention does.
func (c *cluster) removeUpTo(topic string, offset int64) {
	c.Helper()
	until := kadm.Offsets{}
	until.AddOffset(c.prefix+topic, 0, offset, -1)
	replies, err := kadm.NewClient(c.client).DeleteRecords(context.Background(), until)
	must(c, err)
	must(c, replies.Error())
}

// runUntil runs a mill, stops it when something has come true, and waits for it.
func (c *cluster) runUntil(mill *leat.Mill, reached func() bool) {
	c.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), hung)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- mill.Run(ctx) }()
	for !reached() {
		select {
		case err := <-done:
			c.Fatalf("the run has ended: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		c.Fatal(err)
	}
}

// R8: retention may remove what has been dealt with while nothing runs, and the markers of transactions behind it.
func TestRetentionOfWhatIsDealtWith(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fill func(c *cluster)
		ends bool // with an end-of-stream mark
	}{
		"records": {func(c *cluster) {
			c.produce(c.prefix+"in", 0, numbers(0, 3)...)
		}, false},
		"records and markers": {func(c *cluster) {
			c.transaction(c.prefix+"in", kgo.TryCommit, numbers(0, 3)...)
			c.transaction(c.prefix+"in", kgo.TryAbort, numbers(7, 9)...)
		}, false},
		"the end and its marker": {func(c *cluster) {
			c.transaction(c.prefix+"in", kgo.TryCommit, append(numbers(0, 3), mark)...)
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCluster(t)
			c.create(c.prefix+"in", 1)
			test.fill(c)
			want := numbers(0, 3)
			if test.ends {
				want = append(want, mark)
				c.run(c.copier())
			} else {
				c.runUntil(c.copier(), func() bool { return c.hasOutput(3) })
			}
			c.stableEnd(t.Context(), c.prefix+"in", 0)
			c.removeUpTo("in", highWatermark)
			// A run that reads nothing must not forget what was removed.
			c.runUntil(c.copier(), func() bool { return c.isMember("copy") })
			c.produce(c.prefix+"in", 0, append(numbers(3, 5), mark)...)
			c.run(c.copier())
			c.expectOut(0, slices.Concat(want, numbers(3, 5), []string{mark})...)
		})
	}
}

// hasOutput tells whether the topic out has so many records.
func (c *cluster) hasOutput(n int) bool {
	topics, err := kadm.NewClient(c.client).ListTopics(context.Background(), c.prefix+"out")
	must(c, err)
	return len(topics[c.prefix+"out"].Partitions) > 0 && len(c.out(0)) >= n
}

// isMember tells whether somebody is in a group.
func (c *cluster) isMember(group string) bool {
	groups, err := kadm.NewClient(c.client).DescribeGroups(context.Background(), c.prefix+group)
	must(c, err)
	return groups[c.prefix+group].State == "Stable" && len(groups[c.prefix+group].Members) > 0
}

// R8: a run never passes over what retention has removed and is still needed; a reset of the offsets allows that.
func TestRetentionOfWhatIsNeeded(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.create(c.prefix+"in", 1)
	c.produce(c.prefix+"in", 0, numbers(0, 3)...)
	c.runUntil(c.copier(), func() bool { return c.hasOutput(3) })
	c.produce(c.prefix+"in", 0, append(numbers(3, 8), mark)...)
	c.removeUpTo("in", 5)
	c.fails(c.copier(), c.prefix+"in[0]@3", "up to offset 4", "reset the offsets of group")
	c.expectOut(0, numbers(0, 3)...)

	reset := kadm.Offsets{}
	reset.AddOffset(c.prefix+"in", 0, 5, -1)
	must(t, kadm.NewClient(c.client).CommitAllOffsets(t.Context(), c.prefix+"copy", reset))
	c.run(c.copier())
	c.expectOut(0, slices.Concat(numbers(0, 3), numbers(5, 8), []string{mark})...)
}

// fails runs a mill that must end with an error which says all of some things.
func (c *cluster) fails(mill *leat.Mill, says ...string) {
	c.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), hung)
	defer cancel()
	err := mill.Run(ctx)
	for _, want := range says {
		if err == nil || !strings.Contains(err.Error(), want) {
			c.Errorf("the run ends with %v, wanted an error with %q", err, want)
		}
	}
}

// R8: retention may overtake a function that is slow.
func TestRetentionWhileRunning(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.create(c.prefix+"in", 1)
	long := strings.Repeat("x", 50<<10)
	var records []string
	for n := range 200 {
		records = append(records, fmt.Sprintf(`{"N":%d,"Text":%q}`, n, long))
	}
	c.produce(c.prefix+"in", 0, append(records, mark)...)
	c.fails(c.copier(kafka.ReadAhead(1), func(n Number) Copy {
		if n.N == 0 {
			c.removeUpTo("in", 190)
		}
		return Copy(n)
	}), c.prefix+"in[0]@", "up to offset 189", "reset the offsets of group")
}

// A session in which a master's first child never matches leaves the second one unread: its place is where it began,
// which need be neither offset 0 nor where a restart would begin.
func TestUnreadStreamsStayWhereTheyBegan(t *testing.T) {
	t.Parallel()
	type (
		Master  struct{ N int }
		First   struct{ N int }
		Second  struct{ N int }
		Matched struct{ N, Seconds int }
	)
	for name, start := range map[string]kafka.StartPosition{"earliest": kafka.Earliest(), "latest": kafka.Latest()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCluster(t)
			mill := func() *leat.Mill {
				mill, err := leat.New(
					func(m Master, _ []First, seconds []Second) Matched { return Matched{m.N, len(seconds)} },
					leat.Join(func(m Master) int { return m.N }, func(f First) int { return f.N }),
					leat.Join(func(m Master) int { return m.N }, func(s Second) int { return s.N }),
					leat.Logger(logger()),
					leat.Broker(kafka.New(c.addresses, kafka.Start(start), kafka.Group(c.prefix+"copy"),
						kafka.Topic[Master](c.prefix+"master"), kafka.Topic[First](c.prefix+"first"),
						kafka.Topic[Second](c.prefix+"second"), kafka.Topic[Matched](c.prefix+"out"))))
				must(t, err)
				return mill
			}
			for _, topic := range []string{"master", "first", "second"} {
				c.create(c.prefix+topic, 1)
				c.produce(c.prefix+topic, 0, `{"N":1}`, `{"N":2}`, `{"N":20}`)
				c.removeUpTo(topic, 2)
				if start == kafka.Earliest() {
					c.removeUpTo(topic, 3)
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), hung)
			defer cancel()
			done := make(chan error, 1)
			go func() { done <- mill().Run(ctx) }()
			c.waitForOffset(ctx, "copy", "master")
			c.produce(c.prefix+"master", 0, `{"N":5}`, `{"N":6}`, mark)
			c.produce(c.prefix+"first", 0, `{"N":10}`, mark)
			must(t, <-done)
			c.produce(c.prefix+"second", 0, `{"N":20}`, mark)
			for _, topic := range []string{"second", "first", "master"} {
				c.produce(c.prefix+topic, 0, `{"N":20}`, mark)
			}
			c.run(mill())
			c.expectOut(0, mark, `{"N":20,"Seconds":1}`, mark)
		})
	}
}
