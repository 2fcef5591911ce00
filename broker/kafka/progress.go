package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/leat-go/leat/broker"
)

// Progress implements broker.Keeper.
func (m *member) Progress(ctx context.Context, partition int) (broker.Progress, error) {
	if n := m.Partitions(); partition < 0 || partition >= n {
		return broker.Progress{}, fmt.Errorf("kafka: there is no partition %d: the topics have %d", partition, n)
	}
	positions, err := m.fetch(ctx, []int{partition})
	if err != nil {
		return broker.Progress{}, err
	}
	return positions[0].progress, nil
}

// LowestSession implements broker.SessionKeeper.
func (m *member) LowestSession(ctx context.Context) (int64, error) {
	positions, err := m.fetch(ctx, m.all())
	if err != nil {
		return 0, err
	}
	lowest := positions[0].progress.Sessions
	for _, p := range positions {
		lowest = min(lowest, p.progress.Sessions)
	}
	return lowest, nil
}

// fetch returns what was committed last for partitions, in their order. It waits for transactions under way and tries as
// long as ctx lets it.
func (m *member) fetch(ctx context.Context, partitions []int) ([]position, error) {
	found := map[int]position{}
	missing := slices.Clone(partitions)
	begun := time.Now()
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		// In a large group there is always a transaction under way, but not always of the same partitions.
		some, err := m.fetchOnce(ctx, missing)
		maps.Copy(found, some)
		missing = slices.DeleteFunc(missing, func(p int) bool { _, ok := some[p]; return ok })
		switch {
		case err == nil:
			positions := make([]position, len(partitions))
			for i, p := range partitions {
				positions[i] = found[p]
			}
			if err := m.placeAdded(ctx, partitions, positions); err != nil {
				return nil, err
			}
			m.remember(partitions, positions)
			m.warnOfForeign(partitions, positions)
			return positions, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case final(err) != nil:
			return nil, fmt.Errorf("kafka: the positions of group %q: %w", m.group, final(err))
		case errors.Is(err, kerr.UnstableOffsetCommit):
			// The transaction may be that of a process of this name that was killed: a session ends it at once.
			if _, err := m.open(ctx); err != nil {
				return nil, err
			}
			pause = firstPause
		case isUnknown(err):
			if err := m.anyMissing(ctx, begun); err != nil {
				return nil, fmt.Errorf("kafka: the positions of group %q: %w", m.group, err)
			}
		default:
			m.logger.Warn("the group's positions can't be read, trying again", "error", err, "pause", pause)
		}
		if err := sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// fetchOnce returns what was committed last by partition. Where it returns an error, it has those that the error isn't about.
func (m *member) fetchOnce(ctx context.Context, partitions []int) (map[int]position, error) {
	if len(partitions) > 1 {
		return m.fetchPositions(ctx, partitions)
	}
	found, err := m.gathered.ask(ctx, partitions[0])
	if err != nil {
		return nil, err
	}
	return map[int]position{partitions[0]: found}, nil
}

// fetchPositions is fetchOnce by a request of its own.
func (m *member) fetchPositions(ctx context.Context, partitions []int) (map[int]position, error) {
	request := kmsg.NewPtrOffsetFetchRequest()
	request.RequireStable = true
	group := kmsg.NewOffsetFetchRequestGroup()
	group.Group = m.group
	for _, topic := range m.topics {
		t := kmsg.NewOffsetFetchRequestGroupTopic()
		t.Topic, t.TopicID = topic, m.topicIDs[topic]
		for _, p := range partitions {
			t.Partitions = append(t.Partitions, int32(p))
		}
		group.Topics = append(group.Topics, t)
	}
	request.Groups = append(request.Groups, group)
	answer, err := m.askGroup(ctx, request)
	if err != nil {
		return nil, err
	}
	reply := answer.(*kmsg.OffsetFetchResponse)
	if err := kerr.ErrorForCode(reply.ErrorCode); err != nil {
		return m.noGroup(partitions, err)
	}
	if len(reply.Groups) != 1 {
		return nil, fmt.Errorf("kafka: the reply is about %d groups", len(reply.Groups))
	}
	return m.positions(&reply.Groups[0], partitions)
}

// noGroup returns no positions where Kafka doesn't know the group: it has committed none.
func (*member) noGroup(partitions []int, err error) (map[int]position, error) {
	if !errors.Is(err, kerr.GroupIDNotFound) {
		return nil, err
	}
	all := map[int]position{}
	for _, p := range partitions {
		all[p] = position{}
	}
	return all, nil
}

// positions makes positions of a reply, but for those of partitions that are in a transaction under way.
func (m *member) positions(reply *kmsg.OffsetFetchResponseGroup, partitions []int) (map[int]position, error) {
	if err := kerr.ErrorForCode(reply.ErrorCode); err != nil {
		return m.noGroup(partitions, err)
	}
	found, unstable, err := m.byPartition(reply)
	if err != nil {
		return nil, err
	}
	all := map[int]position{}
	for _, p := range partitions {
		if unstable[p] != nil {
			err = unstable[p]
			continue
		}
		if len(found[p]) != len(m.topics) {
			return nil, fmt.Errorf("kafka: the reply about partition %d has %d topics, not %d",
				p, len(found[p]), len(m.topics))
		}
		position, err := positionIn(found[p])
		if err != nil {
			return nil, &finalError{fmt.Errorf("partition %d: %w", p, err),
				m.resetAdvice() + "; or choose another group, kafka.Group in Go and \"group\" in a pipeline file"}
		}
		all[p] = position
	}
	return all, err
}

// byPartition returns what a reply says of each partition, and which of them are in a transaction under way.
func (m *member) byPartition(reply *kmsg.OffsetFetchResponseGroup) (found map[int][]kept, unstable map[int]error, err error) {
	found, unstable = map[int][]kept{}, map[int]error{}
	for _, t := range reply.Topics {
		topic := m.nameOf(t)
		for _, p := range t.Partitions {
			if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
				err = fmt.Errorf("%s[%d]: %w", topic, p.Partition, err)
				if !errors.Is(err, kerr.UnstableOffsetCommit) {
					return nil, nil, err
				}
				unstable[int(p.Partition)] = err
			}
			k := kept{topic: topic, id: m.topicIDs[topic], offset: p.Offset}
			if p.Metadata != nil {
				k.metadata = *p.Metadata
			}
			found[int(p.Partition)] = append(found[int(p.Partition)], k)
		}
	}
	return found, unstable, nil
}

