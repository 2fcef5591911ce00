package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// A table is what a stream is read from: a table, or the result of a query.
type table struct {
	*relation
	// from is what stands behind FROM, named q.
	from    string
	columns []column
	// order holds the columns that rows are ordered by, which tell them apart.
	order []column
	// keyAt holds the index of each of these in what selectRows gives of a row.
	keyAt []int
	// kind is the letter that PostgreSQL has for it: r for a table, p for a partitioned one; empty for a query.
	kind string
	// name is what the catalog calls a table, or a view, with its schema; empty for a query. Positions are kept with it.
	name     string
	division division
	// oids are the numbers of the table and its partitions; nil for queries and views, whose tables aren't known.
	oids []string
	// grantee is whom what reading it takes is to be granted.
	grantee string
}

// describe names the stream in errors.
func (t *table) describe() string {
	if t.query != "" {
		return "query " + t.stream.Name
	}
	return "table " + t.stream.Name
}

// openTable finds out what a stream is read from.
func (s *session) openTable(ctx context.Context, r *relation) (*table, error) {
	t := &table{relation: r, from: "(" + r.query + "\n) q", grantee: s.grantee}
	if err := s.lookAt(ctx, t); err != nil {
		return nil, t.explainRead(err)
	}
	if len(t.order) == 0 {
		return nil,
			fmt.Errorf("postgres: %s: the order of its rows isn't known: it has no primary key; give it one by "+
				"postgres.OrderBy, "+
				"or order: [...], with columns that tell rows apart", t.describe())
	}
	if err := t.checkOrder(ctx, s); err != nil {
		return nil, t.explainRead(err)
	}
	return t, t.openDivision(ctx, s)
}

// lookAt finds columns and order.
func (s *session) lookAt(ctx context.Context, t *table) (err error) {
	if t.query != "" {
		if t.columns, err = s.resultColumns(ctx, t.query); err != nil {
			return err
		}
		return t.findOrder(t.relation.order)
	}
	oid, kind, err := s.oid(ctx, t.stream.Name)
	if err == nil && oid == "" {
		err = s.missing(ctx, t.stream.Name)
	}
	if err != nil {
		return err
	}
	t.from, t.kind = qualified(t.stream.Name)+" q", kind
	if t.name, err = s.nameOf(ctx, oid); err != nil {
		return err
	}
	if t.columns, err = s.columns(ctx, oid); err != nil {
		return err
	}
	if kind != "r" && kind != "p" { // a view
		return t.findOrder(t.relation.order)
	}
	all, err := s.rows(ctx, `WITH RECURSIVE parts AS (SELECT $1::oid AS oid UNION ALL SELECT i.inhrelid FROM pg_inherits i
		JOIN parts p ON i.inhparent = p.oid) SELECT DISTINCT oid::text FROM parts`, oid)
	if err != nil {
		return err
	}
	for _, r := range all {
		t.oids = append(t.oids, string(r[0]))
	}
	keys, primary, err := s.uniqueKeys(ctx, oid)
	if err != nil {
		return err
	}
	return t.findTableOrder(keys, primary)
}

func (t *table) findOrder(columns []string) error {
	for _, name := range columns {
		c, err := find(t.columns, name)
		if err != nil {
			return fmt.Errorf("its order: %w", err)
		}
		t.order = append(t.order, c)
	}
	behind := len(t.columns)
	for _, c := range t.order {
		i := slices.IndexFunc(t.columns, func(read column) bool { return read.name == c.name && read.castless })
		if i < 0 {
			i = behind
			behind++
		}
		t.keyAt = append(t.keyAt, i)
	}
	return nil
}

