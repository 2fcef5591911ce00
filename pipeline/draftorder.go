package pipeline

import (
	"context"
	"strings"

	"github.com/leat-go/leat/pipeline/internal/mill"
)

// An ordering is how a stream of a draft comes into the order of a key.
type ordering struct {
	// column is the one that a table is read in the order of; empty where the stream is taken as it lies there.
	column string
	// sort is what the stream says of sort; empty where it is in order.
	sort string
	// never says that nothing is known that puts it in order.
	never bool
}

// ordering finds out how one of the join's streams comes into the order of its key.
func (d *drafter) ordering(ctx context.Context, j *draftJoin, side int) (ordering, error) {
	s, key := j.side(side)
	if known, ok := s.orders[key.plain]; ok {
		return known, nil
	}
	o, err := d.findOrder(ctx, j, side)
	if err == nil {
		s.orders[key.plain] = o
	}
	return o, err
}

func (d *drafter) findOrder(ctx context.Context, j *draftJoin, side int) (o ordering, err error) {
	s, key := j.side(side)
	inOrder, err := d.inOrder(ctx, j, side, o)
	switch {
	case err != nil || inOrder:
		return o, err
	case s.Storage == "":
		return ordering{sort: quoteYAML(key.plain)}, nil
	case s.Storage == "kafka":
		return d.lateness(ctx, j, side)
	}
	// A column that has nulls, or is of a type without an order, is none to order by: then the rows are sorted.
	o.column = key.column.Name
	if inOrder, err = d.inOrder(ctx, j, side, o); inOrder && err == nil {
		return o, nil
	}
	return ordering{sort: quoteYAML(key.plain)}, ctx.Err()
}

// inOrder reports whether a stream is in the order of its key.
func (d *drafter) inOrder(ctx context.Context, j *draftJoin, side int, o ordering) (bool, error) {
	trial := *j
	trial.orders[side] = o
	p, err := d.parse(trial.text(mill.Standard))
	if err != nil {
		return false, d.plainly(err)
	}
	s, _ := j.side(side)
	head, err := p.Head(ctx, d.quietly(), s.name, draftSize)
	if err != nil {
		return false, d.plainly(err)
	}
	for _, key := range head.Keys {
		if key.Decreases != "" {
			return false, nil
		}
	}
	return true, nil
}

// lateness returns how a topic is put in order as it is read, which takes a bound of how late its elements come: where those
// that were read have one.
func (d *drafter) lateness(ctx context.Context, j *draftJoin, side int) (ordering, error) {
	trial := *j
	trial.orders[side] = ordering{}
	p, err := d.parse(trial.text(mill.Standard))
	if err != nil {
		return ordering{}, d.plainly(err)
	}
	report, err := p.Check(ctx, d.quietly())
	if err != nil {
		return ordering{}, d.plainly(err)
	}
	s, _ := j.side(side)
	for _, f := range report.Findings {
		if sort, ok := strings.CutPrefix(f.Add, "sort: "); ok && f.Stream == s.name {
			return ordering{sort: sort}, nil
		}
	}
	return ordering{never: true}, nil
}
