package memory

import (
	"bytes"
	"fmt"
	"sort"
	"strings"

	"github.com/leat-go/leat/broker"
)

// An Entry is a record of a partition, or an end-of-stream mark.
type Entry struct {
	// Record is the record; of a mark, only its Offset is set.
	Record broker.Record
	// End says that the entry is an end-of-stream mark.
	End bool
}

// A log holds the entries of one stream.
type log struct {
	name string
	// declared is the number of partitions asked for, zero where no declaration asks.
	declared   int
	gap        int64
	partitions []partition
}

// A partition is only ever appended to: the index of an entry never changes.
type partition struct {
	entries []Entry
	// next is the lowest offset that the next entry may have.
	next int64
}

// append adds an entry with the next free offset, or with its own where that is higher.
func (l *log) append(partition int, e Entry) {
	p := &l.partitions[partition]
	e.Record.Offset = max(e.Record.Offset, p.next)
	p.entries = append(p.entries, e)
	p.next = e.Record.Offset + 1 + l.gap
}

// find returns the index of the first entry with the offset given or a higher one.
func (p *partition) find(offset int64) int {
	return sort.Search(len(p.entries), func(i int) bool { return p.entries[i].Record.Offset >= offset })
}

// count returns the number of records and of marks.
func (p *partition) count() (records, ends int) {
	for _, e := range p.entries {
		if e.End {
			ends++
		} else {
			records++
		}
	}
	return records, ends
}

// partition returns a partition, or an error that says which there are. REQUIRES: b.mu is held.
func (b *Broker) partition(stream string, number int) (*log, *partition, error) {
	l := b.logs[stream]
	if l == nil {
		return nil, nil, fmt.Errorf("memory: there is no stream %q; declared are %s", stream, b.names())
	}
	if number < 0 || number >= len(l.partitions) {
		return nil, nil, fmt.Errorf("memory: stream %q has no partition %d, it has %s",
			stream, number, plural(len(l.partitions), "partition"))
	}
	return l, &l.partitions[number], nil
}

func (b *Broker) names() string {
	var names []string
	for name := range b.logs {
		names = append(names, fmt.Sprintf("%q", name))
	}
	sort.Strings(names)
	return strings.Join(names, ", ")
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// cloneRecord returns a record that shares no bytes with r.
func cloneRecord(r broker.Record) broker.Record {
	r.Value = bytes.Clone(r.Value)
	r.Key = bytes.Clone(r.Key)
	headers := r.Headers
	r.Headers = nil
	for _, h := range headers {
		r.Headers = append(r.Headers, broker.Header{Key: h.Key, Value: bytes.Clone(h.Value)})
	}
	return r
}
