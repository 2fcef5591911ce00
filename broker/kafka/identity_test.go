package kafka_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/leat-go/leat/broker/kafka"
)

// makeAnew deletes a topic, makes one of the same name and appends values to it.
func (c *cluster) makeAnew(topic string, values ...string) {
	c.Helper()
	admin := kadm.NewClient(c.client)
	_, err := admin.DeleteTopic(context.Background(), topic)
	must(c, err)
	c.client.PurgeTopicsFromClient(topic)
	for {
		reply, err := admin.CreateTopic(context.Background(), 1, 1, nil, topic)
		if err == nil {
			err = reply.Err
		}
		if err == nil {
			break
		}
		if err != kerr.TopicAlreadyExists {
			c.Fatal(err)
		}
		<-time.After(10 * time.Millisecond) // the old one isn't gone yet
	}
	c.produce(topic, 0, values...)
}

// R8: a topic that is deleted and recreated while a run is on ends it, whatever the run does at that moment; nothing
// of the new log is passed over because of positions in the old one.
func TestTopicMadeAnewWhileRunning(t *testing.T) {
	t.Parallel()
	for name, busy := range map[string]bool{"reading ahead": true, "waiting": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCluster(t)
			c.create(c.prefix+"in", 1)
			long := strings.Repeat("x", 1<<10)
			var values []string
			for n := range 10_000 {
				values = append(values, fmt.Sprintf(`{"N":%d,"Text":%q}`, n, long))
			}
			last := 3
			if busy {
				last = len(values)
			}
			c.produce(c.prefix+"in", 0, values[:last]...)
			made := make(chan struct{})
			fn := func(n Number) Copy {
				if n.N == 2 {
					go func() {
						c.makeAnew(c.prefix+"in", values...)
						close(made)
					}()
				}
				if busy && n.N > 2 {
					<-made
					<-time.After(time.Millisecond)
				}
				return Copy(n)
			}
			c.fails(c.copier(fn, kafka.ReadAhead(32<<10)), c.prefix+"in", "recreated", "reset the offsets of group")
			<-made
			if n := len(c.out(0)); n >= 10_000 {
				t.Errorf("the run has written %d results", n)
			}
		})
	}
}

// R8: a topic that was recreated between two runs isn't read from where the old one stood.
func TestTopicMadeAnewBetweenRuns(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.create(c.prefix+"in", 1)
	c.produce(c.prefix+"in", 0, append(numbers(0, 3), mark)...)
	c.run(c.copier())
	offsets, err := kadm.NewClient(c.client).FetchOffsets(kadm.RequireStable(t.Context()), c.prefix+"copy")
	must(t, err)
	c.makeAnew(c.prefix+"in", append(numbers(0, 9), mark)...)
	// Kafka forgets the offsets of a topic that is deleted; a process that hasn't noticed commits them again.
	must(t, kadm.NewClient(c.client).CommitAllOffsets(t.Context(), c.prefix+"copy", offsets.Offsets()))
	c.fails(c.copier(), `"`+c.prefix+`in" isn't the one that was read`, "reset the offsets of group", "another group")
	c.expectOut(0, append(numbers(0, 3), mark)...)
}

// R8: an offset that was moved while the note beside it was kept is refused; a reset that drops the note counts, and
// is told.
func TestMovedOffsets(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.create(c.prefix+"in", 1)
	c.produce(c.prefix+"in", 0, append(numbers(0, 5), mark)...)
	c.run(c.copier())
	admin := kadm.NewClient(c.client)
	offsets, err := admin.FetchOffsets(kadm.RequireStable(t.Context()), c.prefix+"copy")
	must(t, err)
	moved, _ := offsets.Lookup(c.prefix+"in", 0)
	moved.At = 3
	set := func(metadata string) {
		moved.Metadata = metadata
		all := kadm.Offsets{}
		all.Add(moved.Offset)
		must(t, admin.CommitAllOffsets(t.Context(), c.prefix+"copy", all))
	}
	set(moved.Metadata)
	c.fails(c.copier(), "the committed offset is 3", "those of offset 6", "reset the offsets of group")
	set("")
	log := &logged{}
	c.run(c.copier(log))
	if n := log.count("set by another program"); n != 1 {
		t.Errorf("the log says %d times that the offsets were set by another program:\n%s", n, log)
	}
	log = &logged{}
	c.produce(c.prefix+"in", 0, mark)
	c.run(c.copier(log))
	if n := log.count("set by another program"); n != 0 {
		t.Errorf("the log says of the mill's own offsets that another program has set them:\n%s", log)
	}
}
