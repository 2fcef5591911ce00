package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/wait"
)

// positions read what the group has committed, remember it, and say what to commit. They are safe for concurrent use.
//
// What they remember serves three ends: the session that the run is for (first), readers that find out whether
// records that were removed are still needed (latest, starts), and the next commit (latest).
type positions struct {
	*admin
	topics   *positionTopics
	identity *identity
	ends     *ends
	// requests coalesces the requests of many partitions. They end when the admin's client is closed.
	requests coalescer[int, position]
	// endPending ends the transaction that a process of this name has left open when it was killed.
	endPending func(context.Context) error
	// warned says that offsets of another program were reported.
	warned atomic.Bool

	mu sync.Mutex
	// first holds how many sessions each partition had ended when it was asked for first; -1 before.
	first []int64
	// starts holds where the nodes of a partition began, by topic, where that is known.
	starts []map[string]int64
	// latest holds the position of each partition when it was asked for last.
	latest []position
	// added says what partitions without positions begin with; nil before it is known.
	added *added
}

func newPositions(i *identity) *positions {
	ps := &positions{admin: i.admin, topics: i.topics, identity: i, ends: &ends{}}
	ps.requests.request = func(partitions []int) (map[int]position, error) {
		return ps.fetchPositions(context.Background(), partitions)
	}
	return ps
}

// partitions returns how many partitions there are.
func (ps *positions) partitions() int {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	return len(ps.latest)
}

// setPartitions sets the number of partitions, once it is known.
func (ps *positions) setPartitions(n int) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for range n - len(ps.latest) {
		ps.first = append(ps.first, -1)
		ps.starts = append(ps.starts, nil)
		ps.latest = append(ps.latest, position{})
	}
}

// add sets the number of partitions when it has grown. What was added begins with the session given. REQUIRES: nobody
// works on the added partitions yet.
func (ps *positions) add(n int, session int64) {
	ps.mu.Lock()
	if ps.added == nil { // each partition had positions when the run began
		ps.added = &added{from: len(ps.latest), session: session}
	}
	ps.mu.Unlock()
	ps.setPartitions(n)
}

// progress returns what was committed last for a partition.
func (ps *positions) progress(ctx context.Context, partition int) (broker.Progress, error) {
	if n := ps.partitions(); partition < 0 || partition >= n {
		return broker.Progress{}, fmt.Errorf("kafka: there is no partition %d: the topics have %d", partition, n)
	}
	positions, err := ps.fetch(ctx, []int{partition})
	if err != nil {
		return broker.Progress{}, err
	}
	return positions[0].progress, nil
}

// lowestSession returns the lowest number of ended sessions of all partitions.
func (ps *positions) lowestSession(ctx context.Context) (int64, error) {
	positions, err := ps.fetch(ctx, ps.all())
	if err != nil {
		return 0, err
	}
	lowest := positions[0].progress.Sessions
	for _, p := range positions {
		lowest = min(lowest, p.progress.Sessions)
	}
	return lowest, nil
}

