// Package sample reads the beginnings and the ends of the streams that a mill reads, and joins them as a run does, to
// find out what would stop one.
package sample

import (
	"context"
	"errors"
	"fmt"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/internal/object"
	"github.com/leat-go/leat/pipeline/internal/rawjson"
	"github.com/leat-go/leat/pipeline/internal/words"
)

// Size is how many elements at the beginning, and how many at the end, of each partition of a stream Check reads.
const Size = 1000

// A Part is the elements at the beginning of one partition, or at its end.
type Part struct {
	Elements []any
	// Positions are where the elements are.
	Positions []broker.Position
	stream    string
	// repeated is a member that an element has more than once, and repeatedBy the first such element.
	repeated   string
	repeatedBy int
}

// add adds an element that was decoded.
func (p *Part) add(element *object.Object, raw []byte) {
	if p.repeated == "" {
		p.repeated, p.repeatedBy = rawjson.Repeated(raw), len(p.Elements)
	}
	p.Elements = append(p.Elements, element)
}

// Repetition says which member is there more than once, and where.
func (p *Part) Repetition() string {
	if p.repeated == "" {
		return ""
	}
	return fmt.Sprintf("%s: the member %s is there more than once; the last counts", p.Where(p.repeatedBy), p.repeated)
}

// Where says where an element of the part is, with its stream.
func (p *Part) Where(i int) string { return p.Positions[i].String() }

// Location says where an element of the part is in its stream, in a word or two.
func (p *Part) Location(i int) string { return words.Location(p.Positions[i]) }

// A Sample is the beginning and the end of a stream's partition.
type Sample struct {
	Head, Tail Part
	// Whole says that the head is all that there is.
	Whole bool
	// Unread says that the stream wasn't read, so that nothing follows from its elements.
	Unread bool
}

// Samples are samples of all streams of a mill.
type Samples struct {
	// Of holds a sample of each partition, in their order.
	Of map[*mill.Node][]*Sample
	// Problems are what would stop a run: what can't be read or decoded.
	Problems []string
	// Advice is what would serve a run better, though nothing stops it.
	Advice []string
}

// Read reads samples of all partitions of all streams.
func Read(ctx context.Context, m *mill.Mill, options *mill.Options) (all *Samples, err error) {
	all = &Samples{Of: map[*mill.Node][]*Sample{}}
	switch {
	case m.ReadsTopics():
		err = all.readTopics(ctx, m)
	case m.Master.Stream.Stored != nil:
		err = all.readStored(ctx, m, options.Logger)
	default:
		err = all.readFiles(ctx, m, options)
	}
	all.sort()
	return all, err
}

// sort puts the elements of each sample in the order in which a run sees them, where it puts their stream in order.
func (all *Samples) sort() {
	for n, samples := range all.Of {
		if n.Sort == nil {
			continue
		}
		for _, s := range samples {
			s.Head.sort(n)
			s.Tail.sort(n)
		}
	}
}

func (p *Part) sort(n *mill.Node) {
	var sorted Part
	for _, i := range n.Order(p.Elements) {
		if i == p.repeatedBy {
			sorted.repeatedBy = len(sorted.Elements)
		}
		sorted.Elements = append(sorted.Elements, p.Elements[i])
		sorted.Positions = append(sorted.Positions, p.Positions[i])
	}
	p.Elements, p.Positions, p.repeatedBy = sorted.Elements, sorted.Positions, sorted.repeatedBy
}

// A locator says where a record of a stream's partition lies, for people.
type locator func(record *broker.Record, stream string, partition int) broker.Position

func (all *Samples) problem(text string) { all.Problems = append(all.Problems, text) }

// decode appends elements to a part, up to the first that can't be decoded, which is a problem. locate says where a record
// lies; nil for what the record says.
func (all *Samples) decode(p *Part, records []broker.Record, decode codec.Decode, partition int, locate locator) bool {
	if locate == nil {
		locate = (*broker.Record).At
	}
	for i := range records {
		element := &object.Object{}
		if err := decode(records[i].Value, element); err != nil {
			err = records[i].DecodeError(p.stream, partition, err)
			if wrong, ok := errors.AsType[*broker.PositionError](err); ok {
				at := locate(&records[i], p.stream, partition)
				wrong.Position.Offset, wrong.Position.At = at.Offset, at.At
			}
			all.problem(err.Error())
			return false
		}
		p.Positions = append(p.Positions, locate(&records[i], p.stream, partition))
		p.add(element, records[i].Value)
	}
	return true
}
