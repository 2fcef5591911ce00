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
	// LeftOut counts those that where has left out of the elements.
	LeftOut int
	stream  string
	// node is the one whose stream it is of, where records may have keys in a format.
	node *mill.Node
	// repeated holds for each element a member that it has more than once; empty for most.
	repeated []string
}

// add adds an element that was decoded.
func (p *Part) add(element *object.Object, raw []byte) {
	p.repeated = append(p.repeated, rawjson.Repeated(raw))
	p.Elements = append(p.Elements, element)
}

// choose leaves the elements with the numbers given, in their order.
func (p *Part) choose(numbers []int) {
	all := *p
	p.Elements, p.Positions, p.repeated = nil, nil, nil
	for _, i := range numbers {
		p.Elements = append(p.Elements, all.Elements[i])
		p.Positions = append(p.Positions, all.Positions[i])
		p.repeated = append(p.repeated, all.repeated[i])
	}
}

// Repetition says which member is there more than once, and where.
func (p *Part) Repetition() string {
	for i, member := range p.repeated {
		if member != "" {
			return fmt.Sprintf("%s: the member %s is there more than once; the last counts", p.Where(i), member)
		}
	}
	return ""
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
	// Columns are the names of the columns that a file has, also one without elements; nil for other streams.
	Columns []string
	// Scattered says that a run puts the stream in order as a whole, and that it was read in part only: what was read lies
	// anywhere in that order.
	Scattered bool
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
	// size is how many elements are read at each end, and once says that nothing behind the first of them is read.
	size int
	once bool
	// mostSorted is how many elements are read of a file that a run puts in order as a whole, to know the first and the last in
	// that order; zero where such files are read as others are.
	mostSorted int
}

func newSamples() *Samples { return &Samples{Of: map[*mill.Node][]*Sample{}, size: Size} }

// MostSorted is how many elements Read reads, if nothing else is said, of a file that a run puts in order as a whole.
const MostSorted = 1_000_000

// Read reads samples of all partitions of all streams. Of files that a run puts in order as a whole it reads up to so many
// elements, to know which are the first and the last.
func Read(ctx context.Context, m *mill.Mill, options *mill.Options, mostSorted int) (all *Samples, err error) {
	all = newSamples()
	all.mostSorted = mostSorted
	switch {
	case m.ReadsTopics():
		err = all.readTopics(ctx, m)
	case m.Master.Stream.Stored != nil:
		err = all.readStored(ctx, m, options.Logger)
	default:
		err = all.readFiles(ctx, m, m.Master.All(), options)
	}
	all.filter()
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
			s.Scattered = s.Scattered || n.Sort.Whole && !s.Whole && !all.ordersFile(n)
			s.Head.choose(n.Order(s.Head.Elements))
			s.Tail.choose(n.Order(s.Tail.Elements))
		}
	}
}

// filter leaves out of each sample what where leaves out of its stream. An element of which that can't be told is a
// problem, and the last of its part, as one that can't be decoded is.
func (all *Samples) filter() {
	for n, samples := range all.Of {
		if !n.HasWhere() {
			continue
		}
		for _, s := range samples {
			s.Whole = all.filterPart(n, &s.Head) && s.Whole
			all.filterPart(n, &s.Tail)
			all.adviseWhere(n, s)
		}
	}
}

func (all *Samples) filterPart(n *mill.Node, p *Part) (ok bool) {
	var numbers []int
	defer func() { p.choose(numbers) }()
	for i, element := range p.Elements {
		takesPart, err := n.TakesPart(element)
		if err != nil {
			all.problem(fmt.Sprintf("%s: where: %v", p.Where(i), err))
			return false
		}
		if !takesPart {
			p.LeftOut++
			continue
		}
		numbers = append(numbers, i)
	}
	return true
}

// adviseWhere says so where nothing of a sample is left.
func (all *Samples) adviseWhere(n *mill.Node, s *Sample) {
	leftOut := s.Head.LeftOut + s.Tail.LeftOut
	if leftOut == 0 || len(s.Head.Elements)+len(s.Tail.Elements) > 0 {
		return
	}
	which := "the " + words.Count(leftOut, "element")
	if !s.Whole {
		which = "the first " + words.Count(s.Head.LeftOut, "element")
	}
	if !s.Whole && s.Tail.LeftOut > 0 {
		which += fmt.Sprintf(" and of the last %d", s.Tail.LeftOut)
	}
	all.Advice = append(all.Advice, fmt.Sprintf("where of %s lets none of %s through: %s", n.Name, which,
		n.Stream.Reading.Where.Value))
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
		if p.node == nil {
			object.CameIn([]any{element}, records[i:i+1], partition)
		} else {
			p.node.CameIn(element, &records[i], partition)
		}
		p.Positions = append(p.Positions, locate(&records[i], p.stream, partition))
		p.add(element, records[i].Value)
	}
	return true
}
