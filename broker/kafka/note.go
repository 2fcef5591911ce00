package kafka

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/leat-go/leat/broker"
)

// A note is the metadata of a committed offset of a topic's partition: a prefix with the version, and base64 of
//
//	check         4 bytes   CRC-32C of the rest
//	transaction   8 bytes   a number that tells transactions apart
//	topic         16 bytes  Kafka's id of the topic
//	offset        uvarint   the committed offset
//	sessions      uvarint   broker.Progress.Sessions
//	partitions    uvarint   how many there were when this one ended its first session, or, until then, when it was
//	                        committed first
//	nodes         uvarint   of the whole join tree; 0 where only the offset to begin at is kept
//
// and for each node of the topic
//
//	index         uvarint   in broker.Progress.Nodes
//	name          uvarint, bytes
//	offset        uvarint
//	seen          varint    above offset
//	flags         byte      1: Behind, 2: NextSession, 4: with accounted, 8: with empty, 16: with position,
//	                        32: with sorted
//	accounted     varint    above offset; without it, it is seen
//	empty         uvarint   above offset
//	position      uvarint, bytes
//	sorted        uvarint, bytes
//
// The id shows that the offsets are those of the topic that is read, and not of one that was deleted or is another
// cluster's. The offset shows that nobody has moved the committed offset and kept the note.
type note struct {
	transaction    uint64
	id             kadm.TopicID
	offset         int64
	sessions       int64
	partitionCount int
	// size is the number of nodes of the tree, and nodes holds those of the topic, in order.
	size  int
	nodes []notedNode
}

// A notedNode is what a note says of a node.
type notedNode struct {
	index int
	broker.Rewind
	empty int64
}

const (
	// notesBegin is what notes of all versions begin with.
	notesBegin = "leat"
	notePrefix = notesBegin + "3:"
	// noteLimit is the default of Kafka's offset.metadata.max.bytes.
	noteLimit = 4096

	flagBehind      = 1
	flagNextSession = 2
	flagAccounted   = 4
	flagEmpty       = 8
	flagPosition    = 16
	flagSorted      = 32
	flagIdle        = 64
)

var (
	// noteEncoding is strict: each note has one text.
	noteEncoding = base64.RawStdEncoding.Strict()
	noteSums     = crc32.MakeTable(crc32.Castagnoli)

	errNote        = errors.New("the metadata of the committed offset is damaged")
	errNoteVersion = errors.New("the positions were committed by another version of Leat")
)

// text returns the note as metadata.
func (n *note) text() string {
	b := binary.BigEndian.AppendUint64(make([]byte, 4), n.transaction)
	b = append(b, n.id[:]...)
	b = binary.AppendUvarint(b, uint64(n.offset))
	b = binary.AppendUvarint(b, uint64(n.sessions))
	b = binary.AppendUvarint(b, uint64(n.partitionCount))
	b = binary.AppendUvarint(b, uint64(n.size))
	for i := range n.nodes {
		b = n.nodes[i].append(b)
	}
	binary.BigEndian.PutUint32(b, crc32.Checksum(b[4:], noteSums))
	return notePrefix + noteEncoding.EncodeToString(b)
}

func (n *notedNode) append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(n.index))
	b = binary.AppendUvarint(b, uint64(len(n.Node)))
	b = append(b, n.Node...)
	b = binary.AppendUvarint(b, uint64(n.Offset))
	b = binary.AppendVarint(b, n.Seen-n.Offset)
	f := n.flags()
	b = append(b, f)
	if f&flagAccounted != 0 {
		b = binary.AppendVarint(b, n.Accounted-n.Offset)
	}
	if f&flagEmpty != 0 {
		b = binary.AppendUvarint(b, uint64(n.empty-n.Offset))
	}
	if f&flagPosition != 0 {
		b = binary.AppendUvarint(b, uint64(len(n.Position)))
		b = append(b, n.Position...)
	}
	if f&flagSorted != 0 {
		b = binary.AppendUvarint(b, uint64(len(n.Sorted)))
		b = append(b, n.Sorted...)
	}
	if f&flagIdle != 0 {
		b = binary.AppendUvarint(b, uint64(len(n.Idle)))
		b = append(b, n.Idle...)
	}
	return b
}

func (n *notedNode) flags() (f byte) {
	if n.Behind {
		f |= flagBehind
	}
	if n.NextSession {
		f |= flagNextSession
	}
	if n.Accounted != n.Seen {
		f |= flagAccounted
	}
	if n.empty > n.Offset {
		f |= flagEmpty
	}
	if n.Position != "" {
		f |= flagPosition
	}
	if n.Sorted != "" {
		f |= flagSorted
	}
	if n.Idle != "" {
		f |= flagIdle
	}
	return f
}

// readNote reads the metadata of a committed offset. It is ours where Leat has written it, and another program's
// otherwise.
func readNote(metadata string) (n note, ours bool, err error) {
	text, ours := strings.CutPrefix(metadata, notePrefix)
	switch {
	case ours:
	case strings.HasPrefix(metadata, notesBegin):
		return n, true, errNoteVersion
	case len(metadata) > len(notePrefix) && checked(metadata[len(notePrefix):]) != nil:
		return n, true, errNote // a note, but for its prefix
	default:
		return n, false, nil
	}
	b := checked(text)
	if b == nil || !n.read(b) {
		return n, true, errNote
	}
	return n, true, nil
}

// checked returns what a note's text holds behind the check sum; nil where that is wrong.
func checked(text string) []byte {
	b, err := noteEncoding.DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") || len(b) < 4 || // decoding passes over line breaks
		crc32.Checksum(b[4:], noteSums) != binary.BigEndian.Uint32(b) {
		return nil
	}
	return b[4:]
}

// read reads what was checked, and tells whether that makes sense.
func (n *note) read(b []byte) bool {
	d := decoder{b: b}
	if transaction := d.bytes(8); transaction != nil {
		n.transaction = binary.BigEndian.Uint64(transaction)
	}
	copy(n.id[:], d.bytes(len(n.id)))
	n.offset, n.sessions = int64(d.uvarint()), int64(d.uvarint())
	n.partitionCount, n.size = int(d.uvarint()), int(d.uvarint())
	for len(d.b) > 0 {
		n.nodes = append(n.nodes, d.node())
	}
	return !d.failed && n.size >= 0 && n.size <= noteLimit
}

func (d *decoder) node() notedNode {
	n := notedNode{index: int(d.uvarint())}
	n.Node, n.Offset = string(d.bytes(int(d.uvarint()))), int64(d.uvarint())
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
	if f[0]&flagPosition != 0 {
		n.Position = string(d.bytes(int(d.uvarint())))
	}
	if f[0]&flagSorted != 0 {
		n.Sorted = string(d.bytes(int(d.uvarint())))
	}
	if f[0]&flagIdle != 0 {
		n.Idle = string(d.bytes(int(d.uvarint())))
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
