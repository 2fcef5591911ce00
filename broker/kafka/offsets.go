package kafka

import (
	"context"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// oldest and newest stand for the first offset that there is and the committed end, where listOffset takes a timestamp.
const (
	newest = -1
	oldest = -2
)

// An offsetQuery asks for an offset of a partition: the first one that isn't older than a timestamp in milliseconds,
// or oldest, or newest.
type offsetQuery struct {
	topic     string
	partition int
	timestamp int64
}

// A listedOffset is Kafka's reply to an offsetQuery.
type listedOffset struct {
	offset int64
	err    error
}

// listOffset makes one query, coalesced with those of other partitions.
func (a *admin) listOffset(ctx context.Context, topic string, p int, timestamp int64) (int64, error) {
	found, err := a.offsets.get(ctx, offsetQuery{topic, p, timestamp})
	if err != nil {
		return 0, err
	}
	return found.offset, found.err
}

// listOffsets makes queries. Beside an error it returns the replies that the error isn't about.
func (a *admin) listOffsets(
	ctx context.Context, queries []offsetQuery,
) (found map[offsetQuery]listedOffset, err error) {
	byTimestamp := map[int64][]offsetQuery{} // a request has each partition at most once
	for _, q := range queries {
		byTimestamp[q.timestamp] = append(byTimestamp[q.timestamp], q)
	}
	found = map[offsetQuery]listedOffset{}
	for timestamp, queries := range byTimestamp {
		for _, shard := range a.client.RequestSharded(ctx, listRequest(queries)) {
			if shard.Err != nil {
				err = shard.Err
				continue
			}
			for _, t := range shard.Resp.(*kmsg.ListOffsetsResponse).Topics {
				for _, p := range t.Partitions {
					query := offsetQuery{t.Topic, int(p.Partition), timestamp}
					found[query] = listedOffset{p.Offset, kerr.ErrorForCode(p.ErrorCode)}
				}
			}
		}
	}
	return found, err
}

// listWritten returns where partitions end for those who read what isn't committed, too. Partitions are left out that
// Kafka doesn't tell of.
func (a *admin) listWritten(ctx context.Context, queries []offsetQuery) map[offsetQuery]int64 {
	request := listRequest(queries)
	request.IsolationLevel = 0
	found := map[offsetQuery]int64{}
	for _, shard := range a.client.RequestSharded(ctx, request) {
		if shard.Err != nil {
			continue
		}
		for _, t := range shard.Resp.(*kmsg.ListOffsetsResponse).Topics {
			for _, p := range t.Partitions {
				if p.ErrorCode == 0 {
					found[offsetQuery{t.Topic, int(p.Partition), newest}] = p.Offset
				}
			}
		}
	}
	return found
}

// listRequest returns a request for queries about different partitions.
func listRequest(queries []offsetQuery) *kmsg.ListOffsetsRequest {
	byTopic := map[string][]kmsg.ListOffsetsRequestTopicPartition{}
	for _, p := range queries {
		part := kmsg.NewListOffsetsRequestTopicPartition()
		part.Partition, part.Timestamp = int32(p.partition), p.timestamp
		byTopic[p.topic] = append(byTopic[p.topic], part)
	}
	request := kmsg.NewPtrListOffsetsRequest()
	request.IsolationLevel = 1
	for topic, partitions := range byTopic {
		t := kmsg.NewListOffsetsRequestTopic()
		t.Topic, t.Partitions = topic, partitions
		request.Topics = append(request.Topics, t)
	}
	return request
}
