package memory

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/elements"
)

// Append adds elements to the end of a partition, all at once. Runs that read the partition see them at once.
//
// It fails, and adds nothing, where the stream or the partition doesn't exist, where the stream isn't declared with
// elements of type T, and where an element can't be encoded or is a nil pointer.
func Append[T any](b *Broker, stream string, partition int, added ...T) error {
	declared, err := b.declared(stream, elements.TypeFor[T]())
	if err != nil {
		return err
	}
	encode, err := declared.Codec.Encoder(declared.Type)
	if err != nil {
		return fmt.Errorf("memory: stream %q: %w", stream, err)
	}
	records := make([]broker.Record, len(added))
	pointer := elements.To[T]()
	for i := range added {
		element, ok := pointer(&added[i])
		if !ok {
			return fmt.Errorf("memory: stream %q: element %d is a nil pointer; a stream has none: leave it out", stream, i)
		}
		if records[i].Value, err = encode(nil, element); err != nil {
			return fmt.Errorf("memory: stream %q: element %d: %w", stream, i, err)
		}
		if declared.Key != nil {
			records[i].Key = declared.Key(element)
		}
	}
	return b.AppendRecords(stream, partition, records...)
}

// AppendRecords adds records as they are to the end of a partition, all at once: with keys, headers and times, or with
// values that can't be decoded.
//
// A record whose Offset is zero gets the next offset. Another Offset must not be below it, and leaves a hole where it
// is above. It fails, and adds nothing, where an offset is taken and where the stream or the partition doesn't exist.
func (b *Broker) AppendRecords(stream string, partition int, records ...broker.Record) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	l, p, err := b.partition(stream, partition)
	if err != nil {
		return err
	}
	next := p.next
	for _, r := range records {
		if r.Offset != 0 && r.Offset < next {
			return fmt.Errorf("memory: %s: an offset must be zero or at least %d, the next one",
				r.At(stream, partition), next)
		}
		next = max(next, r.Offset) + 1 + l.gap
	}
	for _, r := range records {
		l.append(partition, Entry{Record: cloneRecord(r)})
	}
	b.wake()
	return nil
}

// End puts an end-of-stream mark behind what is there in the partitions given, in all of them where none is given.
func (b *Broker) End(stream string, partitions ...int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	l, _, err := b.partition(stream, 0)
	if err != nil {
		return err
	}
	if len(partitions) == 0 {
		for p := range l.partitions {
			partitions = append(partitions, p)
		}
	}
	for _, p := range partitions {
		if _, _, err := b.partition(stream, p); err != nil {
			return err
		}
	}
	for _, p := range partitions {
		l.append(p, Entry{End: true})
	}
	b.wake()
	return nil
}

// declared returns the declaration of a stream with an element type.
func (b *Broker) declared(stream string, t reflect.Type) (broker.Stream, error) {
	var types []string
	for _, d := range b.declarations {
		if d.stream.Name != stream {
			continue
		}
		if d.stream.Type == t {
			return d.stream, nil
		}
		types = append(types, d.stream.Type.String())
	}
	if types == nil {
		return broker.Stream{}, fmt.Errorf("memory: there is no stream %q; declared are %s", stream, b.names())
	}
	return broker.Stream{}, fmt.Errorf("memory: stream %q holds %s, not %v", stream, strings.Join(types, " or "), t)
}