// nameOf returns the name of a reply's topic, which newer versions of the protocol give by its id.
func (m *member) nameOf(t kmsg.OffsetFetchResponseGroupTopic) string {
	if t.Topic != "" {
		return t.Topic
	}
	for name, id := range m.topicIDs {
		if kadm.TopicID(t.TopicID) == id {
			return name
		}
	}
	return ""
}

// remember keeps what readers and the end of the session need to know.
func (m *member) remember(partitions []int, positions []position) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, p := range partitions {
		position := positions[i]
		if m.first[p] < 0 {
			m.first[p] = position.progress.Sessions
		}
		if position.isFresh() {
			m.starts[p] = position.starts
		}
		m.kept[p] = position
	}
}

// warnOfForeign says, once, that another program has set positions: what the mill knew beside them is gone.
func (m *member) warnOfForeign(partitions []int, positions []position) {
	set := map[string][]int{}
	for i, p := range partitions {
		for _, topic := range positions[i].foreign {
			set[topic] = append(set[topic], p)
		}
	}
	if len(set) == 0 || m.warned.Swap(true) {
		return
	}
	var where []string
	for _, topic := range slices.Sorted(maps.Keys(set)) {
		where = append(where, fmt.Sprintf("%s%v", topic, set[topic]))
	}
	m.logger.Warn("the group's offsets were set by another program, a tool say: the run begins there, without what the mill had "+
		"noted beside them; the results of the last keys before may be written again, and an open window anew",
		"partitions", strings.Join(where, ", "))
}

// all returns the numbers of all partitions.
func (m *member) all() []int {
	all := make([]int, m.Partitions())
	for p := range all {
		all[p] = p
	}
	return all
}

// offsets returns the offsets to commit.
func (m *member) offsets(commits []broker.Commit, transaction uint64) ([]kmsg.TxnOffsetCommitRequestTopic, error) {
	positions := map[int]position{}
	for _, c := range commits {
		positions[c.Partition] = m.positionOf(c, transaction)
	}
	return m.offsetsOf(positions)
}

// offsetsOf returns the offsets that keep the positions of partitions.
func (m *member) offsetsOf(positions map[int]position) ([]kmsg.TxnOffsetCommitRequestTopic, error) {
	topics := map[string]*kmsg.TxnOffsetCommitRequestTopic{}
	all := make([]kmsg.TxnOffsetCommitRequestTopic, len(m.topics))
	for i, topic := range m.topics {
		all[i] = kmsg.NewTxnOffsetCommitRequestTopic()
		all[i].Topic, all[i].TopicID = topic, m.topicIDs[topic]
		topics[topic] = &all[i]
	}
	for partition, position := range positions {
		kept, err := m.keep(position)
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
