package kafka_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/kafka"
	"github.com/leat-go/leat/broker/memory"
	"github.com/leat-go/leat/metrics"
	"github.com/leat-go/leat/observe"
)

// raise gives a topic another number of partitions, and returns the cluster with a client that knows of it.
func (c *cluster) raise(topic string, partitions int) *cluster {
	c.Helper()
	admin := kadm.NewClient(c.client)
	replies, err := admin.UpdatePartitions(context.Background(), partitions, c.prefix+topic)
	must(c, err)
	must(c, replies.Error())
	return c.again(topic, partitions)
}

// again returns the cluster with a client that knows of so many partitions of a topic.
func (c *cluster) again(topic string, partitions int) *cluster {
	c.Helper()
	for {
		topics, err := kadm.NewClient(c.client).ListTopics(context.Background(), c.prefix+topic)
		must(c, err)
		if len(topics[c.prefix+topic].Partitions) >= partitions {
			return connect(c.TB, &cluster{TB: c.TB, Cluster: c.Cluster, addresses: c.addresses, prefix: c.prefix})
		}
	}
}

// waitFor waits for something that is logged by so many instances.
func (c *cluster) waitFor(ctx context.Context, log *logged, what string, instances int) {
	c.Helper()
	for log.count(what) < instances {
		select {
		case <-ctx.Done():
			c.Fatalf("%q is logged %d times:\n%s", what, log.count(what), log)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Partitions that are added while a run is on are read in it, from their beginning, as soon as all topics have them;
// with several instances, one of them takes each. The session ends when they have ended it, too.
func TestAddedPartitionsAreReadInTheRun(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options []kafka.Option
		raise   func(ctx context.Context, c *cluster, log *logged, instances int)
		before  int // how many partitions the run has before it has four
	}{
		"GrowOutputs": {[]kafka.Option{kafka.GrowOutputs()}, func(_ context.Context, c *cluster, _ *logged, _ int) {
			c.raise("in", 4)
		}, 2},
		"inputs first": {nil, func(ctx context.Context, c *cluster, log *logged, instances int) {
			c.raise("in", 4)
			c.waitFor(ctx, log, "--alter --topic "+c.prefix+"out --partitions 4", instances)
			c.raise("out", 4)
		}, 2},
		"output first": {nil, func(ctx context.Context, c *cluster, log *logged, instances int) {
			c.raise("out", 4)
			c.waitFor(ctx, log, "--alter --topic "+c.prefix+"in --partitions 4", instances)
			c.raise("in", 4)
		}, 2},
		"one by one": {nil, func(ctx context.Context, c *cluster, log *logged, instances int) {
			c.grow(3)
			c.waitFor(ctx, log, "before=2 leat.partitions=3", instances)
			c.grow(4)
		}, 3},
	} {
		for _, instances := range []int{1, 3} {
			t.Run(fmt.Sprint(name, " ", instances), func(t *testing.T) {
				t.Parallel()
				tryGrowth(newCluster(t), instances, test.options, test.raise, test.before)
			})
		}
	}
}

func tryGrowth(
	c *cluster, instances int, options []kafka.Option,
	raise func(ctx context.Context, c *cluster, log *logged, instances int), before int,
) {
	c.create(c.prefix+"in", 2)
	c.create(c.prefix+"out", 2)
	ctx, cancel := context.WithTimeout(context.Background(), hung)
	log := &logged{}
	all := []any{log, kafka.MetadataAge(100 * time.Millisecond)}
	for _, o := range options {
		all = append(all, o)
	}
	var g sync.WaitGroup
	defer g.Wait()
	defer cancel()
	for range instances {
		mill := c.copier(all...)
		g.Go(func() {
			if err := mill.Run(ctx); err != nil && !c.Failed() {
				c.Error(err)
			}
		})
	}
	c.waitFor(ctx, log, "run starts", instances)
	for p := range 2 {
		c.produce(c.prefix+"in", p, numbers(0, 10)...)
	}
	raise(ctx, c, log, instances)
	c = c.again("in", 4)
	for p := range 4 {
		c.produce(c.prefix+"in", p, numbers(10, 20)...)
	}
	c.waitFor(ctx, log, fmt.Sprintf("before=%d leat.partitions=4", before), instances) // the run goes on with them
	for p := range 4 {
		c.produce(c.prefix+"in", p, append(numbers(20, 30), mark)...)
	}
	g.Wait()
	for p := range 4 {
		c.expectOut(p, append(numbers(10*max(0, min(1, p/2)), 30), mark)...)
	}
	if c.Failed() {
		c.Log(log)
	}
}

// What observes a run, which the page, progress and metrics do, sees partitions that are added meanwhile.
func TestAddedPartitionsAreSeen(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.create(c.prefix+"in", 1)
	ctx, cancel := context.WithTimeout(t.Context(), hung)
	defer cancel()
	runs := make(chan observe.Run, 1)
	registry := prometheus.NewRegistry()
	mill := c.copier(kafka.MetadataAge(100*time.Millisecond), kafka.GrowOutputs(), metrics.Register(registry),
		leat.Observe(observe.Func(func(_ context.Context, run observe.Run) (observe.Watch, error) {
			runs <- run
			return observe.Watch{}, nil
		})))
	done := make(chan error, 1)
	go func() { done <- mill.Run(ctx) }()
	run := <-runs
	c.produce(c.prefix+"in", 0, numbers(0, 1)...)
	c.waitForOffset(ctx, "copy", "in")
	c = c.raise("in", 3)
	c.produce(c.prefix+"in", 2, numbers(0, 5)...)
	seen := func() bool { // that all three are worked on, and what was read of the last
		s := run.Snapshot()
		i := slices.IndexFunc(s.Tasks, func(t observe.Task) bool { return t.Partition == 2 && t.Owned })
		return s.Partitions == 3 && len(s.Tasks) == 3 && i >= 0 && s.Tasks[i].Nodes[0].Read == 5
	}
	for !seen() {
		select {
		case err := <-done:
			t.Fatalf("the run has ended: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	series, err := testutil.GatherAndCount(registry, "leat_elements_read_total")
	must(t, err)
	if series != 3 {
		t.Errorf("there are %d series of what was read, not one for each of 3 partitions", series)
	}
	for p := range 3 {
		c.produce(c.prefix+"in", p, mark)
	}
	must(t, <-done)
	if s := run.Snapshot(); s.Partitions != 3 || len(s.Tasks) != 3 {
		t.Errorf("behind the run, there are %d partitions and %d tasks, not 3", s.Partitions, len(s.Tasks))
	}
}

// R8: also with kafka.Latest, added partitions are read from their beginning, in the group's first session, too: in
// the run that is on, and by the next one where they were added between two.
func TestAddedPartitionsOfTheFirstSession(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.create(c.prefix+"in", 1)
	c.create(c.prefix+"out", 1)
	options := []any{kafka.Start(kafka.Latest()), kafka.MetadataAge(100 * time.Millisecond)}
	c.produce(c.prefix+"in", 0, numbers(0, 3)...)
	grown := false
	c.runUntil(c.copier(options...), func() bool {
		offsets, err := kadm.NewClient(c.client).FetchOffsets(kadm.RequireStable(context.Background()), c.prefix+"copy")
		if _, begun := offsets.Lookup(c.prefix+"in", 0); err != nil || !begun {
			return false
		}
		if !grown {
			c = c.grow(2)
			c.produce(c.prefix+"in", 1, numbers(20, 23)...)
			grown = true
		}
		return len(c.out(1)) == 3
	})
	c = c.grow(3)
	c.produce(c.prefix+"in", 0, append(numbers(10, 13), mark)...)
	c.produce(c.prefix+"in", 1, mark)
	c.produce(c.prefix+"in", 2, append(numbers(30, 33), mark)...)
	c.run(c.copier(options...))
	c.expectOut(0, append(numbers(10, 13), mark)...)
	c.expectOut(1, append(numbers(20, 23), mark)...)
	c.expectOut(2, append(numbers(30, 33), mark)...)
}

// A sink that was opened for as many partitions as there were takes no others: the log says that another run is needed.
func TestAddedPartitionsWithAForeignSink(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.create(c.prefix+"in", 1)
	ctx, cancel := context.WithTimeout(t.Context(), hung)
	defer cancel()
	log := &logged{}
	source := kafka.New(c.addresses, kafka.Topic[Number](c.prefix+"in"), kafka.Group(c.prefix+"copy"),
		kafka.MetadataAge(100*time.Millisecond))
	mill, err := leat.New(func(n Number) Copy { return Copy(n) }, leat.From(source),
		leat.To(memory.New(memory.Stream[Copy]("copies"))),
		leat.Logger(slog.New(slog.NewTextHandler(log, nil))))
	must(t, err)
	done := make(chan error, 1)
	go func() { done <- mill.Run(ctx) }()
	c.waitFor(ctx, log, "run starts", 1)
	c.produce(c.prefix+"in", 0, numbers(0, 3)...)
	c = c.raise("in", 2)
	c.waitFor(ctx, log, "not read until the run is started again", 1)
	c.produce(c.prefix+"in", 0, mark)
	must(t, <-done)
}

// Where the client may not add partitions to an output, it says which right it lacks, and what to do.
func TestGrowOutputsWithoutTheRight(t *testing.T) {
	t.Parallel()
	acls := []kfake.ACL{
		acl(kmsg.ACLResourceTypeGroup, "copy", kmsg.ACLOperationRead),
		acl(kmsg.ACLResourceTypeTopic, "in", kmsg.ACLOperationRead),
		acl(kmsg.ACLResourceTypeTopic, "out", kmsg.ACLOperationWrite),
	}
	c := newFake(t, kfake.EnableSASL(), kfake.EnableACLs(), kfake.Superuser("PLAIN", "root", "root"),
		kfake.User("SCRAM-SHA-512", "user", "secret", acls...), kfake.SeedTopics(2, "in"), kfake.SeedTopics(1, "out"))
	err := open(t, c, job("", []string{"in"}, []string{"out"}), kafka.Group("copy"), kafka.GrowOutputs(),
		kafka.ScramSHA512("user", "secret"))
	for _, want := range []string{"right ALTER", "--alter --topic out --partitions 2"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, wanted one with %q", err, want)
		}
	}
}

// Partitions that are added after many sessions go on with the next one together with the others: one run reads it in
// all.
func TestAddedPartitionsAfterSessions(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.create(c.prefix+"in", 1)
	c.create(c.prefix+"out", 1)
	var all []string
	for n := range 5 {
		all = append(all, append(numbers(n, n+1), mark)...)
		c.produce(c.prefix+"in", 0, all[2*n:]...)
		c.run(c.copier())
	}
	c = c.grow(2)
	c.produce(c.prefix+"in", 0, `{"N":8}`, mark)
	c.produce(c.prefix+"in", 1, `{"N":6}`, mark, `{"N":7}`, mark)
	c.run(c.copier())
	all = append(all, `{"N":8}`, mark)
	c.expectOut(0, all...)
	c.expectOut(1, `{"N":6}`, mark)
	c.produce(c.prefix+"in", 0, mark)
	c.run(c.copier())
	c.expectOut(0, append(all, mark)...)
	c.expectOut(1, `{"N":6}`, mark, `{"N":7}`, mark)
}

// A run that may not give the output as many partitions says so, with what to do, and goes on when it may.
func TestGrowOutputsOnceItMay(t *testing.T) {
	t.Parallel()
	c := newFake(t)
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.CreatePartitions}, Err: kerr.TopicAuthorizationFailed,
		When: func(r kmsg.Request) bool { return r.(*kmsg.CreatePartitionsRequest).Topics[0].Topic == "out" }})
	tell := func(ctx context.Context, c *cluster, log *logged, _ int) {
		c.raise("in", 4)
		c.waitFor(ctx, log, "the right ALTER on it", 1)
		c.waitFor(ctx, log, "--alter --topic out --partitions 4", 1)
	}
	tryGrowth(c, 1, []kafka.Option{kafka.GrowOutputs()}, tell, 2)
}

// Partitions that are added to all topics while a run begins, when it has looked at its inputs and not yet at the
// output, are read in it, as any that are added later.
func TestAddedPartitionsWhileARunBegins(t *testing.T) {
	t.Parallel()
	c := newFake(t)
	c.create("in", 1)
	c.create("out", 1)
	b := kafka.New(c.addresses, kafka.Group("copy"))
	j := job("", []string{"in"}, []string{"out"})
	in, err := b.OpenSource(t.Context(), j)
	must(t, err)
	defer in.Close()
	j.Partitions = in.Partitions()
	c.grow(3)
	out, err := b.OpenSink(t.Context(), j)
	must(t, err)
	defer out.Close()
	var taken sync.Map
	ctx, cancel := context.WithTimeout(t.Context(), hung)
	defer cancel()
	must(t, in.Own(ctx, func(ctx context.Context, partition int) error {
		taken.Store(partition, true)
		for p := range 3 { // all are there before the first ends
			for _, ok := taken.Load(p); !ok; _, ok = taken.Load(p) {
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-time.After(10 * time.Millisecond):
				}
			}
		}
		return nil
	}))
	if in.Partitions() != 3 {
		t.Errorf("the input has %d partitions, not 3", in.Partitions())
	}
}
