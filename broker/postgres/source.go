package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/ordered"
)

// OpenSource implements [broker.Source]. It checks that what is read exists, may be read, and has an order.
func (b *Broker) OpenSource(ctx context.Context, job *broker.Job) (broker.Input, error) {
	if len(job.Inputs) == 0 {
		return nil, errors.New("postgres: the job has no inputs")
	}
	c, err := b.newConnector(job.Logger)
	if err != nil {
		return nil, err
	}
	s, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.close() }()
	in := &input{}
	in.ledger = newLedger(b, job, c, in.Partitions)
	for _, declared := range job.Inputs {
		if err := in.open(ctx, b, s, declared); err != nil {
			return nil, err
		}
	}
	return in, nil
}

// An input reads for one run.
type input struct {
	*ledger
	// streams and changes hold what each node reads, one of the two; nodes that read one stream have one of these.
	streams []*stream
	changes []*changes
}

// A stream is a table or query as one run reads it.
type stream struct {
	*table
	// end is the key of the last row that belongs to the session; nil where there is none, or it is followed.
	end       ordered.Key
	numbering *ordered.Numbering
}

// open adds the stream of the next node.
func (in *input) open(ctx context.Context, b *Broker, s *session, declared broker.Stream) error {
	r, err := b.relation(declared)
	if err != nil {
		return err
	}
	if r.changes != nil {
		return in.addChanges(ctx, s, r)
	}
	in.changes = append(in.changes, nil)
	for _, other := range in.streams {
		if other == nil || other.relation.stream.Name != declared.Name {
			continue
		}
		if other.query != r.query || !slices.Equal(other.relation.order, r.order) ||
			other.relation.stream.Follow != r.stream.Follow {
			return fmt.Errorf("postgres: %s is declared twice, and differently: nodes that read one stream read it in "+
				"one order, and both "+
				"follow it or don't; give a query over it another name", other.describe())
		}
		in.streams = append(in.streams, other)
		return nil
	}
	t, err := s.openTable(ctx, r)
	if err != nil {
		return err
	}
	opened := &stream{table: t, numbering: ordered.NewNumbering()}
	end, err := t.highest(ctx, s)
	if err != nil {
		return t.explainRead(err)
	}
	if !declared.Follow {
		opened.end = end
	}
	in.streams = append(in.streams, opened)
	return nil
}

// addChanges adds the stream of the next node, which is one of changes.
func (in *input) addChanges(ctx context.Context, s *session, r *relation) error {
	in.streams = append(in.streams, nil)
	for _, other := range in.changes {
		if other == nil || other.stream.Name != r.stream.Name {
			continue
		}
		if !other.equals(r) {
			return fmt.Errorf("postgres: %s is declared twice, and differently: nodes that read one stream read it by one "+
				"slot; give one of the two another name", other.describe())
		}
		in.changes = append(in.changes, other)
		return nil
	}
	opened, err := in.openChanges(ctx, s, r)
	if err == nil {
		in.changes = append(in.changes, opened)
	}
	return err
}

// Partitions returns one.
func (in *input) Partitions() int { return 1 }

// Own implements broker.Input.
func (in *input) Own(ctx context.Context, task func(ctx context.Context, partition int) error) error {
	g, own := errgroup.WithContext(ctx)
	for p := range in.Partitions() {
		g.Go(func() error { return task(own, p) })
	}
	err := g.Wait()
	if err == nil || ctx.Err() == nil {
		return err
	}
	return ctx.Err()
}

// Bounded implements broker.Bounded.
func (in *input) Bounded(node int) (ends, waits bool) {
	return in.changes[node] == nil && !in.streams[node].stream.Follow, false
}

// Reader implements broker.Input.
func (in *input) Reader(ctx context.Context, node, partition int, from int64) (broker.Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if node < 0 || node >= len(in.streams) || partition != 0 || from < 0 {
		return nil, fmt.Errorf("postgres: there is no reader of node %d, partition %d from offset %d", node, partition,
			from)
	}
	if c := in.changes[node]; c != nil {
		return c.reader(ctx, from)
	}
	st := in.streams[node]
	return &reader{input: in, stream: st, at: st.numbering.Start(from), next: from, fetch: firstFetch}, nil
}

// Close implements broker.Input.
func (in *input) Close() error { return in.ledger.close() }

// groups returns the nodes of each stream.
func (in *input) groups() map[*stream][]int {
	groups := map[*stream][]int{}
	for node, st := range in.streams {
		if st != nil {
			groups[st] = append(groups[st], node)
		}
	}
	return groups
}

// ofChanges returns the rewind points of the nodes of each stream of changes.
func (in *input) ofChanges(nodes []broker.Rewind) map[*changes][]*broker.Rewind {
	all := map[*changes][]*broker.Rewind{}
	for node, c := range in.changes {
		if c != nil {
			all[c] = append(all[c], &nodes[node])
		}
	}
	return all
}
