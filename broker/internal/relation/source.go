package relation

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync/atomic"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/ordered"
	"github.com/leat-go/leat/broker/internal/solo"
)

// Open opens the inputs of a job. It checks that what is read exists, may be read, and has an order.
func Open(ctx context.Context, job *Job) (broker.Input, error) {
	in := &input{job: job, ledger: newLedger(job, 1)}
	if err := in.open(ctx); err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return in, nil
}

// An input reads for one run.
type input struct {
	solo.Input
	*ledger
	job *Job
	// streams holds what each node reads; nodes that read one stream have one of these.
	streams []*stream
}

// A stream is a table or query as one run reads it.
type stream struct {
	*Table
	// end is the key of the last row that belongs to the session; nil where there is none, or it is followed.
	end       ordered.Key
	numbering *ordered.Numbering
	// toldAhead says that the log was told of a position behind all rows.
	toldAhead atomic.Bool
}

func (in *input) open(ctx context.Context) error {
	if len(in.job.Inputs) == 0 {
		return in.job.errorf("the job has no inputs")
	}
	return in.job.withConn(ctx, func(conn *sql.Conn) error {
		in.streams = nil
		for _, declared := range in.job.Inputs {
			st, err := in.openStream(ctx, conn, declared)
			if err != nil {
				return err
			}
			in.streams = append(in.streams, st)
		}
		return nil
	})
}

// openStream returns the stream of the next node.
func (in *input) openStream(ctx context.Context, conn *sql.Conn, declared broker.Stream) (*stream, error) {
	d, err := in.job.declaration(declared)
	if err != nil {
		return nil, err
	}
	for _, other := range in.streams {
		if other.Stream.Name != declared.Name {
			continue
		}
		if other.Query != d.Query || !slices.Equal(other.Order, d.Order) || other.Stream.Follow != d.Stream.Follow {
			return nil, in.job.errorf("%s is declared twice, and differently: nodes that read one stream read it in one "+
				"order, and both follow it or don't; give a query over it another name", other.describe())
		}
		return other, nil
	}
	t, err := openTable(ctx, in.job.Database, conn, d)
	if err != nil {
		return nil, err
	}
	origin := ordered.Origin{By: names(t.OrderedBy), As: comparedAs(t.OrderedBy), From: t.Name}
	st := &stream{Table: t, numbering: ordered.NewNumbering(origin, ordered.ReadByQuery)}
	if err := st.look(ctx, conn); err != nil {
		return nil, t.explain(err)
	}
	return st, nil
}

// look finds the end of a finite stream, and whether an index serves the order.
func (st *stream) look(ctx context.Context, conn *sql.Conn) error {
	end, err := st.highest(ctx, conn)
	if err != nil {
		return err
	}
	statement, parameters, err := st.Page(ordered.Position{At: end}, end)
	if err != nil {
		return err
	}
	if st.Served, err = st.Database.IsServed(ctx, conn, statement, parameters); err != nil {
		return err
	}
	if !st.Stream.Follow {
		st.end = end
	}
	return nil
}

// Advise implements broker.Advisor.
func (in *input) Advise(ctx context.Context) (advice []string, err error) {
	err = in.job.withConn(ctx, func(conn *sql.Conn) error {
		advice = nil
		for i, st := range in.streams {
			if slices.Contains(in.streams[:i], st) {
				continue
			}
			found, err := st.Database.Advise(ctx, conn, st.Table)
			if err != nil {
				return st.explain(err)
			}
			for _, sentence := range found {
				advice = append(advice, st.describe()+": "+sentence)
			}
		}
		return nil
	})
	return advice, err
}

// Bounded implements broker.Bounded.
func (in *input) Bounded(node int) (ends, waits bool) { return !in.streams[node].Stream.Follow, false }

// Reader implements broker.Input.
func (in *input) Reader(ctx context.Context, node, partition int, from int64) (broker.Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if node < 0 || node >= len(in.streams) || partition != 0 || from < 0 {
		return nil, in.job.errorf("there is no reader of node %d, partition %d from offset %d", node, partition, from)
	}
	st := in.streams[node]
	return &reader{job: in.job, input: in, stream: st, at: st.numbering.Start(from), next: from, fetch: firstFetch,
		row: newRow(st.width())}, nil
}

// Close implements broker.Input.
func (in *input) Close() error {
	in.ledger.close()
	return in.job.Database.Close()
}

// Positions implements broker.Positioner.
func (in *input) Positions(_ int, nodes []broker.Rewind) error {
	for st, members := range in.groups() {
		all := make([]*broker.Rewind, len(members))
		for i, node := range members {
			all[i] = &nodes[node]
		}
		if err := st.numbering.Describe(all, st.end); err != nil {
			return err
		}
	}
	return nil
}

// Locate implements broker.Locator.
func (in *input) Locate(node, _ int, offset int64) string {
	return in.streams[node].numbering.Locate(offset)
}

// Resume implements broker.Positioner.
func (in *input) Resume(ctx context.Context, _ int, nodes []broker.Rewind) error {
	return in.job.withConn(ctx, func(conn *sql.Conn) error {
		resumed := slices.Clone(nodes) // what is changed before the connection is lost must not be counted again
		if err := in.resume(ctx, conn, resumed); err != nil {
			return err
		}
		copy(nodes, resumed)
		return nil
	})
}

func (in *input) resume(ctx context.Context, conn *sql.Conn, nodes []broker.Rewind) (err error) {
	for st, members := range in.groups() {
		all := make([]ordered.Resumed, len(members))
		for i, node := range members {
			all[i], err = st.numbering.Read(&nodes[node])
			if err != nil {
				return in.job.errorf("%w", err)
			}
		}
		if err := st.numbering.Resume(ctx, counter{conn, st.Table}, all); err != nil {
			return st.explain(err)
		}
	}
	return nil
}

// groups returns the nodes of each stream.
func (in *input) groups() map[*stream][]int {
	groups := map[*stream][]int{}
	for node, st := range in.streams {
		groups[st] = append(groups[st], node)
	}
	return groups
}
