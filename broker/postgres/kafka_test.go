package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/broker/kafka"
	"github.com/leat-go/leat/broker/postgres"
)

// topics is a Kafka with orders and items in three partitions each: one in this process, or a real one where
// LEAT_TEST_KAFKA has its address.
type topics struct {
	testing.TB
	addresses []string
	prefix    string
	client    *kgo.Client
	next      int64
}

const topicPartitions = 3

func newTopics(t testing.TB) *topics {
	c := &topics{TB: t, prefix: fmt.Sprintf("pg%d-", time.Now().UnixNano()), next: 1}
	if address := os.Getenv("LEAT_TEST_KAFKA"); address != "" {
		c.addresses = strings.Split(address, ",")
	} else {
		fake, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SleepOutOfOrder())
		c.must(err)
		t.Cleanup(fake.Close)
		c.addresses = fake.ListenAddrs()
	}
	var err error
	c.client, err = kgo.NewClient(kgo.SeedBrokers(c.addresses...), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.UnknownTopicRetries(50))
	c.must(err)
	t.Cleanup(c.client.Close)
	created, err := kadm.NewClient(c.client).CreateTopics(t.Context(), topicPartitions, 1, nil, c.prefix+"orders",
		c.prefix+"items")
	c.must(err)
	c.must(created.Error())
	return c
}

func (c *topics) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// grow adds n orders, the order i in partition i%3, with i%4 items.
func (c *topics) grow(n int) {
	c.Helper()
	var records []*kgo.Record
	for range n {
		id := c.next
		c.next++
		add := func(topic, value string) {
			records = append(records, &kgo.Record{Topic: c.prefix + topic, Partition: int32(id % topicPartitions),
				Value: []byte(value)})
		}
		add("orders", fmt.Sprintf(`{"id":%d}`, id))
		for item := range id % 4 {
			add("items", fmt.Sprintf(`{"order_id":%d,"n":%d,"price":%d}`, id, item+1, 10*id+item+1))
		}
	}
	c.must(c.client.ProduceSync(context.Background(), records...).FirstErr())
}

// end puts end-of-stream marks behind all.
func (c *topics) end() {
	c.Helper()
	var records []*kgo.Record
	for p := range topicPartitions {
		for _, topic := range []string{"orders", "items"} {
			records = append(records, &kgo.Record{Topic: c.prefix + topic, Partition: int32(p),
				Value: []byte(`{"eos__": true}`)})
		}
	}
	c.must(c.client.ProduceSync(context.Background(), records...).FirstErr())
}

// want returns the totals of all orders that have items, each as the columns of a row.
func (c *topics) want() (rows [][]string) {
	for id := int64(1); id < c.next; id++ {
		if n := id % 4; n > 0 {
			rows = append(rows, []string{fmt.Sprint(id), fmt.Sprint(n), fmt.Sprint(10*id*n + n*(n+1)/2)})
		}
	}
	return rows
}

// fromKafka is a mill that reads Kafka and writes the database.
func (d *database) fromKafka(addresses []string, prefix string) (*leat.Mill, error) {
	return leat.New(sum, leat.Name("totals"), quiet,
		leat.From(kafka.New(addresses, kafka.Group(prefix+"totals"), kafka.Topic[order](prefix+"orders"),
			kafka.Topic[item](prefix+"items"))),
		leat.To(postgres.New(d.url, postgres.Table[total]("totals"))),
		leat.Join(func(o order) int64 { return o.ID }, func(i item) int64 { return i.OrderID }))
}

// expectEach compares the totals with those wanted, in whatever order partitions have written them, but ordered within
// each.
func (d *database) expectEach(want [][]string) {
	d.Helper()
	got := d.query("SELECT id, items, total FROM totals ORDER BY id, place")
	if fmt.Sprint(got) != fmt.Sprint(want) {
		d.Errorf("there are %d results, not these %d:\n%.3000s\n%.3000s", len(got), len(want), fmt.Sprint(got),
			fmt.Sprint(want))
	}
	inOrder := d.query("SELECT id FROM totals ORDER BY id % 3, place")
	var sorted [][]string
	for p := range topicPartitions {
		for _, row := range want {
			if id, err := strconv.Atoi(row[0]); err == nil && id%topicPartitions == p {
				sorted = append(sorted, row[:1])
			}
		}
	}
	if fmt.Sprint(inOrder) != fmt.Sprint(sorted) {
		d.Errorf("the results of a partition are out of order: %.3000s", fmt.Sprint(inOrder))
	}
}

