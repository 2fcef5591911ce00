package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/leat-go/leat/broker"
)

// Positions implements broker.Positioner.
func (in *input) Positions(_ int, nodes []broker.Rewind) (err error) {
	for st, members := range in.groups() {
		lowest := nodes[members[0]].Offset
		for _, i := range members {
			lowest = min(lowest, nodes[i].Offset)
			if nodes[i].Position, err = st.positionOf(&nodes[i]).text(); err != nil {
				return err
			}
		}
		st.numbering.forget(lowest)
	}
	return nil
}

// positionOf returns what a rewind point is. A session that ended before the node had come to its end goes on behind
// that end, which nobody could find later by reading: rows may have been added.
func (st *stream) positionOf(r *broker.Rewind) position {
	if r.NextSession && st.end != nil {
		return position{At: st.end, After: true}
	}
	p := st.numbering.position(r.Offset)
	p.Seen = st.numbering.rowBelow(r.Seen, r.Offset)
	p.Accounted = st.numbering.rowBelow(r.Accounted, r.Offset)
	return p
}

// Resume implements broker.Positioner.
func (in *input) Resume(ctx context.Context, _ int, nodes []broker.Rewind) error {
	s, err := in.connector.reconnect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = s.close() }()
	for st, members := range in.groups() {
		all := make([]resumed, len(members))
		for i, node := range members {
			p, err := readPosition(nodes[node].Position)
			if err != nil {
				return fmt.Errorf("node %s: %w", nodes[node].Node, err)
			}
			if p.At != nil && len(p.At) != len(st.order) {
				return fmt.Errorf("node %s: it was kept for another order than %s; give the changed mill another name",
					nodes[node].Node, identifiers(names(st.order)))
			}
			all[i] = resumed{p, &nodes[node]}
		}
		if err := st.resume(ctx, s, all); err != nil {
			return st.explainRead(err)
		}
	}
	return nil
}

// A resumed rewind point is one of a node of a stream, with what was kept of it.
type resumed struct {
	position
	rewind *broker.Rewind
}

// resume counts rows from the lowest rewind point on, so that those of all nodes get the offsets that readers will give
// them.
func (st *stream) resume(ctx context.Context, s *session, all []resumed) error {
	base := slices.MinFunc(all, func(a, b resumed) int {
		return cmp.Or(cmp.Compare(a.rewind.Offset, b.rewind.Offset), boolean(a.After)-boolean(b.After))
	})
	first := base.rewind.Offset
	if base.At == nil {
		first = 0
	}
	if base.After {
		st.numbering.reset(first, base.At)
	} else {
		st.numbering.reset(first, nil)
	}
	for _, r := range all {
		if err := st.checkAhead(ctx, s, r.At); err != nil {
			return err
		}
		if err := st.count(ctx, s, base.position, first, r); err != nil {
			return err
		}
	}
	return nil
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// count sets a rewind point's offsets by the rows between the base and its position, and from there to what it has
// seen.
func (st *stream) count(ctx context.Context, s *session, base position, first int64, r resumed) error {
	to := r.rewind
	to.NextSession = false
	to.Offset = first
	var err error
	if r.At != nil {
		below := "<"
		if r.After {
			below = "<="
		}
		if to.Offset, err = st.between(ctx, s, base, below, r.At, first); err != nil {
			return err
		}
	}
	if r.At == nil || r.After {
		to.Behind = false
	} else if to.Behind {
		equal, err := s.texts(ctx, "SELECT 1 FROM "+st.from+" WHERE "+st.compare("=", 1), r.At...)
		if err != nil {
			return err
		}
		to.Behind = len(equal) > 0
	}
	st.numbering.anchor(to.Offset, r.position)
	to.Seen, to.Accounted = to.Offset, to.Offset
	for _, what := range []struct {
		key key
		to  *int64
	}{{r.Seen, &to.Seen}, {r.Accounted, &to.Accounted}} {
		if what.key == nil {
			continue
		}
		if *what.to, err = st.between(ctx, s, r.position, "<=", what.key, to.Offset); err != nil {
			return err
		}
		if *what.to > to.Offset {
			st.numbering.anchor(*what.to, position{At: what.key, After: true})
		}
	}
	return nil
}

// between returns first and the number of rows from a position on that are below a key, or up to it.
func (st *stream) between(ctx context.Context, s *session, from position, below string, k key, first int64) (int64, error) {
	conditions := []string{st.compare(below, 1)}
	parameters := slices.Clone(k)
	if from.At != nil {
		conditions = append(conditions, st.compare(from.above(), 1+len(k)))
		parameters = append(parameters, from.At...)
	}
	all, err := s.rows(ctx, "SELECT count(*)::text FROM "+st.from+" WHERE "+strings.Join(conditions, " AND "),
		parameters...)
	if err != nil {
		return 0, err
	}
	var n int64
	if _, err := fmt.Sscan(string(all[0][0]), &n); err != nil {
		return 0, err
	}
	return first + n, nil
}

// above is the operator that rows from a position on have to its key.
func (p position) above() string {
	if p.After {
		return ">"
	}
	return ">="
}
