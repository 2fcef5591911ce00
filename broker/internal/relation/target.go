package relation

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/internal/member"
	"github.com/leat-go/leat/internal/suggest"
)

const (
	// batchRows, batchValues and batchBytes are at most how many rows, values and bytes one INSERT has.
	batchRows, batchValues, batchBytes = 500, 2000, 512 << 10
)

// A target is a table that results are written to.
type target struct {
	*Declaration
	db      Database
	columns []Column
	// into is the table that is written, quoted, where it is another one.
	into string
	// splitter and tried, of statements, are for check.
	splitter member.Splitter
	tried    sync.Pool
}

// openTarget finds the columns of an output.
func (o *output) openTarget(ctx context.Context, d *Declaration) (*target, error) {
	if d.Query == "" {
		if err := o.job.Database.Prepare(ctx, o.conn, d); err != nil {
			return nil, (&target{Declaration: d, db: o.job.Database}).explain(err)
		}
	}
	return o.job.findTarget(ctx, o.conn, d)
}

// findTarget finds the columns of an output that exists.
func (j *Job) findTarget(ctx context.Context, conn *sql.Conn, d *Declaration) (*target, error) {
	t := &target{Declaration: d, db: j.Database}
	if d.Query != "" {
		return nil, j.errorf("the query %s can be read only: results go to tables, see %s.Table", d.Stream.Name,
			j.Database.Product())
	}
	described, err := t.db.Describe(ctx, conn, d)
	if err != nil {
		return nil, t.explain(err)
	}
	if !described.IsTable {
		return nil, t.explain(errors.New("it is a view, and can be read only: results go to tables"))
	}
	t.columns = slices.DeleteFunc(described.Columns, func(c Column) bool { return c.Generated })
	for _, c := range d.Conflict {
		if _, err := find(t.db, t.columns, c); err != nil {
			return nil, t.explain(fmt.Errorf("its conflict clause: %w", err))
		}
	}
	return t, t.tryConflict(described)
}

// tryConflict checks that a unique index has the columns of the conflict clause.
func (t *target) tryConflict(described *Description) error {
	if t.Conflict == nil {
		return nil
	}
	has := func(all []string, one string) bool {
		return slices.ContainsFunc(all, func(c string) bool { return t.db.EqualNames(c, one) })
	}
	for _, key := range described.Keys {
		if len(key) == len(t.Conflict) && !slices.ContainsFunc(key, func(c string) bool { return !has(t.Conflict, c) }) {
			return nil
		}
	}
	return t.explain(fmt.Errorf("its conflict clause: there is neither a primary key nor a unique index of %s; "+
		"CREATE UNIQUE INDEX %s ON %s (%s)", strings.Join(t.Conflict, ", "), t.db.Quote(t.Stream.Name+"_key"),
		t.db.Quote(t.Stream.Name), t.list(t.Conflict)))
}

// explain says which output an error is about, and what would mend it.
func (t *target) explain(err error) error {
	err = t.db.Explain(err, Subject{t.Stream.Name, true, t.Conflict})
	var missing *MissingTable
	if errors.As(err, &missing) {
		err = fmt.Errorf("%w; an output is made where its columns are given: %s.Columns, or columns: {...}", err, t.db.Product())
	}
	return fmt.Errorf("%s: table %s of %s: %w", t.db.Product(), t.Stream.Name, t.db.Place(), err)
}

// list quotes names, with commas between them.
func (t *target) list(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = t.db.Quote(n)
	}
	return strings.Join(quoted, ", ")
}

// check finds members without a column, and values that no column takes.
func (t *target) check(value []byte) error {
	var refused error
	if err := t.splitter.Split(value, func(all []member.Member) { refused = t.checkMembers(all) }); err != nil {
		return t.explain(err)
	}
	return refused
}

func (t *target) checkMembers(all []member.Member) error {
	if len(all) == 0 {
		return t.explain(errors.New("a result has no members"))
	}
	s, _ := t.tried.Get().(*Statement)
	if s == nil {
		s = &Statement{}
	}
	defer t.tried.Put(s)
	s.Reset()
	for _, m := range all {
		c := t.column(m.Name)
		if c == nil {
			return fmt.Errorf("%s: table %s has no column %s%s: leave the member out, or ALTER TABLE %s ADD COLUMN %s %s",
				t.db.Product(), t.Stream.Name, m.Name, suggest.Name(m.Name, names(t.columns)), t.db.Quote(t.Stream.Name),
				t.db.Quote(m.Name), t.db.TypeFor(m.Value))
		}
		if err := c.appendValue(s, m.Value); err != nil {
			return t.explain(err)
		}
	}
	for _, c := range t.Conflict {
		if !slices.ContainsFunc(all, func(m member.Member) bool { return t.db.EqualNames(m.Name, c) }) {
			return t.explain(fmt.Errorf("the result has no member %s, by which it replaces a row", c))
		}
	}
	return nil
}