// findTableOrder completes the order by the primary key where it doesn't tell rows apart.
func (t *table) findTableOrder(keys [][]string, primary bool) error {
	order := slices.Clone(t.relation.order)
	tells := func(key []string) bool {
		return !slices.ContainsFunc(key, func(c string) bool { return !slices.Contains(order, c) })
	}
	switch {
	case len(order) > 0 && slices.ContainsFunc(keys, tells):
	case primary:
		for _, c := range keys[0] {
			if !slices.Contains(order, c) {
				order = append(order, c)
			}
		}
	case len(order) > 0:
		return fmt.Errorf("two rows may have the same %s, so that their order isn't known: there is neither a primary "+
			"key nor a unique "+
			"index of them; ALTER TABLE %s ADD PRIMARY KEY (…), or add columns to the order and CREATE UNIQUE INDEX "+
			"of them",
			strings.Join(order, ", "), qualified(t.stream.Name))
	}
	return t.findOrder(order)
}

// checkOrder refuses rows that have no place in the order.
func (t *table) checkOrder(ctx context.Context, s *session) error {
	var nullable []string
	for _, c := range t.order {
		if !c.notNull {
			nullable = append(nullable, c.name)
		}
	}
	if len(nullable) == 0 {
		return nil
	}
	var conditions []string
	for _, c := range nullable {
		conditions = append(conditions, "q."+identifier(c)+" IS NULL")
	}
	all, err := s.rows(ctx, "SELECT FROM "+t.from+" WHERE "+strings.Join(conditions, " OR ")+" LIMIT 1")
	if err == nil && len(all) > 0 {
		err = fmt.Errorf("there are rows whose %s is null, and which have no place in the order; read a query that "+
			"leaves them out, "+
			"or order by other columns", strings.Join(nullable, " or "))
	}
	return err
}

// keyList is the order's columns as a list in SQL, with a suffix behind each.
func (t *table) keyList(suffix string) string {
	all := make([]string, len(t.order))
	for i, c := range t.order {
		all[i] = "q." + identifier(c.name) + suffix
	}
	return strings.Join(all, ", ")
}

// keyTexts is the order's columns as texts.
func (t *table) keyTexts() string { return t.keyList("::text") }

// compare is a condition in SQL that compares the row's key with one whose values are the parameters from first on.
func (t *table) compare(operator string, first int) string {
	return t.compareFirst(operator, first, len(t.order))
}

// compareFirst compares only the first n columns.
func (t *table) compareFirst(operator string, first, n int) string {
	columns, values := make([]string, n), make([]string, n)
	for i, c := range t.order[:n] {
		columns[i], values[i] = "q."+identifier(c.name), castParameter(first+i, c)
	}
	return rowOf(columns) + " " + operator + " " + rowOf(values)
}

// castParameter is a parameter, which is a text, as a column's value.
func castParameter(n int, c column) string { return fmt.Sprintf("CAST($%d::text AS %s)", n, c.kind) }

func rowOf(values []string) string { return "ROW(" + strings.Join(values, ", ") + ")" }

// selectRows is a statement for rows, each with its columns, and then the texts of those of its key whose values don't
// come as texts.
func (t *table) selectRows() string {
	var values []string
	for i := range t.columns {
		values = append(values, t.columns[i].expression())
	}
	for i, c := range t.order {
		if t.keyAt[i] >= len(t.columns) {
			values = append(values, "q."+identifier(c.name)+"::text")
		}
	}
	return "SELECT " + strings.Join(values, ", ") + " FROM " + t.from
}

// appendKey appends the texts of the key of a row that selectRows gives.
func (t *table) appendKey(to, row [][]byte) [][]byte {
	for _, i := range t.keyAt {
		to = append(to, row[i])
	}
	return to
}

// elementSize is about how many bytes appendElement appends.
func (t *table) elementSize(row [][]byte) int {
	size := len("{}")
	for i := range t.columns {
		size += len(t.columns[i].member) + len(row[i]) + len("null,")
	}
	return size
}

// appendElement appends a row that selectRows gives as a JSON object.
func (t *table) appendElement(to []byte, row [][]byte) (_ []byte, err error) {
	for i := range t.columns {
		c, before := &t.columns[i], byte(',')
		if i == 0 {
			before = '{'
		}
		if to, err = c.appendJSON(append(append(to, before), c.member...), row[i]); err != nil {
			return nil, err
		}
	}
	return append(to, '}'), nil
}

// ordered is the end of a statement that reads rows in order.
func (t *table) ordered(direction string) string { return " ORDER BY " + t.keyList(direction) }
