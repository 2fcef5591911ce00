package postgres

import (
	"bytes"
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
}

// openTarget finds the columns of an output.
func (s *session) openTarget(ctx context.Context, r *relation) (*target, error) {
	t := &target{relation: r, name: qualified(r.stream.Name), columns: map[string]*column{}}
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
	definitions := t.definitions
	hasKey := func(definition string) bool { return strings.Contains(strings.ToUpper(definition), "PRIMARY KEY") }
	if t.conflict != nil && !slices.ContainsFunc(definitions, hasKey) {
		definitions = append(slices.Clone(definitions), "PRIMARY KEY ("+identifiers(t.conflict)+")")
	}
	if err := s.makeTable(ctx, t.stream.Name, fmt.Sprintf("CREATE TABLE %s (%s)", t.name,
		strings.Join(definitions, ", ")), "it holds results, and doesn't exist yet"); err != nil {
		return "", err
	}
	oid, _, err = s.oid(ctx, t.stream.Name)
	if err == nil && oid == "" {
		err = errors.New("it was made, but isn't found: is its schema in search_path?")
	}
	return oid, err
}

// mayInsert finds out before anything is written whether it may be.
func (t *target) mayInsert(ctx context.Context, s *session) error {
	may, err := s.texts(ctx, "SELECT has_table_privilege($1, 'INSERT')", t.name)
	if err != nil {
		return t.explainWrite(err)
	}
	if may[0] != "t" {
		return fmt.Errorf("postgres: table %s: permission denied: GRANT SELECT, INSERT, UPDATE ON %s TO the user",
			t.stream.Name, t.name)
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
	b := batch{target: t}
	for i := range results {
		if results[i].Stream != stream {
			continue
		}
		all, err := member.Split(results[i].Value, b.members)
		if err != nil {
			return err
		}
		b.members = all
		if !b.takes(all) {
			if err := b.flush(ctx, s); err != nil {
				return err
			}
			if err := b.begin(all); err != nil {
				return err
			}
		}
		if err := b.add(all); err != nil {
			return err
		}
	}
	return b.flush(ctx, s)
}

// A batch is results with the same members: lines of COPY's text format, or with a conflict clause a list for each
// column.
type batch struct {
	*target
	members []member.Member
	columns []string
	kinds   []*column
	lines   []byte
	lists   [][]byte
	count   int
}

// takes reports whether a result has the same members as those before.
func (b *batch) takes(all []member.Member) bool {
	return b.count > 0 && slices.EqualFunc(b.columns, all, func(c string, m member.Member) bool { return c == m.Name })
}

func (b *batch) begin(all []member.Member) error {
	if len(all) == 0 {
		return errors.New("a result has no members")
	}
	b.columns, b.kinds = b.columns[:0], b.kinds[:0]
	for _, m := range all {
		c := b.target.columns[m.Name]
		if c == nil {
			return fmt.Errorf("there is no column %s", m.Name) // the table was changed meanwhile
		}
		b.columns, b.kinds = append(b.columns, m.Name), append(b.kinds, c)
	}
	b.lists = make([][]byte, len(all))
	return nil
}

func (b *batch) add(all []member.Member) error {
	for i, m := range all {
		text, null, err := b.kinds[i].text(m.Value)
		switch {
		case err != nil:
			return err
		case b.conflict != nil:
			b.appendToList(i, text, null)
			continue
		case null:
			b.lines = append(b.lines, `\N`...)
		default:
			b.lines = appendEscaped(b.lines, text)
		}
		b.lines = append(b.lines, '\t')
	}
	if b.conflict == nil {
		b.lines[len(b.lines)-1] = '\n' // in place of the last tabulator
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

// appendEscaped appends a value as COPY reads it.
func appendEscaped(to, text []byte) []byte {
	written := 0
	for i, c := range text {
		switch c {
		case '\\':
		case '\t':
			c = 't'
		case '\n':
			c = 'n'
		case '\r':
			c = 'r'
		default:
			continue
		}
		to = append(append(to, text[written:i]...), '\\', c)
		written = i + 1
	}
	return append(to, text[written:]...)
}

// flush writes what the batch has.
func (b *batch) flush(ctx context.Context, s *session) (err error) {
	if b.count == 0 {
		return nil
	}
	if b.conflict == nil {
		// Where the connection is lost, the driver may go on reading after it has returned: the lines are left to it.
		_, err = s.CopyFrom(ctx, bytes.NewReader(b.lines),
			fmt.Sprintf("COPY %s (%s) FROM STDIN", b.name, identifiers(b.columns)))
	} else {
		err = b.upsert(ctx, s)
	}
	if err != nil {
		return err
	}
	b.lines = b.lines[:0]
	b.count = 0
	return nil
}

// upsert inserts or replaces; of several results with one key the last, since a statement can't replace a row twice.
func (b *batch) upsert(ctx context.Context, s *session) error {
	var arrays, casts, replaced, parameters []string
	for i, name := range b.columns {
		arrays = append(arrays, fmt.Sprintf("$%d::text[]", i+1))
		casts = append(casts, fmt.Sprintf("CAST(u.c%d AS %s) AS %s", i+1, b.target.columns[name].kind, identifier(name)))
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
			"u(%s, place)) v ORDER BY %s, v.\"leat place\" DESC ON CONFLICT (%s) DO %s", b.name, identifiers(b.columns),
			prefixed("v.", b.conflict), prefixed("v.", b.columns),
			strings.Join(casts, ", "), strings.Join(arrays, ", "), numbered(len(b.columns)), prefixed("v.", b.conflict),
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