// fetch returns what was committed last for partitions, in their order. It waits for transactions under way, and
// tries again until ctx ends or trying again is wrong.
func (ps *positions) fetch(ctx context.Context, partitions []int) ([]position, error) {
	found := map[int]position{}
	missing := slices.Clone(partitions)
	begun := time.Now()
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		// In a large group some transaction is always under way, but not always one of the same partitions.
		some, err := ps.fetchOnce(ctx, missing)
		maps.Copy(found, some)
		missing = slices.DeleteFunc(missing, func(p int) bool { _, ok := some[p]; return ok })
		switch {
		case err == nil:
			positions := make([]position, len(partitions))
			for i, p := range partitions {
				positions[i] = found[p]
			}
			if err := ps.setAddedSessions(ctx, partitions, positions); err != nil {
				return nil, err
			}
			ps.remember(partitions, positions)
			ps.warnOfForeign(partitions, positions)
			return positions, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case final(err) != nil:
			return nil, fmt.Errorf("kafka: the positions of group %q: %w", ps.group, final(err))
		case errors.Is(err, kerr.UnstableOffsetCommit):
			// The transaction may be that of a process of this name that was killed: a session ends it at once.
			if err := ps.endPending(ctx); err != nil {
				return nil, err
			}
			pause = firstPause
		case isUnknown(err):
			if err := ps.identity.anyMissing(ctx, begun); err != nil {
				return nil, fmt.Errorf("kafka: the positions of group %q: %w", ps.group, err)
			}
		default:
			ps.logger.Warn("reading the group's positions failed, trying again", "error", err, "pause", pause)
		}
		if err := wait.For(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// fetchOnce returns what was committed last by partition. Beside an error it returns those that the error isn't about.
func (ps *positions) fetchOnce(ctx context.Context, partitions []int) (map[int]position, error) {
	if len(partitions) > 1 {
		return ps.fetchPositions(ctx, partitions)
	}
	found, err := ps.requests.get(ctx, partitions[0])
	if err != nil {
		return nil, err
	}
	return map[int]position{partitions[0]: found}, nil
}

// fetchPositions is fetchOnce by a request of its own.
func (ps *positions) fetchPositions(ctx context.Context, partitions []int) (map[int]position, error) {
	request := kmsg.NewPtrOffsetFetchRequest()
	request.RequireStable = true
	group := kmsg.NewOffsetFetchRequestGroup()
	group.Group = ps.group
	for _, topic := range ps.topics.names {
		t := kmsg.NewOffsetFetchRequestGroupTopic()
		t.Topic, t.TopicID = topic, ps.topics.ids[topic]
		for _, p := range partitions {
			t.Partitions = append(t.Partitions, int32(p))
		}
		group.Topics = append(group.Topics, t)
	}
	request.Groups = append(request.Groups, group)
	answer, err := ps.requestCoordinator(ctx, request)
	if err != nil {
		return nil, err
	}
	reply := answer.(*kmsg.OffsetFetchResponse)
	if err := kerr.ErrorForCode(reply.ErrorCode); err != nil {
		return ps.noGroup(partitions, err)
	}
	if len(reply.Groups) != 1 {
		return nil, fmt.Errorf("kafka: the reply to OffsetFetch has %d groups, not 1", len(reply.Groups))
	}
	return ps.read(&reply.Groups[0], partitions)
}

// noGroup returns zero positions where the error says that Kafka doesn't know the group, which has committed none then.
func (*positions) noGroup(partitions []int, err error) (map[int]position, error) {
	if !errors.Is(err, kerr.GroupIDNotFound) {
		return nil, err
	}
	all := map[int]position{}
	for _, p := range partitions {
		all[p] = position{}
	}
	return all, nil
}

// read returns the positions in a reply, but for those of partitions that are in a transaction under way.
func (ps *positions) read(reply *kmsg.OffsetFetchResponseGroup, partitions []int) (map[int]position, error) {
	if err := kerr.ErrorForCode(reply.ErrorCode); err != nil {
		return ps.noGroup(partitions, err)
	}
	found, unstable, err := ps.byPartition(reply)
	if err != nil {
		return nil, err
	}
	all := map[int]position{}
	for _, p := range partitions {
		if unstable[p] != nil {
			err = unstable[p]
			continue
		}
		if len(found[p]) != len(ps.topics.names) {
			return nil, fmt.Errorf("kafka: the reply to OffsetFetch has %[2]d topics of partition %[1]d, not %[3]d",
				p, len(found[p]), len(ps.topics.names))
		}
		position, err := decodePosition(found[p])
		if err != nil {
			return nil, &finalError{fmt.Errorf("partition %d: %w", p, err),
				ps.resetAdvice() + "; or choose another group, kafka.Group in Go and \"group\" in a pipeline file"}
		}
		all[p] = position
	}
	return all, err
}

// byPartition returns what a reply says of each partition, and which of them are in a transaction under way.
func (ps *positions) byPartition(
	reply *kmsg.OffsetFetchResponseGroup,
) (found map[int][]committedOffset, unstable map[int]error, err error) {
	found, unstable = map[int][]committedOffset{}, map[int]error{}
	for _, t := range reply.Topics {
		topic := ps.topics.nameOf(t)
		for _, p := range t.Partitions {
			if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
				err = fmt.Errorf("%s[%d]: %w", topic, p.Partition, err)
				if !errors.Is(err, kerr.UnstableOffsetCommit) {
					return nil, nil, err
				}
				unstable[int(p.Partition)] = err
			}
			k := committedOffset{topic: topic, id: ps.topics.ids[topic], offset: p.Offset}
			if p.Metadata != nil {
				k.metadata = *p.Metadata
			}
			found[int(p.Partition)] = append(found[int(p.Partition)], k)
		}
	}
	return found, unstable, nil
}

// remember keeps what readers, commits and the end of the session need to know.
func (ps *positions) remember(partitions []int, positions []position) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for i, p := range partitions {
		position := positions[i]
		if ps.first[p] < 0 {
			ps.first[p] = position.progress.Sessions
		}
		if position.isFresh() {
			ps.starts[p] = position.starts
		}
		ps.latest[p] = position
	}
}