// Instances that share Kafka's partitions write one database: whoever comes, leaves or is killed, nobody's run fails,
// each result is there once, and the session ends for all of them.
func TestFromKafka(t *testing.T) {
	d, c := shop(t, 0), newTopics(t)
	c.grow(60)
	start := func(ctx context.Context, want error) (ended chan struct{}) {
		ended = make(chan struct{})
		mill, err := d.fromKafka(c.addresses, c.prefix)
		d.must(err)
		go func() {
			defer close(ended)
			if err := mill.Run(ctx); !errors.Is(err, want) {
				t.Errorf("a run ends with %v, wanted %v", err, want)
			}
		}()
		return ended
	}
	total := func(n int) { d.wait(fmt.Sprintf("SELECT FROM totals HAVING count(*) >= %d", n)) }
	first := start(t.Context(), nil)
	total(40)
	killed := d.helper("kafka", "LEAT_HELPER_KAFKA="+strings.Join(c.addresses, ","), "LEAT_HELPER_PREFIX="+c.prefix)
	d.wait("SELECT FROM leat_positions WHERE holder NOT LIKE '%process " + strconv.Itoa(os.Getpid()) + " %'")
	c.grow(60)
	total(85)
	leaving, leave := context.WithCancel(t.Context())
	left := start(leaving, context.Canceled)
	c.grow(60)
	total(125)
	d.must(killed.Process.Kill())
	c.grow(60)
	leave()
	<-left
	c.end()
	second := start(t.Context(), nil)
	<-first
	<-second
	d.expectEach(c.want())
	if got := d.query("SELECT DISTINCT progress->>'sessions' FROM leat_positions"); fmt.Sprint(got) != "[[1]]" {
		t.Errorf("the partitions have ended %v sessions, wanted one each", got)
	}
}

// A table is read into Kafka, by a run that is killed again and again.
func TestToKafka(t *testing.T) {
	d, c := shop(t, 50), newTopics(t)
	for round := range 4 {
		command := d.helper("to kafka", "LEAT_HELPER_KAFKA="+strings.Join(c.addresses, ","),
			"LEAT_HELPER_PREFIX="+c.prefix)
		for len(c.committed("totals")) < 30+40*round {
			<-time.After(10 * time.Millisecond)
		}
		d.grow(30)
		<-time.After(time.Duration(round) * 7 * time.Millisecond)
		d.must(command.Process.Kill())
		d.grow(30)
	}
	mill, err := d.toKafka(c.addresses, c.prefix)
	d.must(err)
	d.must(mill.Run(t.Context()))
	var want []string
	for _, row := range d.query("SELECT order_id, count(*), sum(price) FROM items GROUP BY order_id ORDER BY order_id") {
		want = append(want, fmt.Sprintf(`{"id":%s,"items":%s,"total":%s}`, row[0], row[1], row[2]))
	}
	if got := c.committed("totals"); !slices.Equal(got, want) {
		t.Errorf("Kafka has %d results, not these %d:\n%.1000s\n%.1000s", len(got), len(want), got, want)
	}
}

// toKafka is a mill that reads the database and writes Kafka.
func (d *database) toKafka(addresses []string, prefix string, options ...postgres.StreamOption) (*leat.Mill, error) {
	return leat.New(sum, leat.Name("totals"), quiet,
		leat.From(postgres.New(d.url, postgres.Table[order]("orders", options...),
			postgres.Table[item]("items", options...))),
		leat.To(kafka.New(addresses, kafka.Group(prefix+"totals"), kafka.Instance("one"),
			kafka.Topic[total](prefix+"totals"))),
		leat.Join(func(o order) int64 { return o.ID }, func(i item) int64 { return i.OrderID }))
}

// committed returns what a read_committed reader finds in partition 0 of a topic, without marks.
func (c *topics) committed(topic string) (values []string) {
	c.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	admin := kadm.NewClient(c.client)
	ends, err := admin.ListCommittedOffsets(ctx, c.prefix+topic)
	c.must(err)
	end, ok := ends.Lookup(c.prefix+topic, 0)
	if !ok || end.Offset <= 0 {
		return nil
	}
	reader, err := kgo.NewClient(kgo.SeedBrokers(c.addresses...), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(), kgo.FetchMaxWait(10*time.Millisecond), kgo.ConsumePartitions(
			map[string]map[int32]kgo.Offset{c.prefix + topic: {0: kgo.NewOffset().AtStart()}}))
	c.must(err)
	defer reader.Close()
	for next := int64(0); next < end.Offset; {
		fetches := reader.PollFetches(ctx)
		c.must(fetches.Err0())
		fetches.EachRecord(func(r *kgo.Record) {
			next = r.Offset + 1
			if !r.Attrs.IsControl() && !strings.Contains(string(r.Value), "eos__") {
				values = append(values, string(r.Value))
			}
		})
	}
	return values
}
