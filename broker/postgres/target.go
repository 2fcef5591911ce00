package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/member"
	"github.com/leat-go/leat/internal/suggest"
)

// A target is a table that results are written to.
type target struct {
	*relation
	name    string // quoted
	columns map[string]*column
	names   []string
	// splitter is for check.
	splitter member.Splitter
	// grantee is whom what writing it takes is to be granted.
	grantee string
}

// openTarget finds the columns of an output.
func (s *session) openTarget(ctx context.Context, r *relation) (*target, error) {
	t := &target{relation: r, name: qualified(r.stream.Name), columns: map[string]*column{}, grantee: s.grantee}
	if r.changes != nil {
		return nil, fmt.Errorf("postgres: the changes %s can be read only: results go to tables, see postgres.Table",
			r.stream.Name)
	}
	if r.query != "" {
		return nil, fmt.Errorf("postgres: the query %s can be read only: results go to tables, see postgres.Table",
			r.stream.Name)
	}
	oid, _, err := s.oid(ctx, r.stream.Name)
	if err == nil && oid == "" {
		oid, err = t.create(ctx, s)
	}
	if err != nil {
		return nil, t.explainWrite(err)
	}
	columns, err := s.columns(ctx, oid)
	if err != nil {
		return nil, t.explainWrite(err)
	}
	for i := range columns {
		t.columns[columns[i].name] = &columns[i]
		t.names = append(t.names, columns[i].name)
	}
	for _, c := range r.conflict {
		if _, err := find(columns, c); err != nil {
			return nil, t.explainWrite(fmt.Errorf("its conflict clause: %w", err))
		}
	}
	return t, t.mayInsert(ctx, s)
}

// create makes the table, where its columns are given, and returns its number.
func (t *target) create(ctx context.Context, s *session) (oid string, err error) {
	if len(t.definitions) == 0 {
		return "", fmt.Errorf("%w; an output is made where its columns are given: postgres.Columns, or columns: {...}",
			s.missing(ctx, t.stream.Name))
	}
	if err := s.makeTable(ctx, t.stream.Name, t.creation(), whyOutput); err != nil {
		return "", err
	}
	oid, _, err = s.oid(ctx, t.stream.Name)
	if err == nil && oid == "" {
		err = errors.New("it was made, but isn't found: is its schema in search_path?")
	}
	return oid, err
}

// whyOutput says why an output's table is made.
const whyOutput = "it holds results, and doesn't exist yet"

// creation is the statement that makes the table.
func (t *target) creation() string {
	definitions := t.definitions
	hasKey := func(definition string) bool { return strings.Contains(strings.ToUpper(definition), "PRIMARY KEY") }
	if t.conflict != nil && !slices.ContainsFunc(definitions, hasKey) {
		definitions = append(slices.Clone(definitions), "PRIMARY KEY ("+identifiers(t.conflict)+")")
	}
	return fmt.Sprintf("CREATE TABLE %s (%s)", t.name, strings.Join(definitions, ", "))
}

// mayInsert finds out before anything is written whether it may be.
func (t *target) mayInsert(ctx context.Context, s *session) error {
	may, err := s.texts(ctx, "SELECT has_table_privilege($1, 'INSERT')", t.name)
	if err != nil {
		return t.explainWrite(err)
	}
	if may[0] != "t" {
		return fmt.Errorf("postgres: table %s: permission denied: GRANT SELECT, INSERT, UPDATE ON %s TO %s",
			t.stream.Name, t.name, t.grantee)
	}
	if t.conflict == nil {
		return nil
	}
	// The plan finds the index of the clause, or doesn't.
	if _, err := s.rows(ctx,
		fmt.Sprintf("EXPLAIN INSERT INTO %s (%s) SELECT %[2]s FROM %[1]s ON CONFLICT (%[3]s) DO NOTHING", t.name,
			identifiers(t.names[:1]), identifiers(t.conflict))); err != nil {
		return t.explainWrite(err)
	}
	return nil
}

// check finds members without a column, and values that no column takes.
func (t *target) check(value []byte) error {
	var refused error
	if err := t.splitter.Split(value, func(all []member.Member) { refused = t.checkMembers(all) }); err != nil {
		return fmt.Errorf("postgres: table %s: %w", t.stream.Name, err)
	}
	return refused
}

func (t *target) checkMembers(all []member.Member) error {
	for _, m := range all {
		c := t.columns[m.Name]
		if c == nil {
			return fmt.Errorf("postgres: table %s has no column %s%s: leave the member out, or ALTER TABLE %s ADD "+
				"COLUMN %s %s", t.stream.Name,
				m.Name, suggest.Name(m.Name, t.names), t.name, identifier(m.Name), kindFor(m.Value))
		}
		if c.isPlain() {
			continue
		}
		if _, _, err := c.text(m.Value); err != nil {
			return fmt.Errorf("postgres: table %s: %w", t.stream.Name, err)
		}
	}
	for _, c := range t.conflict {
		if !slices.ContainsFunc(all, func(m member.Member) bool { return m.Name == c }) {
			return fmt.Errorf("postgres: table %s: the result has no member %s, by which it replaces a row",
				t.stream.Name, c)
		}
	}
	return nil
}

