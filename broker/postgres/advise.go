package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// sortable is how many rows a finite table may have until reading it without an index is worth an advice.
const sortable = 10_000

// Advise implements broker.Advisor: no index serves the order of a stream, a sequence gives its numbers away in batches, or
// a run would have to make a publication and may not.
func (in *input) Advise(ctx context.Context) (advice []string, err error) {
	s, err := in.connector.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.close() }()
	for _, st := range in.distinct() {
		for _, find := range []func(context.Context, *session) ([]string, error){st.adviseIndex, st.adviseSequences} {
			found, err := find(ctx, s)
			if err != nil {
				return advice, st.explainRead(err)
			}
			advice = append(advice, found...)
		}
	}
	for _, node := range in.nodes {
		if c := node.changes; c != nil && c.looking {
			found, err := c.advisePublication(ctx, s)
			if err != nil {
				return advice, c.explain(err)
			}
			advice = append(advice, found...)
		}
	}
	return advice, nil
}

// A plan is a node of what EXPLAIN tells.
type plan struct {
	Type     string  `json:"Node Type"`
	Rows     float64 `json:"Plan Rows"`
	Children []plan  `json:"Plans"`
}

// sorts reports whether the rows are sorted when they are read, rather than read in order.
func (p *plan) sorts() bool {
	switch p.Type {
	case "Sort":
		return true
	case "Gather Merge", "Merge Append", "Append", "Subquery Scan", "Result":
		return slices.ContainsFunc(p.Children, func(child plan) bool { return child.sorts() })
	}
	return false
}

// adviseIndex finds out whether an index serves the order, whichever plan is the cheapest today.
func (t *table) adviseIndex(ctx context.Context, s *session) ([]string, error) {
	if err := s.run(ctx, "BEGIN READ ONLY; SET LOCAL enable_sort = off; SET LOCAL enable_seqscan = off;"+
		"SET LOCAL enable_bitmapscan = off"); err != nil {
		return nil, err
	}
	explained, err := s.texts(ctx, "EXPLAIN (FORMAT JSON) "+t.selectRows()+t.ordered(""))
	if err != nil {
		return nil, err
	}
	if err := s.run(ctx, "ROLLBACK"); err != nil {
		return nil, err
	}
	var plans []struct{ Plan plan }
	if err := json.Unmarshal([]byte(explained[0]), &plans); err != nil || len(plans) == 0 {
		return nil, fmt.Errorf("what EXPLAIN tells isn't understood: %w", err)
	}
	p := &plans[0].Plan
	if !p.sorts() || !t.stream.Follow && p.Rows < sortable {
		return nil, nil
	}
	return []string{fmt.Sprintf("%s: no index serves the order %s, so that the server sorts it for each reader%s; %s",
		t.describe(), strings.Join(names(t.order), ", "), t.often(), t.indexRemedy())}, nil
}

// often says how often a followed stream is sorted.
func (t *table) often() string {
	if t.stream.Follow {
		return fmt.Sprintf(", and looks through it every %v for what is new", poll)
	}
	return ""
}

// indexRemedy is what gives the stream an index.
func (t *table) indexRemedy() string {
	columns := identifiers(names(t.order))
	switch t.kind {
	case "r":
		return fmt.Sprintf("CREATE INDEX CONCURRENTLY ON %s (%s)", qualified(t.stream.Name), columns)
	case "p":
		return fmt.Sprintf("CREATE INDEX ON %s (%s)", qualified(t.stream.Name), columns)
	}
	return fmt.Sprintf("CREATE INDEX on the table that has (%s)", columns)
}

const sequencesOf = `SELECT DISTINCT quote_ident(n.nspname) || '.' || quote_ident(q.relname), a.attname, s.seqcache::text
	FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
	JOIN pg_depend p ON p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid AND p.refclassid = 'pg_class'::regclass
			AND p.refobjid IN (SELECT seqrelid FROM pg_sequence)
		OR p.refclassid = 'pg_class'::regclass AND p.refobjid = a.attrelid AND p.refobjsubid = a.attnum
			AND p.classid = 'pg_class'::regclass AND p.objid IN (SELECT seqrelid FROM pg_sequence)
	JOIN pg_sequence s ON s.seqrelid IN (p.objid, p.refobjid) JOIN pg_class q ON q.oid = s.seqrelid
	JOIN pg_namespace n ON n.oid = q.relnamespace
	WHERE a.attrelid::text = ANY (string_to_array($1, ',')) AND s.seqcache > 1 ORDER BY 1`

// adviseSequences finds sequences that give numbers away in batches: a session that draws from its batch later than
// others from theirs adds rows below those that were read.
func (t *table) adviseSequences(ctx context.Context, s *session) (advice []string, err error) {
	all, err := s.rows(ctx, sequencesOf, strings.Join(t.oids, ","))
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		if !slices.Contains(names(t.order), string(r[1])) {
			continue
		}
		advice = append(advice, fmt.Sprintf("%s: the sequence %s of column %s has CACHE %s, so that a session may add "+
			"rows below those that were read, which are missed then; ALTER SEQUENCE %[2]s CACHE 1, or order by a column "+
			"of type xid8 with the default pg_current_xact_id()", t.describe(), r[0], r[1], r[2]))
	}
	return advice, nil
}
