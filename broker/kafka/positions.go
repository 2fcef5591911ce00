package kafka

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/leat-go/leat/broker"
)

// Positions are kept as the group's committed offsets. For each topic and partition the committed offset is the smallest
// that one of the topic's nodes needs, and the metadata holds the nodes' own positions: a prefix with the version, and
// base64 of
//
//	transaction   8 bytes   a number that tells transactions apart
//	sessions      uvarint   broker.Progress.Sessions
//	nodes         uvarint   of the whole join tree
//
// and for each node of the topic
//
//	index         uvarint   in broker.Progress.Nodes
//	name          uvarint, bytes
//	offset        uvarint
//	seen          varint    above offset
//	flags         byte      1: Behind, 2: NextSession, 4: with accounted, 8: with empty
//	accounted     varint    above offset; without it, it is seen
//	empty         uvarint   above offset
const (
	metadataPrefix = "leat1:"
	// metadataLimit is what Kafka takes by default, offset.metadata.max.bytes.
	metadataLimit = 4096

	flagBehind      = 1
	flagNextSession = 2
	flagAccounted   = 4
	flagEmpty       = 8
)

// A kept position is what a group has committed for a partition of a topic.
type kept struct {
	topic    string
	offset   int64
	metadata string
}

// A position is what a group has committed for a partition of all topics.
type position struct {
	progress broker.Progress
	// empty holds for each node the offset up to which it had nothing to read from its place on, but markers of
	// transactions: they may be removed with what was read before. It is 0 where nothing is known.
	empty []int64
	// transaction is the number of the one that committed it.
	transaction uint64
	// starts holds the offset where to begin, by topic, where somebody has set it for a group that has no progress yet.
	starts map[string]int64
}

// isFresh says that nothing has been committed yet but, at most, where to begin.
func (p *position) isFresh() bool { return len(p.progress.Nodes) == 0 }

// encodePosition returns what to commit for each topic. topicOf says which topic's offset holds each node; a topic without
// nodes is left out.
func encodePosition(p position, topics []string, topicOf []string) ([]kept, error) {
	if n := len(p.progress.Nodes); n > 0 && n != len(topicOf) {
		return nil, fmt.Errorf("kafka: the progress has %d nodes, but the job has %d inputs", n, len(topicOf))
	}
	var all []kept
	for _, topic := range topics {
		offset, metadata := encodeTopic(p, func(node int) bool { return topicOf[node] == topic })
		if len(metadata) > metadataLimit {
			return nil, fmt.Errorf("kafka: the positions of the nodes of topic %q take %d bytes, and Kafka keeps at most %d "+
				"for a partition: use fewer nodes of this topic, or shorter names", topic, len(metadata), metadataLimit)
		}
		all = append(all, kept{topic, offset, metadata})
	}
	return all, nil
}

func encodeTopic(p position, has func(node int) bool) (offset int64, metadata string) {
	b := binary.BigEndian.AppendUint64(nil, p.transaction)
	b = binary.AppendUvarint(b, uint64(p.progress.Sessions))
	b = binary.AppendUvarint(b, uint64(len(p.progress.Nodes)))
	offset = -1
	for i, node := range p.progress.Nodes {
		if !has(i) {
			continue
		}
		if offset < 0 || node.Offset < offset {
			offset = node.Offset
		}
		b = binary.AppendUvarint(b, uint64(i))
		b = binary.AppendUvarint(b, uint64(len(node.Node)))
		b = append(b, node.Node...)
		b = binary.AppendUvarint(b, uint64(node.Offset))
		b = binary.AppendVarint(b, node.Seen-node.Offset)
		f := flags(node)
		if p.empty[i] > node.Offset {
			f |= flagEmpty
		}
		b = append(b, f)
		if node.Accounted != node.Seen {
			b = binary.AppendVarint(b, node.Accounted-node.Offset)
		}
		if p.empty[i] > node.Offset {
			b = binary.AppendUvarint(b, uint64(p.empty[i]-node.Offset))
		}
	}
	return max(offset, 0), metadataPrefix + base64.RawStdEncoding.EncodeToString(b)
}

