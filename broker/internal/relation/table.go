package relation

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/leat-go/leat/broker/internal/ordered"
	"github.com/leat-go/leat/internal/suggest"
)

// A Table is what a stream is read from: a table, or the result of a query.
type Table struct {
	*Declaration
	*Description
	Database Database
	// From is what stands behind FROM, named q.
	From string
	// OrderedBy holds the columns that rows are ordered by, which tell them apart.
	OrderedBy []Column
	// Served says that an index gives the rows in that order.
	Served bool
	// keyAt holds the index of each column of the order in what [Table.Select] reads.
	keyAt []int
}

// openTable finds out what a stream is read from.
func openTable(ctx context.Context, db Database, conn *sql.Conn, d *Declaration) (*Table, error) {
	t := &Table{Declaration: d, Database: db, From: "(" + d.Query + "\n) q"}
	if d.Query == "" {
		t.From = db.Quote(d.Stream.Name) + " q"
	}
	var err error
	if t.Description, err = db.Describe(ctx, conn, d); err != nil {
		return nil, t.explain(err)
	}
	if err := t.findOrder(); err != nil {
		return nil, t.explain(err)
	}
	if err := t.checkOrder(ctx, conn); err != nil {
		return nil, t.explain(err)
	}
	return t, nil
}

// explain says which stream an error is about, and what would mend it.
func (t *Table) explain(err error) error {
	err = t.Database.Explain(err, Subject{Name: t.Stream.Name})
	return fmt.Errorf("%s: %s of %s: %w", t.Database.Product(), t.describe(), t.Database.Place(), err)
}

// findOrder completes the order by the primary key where it doesn't tell rows apart. That of a query is the user's.
func (t *Table) findOrder() error {
	order := slices.Clone(t.Order)
	has := func(c string) bool {
		return slices.ContainsFunc(order, func(o string) bool { return t.Database.EqualNames(c, o) })
	}
	tells := func(key []string) bool { return !slices.ContainsFunc(key, func(c string) bool { return !has(c) }) }
	switch {
	case len(order) > 0 && (!t.IsTable || slices.ContainsFunc(t.Keys, tells)):
	case t.Primary:
		for _, c := range t.Keys[0] {
			if !has(c) {
				order = append(order, c)
			}
		}
	case len(order) == 0:
		return fmt.Errorf("the order of its rows isn't known: it has no primary key; give it one by %s.OrderBy, or "+
			"order: [...], with columns that tell rows apart", t.Database.Product())
	default:
		return fmt.Errorf("two rows may have the same %s, so that their order isn't known: there is neither a primary key "+
			"nor a unique index of them; ALTER TABLE %s ADD PRIMARY KEY (…), or add columns to the order and CREATE UNIQUE "+
			"INDEX of them", strings.Join(order, ", "), t.Database.Quote(t.Stream.Name))
	}
	return t.setOrder(order)
}

func (t *Table) setOrder(order []string) error {
	all := slices.Concat(t.Columns, t.Hidden)
	extra := len(t.Columns)
	for _, name := range order {
		i, err := find(t.Database, all, name)
		if err != nil {
			return fmt.Errorf("its order: %w", err)
		}
		t.OrderedBy = append(t.OrderedBy, all[i])
		if i >= len(t.Columns) || all[i].Key != "" {
			i = extra
			extra++
		}
		t.keyAt = append(t.keyAt, i)
	}
	return nil
}

// find returns the index of the column with a name, and which names there are where none has it.
func find(db Database, columns []Column, name string) (int, error) {
	i := slices.IndexFunc(columns, func(c Column) bool { return db.EqualNames(c.Name, name) })
	if i >= 0 {
		return i, nil
	}
	all := names(columns)
	return 0, fmt.Errorf("there is no column %s%s; there are %s", name, suggest.Name(name, all), strings.Join(all, ", "))
}

func names(columns []Column) []string {
	all := make([]string, len(columns))
	for i := range columns {
		all[i] = columns[i].Name
	}
	return all
}

// comparedAs returns what the columns' values are compared as.
func comparedAs(columns []Column) []string {
	all := make([]string, len(columns))
	for i := range columns {
		all[i] = columns[i].As
	}
	return all
}

// checkOrder refuses rows that have no place in the order.
func (t *Table) checkOrder(ctx context.Context, conn *sql.Conn) error {
	var nullable, conditions []string
	for _, c := range t.OrderedBy {
		if !c.NotNull {
			nullable = append(nullable, c.Name)
			conditions = append(conditions, t.column(c)+" IS NULL")
		}
	}
	if len(nullable) == 0 {
		return nil
	}
	var one int
	err := conn.QueryRowContext(ctx,
		"SELECT 1 FROM "+t.From+" WHERE "+strings.Join(conditions, " OR ")+" LIMIT 1").Scan(&one)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("there are rows whose %s is null, and which have no place in the order; read a query that leaves "+
		"them out, or order by other columns", strings.Join(nullable, " or "))
}

func (t *Table) column(c Column) string { return "q." + t.Database.Quote(c.Name) }

// KeyList is the order's columns as a list in SQL, with a suffix behind each.
func (t *Table) KeyList(suffix string) string {
	all := make([]string, len(t.OrderedBy))
	for i, c := range t.OrderedBy {
		all[i] = t.column(c) + suffix
	}
	return strings.Join(all, ", ")
}

