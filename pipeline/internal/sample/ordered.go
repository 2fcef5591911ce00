package sample

import (
	"context"
	"errors"
	"io"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/pipeline/internal/mill"
)

// ordersFile reports whether a run puts a file in order as a whole: then its first elements lie anywhere in it.
func (all *Samples) ordersFile(n *mill.Node) bool {
	return all.mostSorted > 0 && n.Sort != nil && n.Sort.Whole
}

// readOrdered reads a file whose elements a run puts in order as a whole, and keeps those that are first and last in that order.
// Of a larger file than all.mostSorted it keeps those of its beginning, which says nothing of what lies between them.
func (all *Samples) readOrdered(ctx context.Context, reader broker.Reader, stream broker.Stream, n *mill.Node) (*Sample, error) {
	s := &Sample{Head: Part{stream: stream.Name}, Scattered: true}
	var locate locator
	if file.IsTable(stream) {
		locate = rowOf
	}
	decode, err := stream.Codec.Decoder(stream.Type)
	if err != nil {
		return nil, err
	}
	cut := false
	for read := 0; read < all.mostSorted; {
		records, err := reader.Read(ctx)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if errors.Is(err, io.EOF) {
			s.Scattered, s.Columns = false, file.Columns(reader)
			break
		}
		if err != nil {
			all.problem(err.Error())
			break
		}
		read += len(records)
		var ok bool
		if ok, cut = all.takeOrdered(s, n, records, decode, locate, cut); !ok {
			break
		}
	}
	ok := !n.HasWhere() || all.filterPart(n, &s.Head)
	s.Scattered = s.Scattered || !ok
	if s.Whole = !s.Scattered && !cut && len(s.Head.Elements) <= all.most(); !s.Whole {
		all.keepEnds(s, n)
	}
	return s, nil
}

// takeOrdered adds records to a sample, and cuts it where it has many; false where there is one that can't be read.
func (all *Samples) takeOrdered(s *Sample, n *mill.Node, records []broker.Record, decode codec.Decode, locate locator, cut bool,
) (ok, isCut bool) {
	if !all.decode(&s.Head, records, decode, 0, locate) {
		s.Scattered = true
		return false, cut
	}
	if len(s.Head.Elements) < 16*all.size {
		return true, cut
	}
	if n.HasWhere() && !all.filterPart(n, &s.Head) {
		s.Scattered = true
		return false, cut
	}
	order := n.Order(s.Head.Elements)
	if len(order) <= 2*all.size {
		return true, cut
	}
	s.Head.choose(append(order[:all.size:all.size], order[len(order)-all.size:]...))
	return true, true
}

// keepEnds makes a head and a tail of what was read.
func (all *Samples) keepEnds(s *Sample, n *mill.Node) {
	order := n.Order(s.Head.Elements)
	size := min(all.size, (len(order)+1)/2)
	s.Tail = s.Head
	s.Tail.LeftOut = 0
	s.Tail.choose(order[max(size, len(order)-size):])
	s.Head.choose(order[:size])
}
