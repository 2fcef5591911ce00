package pipeline

import (
	"cmp"
	"context"
	"slices"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/mill"
)

// A mastersRange is the masters with names between two.
type mastersRange struct {
	*library
	// by is the expression of the names.
	by       string
	from, to expression.Key
	naming   *naming
	wanted   wanted
}

// mastersBetween returns the range of masters with names between two, as a user has written them.
func (l *library) mastersBetween(ctx context.Context, from, to string) (*mastersRange, error) {
	names, err := newNaming(ctx, l.mill, l.mill.Master, l.shelves[l.mill.Master])
	if err != nil {
		return nil, err
	}
	r := &mastersRange{library: l, by: names.String(), naming: names}
	if r.from, err = names.parse(from); err != nil {
		return nil, err
	}
	if r.to, err = names.parse(to); err != nil {
		return nil, err
	}
	if expression.Compare(r.from, r.to) > 0 {
		return nil, wrongArgument("no key lies between %v and %v: the first is above the second", r.from, r.to)
	}
	r.wanted, err = names.wanted(r.from, r.to)
	return r, err
}

// needed is what masters need of one stream.
type needed struct {
	node *mill.Node
	// records are those of the elements, of their neighbours, and those that a run stops at among them, in their order.
	records [][]byte
	// elements counts the elements that the masters need, and neighbours the ones beside them.
	elements, neighbours int
}

// needs calls save for each stream, down the tree, with what the masters of a partition need of it; not at all where there are no
// such masters.
func (r *mastersRange) needs(ctx context.Context, partition int, save func(*needed) error) error {
	masters, err := r.lookUp(ctx, r.mill.Master, r.wanted, r.naming.program(), partition)
	if err != nil || len(masters.items) == 0 {
		return err
	}
	return r.follow(ctx, masters, partition, save)
}

// follow calls save for a link, and for what its items need further down.
func (r *mastersRange) follow(ctx context.Context, at *link, partition int, save func(*needed) error) error {
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
	n := &needed{node: at.node, elements: len(at.items), neighbours: neighbours}
	for _, record := range records {
		n.records = append(n.records, record.Value)
	}
	if err := save(n); err != nil {
		return err
	}
	for child, n := range at.node.Children {
		below := &link{node: n, slice: &slice{}}
		if len(at.items) > 0 {
			var err error
			if below, err = r.below(ctx, at, child, partition); err != nil {
				return err
			}
		}
		if err := r.follow(ctx, below, partition, save); err != nil {
			return err
		}
	}
	return nil
}

// records returns the items of a link, and what a run stops at among them, so that the run of what is saved does, too.
func (k *link) records() (records []broker.Record) {
	for _, item := range k.items {
		records = append(records, broker.Record{Offset: item.offset, Value: item.element.Raw})
	}
	return append(records, k.refused...)
}
