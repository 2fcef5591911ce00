package kafka_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/kafka"
	"github.com/leat-go/leat/broker/memory"
)

// Number is the element of a mill with one stream, which writes what it reads.
type (
	Number struct{ N int }
	Copy   struct{ N int }
)

func numbers(from, to int) (all []string) {
	for n := from; n < to; n++ {
		all = append(all, fmt.Sprintf(`{"N":%d}`, n))
	}
	return all
}

// A copier is a mill that copies the topic in to the topic out.
func (c *cluster) copier(options ...any) *leat.Mill {
	c.Helper()
	kafkas := []kafka.Option{
		kafka.Topic[Number](c.prefix + "in"), kafka.Topic[Copy](c.prefix + "out"), kafka.Group(c.prefix + "copy"),
		kafka.Options(kgo.HeartbeatInterval(30 * time.Millisecond)),
	}
	var leats []leat.Option
	var fn any = func(n Number) Copy { return Copy(n) }
	log := logger()
	for _, o := range options {
		switch o := o.(type) {
		case kafka.Option:
			kafkas = append(kafkas, o)
		case leat.Option:
			leats = append(leats, o)
		case *logged:
			log = slog.New(slog.NewTextHandler(o, nil))
		default:
			fn = o
		}
	}
	leats = append(leats, leat.Broker(kafka.New(c.addresses, kafkas...)), leat.Logger(log), leat.CommitEvery(time.Millisecond, 0))
	mill, err := leat.New(fn, leats...)
	must(c, err)
	return mill
}

func (c *cluster) run(mill *leat.Mill) {
	c.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), hung)
	defer cancel()
	must(c, mill.Run(ctx))
}

// out returns the values in the topic out.
func (c *cluster) out(partition int) []string {
	c.Helper()
	var all []string
	for _, r := range c.committed(c.prefix+"out", partition) {
		all = append(all, string(r.Value))
	}
	return all
}

func (c *cluster) expectOut(partition int, want ...string) {
	c.Helper()
	if got := c.out(partition); !slices.Equal(got, want) {
		end := c.stableEnd(context.Background(), c.prefix+"out", partition)
		c.Errorf("partition %d, which ends at %d: got %v, want %v", partition, end, got, want)
	}
}

// R5: marks delimit sessions, on every partition; each run reads one.
func TestSessions(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.create(c.prefix+"in", 2)
	var want []string
	for session := range 3 {
		part := append(numbers(10*session, 10*session+session), mark)
		c.produce(c.prefix+"in", 0, part...)
		c.produce(c.prefix+"in", 1, mark)
		c.run(c.copier(kafka.Instance("one")))
		want = append(want, part...)
		c.expectOut(0, want...)
		c.expectOut(1, slices.Repeat([]string{mark}, session+1)...)
	}
}

// R6: a function that ends the session puts the same mark; the next run goes on behind the mark of the input.
func TestFunctionEndsSession(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.create(c.prefix+"in", 1)
	c.produce(c.prefix+"in", 0, append(numbers(0, 5), mark)...)
	c.produce(c.prefix+"in", 0, append(numbers(10, 12), mark)...)
	mill := c.copier(func(n Number) (Copy, error) {
		if n.N == 2 {
			return Copy(n), leat.EndOfStream
		}
		return Copy(n), nil
	})
	c.run(mill)
	c.run(mill)
	c.expectOut(0, slices.Concat(numbers(0, 3), []string{mark}, numbers(10, 12), []string{mark})...)
}

// A result has the key and the time of its master record and goes to its partition; Key gives it another key.
func TestKeysAndTimes(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.create(c.prefix+"in", 3)
	at := time.UnixMilli(1_700_000_000_123)
	must(t, c.client.ProduceSync(t.Context(), &kgo.Record{
		Topic: c.prefix + "in", Partition: 2, Key: []byte("key"), Value: []byte(`{"N":1}`), Timestamp: at,
	}).FirstErr())
	for p := range 3 {
		c.produce(c.prefix+"in", p, mark)
	}
	c.run(c.copier())
	type Keyed Copy
	c.run(c.copier(kafka.Group(c.prefix+"keyed"), func(n Number) Keyed { return Keyed(n) },
		kafka.Topic[Keyed](c.prefix+"keyed", kafka.Key(func(k Keyed) []byte { return fmt.Append(nil, k.N) }))))
	for topic, want := range map[string]string{"out": "key", "keyed": "1"} {
		got := c.committed(c.prefix+topic, 2)[0]
		if string(got.Key) != want || !got.Timestamp.Equal(at) {
			t.Errorf("topic %s: the result has key %q and time %v, wanted %q and %v", topic, got.Key, got.Timestamp, want, at)
		}
	}
}