func (t *target) column(name string) *Column {
	for i := range t.columns {
		if t.db.EqualNames(t.columns[i].Name, name) {
			return &t.columns[i]
		}
	}
	return nil
}

// appendValue appends a member's value, JSON, to a statement that writes it.
func (c *Column) appendValue(to *Statement, json []byte) error {
	if string(json) == "null" {
		to.Append("NULL")
		return nil
	}
	if err := c.Type.AppendValue(to, json); err != nil {
		return fmt.Errorf("column %s: %w", c.Name, err)
	}
	return nil
}

// write writes the results of one output, in order: statements of many rows for each run of results with the same
// members.
func (t *target) write(ctx context.Context, conn *sql.Conn, stream int, results []broker.Result) error {
	b := batch{target: t, conn: conn}
	for i := range results {
		if results[i].Stream != stream {
			continue
		}
		all, err := member.Split(results[i].Value, b.members)
		if err != nil {
			return err
		}
		b.members = all
		if !b.takes(all, len(results[i].Value)) {
			if err := b.flush(ctx); err != nil {
				return err
			}
			if err := b.begin(all); err != nil {
				return err
			}
		}
		if err := b.add(all, len(results[i].Value)); err != nil {
			return err
		}
	}
	return b.flush(ctx)
}

// A batch is results with the same members.
type batch struct {
	*target
	conn    *sql.Conn
	members []member.Member
	names   []string
	columns []*Column
	// before and behind are what stands around the rows, of which the statement has some.
	before, behind string
	statement      Statement
	rows, bytes    int
}

// takes reports whether a result has the same members as those before, and room.
func (b *batch) takes(all []member.Member, bytes int) bool {
	return b.rows > 0 && b.rows < batchRows && (b.rows+1)*len(all) <= batchValues && b.bytes+bytes <= batchBytes &&
		slices.EqualFunc(b.names, all, func(name string, m member.Member) bool { return name == m.Name })
}

// begin begins with results that have the members given.
func (b *batch) begin(all []member.Member) error {
	if slices.EqualFunc(b.names, all, func(name string, m member.Member) bool { return name == m.Name }) {
		return nil
	}
	b.names, b.columns = b.names[:0], b.columns[:0]
	for _, m := range all {
		c := b.column(m.Name)
		if c == nil {
			return fmt.Errorf("there is no column %s", m.Name) // Check was told of other results
		}
		b.names, b.columns = append(b.names, m.Name), append(b.columns, c)
	}
	b.before, b.behind = b.insert(b.names)
	return nil
}

func (b *batch) add(all []member.Member, bytes int) error {
	separator := ", ("
	if b.rows == 0 {
		separator = b.before + "("
	}
	b.statement.Append(separator)
	for i, m := range all {
		if i > 0 {
			b.statement.Append(", ")
		}
		if err := b.columns[i].appendValue(&b.statement, m.Value); err != nil {
			return err
		}
	}
	b.statement.Append(")")
	b.rows, b.bytes = b.rows+1, b.bytes+bytes
	return nil
}

// flush writes what the batch has.
func (b *batch) flush(ctx context.Context) error {
	if b.rows == 0 {
		return nil
	}
	b.statement.Append(b.behind)
	_, err := b.conn.ExecContext(ctx, string(b.statement.Text), b.statement.Parameters...)
	b.statement.Reset()
	b.rows, b.bytes = 0, 0
	return err
}

// insert is a statement that inserts rows: what stands before them, and behind.
func (t *target) insert(names []string) (before, behind string) {
	before = "INSERT INTO " + cmp.Or(t.into, t.db.Quote(t.Stream.Name)) + " (" + t.list(names) + ") VALUES "
	if t.Conflict == nil {
		return before, ""
	}
	replaced := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.ContainsFunc(t.Conflict, func(c string) bool { return t.db.EqualNames(c, name) })
	})
	return before, " " + t.db.Replace(t.Conflict, replaced)
}