// warnOfForeign warns, once, that another program has set offsets. The nodes' own positions, noted beside the
// offsets, are gone.
func (ps *positions) warnOfForeign(partitions []int, positions []position) {
	set := map[string][]int{}
	for i, p := range partitions {
		for _, topic := range positions[i].foreign {
			set[topic] = append(set[topic], p)
		}
	}
	if len(set) == 0 || ps.warned.Swap(true) {
		return
	}
	var where []string
	for _, topic := range slices.Sorted(maps.Keys(set)) {
		where = append(where, fmt.Sprintf("%s%v", topic, set[topic]))
	}
	ps.logger.Warn("the group's offsets were set by another program, such as an administrator's tool: the run begins "+
		"there, without the positions that were noted beside them; results of the last keys before may be written again, "+
		"and so may an open window",
		"partitions", strings.Join(where, ", "))
}

// all returns the numbers of all partitions.
func (ps *positions) all() []int {
	all := make([]int, ps.partitions())
	for p := range all {
		all[p] = p
	}
	return all
}

// offsets returns the offsets to commit.
func (ps *positions) offsets(commits []broker.Commit, transaction uint64) ([]kmsg.TxnOffsetCommitRequestTopic, error) {
	positions := map[int]position{}
	for _, c := range commits {
		positions[c.Partition] = ps.positionOf(c, transaction)
	}
	return ps.offsetsOf(positions)
}

// offsetsOf returns the offsets that keep the positions of partitions.
func (ps *positions) offsetsOf(positions map[int]position) ([]kmsg.TxnOffsetCommitRequestTopic, error) {
	topics := map[string]*kmsg.TxnOffsetCommitRequestTopic{}
	all := make([]kmsg.TxnOffsetCommitRequestTopic, len(ps.topics.names))
	for i, topic := range ps.topics.names {
		all[i] = kmsg.NewTxnOffsetCommitRequestTopic()
		all[i].Topic, all[i].TopicID = topic, ps.topics.ids[topic]
		topics[topic] = &all[i]
	}
	for partition, position := range positions {
		kept, err := ps.topics.encode(position)
		if err != nil {
			return nil, err
		}
		for _, k := range kept {
			p := kmsg.NewTxnOffsetCommitRequestTopicPartition()
			p.Partition, p.Offset, p.LeaderEpoch, p.Metadata = int32(partition), k.offset, -1, &k.metadata
			topics[k.topic].Partitions = append(topics[k.topic].Partitions, p)
		}
	}
	return all, nil
}

// currentSession returns the number of the session that the run is for: what the run has found when it asked for the
// progress of all partitions, and what is there now where it hasn't.
func (ps *positions) currentSession(ctx context.Context) (int64, error) {
	ps.mu.Lock()
	lowest := ps.first[0]
	for _, sessions := range ps.first {
		lowest = min(lowest, sessions)
	}
	ps.mu.Unlock()
	if lowest >= 0 {
		return lowest, nil
	}
	return ps.lowestSession(ctx)
}