// kindFor is a type for a member's value.
func kindFor(value []byte) string {
	switch value[0] {
	case '"':
		return "text"
	case 't', 'f':
		return "boolean"
	case '{', '[':
		return "jsonb"
	}
	return "numeric"
}

// write writes the results of one output, in order: one statement for each run of results with the same members.
func (t *target) write(ctx context.Context, s *session, stream int, results []broker.Result) error {
	if t.conflict == nil {
		return t.copyAll(ctx, s, stream, results)
	}
	b := batch{rowMaker: rowMaker{target: t}}
	for i := range results {
		if results[i].Stream != stream {
			continue
		}
		all, err := member.Split(results[i].Value, b.members)
		if err != nil {
			return err
		}
		b.members = all
		if b.count == 0 || !b.takes(all) {
			if err := b.flush(ctx, s); err != nil {
				return err
			}
			if err := b.begin(all); err != nil {
				return err
			}
			b.lists = make([][]byte, len(all))
		}
		if err := b.add(all); err != nil {
			return err
		}
	}
	return b.flush(ctx, s)
}

// A rowMaker makes rows of results with the same members.
type rowMaker struct {
	*target
	// written are the columns that the members go to, in their order.
	written []column
}

// begin begins with results that have the members given.
func (m *rowMaker) begin(all []member.Member) error {
	if len(all) == 0 {
		return errors.New("a result has no members")
	}
	m.written = m.written[:0]
	for _, one := range all {
		c := m.columns[one.Name]
		if c == nil {
			return fmt.Errorf("there is no column %s", one.Name) // the table was changed meanwhile
		}
		m.written = append(m.written, *c)
	}
	return nil
}

// takes reports whether a result has those members.
func (m *rowMaker) takes(all []member.Member) bool {
	return slices.EqualFunc(m.written, all, func(c column, one member.Member) bool { return c.name == one.Name })
}

// A batch is results with the same members that replace rows: a list for each column.
type batch struct {
	rowMaker
	members []member.Member
	lists   [][]byte
	count   int
}

func (b *batch) add(all []member.Member) error {
	for i, m := range all {
		text, null, err := b.written[i].text(m.Value)
		if err != nil {
			return err
		}
		b.appendToList(i, text, null)
	}
	b.count++
	return nil
}

// appendToList appends to the array of a column's values, as PostgreSQL writes it, but for its last brace.
func (b *batch) appendToList(column int, text []byte, null bool) {
	list := &b.lists[column]
	before := byte(',')
	if len(*list) == 0 {
		before = '{'
	}
	*list = appendItem(append(*list, before), text, null)
}

// flush writes what the batch has.
func (b *batch) flush(ctx context.Context, s *session) error {
	if b.count == 0 {
		return nil
	}
	b.count = 0
	return b.upsert(ctx, s)
}

// upsert inserts or replaces; of several results with one key the last, since a statement can't replace a row twice.
func (b *batch) upsert(ctx context.Context, s *session) error {
	var arrays, casts, replaced, parameters []string
	columns := names(b.written)
	for i, name := range columns {
		arrays = append(arrays, fmt.Sprintf("$%d::text[]", i+1))
		casts = append(casts, fmt.Sprintf("CAST(u.c%d AS %s) AS %s", i+1, b.written[i].kind, identifier(name)))
		if !slices.Contains(b.conflict, name) {
			replaced = append(replaced, identifier(name)+" = excluded."+identifier(name))
		}
		parameters = append(parameters, string(b.lists[i])+"}")
	}
	action := "NOTHING"
	if len(replaced) > 0 {
		action = "UPDATE SET " + strings.Join(replaced, ", ")
	}
	_, err := s.rows(ctx,
		fmt.Sprintf("INSERT INTO %s (%s) SELECT DISTINCT ON (%s) %s FROM (SELECT %s, u.place AS \"leat place\" FROM "+
			"unnest(%s) WITH ORDINALITY "+
			"u(%s, place)) v ORDER BY %s, v.\"leat place\" DESC ON CONFLICT (%s) DO %s", b.name, identifiers(columns),
			prefixed("v.", b.conflict), prefixed("v.", columns),
			strings.Join(casts, ", "), strings.Join(arrays, ", "), numbered(len(columns)), prefixed("v.", b.conflict),
			identifiers(b.conflict),
			action), parameters...)
	return err
}

// numbered returns c1, c2 and so on.
func numbered(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("c%d", i+1)
	}
	return strings.Join(all, ", ")
}