// The data timeout ends the session, and the next run goes on where this one stood.
func TestDataTimeout(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.create(c.prefix+"in", 2)
	c.produce(c.prefix+"in", 0, numbers(0, 3)...)
	c.run(c.copier(kafka.DataTimeout(300 * time.Millisecond)))
	c.expectOut(0, append(numbers(0, 3), mark)...)
	c.expectOut(1, mark)
	c.produce(c.prefix+"in", 0, numbers(3, 5)...)
	c.run(c.copier(kafka.DataTimeout(300 * time.Millisecond)))
	c.expectOut(0, slices.Concat(numbers(0, 3), []string{mark}, numbers(3, 5), []string{mark})...)
}

// A new group begins where Start says, and still does after a stop before the first result.
func TestStart(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		start kafka.StartPosition
		want  []string
	}{
		"earliest": {kafka.Earliest(), slices.Concat(numbers(0, 4), []string{mark})},
		"latest":   {kafka.Latest(), slices.Concat(numbers(2, 4), []string{mark})},
		"time":     {kafka.From(time.UnixMilli(2000)), slices.Concat(numbers(1, 4), []string{mark})},
		"future":   {kafka.From(time.Now().Add(time.Hour)), slices.Concat(numbers(2, 4), []string{mark})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCluster(t)
			c.create(c.prefix+"in", 1)
			for n, value := range numbers(0, 2) {
				must(t, c.client.ProduceSync(t.Context(), &kgo.Record{Topic: c.prefix + "in", Value: []byte(value),
					Timestamp: time.UnixMilli(1000 + int64(n)*1000)}).FirstErr())
			}
			started := make(chan struct{}, 10)
			ctx, cancel := context.WithTimeout(t.Context(), hung)
			stopped := c.copier(kafka.Start(test.start), func(ctx context.Context, n Number) (Copy, error) {
				started <- struct{}{}
				<-ctx.Done()
				return Copy{}, ctx.Err()
			})
			done := make(chan error)
			go func() { done <- stopped.Run(ctx) }()
			if test.want[0] == `{"N":2}` {
				c.waitForOffset(ctx, "copy", "in")
			} else {
				<-started
			}
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			c.produce(c.prefix+"in", 0, append(numbers(2, 4), mark)...)
			c.run(c.copier(kafka.Start(test.start)))
			c.expectOut(0, test.want...)
		})
	}
}

// waitForOffset waits until a group has committed an offset.
func (c *cluster) waitForOffset(ctx context.Context, group, topic string) {
	c.Helper()
	for {
		offsets, err := kadm.NewClient(c.client).FetchOffsets(kadm.RequireStable(ctx), c.prefix+group)
		if _, ok := offsets.Lookup(c.prefix+topic, 0); ok && err == nil {
			return
		}
		if ctx.Err() != nil {
			c.Fatal("the group commits no offset")
		}
	}
}

// The committed offset is a true rewind point, which the usual tools show, and a reset by such a tool counts.
func TestOffsetsAreTheGroups(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.create(c.prefix+"in", 1)
	c.produce(c.prefix+"in", 0, append(numbers(0, 5), mark)...)
	c.run(c.copier())
	admin := kadm.NewClient(c.client)
	offsets, err := admin.FetchOffsets(kadm.RequireStable(t.Context()), c.prefix+"copy")
	must(t, err)
	if o, _ := offsets.Lookup(c.prefix+"in", 0); o.At != 6 {
		t.Errorf("the committed offset is %d, wanted is 6, behind the mark", o.At)
	}
	reset := kadm.Offsets{}
	reset.AddOffset(c.prefix+"in", 0, 3, -1)
	must(t, admin.CommitAllOffsets(t.Context(), c.prefix+"copy", reset))
	c.run(c.copier())
	c.expectOut(0, slices.Concat(numbers(0, 5), []string{mark}, numbers(3, 5), []string{mark})...)
}

