package lookup

import (
	"cmp"
	"context"
	"slices"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/mill"
)

// Masters are the masters with names between two.
type Masters struct {
	streams *Streams
	// By is the expression of the names.
	By       string
	From, To expression.Key
	naming   *naming
	keys     keyRange
}

// MastersBetween returns the range of masters with names between two, as a user has written them.
func (s *Streams) MastersBetween(ctx context.Context, from, to string) (*Masters, error) {
	names, err := newNaming(ctx, s.mill, s.mill.Master, s.sources[s.mill.Master])
	if err != nil {
		return nil, err
	}
	r := &Masters{streams: s, By: names.String(), naming: names}
	if r.From, err = names.parse(from); err != nil {
		return nil, err
	}
	if r.To, err = names.parse(to); err != nil {
		return nil, err
	}
	if expression.Compare(r.From, r.To) > 0 {
		return nil, WrongArgument("no key lies between %v and %v: the first is above the second", r.From, r.To)
	}
	r.keys, err = names.keyRange(r.From, r.To)
	return r, err
}

// Needed is what masters need of one stream.
type Needed struct {
	Node *mill.Node
	// Records are those of the elements, of their neighbours, and those that a run stops at among them, in their order.
	Records [][]byte
	// Elements counts the elements that the masters need, and Neighbours the ones beside them.
	Elements, Neighbours int
}

// Needs calls save for each stream, down the tree, with what the masters of a partition need of it; not at all where
// there are no such masters.
func (m *Masters) Needs(ctx context.Context, partition int, save func(*Needed) error) error {
	masters, err := m.streams.lookUp(ctx, m.streams.mill.Master, m.keys, m.naming.program(), partition)
	if err != nil || len(masters.items) == 0 {
		return err
	}
	return m.saveBelow(ctx, masters, partition, save)
}

// saveBelow calls save for a subtree, and for what its items need further down.
func (m *Masters) saveBelow(ctx context.Context, at *subtree, partition int, save func(*Needed) error) error {
	records := at.records()
	neighbours := 0
	if at.node.Parent != nil {
		for _, beside := range []*item{at.below, at.above} {
			if beside != nil {
				neighbours++
				records = append(records, broker.Record{Offset: beside.offset, Value: beside.element.Raw})
			}
		}
	}
	slices.SortStableFunc(records, func(a, b broker.Record) int { return cmp.Compare(a.Offset, b.Offset) })
	n := &Needed{Node: at.node, Elements: len(at.items), Neighbours: neighbours}
	for _, record := range records {
		n.Records = append(n.Records, record.Value)
	}
	if err := save(n); err != nil {
		return err
	}
	for child, n := range at.node.Children {
		below := &subtree{node: n, slice: &slice{}}
		if len(at.items) > 0 {
			var err error
			if below, err = m.streams.candidates(ctx, at, child, partition); err != nil {
				return err
			}
		}
		if err := m.saveBelow(ctx, below, partition, save); err != nil {
			return err
		}
	}
	return nil
}

// records returns the items of a subtree, and what a run stops at among them, so that the run of what is saved does,
// too.
func (t *subtree) records() (records []broker.Record) {
	for _, item := range t.items {
		records = append(records, broker.Record{Offset: item.offset, Value: item.element.Raw})
	}
	return append(records, t.refused...)
}
