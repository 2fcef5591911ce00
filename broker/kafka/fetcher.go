package kafka

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/leat-go/leat/broker"
)

const (
	// fetchWait is how long Kafka may hold back the answer to a fetch where nothing is new. A partition that is added
	// or resumed waits for it.
	fetchWait = 100 * time.Millisecond
)

// readers are the readers of a run, over a client for each node. One client for all nodes wouldn't do: it can't read
// a partition twice, and it waits for a second where a topic is added while it asks for the leaders of another. They
// are safe for concurrent use.
type readers struct {
	run  *run
	pool recordPool
	// shared is the budget of each reader, nil before the first is open.
	shared atomic.Pointer[budget]

	mu       sync.Mutex
	fetchers []*fetcher
	open     int // readers
	closed   bool
}

func newReaders(r *run) *readers { return &readers{run: r} }

// A fetcher is a client that fetches for some readers, of one node and of a partition each. It has no goroutine of
// its own: of the readers that wait, one polls, and puts what comes into the queues of all.
type fetcher struct {
	readers *readers
	node    int
	client  *kgo.Client
	// stop ends the client's requests, so that closing it doesn't wait for a Kafka that doesn't answer.
	stop context.CancelFunc
	// polling is held by whoever polls, or adds or removes a reader. So nothing that was fetched for one reader can
	// be put into the queue of a later reader of the same partition.
	polling chan struct{}
	// byPartition holds the readers by the partition that they read. readers.mu guards it.
	byPartition map[int]*reader

	mu sync.Mutex
	// waiting counts those that are about to add or remove a reader. interrupt ends the poll under way.
	waiting   int
	interrupt context.CancelFunc
	// added and removed are the partitions that are yet to be added and removed. The first of those that wait does it
	// for all: it takes the library milliseconds, whether for one partition or for hundreds.
	added   map[int32]kgo.Offset
	removed []int32
}

// newReader opens a reader of a node's topic.
func (rs *readers) newReader(ctx context.Context, node, partition int, from int64) (*reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	topic := rs.run.topics.ofNode[node]
	from, err := rs.run.positions.begin(ctx, node, partition, from)
	if err != nil {
		return nil, err
	}
	r := &reader{topic: topic, partition: partition, next: from, ready: make(chan struct{}, 1)}
	r.end.record, r.end.tombstones = from, rs.run.job.Inputs[node].Tombstones != nil
	f, err := rs.fetcherFor(node, r)
	if err != nil {
		return nil, err
	}
	rs.run.positions.ends.watch(node, partition, &r.end)
	f.change(func() {
		if f.added == nil {
			f.added = map[int32]kgo.Offset{}
		}
		f.added[int32(partition)] = kgo.NoResetOffset().At(from)
	})
	return r, nil
}

// fetcherFor gives a reader a fetcher of its node that doesn't read the partition yet, and makes one where there is
// none.
func (rs *readers) fetcherFor(node int, r *reader) (*fetcher, error) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.closed {
		return nil, errors.New("kafka: Reader was called after Close")
	}
	for _, f := range rs.fetchers {
		if f.node == node && f.byPartition[r.partition] == nil {
			f.byPartition[r.partition], r.fetcher = r, f
			rs.divide(1)
			return f, nil
		}
	}
	s := rs.run.settings
	ctx, stop := context.WithCancel(context.Background())
	client, err := s.client(rs.run.logger,
		kgo.WithContext(ctx),
		kgo.WithHooks(rs.run.admin.outages),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.DisableFetchSessions(), // closing a client while a fetch with a session is under way is a race in the library
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.FetchMaxWait(fetchWait),
		kgo.RequestTimeoutOverhead(responseTimeout),
		kgo.WithPools(&rs.pool),
		kgo.MaxDecompressBatchBytes(batchLimit(rs.run.job.Inputs)),
		kgo.KeepRetryableFetchErrors(),
		kgo.KeepControlRecords(), // a transaction's marker may be the last that there is, see end
	)
	if err != nil {
		stop()
		return nil, fmt.Errorf("kafka: %w", err)
	}
	f := &fetcher{
		readers:     rs,
		node:        node,
		client:      client,
		stop:        stop,
		polling:     make(chan struct{}, 1),
		byPartition: map[int]*reader{r.partition: r},
	}
	r.fetcher = f
	rs.fetchers = append(rs.fetchers, f)
	rs.divide(1)
	return f, nil
}

