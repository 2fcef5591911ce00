package kafka

import (
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/leat-go/leat/broker"
)

// Positions are kept as the group's committed offsets. For each topic and partition the committed offset is the
// smallest that one of the topic's nodes needs, so that Kafka's own tools show the lag. Its metadata, a note, holds
// the nodes' own positions.

// positionTopics are the topics whose committed offsets hold the positions: the inputs, or the first output where
// another storage is the source. They don't change once the run has begun.
type positionTopics struct {
	names []string
	// ofNode holds the topic of each node.
	ofNode []string
	// ids are Kafka's.
	ids map[string]kadm.TopicID
	// foreign says that another storage is the source: it decides who owns the partitions, and the nodes' offsets are
	// its own.
	foreign bool
}

// A committedOffset is what a group has committed for a partition of one topic.
type committedOffset struct {
	topic    string
	id       kadm.TopicID // the topic's
	offset   int64
	metadata string
}

// A position is what a group has committed for a partition of all topics.
type position struct {
	progress broker.Progress
	// empty holds for each node the offset up to which only transaction markers follow its position; 0 where nothing
	// is known. With a position of 7 and markers at 7 and 8 it is 9. Retention may remove those markers together with
	// the records before, and a partition that then begins at 9 has lost nothing.
	empty []int64
	// partitionCount is how many partitions there were when this one ended its first session, or, until then, when it
	// was committed first. It tells partitions that were there without positions from those that were added since.
	partitionCount int
	// transaction is the number of the transaction that committed it.
	transaction uint64
	// starts holds the offset where to begin, by topic, for a group that has no progress yet.
	starts map[string]int64
	// foreign are the topics whose offset another program has set, such as an administrator's tool.
	foreign []string
}

// isFresh says that nothing has been committed yet but, at most, where to begin.
func (p *position) isFresh() bool { return len(p.progress.Nodes) == 0 }

// isBlank says that nothing at all has been committed, by nobody.
func (p *position) isBlank() bool { return p.isFresh() && len(p.starts) == 0 }

// encode returns the offsets to commit for a position, one for each topic.
func (t *positionTopics) encode(p position) ([]committedOffset, error) {
	if n := len(p.progress.Nodes); n > 0 && n != len(t.ofNode) {
		return nil, fmt.Errorf("kafka: the progress has %d nodes, but the job has %d inputs", n, len(t.ofNode))
	}
	var all []committedOffset
	for _, topic := range t.names {
		n := t.noteOf(p, topic)
		k := committedOffset{topic, n.id, n.offset, n.text()}
		if len(k.metadata) > noteLimit {
			return nil, fmt.Errorf("kafka: the positions of the nodes of topic %q take %d bytes, and Kafka keeps at most %d "+
				"for a partition: use fewer nodes of this topic, or shorter names", topic, len(k.metadata), noteLimit)
		}
		all = append(all, k)
	}
	return all, nil
}

// noteOf returns the note about a topic's nodes.
func (t *positionTopics) noteOf(p position, topic string) note {
	n := note{
		transaction:    p.transaction,
		id:             t.ids[topic],
		sessions:       p.progress.Sessions,
		partitionCount: p.partitionCount,
		size:           len(p.progress.Nodes),
		offset:         p.starts[topic],
	}
	for i, r := range p.progress.Nodes {
		if t.ofNode[i] != topic {
			continue
		}
		if len(n.nodes) == 0 || r.Offset < n.offset {
			n.offset = r.Offset
		}
		n.nodes = append(n.nodes, notedNode{i, r, p.empty[i]})
	}
	if t.foreign {
		n.offset = 0 // the nodes' offsets are of another storage
	}
	return n
}

// decodePosition puts a position together from the offsets that were committed for a partition. Offsets that another
// program has committed are where to begin. It returns an error where the offsets don't belong together.
func decodePosition(all []committedOffset) (position, error) {
	p := position{starts: map[string]int64{}}
	var notes []note
	var noted, missing []string
	for _, k := range all {
		n, ours, err := k.note()
		switch {
		case err != nil:
			return p, err
		case k.offset < 0:
			missing = append(missing, k.topic)
		case !ours:
			p.foreign = append(p.foreign, k.topic)
			p.starts[k.topic] = k.offset
		case n.size == 0:
			p.starts[k.topic] = k.offset
			p.progress.Sessions, p.partitionCount = n.sessions, n.partitionCount
		default:
			notes, noted = append(notes, n), append(noted, k.topic)
		}
	}
	switch {
	case notes == nil:
		return p, nil
	case missing != nil:
		return p, fmt.Errorf("the group has positions for %s but not for %s, which was deleted and recreated, or whose "+
			"offset was removed", quoted(noted), quoted(missing))
	case p.foreign != nil:
		return p, fmt.Errorf("the group has a mill's positions for %s, but for %s offsets that another program has set: "+
			"reset the offsets of a group for all topics or for none", quoted(noted), quoted(p.foreign))
	case len(notes) != len(all):
		return p, errApart
	}
	return p, p.join(notes)
}

// note returns the note beside a committed offset, where it has one. It returns an error where the note is another
// topic's, or another offset's.
func (k *committedOffset) note() (n note, ours bool, err error) {
	if k.offset < 0 {
		return n, false, nil
	}
	n, ours, err = readNote(k.metadata)
	switch {
	case err != nil:
		return n, ours, fmt.Errorf("topic %q: %w", k.topic, err)
	case !ours:
		return n, false, nil
	case n.id != k.id && n.id != (kadm.TopicID{}) && k.id != (kadm.TopicID{}):
		return n, true, fmt.Errorf("topic %q isn't the one that was read: it was deleted and recreated, or this is another "+
			"cluster; offsets of the one mean nothing in the other", k.topic)
	case n.offset != k.offset:
		return n, true, fmt.Errorf("topic %q: the committed offset is %d, but the positions noted beside it are those of "+
			"offset %d: somebody has moved the offset and kept the note, as tools that copy a cluster do",
			k.topic, k.offset, n.offset)
	}
	return n, true, nil
}

var errApart = errors.New("the offsets of the group's topics were not committed together")

// join puts the progress together from the notes of all topics.
func (p *position) join(notes []note) error {
	first := &notes[0]
	p.transaction, p.progress.Sessions, p.partitionCount = first.transaction, first.sessions, first.partitionCount
	p.progress.Nodes, p.empty = make([]broker.Rewind, first.size), make([]int64, first.size)
	count := 0
	for _, n := range notes {
		if n.transaction != first.transaction || n.sessions != first.sessions || n.partitionCount != first.partitionCount ||
			n.size != first.size {
			return errApart
		}
		for _, node := range n.nodes {
			if node.index < 0 || node.index >= first.size {
				return errNote
			}
			p.progress.Nodes[node.index], p.empty[node.index] = node.Rewind, node.empty
			count++
		}
	}
	if count != first.size {
		return errNote
	}
	return nil
}

// nameOf returns the name of a reply's topic, which newer versions of the protocol give by its id.
func (t *positionTopics) nameOf(reply kmsg.OffsetFetchResponseGroupTopic) string {
	if reply.Topic != "" {
		return reply.Topic
	}
	for name, id := range t.ids {
		if kadm.TopicID(reply.TopicID) == id {
			return name
		}
	}
	return ""
}
