package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// fetchWait is how long Kafka may hold back the answer to a fetch where nothing is new. A partition that is added
	// or resumed waits for it.
	fetchWait = 100 * time.Millisecond
	// leastFetch and mostFetch bound what is asked for of a partition at a time, compressed as it lies there.
	leastFetch = 64 << 10
	mostFetch  = 1 << 20
)

// readers are the readers of a run, over as few clients as there can be: a client can't read a partition twice, so the
// n-th use of a partition at a time takes an n-th client.
type readers struct {
	member *member

	mu       sync.Mutex
	fetchers []*fetcher
	closed   bool
}

func newReaders(m *member) *readers { return &readers{member: m} }

// A place is a partition of a topic.
type place struct {
	topic     string
	partition int
}

// A fetcher is a client that fetches for some readers. It has no goroutine of its own: of the readers that wait, one
// polls and puts into the queues of all what comes.
type fetcher struct {
	readers *readers
	client  *kgo.Client
	// stop ends the client's requests, so that closing it doesn't wait for a Kafka that doesn't answer.
	stop context.CancelFunc
	// polling is held by the one that polls, or adds or removes a reader: so nothing that was fetched for a reader before
	// can be taken for a later one's.
	polling chan struct{}
	// used holds the partitions that are being read. It is guarded by readers.mu.
	used map[place]*reader

	mu sync.Mutex
	// waiting counts those that want to add or remove a reader, interrupt ends the poll under way.
	waiting   int
	interrupt context.CancelFunc
}

// open opens a reader of a node's topic.
func (rs *readers) open(ctx context.Context, node, partition int, from int64) (*reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	topic := rs.member.topicOf[node]
	if rs.member.isBehind(node, partition, from) {
		// The record is wanted for its keys alone: it may have been removed, as the last one dealt with.
		const oldest = -2
		if start, err := rs.member.listOffset(ctx, topic, partition, oldest); err == nil && start == from+1 {
			from = start
		}
	}
	r := &reader{topic: topic, partition: partition, next: from, end: end{record: from}, ready: make(chan struct{}, 1)}
	f, err := rs.fetcherFor(r)
	if err != nil {
		return nil, err
	}
	r.fetcher = f
	at := map[string]map[int32]kgo.Offset{topic: {int32(partition): rs.startAt(topic, partition, from)}}
	f.alone(func() { f.client.AddConsumePartitions(at) })
	return r, nil
}

// startAt returns where to begin. From 0, where nothing was committed, is where a new group begins.
func (rs *readers) startAt(topic string, partition int, from int64) kgo.Offset {
	m := rs.member
	m.mu.Lock()
	defer m.mu.Unlock()
	if from > 0 || !m.fresh[partition] && !m.foreign {
		return kgo.NoResetOffset().At(from)
	}
	if start, ok := m.starts[partition][topic]; ok {
		return kgo.NoResetOffset().At(start)
	}
	return m.settings.start.offset()
}

func (p StartPosition) offset() kgo.Offset {
	switch {
	case p.latest:
		return kgo.NoResetOffset().AtEnd()
	case !p.time.IsZero():
		return kgo.NoResetOffset().AfterMilli(p.time.UnixMilli())
	}
	return kgo.NoResetOffset().AtStart()
}

// fetcherFor finds or makes a fetcher that doesn't read the reader's partition yet.
func (rs *readers) fetcherFor(r *reader) (*fetcher, error) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.closed {
		return nil, errors.New("kafka: Reader was called after Close")
	}
	at := place{r.topic, r.partition}
	for _, f := range rs.fetchers {
		if f.used[at] == nil {
			f.used[at] = r
			return f, nil
		}
	}
	s := rs.member.settings
	ctx, stop := context.WithCancel(context.Background())
	client, err := s.client(rs.member.logger,
		kgo.WithContext(ctx),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.DisableFetchSessions(), // closing a client while a fetch with a session is under way is a race in the library
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.FetchMaxWait(fetchWait),
		kgo.FetchMaxPartitionBytes(int32(min(max(s.readAhead/16, leastFetch), mostFetch))),
		kgo.KeepRetryableFetchErrors(),
		kgo.KeepControlRecords(), // a transaction's marker may be the last that there is, see end
	)
	if err != nil {
		stop()
		return nil, fmt.Errorf("kafka: %w", err)
	}
	f := &fetcher{readers: rs, client: client, stop: stop, polling: make(chan struct{}, 1), used: map[place]*reader{at: r}}
	rs.fetchers = append(rs.fetchers, f)
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

// alone does something while nobody polls.
func (f *fetcher) alone(do func()) {
	f.mu.Lock()
	f.waiting++
	if f.interrupt != nil {
		f.interrupt()
	}
	f.mu.Unlock()
	f.polling <- struct{}{}
	f.mu.Lock()
	f.waiting--
	f.mu.Unlock()
	do()
	<-f.polling
}

// remove ends the fetching for a reader.
func (f *fetcher) remove(r *reader) {
	f.alone(func() {
		f.client.RemoveConsumePartitions(r.itself())
		f.client.ResumeFetchPartitions(r.itself())
	})
	f.readers.mu.Lock()
	defer f.readers.mu.Unlock()
	delete(f.used, place{r.topic, r.partition})
}

// poll waits for the next records of any reader and hands them out. REQUIRES: polling is held.
func (f *fetcher) poll(ctx context.Context) error {
	f.mu.Lock()
	if f.waiting > 0 {
		f.mu.Unlock()
		return nil
	}
	ctx, f.interrupt = context.WithCancel(ctx)
	defer f.interrupt()
	f.mu.Unlock()
	fetches := f.client.PollFetches(ctx)
	f.mu.Lock()
	f.interrupt = nil
	f.mu.Unlock()
	if fetches.IsClientClosed() {
		return errors.New("kafka: Read was called after Close")
	}
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		f.readers.mu.Lock()
		r := f.used[place{p.Topic, int(p.Partition)}]
		f.readers.mu.Unlock()
		if r != nil {
			r.put(p)
		}
	})
	return nil
}
