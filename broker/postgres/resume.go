package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/ordered"
)

// Positions implements broker.Positioner.
func (in *input) Positions(partition int, nodes []broker.Rewind) error {
	for st, members := range in.groups() {
		all := make([]*broker.Rewind, len(members))
		for i, node := range members {
			all[i] = &nodes[node]
		}
		if err := st.numberings[partition].Describe(all, st.end); err != nil {
			return err
		}
	}
	for c, all := range in.ofChanges(nodes) {
		if err := c.timeline.describe(all, c.system, c.copied.Load()); err != nil {
			return c.explain(err)
		}
	}
	return nil
}

// Acknowledge implements broker.Acknowledger.
func (in *input) Acknowledge(_ int, nodes []broker.Rewind) {
	for c, all := range in.ofChanges(nodes) {
		c.timeline.acknowledge(all)
	}
}

// Locate implements broker.Locator. Changes are found by what is in them.
func (in *input) Locate(node, partition int, offset int64) string {
	if in.nodes[node].rows == nil {
		return ""
	}
	return in.nodes[node].rows.numberings[partition].Locate(offset)
}

// Resume implements broker.Positioner.
func (in *input) Resume(ctx context.Context, partition int, nodes []broker.Rewind) error {
	for {
		s, err := in.connector.reconnect(ctx)
		if err != nil {
			return err
		}
		resumed := slices.Clone(nodes) // what is changed before the connection is lost must not be counted again
		err = in.resume(ctx, s, partition, resumed)
		isLost := s.IsClosed() && isPassing(err) && ctx.Err() == nil
		_ = s.close()
		if isLost {
			in.connector.logger.Warn("the connection was lost while positions were looked up, trying again", "error", err)
			continue
		}
		copy(nodes, resumed)
		return err
	}
}

func (in *input) resume(ctx context.Context, s *session, partition int, nodes []broker.Rewind) (err error) {
	for c, all := range in.ofChanges(nodes) {
		if err := c.resume(ctx, s, all); err != nil {
			return err
		}
	}
	for st, members := range in.groups() {
		all := make([]ordered.Resumed, len(members))
		for i, node := range members {
			all[i], err = st.numberings[partition].Read(&nodes[node])
			if err != nil {
				return err
			}
			if err := st.checkDivision(all[i].Position); err != nil {
				return st.explainRead(err)
			}
			if err := st.checkAhead(ctx, s, all[i].At); err != nil {
				return st.explainRead(err)
			}
		}
		if err := st.numberings[partition].Resume(ctx, counter{s, st.table, partition}, all); err != nil {
			return st.explainRead(err)
		}
	}
	return nil
}

// A counter implements ordered.Counter.
type counter struct {
	*session
	table     *table
	partition int
}

func (c counter) Exists(ctx context.Context, k ordered.Key) (bool, error) {
	equal, err := c.texts(ctx, "SELECT 1 FROM "+c.table.from+" WHERE "+c.table.compare("=", 1)+
		c.table.belongs(c.partition), k...)
	return len(equal) > 0, err
}

func (c counter) Between(ctx context.Context, from, to ordered.Position) (n int64, err error) {
	below := "<"
	if to.After {
		below = "<="
	}
	conditions := []string{c.table.compare(below, 1)}
	parameters := slices.Clone(to.At)
	if from.At != nil {
		conditions = append(conditions, c.table.compare(above(from), 1+len(to.At)))
		parameters = append(parameters, from.At...)
	}
	all, err := c.rows(ctx, "SELECT count(*)::text FROM "+c.table.from+" WHERE "+strings.Join(conditions, " AND ")+
		c.table.belongs(c.partition), parameters...)
	if err != nil {
		return 0, err
	}
	_, err = fmt.Sscan(string(all[0][0]), &n)
	return n, err
}

// above is the operator that rows from a position on have to its key.
func above(p ordered.Position) string {
	if p.After {
		return ">"
	}
	return ">="
}