// Select is what a statement reads of each row: the columns of the element, and of the key what these don't have.
func (t *Table) Select() string {
	var all []string
	for _, c := range t.Columns {
		all = append(all, cmp.Or(c.Read, t.column(c)))
	}
	for i, at := range t.keyAt {
		if c := t.OrderedBy[i]; at >= len(t.Columns) {
			all = append(all, cmp.Or(c.Key, c.Read, t.column(c)))
		}
	}
	return strings.Join(all, ", ")
}

// Page is a statement that reads the rows from a position on, up to a key if that isn't nil, in order.
func (t *Table) Page(from ordered.Position, until ordered.Key) (statement string, parameters []any, err error) {
	var conditions []string
	add := func(operator string, k ordered.Key) {
		if k == nil || err != nil {
			return
		}
		var condition string
		var values []any
		condition, values, err = t.compare(operator, k)
		conditions, parameters = append(conditions, condition), append(parameters, values...)
	}
	add(above(from), from.At)
	add("<=", until)
	statement = "SELECT " + t.Select() + " FROM " + t.From
	if len(conditions) > 0 {
		statement += " WHERE " + strings.Join(conditions, " AND ")
	}
	return statement + " ORDER BY " + t.KeyList(""), parameters, err
}

// above is the operator that rows from a position on have to its key.
func above(p ordered.Position) string {
	if p.After {
		return ">"
	}
	return ">="
}

// compare is a condition in SQL that compares the row's key with another one.
func (t *Table) compare(operator string, k ordered.Key) (condition string, parameters []any, err error) {
	values, err := t.values(k)
	if err != nil {
		return "", nil, err
	}
	if len(k) == 1 || t.Database.RowValues() || operator == "=" {
		return "(" + t.KeyList("") + ") " + operator + " (" + t.marks() + ")", values, nil
	}
	condition, parameters = t.compareFirst(operator, values)
	return condition, parameters, nil
}

// compareFirst compares the order's first columns with as many values, as a condition that an index serves: by the first
// column alone.
func (t *Table) compareFirst(operator string, values []any) (condition string, parameters []any) {
	condition, parameters = t.compareFrom(0, operator, values)
	first := t.column(t.OrderedBy[0]) + " " + operator[:1] + "= " + t.mark(0)
	return first + " AND " + condition, append([]any{values[0]}, parameters...)
}

// values returns those of the order's first columns as parameters.
func (t *Table) values(k ordered.Key) (values []any, err error) {
	values = make([]any, len(k))
	for i, text := range k {
		if values[i], err = t.OrderedBy[i].Type.Value(text); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// compareFrom compares by the i-th column, and by the next where that one is equal.
func (t *Table) compareFrom(i int, operator string, values []any) (string, []any) {
	c := t.column(t.OrderedBy[i])
	if i == len(values)-1 {
		return c + " " + operator + " " + t.mark(i), values[i:]
	}
	rest, parameters := t.compareFrom(i+1, operator, values)
	return "(" + c + " " + operator[:1] + " " + t.mark(i) + " OR (" + c + " = " + t.mark(i) + " AND " + rest + "))",
		append([]any{values[i], values[i]}, parameters...)
}

// mark is the parameter of the i-th column of the order, and marks those of all.
func (t *Table) mark(i int) string { return cmp.Or(t.OrderedBy[i].Mark, "?") }

func (t *Table) marks() string {
	all := make([]string, len(t.OrderedBy))
	for i := range all {
		all[i] = t.mark(i)
	}
	return strings.Join(all, ", ")
}

// key returns that of a row that [Table.Select] has read.
func (t *Table) key(row []any) (ordered.Key, error) {
	k := make(ordered.Key, len(t.keyAt))
	for i, at := range t.keyAt {
		if row[at] == nil {
			return nil, finalError{errors.New("there is a row with null in the columns that it is ordered by; read a query " +
				"that leaves such rows out")}
		}
		var err error
		if k[i], err = t.OrderedBy[i].Type.Text(row[at]); err != nil {
			return nil, finalError{fmt.Errorf("its order: column %s: %w", t.OrderedBy[i].Name, err)}
		}
	}
	return k, nil
}

// highest returns the key of the last row; nil where there is none.
func (t *Table) highest(ctx context.Context, conn *sql.Conn) (ordered.Key, error) {
	return t.firstKey(ctx, conn, " ORDER BY "+t.KeyList(" DESC")+" LIMIT 1")
}

// firstKey returns the key of the first row that the end of a statement chooses; nil where there is none.
func (t *Table) firstKey(ctx context.Context, conn *sql.Conn, chosen string, parameters ...any) (ordered.Key, error) {
	rows, err := conn.QueryContext(ctx, "SELECT "+t.Select()+" FROM "+t.From+chosen, parameters...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	row := newRow(t.width())
	if !rows.Next() {
		return nil, rows.Err()
	}
	if err := rows.Scan(row.into...); err != nil {
		return nil, err
	}
	return t.key(row.values)
}

// width is the number of columns that [Table.Select] reads.
func (t *Table) width() int {
	n := len(t.Columns)
	for _, at := range t.keyAt {
		n = max(n, at+1)
	}
	return n
}

// A row is where the columns of a row are scanned into.
type row struct{ values, into []any }

func newRow(width int) row {
	r := row{make([]any, width), make([]any, width)}
	for i := range r.values {
		r.into[i] = &r.values[i]
	}
	return r
}
