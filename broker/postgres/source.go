package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/solo"
)

// OpenSource implements [broker.Source]. It checks that what is read exists, may be read, and has an order.
func (b *Broker) OpenSource(ctx context.Context, job *broker.Job) (broker.Input, error) {
	if len(job.Inputs) == 0 {
		return nil, errors.New("postgres: the job has no inputs")
	}
	c, err := b.newConnector(job)
	if err != nil {
		return nil, err
	}
	in := &input{}
	in.ledger = newLedger(b, job, c, in.Partitions)
	if err := c.opening(ctx, func(s *session) error {
		in.nodes = nil
		for _, declared := range job.Inputs {
			if err := in.open(ctx, b, s, declared); err != nil {
				return err
			}
		}
		if err := in.checkPartitions(); err != nil {
			return err
		}
		return s.close()
	}); err != nil {
		return nil, err
	}
	if in.Partitions() > 1 {
		job.Shared, in.shared = true, true
		in.shares = newShares(in)
	}
	return in, nil
}

// An input reads for one run.
type input struct {
	*ledger
	// nodes says what each node reads; nodes that read one stream share it.
	nodes []source
	// shares says which partitions are whose; nil where there is only one.
	shares *shares
}

// A source is what a node reads: rows, or changes. The other one is nil.
type source struct {
	rows    *stream
	changes *changes
}

// partitionCount is how many partitions a source has: changes have one.
func (s source) partitionCount() int {
	if s.changes != nil {
		return 1
	}
	return s.rows.partitionCount()
}

func (s source) describe() string {
	if s.changes != nil {
		return s.changes.describe()
	}
	return s.rows.describe()
}

// open adds the source of the next node.
func (in *input) open(ctx context.Context, b *Broker, s *session, declared broker.Stream) error {
	r, err := b.relation(declared)
	if err != nil {
		return err
	}
	if r.changes != nil {
		return in.addChanges(ctx, s, r)
	}
	for _, node := range in.nodes {
		other := node.rows
		if other == nil || other.relation.stream.Name != declared.Name {
			continue
		}
		if other.query != r.query || !slices.Equal(other.relation.order, r.order) ||
			other.relation.stream.Follow != r.stream.Follow || other.partitions != r.partitions ||
			other.partitionBy != r.partitionBy {
			return fmt.Errorf("postgres: %s is declared twice, and differently: nodes that read one stream read it in "+
				"one order and by the same partitions, and both follow it or don't; give a query over it another name",
				other.describe())
		}
		in.nodes = append(in.nodes, node)
		return nil
	}
	t, err := s.openTable(ctx, r)
	if err != nil {
		return err
	}
	opened := newStream(t)
	end, err := t.highest(ctx, s)
	if err != nil {
		return t.explainRead(err)
	}
	if !declared.Follow {
		opened.end = end
	}
	in.nodes = append(in.nodes, source{rows: opened})
	return nil
}

// addChanges adds the source of the next node, which is one of changes.
func (in *input) addChanges(ctx context.Context, s *session, r *relation) error {
	for _, node := range in.nodes {
		other := node.changes
		if other == nil || other.stream.Name != r.stream.Name {
			continue
		}
		if !other.equals(r) {
			return fmt.Errorf("postgres: %s is declared twice, and differently: nodes that read one stream read it by one "+
				"slot; give one of the two another name", other.describe())
		}
		in.nodes = append(in.nodes, node)
		return nil
	}
	opened, err := in.openChanges(ctx, s, r)
	if err == nil {
		in.nodes = append(in.nodes, source{changes: opened})
	}
	return err
}

// Partitions implements broker.Input.
func (in *input) Partitions() int {
	if len(in.nodes) == 0 {
		return 1
	}
	return in.nodes[0].partitionCount()
}

// Own implements broker.Input.
func (in *input) Own(ctx context.Context, task func(ctx context.Context, partition int) error) error {
	if in.shares != nil {
		return in.shares.own(ctx, task)
	}
	return solo.Input{}.Own(ctx, task)
}

// Share implements broker.Sharer.
func (in *input) Share(_ context.Context, session int64, positions broker.SessionKeeper) error {
	if in.shares != nil {
		in.shares.session, in.shares.positions = session, positions
	}
	return nil
}

// Bounded implements broker.Bounded.
func (in *input) Bounded(node int) (ends, waits bool) {
	rows := in.nodes[node].rows
	return rows != nil && !rows.stream.Follow, false
}

// Reader implements broker.Input.
func (in *input) Reader(ctx context.Context, node, partition int, from int64) (broker.Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if node < 0 || node >= len(in.nodes) || partition < 0 || partition >= in.Partitions() || from < 0 {
		return nil, fmt.Errorf("postgres: there is no reader of node %d, partition %d from offset %d", node, partition,
			from)
	}
	if c := in.nodes[node].changes; c != nil {
		return c.reader(ctx, from)
	}
	st := in.nodes[node].rows
	at := st.numberings[partition].Start(from)
	return &reader{input: in, stream: st, partition: partition, at: at, next: from, fetch: firstFetch}, nil
}

// Close implements broker.Input.
func (in *input) Close() error { return in.ledger.close() }

// groups returns the nodes of each stream.
func (in *input) groups() map[*stream][]int {
	groups := map[*stream][]int{}
	for i, node := range in.nodes {
		if st := node.rows; st != nil {
			groups[st] = append(groups[st], i)
		}
	}
	return groups
}

// ofChanges returns the rewind points of the nodes of each stream of changes.
func (in *input) ofChanges(nodes []broker.Rewind) map[*changes][]*broker.Rewind {
	all := map[*changes][]*broker.Rewind{}
	for i, node := range in.nodes {
		if c := node.changes; c != nil {
			all[c] = append(all[c], &nodes[i])
		}
	}
	return all
}