func flags(r broker.Rewind) (f byte) {
	if r.Behind {
		f |= flagBehind
	}
	if r.NextSession {
		f |= flagNextSession
	}
	if r.Accounted != r.Seen {
		f |= flagAccounted
	}
	return f
}

var errMetadata = errors.New("the metadata of the committed offset is damaged")

// decodePosition puts together what was committed for a partition. Offsets that others have committed, an administrator's
// tool say, are where to begin.
func decodePosition(all []kept) (position, error) {
	var p position
	var nodes map[int]keptNode
	var ours, foreign []string
	for _, k := range all {
		text, isOurs := strings.CutPrefix(k.metadata, metadataPrefix)
		switch {
		case k.offset < 0:
			foreign = append(foreign, k.topic)
		case isOurs:
			if nodes == nil {
				nodes = map[int]keptNode{}
			}
			if err := p.decodeTopic(text, nodes, len(ours) == 0); err != nil {
				return p, fmt.Errorf("topic %q: %w", k.topic, err)
			}
			ours = append(ours, k.topic)
		case strings.HasPrefix(k.metadata, "leat"):
			return p, fmt.Errorf("topic %q: the positions were committed by a newer version of Leat", k.topic)
		default:
			foreign = append(foreign, k.topic)
			if p.starts == nil {
				p.starts = map[string]int64{}
			}
			p.starts[k.topic] = k.offset
		}
	}
	if ours == nil {
		return p, nil
	}
	if foreign != nil {
		return p, fmt.Errorf("the group has a mill's positions for %s but not for %s: "+
			"the offsets of a group are to be reset for all topics or for none", quoted(ours), quoted(foreign))
	}
	for i := range p.progress.Nodes {
		r, ok := nodes[i]
		if !ok {
			return p, errMetadata
		}
		p.progress.Nodes[i], p.empty[i] = r.Rewind, r.empty
	}
	return p, nil
}

// decodeTopic decodes what was committed for one topic; the first one's says how many nodes there are.
func (p *position) decodeTopic(text string, nodes map[int]keptNode, first bool) error {
	b, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(b) < 8 {
		return errMetadata
	}
	d := decoder{b: b[8:]}
	transaction, sessions, size := binary.BigEndian.Uint64(b), int64(d.uvarint()), int(d.uvarint())
	if d.failed || size < 0 || size > metadataLimit {
		return errMetadata
	}
	if first {
		p.transaction, p.progress.Sessions = transaction, sessions
		if size > 0 {
			p.progress.Nodes, p.empty = make([]broker.Rewind, size), make([]int64, size)
		}
	} else if transaction != p.transaction || sessions != p.progress.Sessions || size != len(p.progress.Nodes) {
		return errors.New("the offsets of the group's topics were not committed together")
	}
	for len(d.b) > 0 && !d.failed {
		i := int(d.uvarint())
		nodes[i] = d.node()
	}
	if d.failed {
		return errMetadata
	}
	return nil
}

// A keptNode is what was committed for one node.
type keptNode struct {
	broker.Rewind
	empty int64
}

func (d *decoder) node() keptNode {
	n := keptNode{Rewind: broker.Rewind{Node: string(d.bytes(int(d.uvarint()))), Offset: int64(d.uvarint())}}
	n.Seen = n.Offset + d.varint()
	f := d.bytes(1)
	if d.failed {
		return n
	}
	n.Behind, n.NextSession, n.Accounted = f[0]&flagBehind != 0, f[0]&flagNextSession != 0, n.Seen
	if f[0]&flagAccounted != 0 {
		n.Accounted = n.Offset + d.varint()
	}
	if f[0]&flagEmpty != 0 {
		n.empty = n.Offset + int64(d.uvarint())
	}
	return n
}

// A decoder cuts values from bytes; failed says that one was cut short.
type decoder struct {
	b      []byte
	failed bool
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	d.advance(n)
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.b)
	d.advance(n)
	return v
}

func (d *decoder) advance(n int) {
	if n <= 0 {
		d.b, d.failed = nil, true
		return
	}
	d.b = d.b[n:]
}

func (d *decoder) bytes(n int) []byte {
	if n < 0 || n > len(d.b) {
		d.b, d.failed = nil, true
		return nil
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b
}