// Two living processes of one name: the older one ends with an error that says so, the newer one works.
func TestSecondInstanceOfOneName(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.create(c.prefix+"in", 1)
	c.produce(c.prefix+"in", 0, numbers(0, 5)...)
	older, newer := make(chan error, 1), make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), hung)
	defer cancel()
	go func() { older <- c.copier(kafka.Instance("same")).Run(ctx) }()
	c.waitForOffset(ctx, "copy", "in")
	go func() { newer <- c.copier(kafka.Instance("same")).Run(ctx) }()
	err := <-older
	if err == nil || !strings.Contains(err.Error(), "another process has joined the group under this instance name") {
		t.Errorf("the older one ends with %v", err)
	}
	c.produce(c.prefix+"in", 0, append(numbers(5, 10), mark)...)
	must(t, <-newer)
	c.expectOut(0, append(numbers(0, 10), mark)...)
}

// What can't get better ends the run, with what to do about it.
func TestFinalErrors(t *testing.T) {
	t.Parallel()
	expect := func(t *testing.T, c *cluster, mill *leat.Mill, want string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), hung)
		defer cancel()
		if err := mill.Run(ctx); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, wanted one with %q", err, want)
		}
	}
	t.Run("too large", func(t *testing.T) {
		t.Parallel()
		c := newCluster(t)
		c.create(c.prefix+"in", 1)
		c.produce(c.prefix+"in", 0, append(numbers(0, 1), mark)...)
		type Big struct{ Text string }
		expect(t, c, c.copier(func(Number) Big { return Big{strings.Repeat("x", 3<<20)} },
			kafka.Topic[Big](c.prefix+"big")), "max.message.bytes")
	})
	t.Run("removed by retention", func(t *testing.T) {
		t.Parallel()
		c := newCluster(t)
		c.create(c.prefix+"in", 1)
		c.produce(c.prefix+"in", 0, append(numbers(0, 3), mark)...)
		c.run(c.copier())
		c.produce(c.prefix+"in", 0, numbers(3, 9)...)
		until := kadm.Offsets{}
		until.AddOffset(c.prefix+"in", 0, 8, -1)
		_, err := kadm.NewClient(c.client).DeleteRecords(t.Context(), until)
		must(t, err)
		expect(t, c, c.copier(), "retention")
	})
	t.Run("output deleted", func(t *testing.T) {
		t.Parallel()
		c := newCluster(t)
		c.create(c.prefix+"in", 1)
		c.create(c.prefix+"out", 1)
		c.produce(c.prefix+"in", 0, numbers(0, 3)...)
		mill := c.copier()
		go func() {
			c.waitForOffset(t.Context(), "copy", "in")
			_, err := kadm.NewClient(c.client).DeleteTopics(t.Context(), c.prefix+"out")
			if err != nil {
				t.Error(err)
			}
			c.produce(c.prefix+"in", 0, numbers(3, 6)...)
		}()
		expect(t, c, mill, "was deleted while results")
	})
	t.Run("output recreated", func(t *testing.T) {
		t.Parallel()
		c := newCluster(t)
		c.create(c.prefix+"in", 1)
		c.create(c.prefix+"out", 1)
		c.produce(c.prefix+"in", 0, numbers(0, 3)...)
		mill := c.copier()
		go func() {
			c.waitForOffset(t.Context(), "copy", "in")
			if _, err := kadm.NewClient(c.client).DeleteTopics(t.Context(), c.prefix+"out"); err != nil {
				t.Error(err)
			}
			for { // a real Kafka takes a moment to let go of the name
				_, err := kadm.NewClient(c.client).CreateTopic(t.Context(), 1, 1, nil, c.prefix+"out")
				if !errors.Is(err, kerr.TopicAlreadyExists) {
					if err != nil {
						t.Error(err)
					}
					break
				}
			}
			c.produce(c.prefix+"in", 0, numbers(3, 6)...)
		}()
		expect(t, c, mill, fmt.Sprintf("the output topic %q was deleted and recreated", c.prefix+"out"))
	})
	t.Run("deleted", func(t *testing.T) {
		t.Parallel()
		c := newCluster(t)
		c.create(c.prefix+"in", 1)
		c.produce(c.prefix+"in", 0, numbers(0, 3)...)
		go func() {
			c.waitForOffset(t.Context(), "copy", "in")
			_, err := kadm.NewClient(c.client).DeleteTopics(t.Context(), c.prefix+"in")
			if err != nil {
				t.Error(err)
			}
		}()
		expect(t, c, c.copier(), "deleted")
	})
}