// close closes the clients.
func (rs *readers) close() {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.closed = true
	for _, f := range rs.fetchers {
		f.stop()
		f.client.Close()
	}
	rs.fetchers = nil
}

// change notes what is to be added or removed, and returns when that is done. It is done while nobody polls.
func (f *fetcher) change(note func()) {
	f.mu.Lock()
	note()
	f.waiting++
	if f.interrupt != nil {
		f.interrupt()
	}
	f.mu.Unlock()
	f.polling <- struct{}{}
	f.mu.Lock()
	f.waiting--
	added, removed := f.added, f.removed
	f.added, f.removed = nil, nil
	f.mu.Unlock()
	topic := f.readers.run.topics.ofNode[f.node]
	if len(removed) > 0 {
		gone := map[string][]int32{topic: removed}
		f.client.RemoveConsumePartitions(gone)
		f.client.ResumeFetchPartitions(gone)
	}
	if len(added) > 0 {
		f.client.AddConsumePartitions(map[string]map[int32]kgo.Offset{topic: added})
	}
	<-f.polling
}

// remove ends the fetching for a reader.
func (f *fetcher) remove(r *reader) {
	f.change(func() { f.removed = append(f.removed, int32(r.partition)) })
	f.readers.mu.Lock()
	defer f.readers.mu.Unlock()
	delete(f.byPartition, r.partition)
	f.readers.divide(-1)
}

// poll waits for the next records of any reader and delivers them. REQUIRES: polling is held.
func (f *fetcher) poll(ctx context.Context) error {
	f.mu.Lock()
	if f.waiting > 0 {
		f.mu.Unlock()
		return nil
	}
	ctx, f.interrupt = context.WithCancel(ctx)
	defer f.interrupt()
	f.mu.Unlock()
	f.pause()
	fetches := f.client.PollFetches(ctx)
	f.mu.Lock()
	f.interrupt = nil
	f.mu.Unlock()
	if fetches.IsClientClosed() {
		return errors.New("kafka: Read was called after Close")
	}
	for _, fetch := range fetches {
		for _, t := range fetch.Topics {
			f.deliver(t)
		}
	}
	return nil
}

// batchLimit returns how many bytes a batch of records may have when it is decompressed. Batches mostly have a
// mebibyte or so, but a few compressed kilobytes can be gigabytes.
func batchLimit(streams []broker.Stream) int {
	limit := 0
	for _, s := range streams {
		limit = max(limit, s.ElementLimit())
	}
	return int(min(4*int64(limit), math.MaxInt32))
}

// deliver puts what was fetched of a topic into the readers' queues. REQUIRES: polling is held.
func (f *fetcher) deliver(t kgo.FetchTopic) {
	m := f.readers.run
	for _, p := range t.Partitions {
		if m.topics.isOther(t.Topic, t.TopicID) {
			p = kgo.FetchPartition{Partition: p.Partition, Err: m.identity.recreated(t.Topic)}
		}
		f.readers.mu.Lock()
		r := f.byPartition[int(p.Partition)]
		f.readers.mu.Unlock()
		if r != nil {
			r.put(p)
		}
	}
}

// pause pauses fetching for the readers that hold more than their budget. The reader that polls holds nothing.
func (f *fetcher) pause() {
	f.readers.mu.Lock()
	defer f.readers.mu.Unlock()
	for _, r := range f.byPartition {
		r.pause()
	}
}