// R4: windows by the clock close on silence, on every partition.
func TestWindowsOnSilence(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.create(c.prefix+"in", 3)
	for p := range 3 {
		c.produce(c.prefix+"in", p, numbers(0, 2)...)
	}
	ctx, cancel := context.WithTimeout(t.Context(), hung)
	type Sum struct{ Count int }
	mill := c.copier(func(n []Number) Sum { return Sum{len(n)} }, kafka.Topic[Sum](c.prefix+"sums"),
		leat.WindowEvery(500*time.Millisecond))
	done := make(chan error)
	go func() { done <- mill.Run(ctx) }()
	c.waitForOffset(ctx, "copy", "in")
	for p := range 3 {
		count := 0
		for count < 2 && ctx.Err() == nil {
			count = 0
			for _, r := range c.committed(c.prefix+"sums", p) {
				var s Sum
				must(t, json.Unmarshal(r.Value, &s))
				count += s.Count
			}
		}
	}
	cancel()
	<-done
}

// Exactly once also from a source that is elsewhere: the sink keeps its positions.
func TestForeignSource(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	source := memory.New(memory.Stream[Number]("numbers", memory.Partitions(2)))
	for session := range 2 {
		for p := range 2 {
			must(t, memory.Append(source, "numbers", p, Number{10*session + p}))
		}
		must(t, source.End("numbers"))
		sink := kafka.New(c.addresses, kafka.Topic[Copy](c.prefix+"out"), kafka.Group(c.prefix+"copy"))
		mill, err := leat.New(func(n Number) Copy { return Copy(n) }, leat.From(source), leat.To(sink), leat.Logger(logger()))
		must(t, err)
		c.run(mill)
	}
	c.expectOut(0, `{"N":0}`, mark, `{"N":10}`, mark)
	c.expectOut(1, `{"N":1}`, mark, `{"N":11}`, mark)
}

// A sink that keeps no positions leaves them in the group.
func TestForeignSink(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.create(c.prefix+"in", 2)
	sink := memory.New(memory.Stream[Copy]("copies", memory.Partitions(2)))
	source := kafka.New(c.addresses, kafka.Topic[Number](c.prefix+"in"), kafka.Group(c.prefix+"copy"))
	mill, err := leat.New(func(n Number) Copy { return Copy(n) }, leat.From(source), leat.To(forgetful{sink}),
		leat.Logger(logger()))
	must(t, err)
	for session := range 2 {
		for p := range 2 {
			c.produce(c.prefix+"in", p, append(numbers(10*session+p, 10*session+p+1), mark)...)
		}
		c.run(mill)
	}
	for p := range 2 {
		got, err := memory.Elements[Copy](sink, "copies", p)
		must(t, err)
		if !slices.Equal(got, []Copy{{p}, {10 + p}}) {
			t.Errorf("partition %d: got %v", p, got)
		}
	}
}

// forgetful is a sink that keeps no positions.
type forgetful struct{ broker.Sink }

func (forgetful) Guarantee() broker.Guarantee { return broker.AtLeastOnce }

func (f forgetful) OpenSink(ctx context.Context, job *broker.Job) (broker.Output, error) {
	out, err := f.Sink.OpenSink(ctx, job)
	return struct{ broker.Output }{out}, err
}
