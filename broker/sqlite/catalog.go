package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/leat-go/leat/broker/internal/relation"
)

// Describe implements relation.Catalog.
func (d *database) Describe(ctx context.Context, conn *sql.Conn, r *relation.Declaration) (*relation.Description, error) {
	if r.Query != "" {
		columns, err := resultColumns(ctx, conn, r.Query)
		if err == nil {
			err = comparesBinary(ctx, conn, r, "("+r.Query+"\n)")
		}
		return &relation.Description{Columns: columns}, err
	}
	found, kind, rowid, err := kindOf(ctx, conn, r.Stream.Name)
	if err != nil {
		return nil, err
	}
	t := &relation.Description{Name: found, IsTable: kind != "view"}
	primary, err := tableColumns(ctx, conn, r.Stream.Name, t)
	if err != nil || !t.IsTable {
		return t, errors.Join(err, comparesBinary(ctx, conn, r, identifier(r.Stream.Name)))
	}
	if len(primary) > 0 {
		t.Keys, t.Primary = append(t.Keys, primary), true
	}
	if err := uniqueKeys(ctx, conn, r.Stream.Name, t); err != nil {
		return nil, err
	}
	if rowid && !isRowid(t, primary) {
		addRowid(t)
	}
	return t, nil
}

// kindOf returns how a table is spelled, what it is, and whether its rows have a rowid. There may be a view, or a virtual table.
func kindOf(ctx context.Context, conn *sql.Conn, name string) (found, kind string, rowid bool, err error) {
	var without bool
	err = conn.QueryRowContext(ctx,
		"SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main' AND name = ? COLLATE NOCASE", name).
		Scan(&found, &kind, &without)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", false, missing(ctx, conn, name)
	}
	return found, kind, kind == "table" && !without, err
}

// missing says that a table doesn't exist, and which one may be meant.
func missing(ctx context.Context, conn *sql.Conn, name string) error {
	all, err := texts(ctx, conn, "SELECT name FROM pragma_table_list WHERE schema = 'main' AND name NOT GLOB 'sqlite_*' "+
		"AND name NOT GLOB 'leat_*' AND type <> 'shadow'")
	if err != nil {
		return err
	}
	return &relation.MissingTable{Name: name, Tables: all}
}

// texts returns the first column of what a statement gives.
func texts(ctx context.Context, conn *sql.Conn, statement string, parameters ...any) (all []string, err error) {
	rows, err := conn.QueryContext(ctx, statement, parameters...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		all = append(all, text)
	}
	return all, rows.Err()
}

// tableColumns adds a table's columns, and returns those of its primary key in the order of that.
func tableColumns(ctx context.Context, conn *sql.Conn, table string, t *relation.Description) ([]string, error) {
	rows, err := conn.QueryContext(ctx, `SELECT name, type, "notnull", pk, hidden FROM pragma_table_xinfo(?)`, table)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	primary := map[int]string{}
	for rows.Next() {
		var name, declared string
		var notNull bool
		var place, hidden int
		if err := rows.Scan(&name, &declared, &notNull, &place, &hidden); err != nil {
			return nil, err
		}
		if hidden == 1 { // an argument of a virtual table
			continue
		}
		c := newColumn(name, declared)
		c.NotNull, c.Generated = notNull, hidden > 1
		t.Columns = append(t.Columns, c)
		if place > 0 {
			primary[place] = name
		}
	}
	ordered := make([]string, len(primary))
	for place, name := range primary {
		ordered[place-1] = name
	}
	return ordered, rows.Err()
}

// uniqueKeys adds the keys of a table's unique indexes. An index tells rows apart only if it compares as the column does
// by which they are ordered: an index that takes a and A for two is of no use where a column's collation is NOCASE.
func uniqueKeys(ctx context.Context, conn *sql.Conn, table string, t *relation.Description) error {
	indexes, err := texts(ctx, conn, `SELECT name FROM pragma_index_list(?) WHERE "unique" AND NOT partial`, table)
	if err != nil {
		return err
	}
	for _, index := range indexes {
		key, err := texts(ctx, conn, "SELECT coalesce(name, '') FROM pragma_index_xinfo(?) WHERE key", index)
		if err != nil {
			return err
		}
		collations, err := texts(ctx, conn, "SELECT coll FROM pragma_index_xinfo(?) WHERE key", index)
		if err != nil {
			return err
		}
		tells := true
		for i, name := range key {
			if name == "" { // an expression
				tells = false
				break
			}
			collation, err := collationOf(ctx, conn, identifier(table), name)
			if err != nil {
				return err
			}
			tells = tells && (collation == "BINARY" || strings.EqualFold(collation, collations[i]))
		}
		if tells {
			t.Keys = append(t.Keys, key)
		}
	}
	return nil
}

// comparesBinary refuses a view or a query in the order of columns whose collation takes different texts for equal: no
// index says that it tells rows apart.
func comparesBinary(ctx context.Context, conn *sql.Conn, r *relation.Declaration, from string) error {
	for _, name := range r.Order {
		collation, err := collationOf(ctx, conn, from, name)
		if err == nil && collation != "BINARY" {
			return fmt.Errorf("its order: two rows whose %s is different may be equal, since its collation is %s: SELECT %s "+
				"COLLATE BINARY AS %[1]s", name, collation, name)
		}
	}
	return nil // a column that isn't there is told of later
}

// collationOf finds out by which collation a column's texts are compared, of which SQLite has three. The table is quoted.
func collationOf(ctx context.Context, conn *sql.Conn, table, column string) (string, error) {
	var folds, trims bool
	err := conn.QueryRowContext(ctx, fmt.Sprintf("SELECT v = 'A', v = 'a ' FROM (SELECT %s AS v FROM %s WHERE 0 "+
		"UNION ALL SELECT 'a')", identifier(column), table)).Scan(&folds, &trims)
	switch {
	case folds:
		return "NOCASE", err
	case trims:
		return "RTRIM", err
	}
	return "BINARY", err
}

// isRowid reports whether the primary key is the rowid, which is never null, by another name: a column INTEGER PRIMARY
// KEY.
func isRowid(t *relation.Description, primary []string) bool {
	if len(primary) != 1 {
		return false
	}
	for i := range t.Columns {
		if c := &t.Columns[i]; c.Name == primary[0] && c.Type.(kind).declared == "INTEGER" {
			c.NotNull = true
			return true
		}
	}
	return false
}

// addRowid adds the rowid, by a name that no column has; it is the primary key of a table without one.
func addRowid(t *relation.Description) {
	for _, name := range []string{"rowid", "_rowid_", "oid"} {
		named := func(c relation.Column) bool { return strings.EqualFold(c.Name, name) }
		if slices.ContainsFunc(t.Columns, named) {
			continue
		}
		c := newColumn(name, "INTEGER")
		c.NotNull = true
		t.Hidden = append(t.Hidden, c)
		if t.Keys = append(t.Keys, []string{name}); !t.Primary {
			t.Keys[0], t.Keys[len(t.Keys)-1] = t.Keys[len(t.Keys)-1], t.Keys[0]
			t.Primary = true
		}
		return
	}
}

// resultColumns returns the columns of a query.
func resultColumns(ctx context.Context, conn *sql.Conn, query string) ([]relation.Column, error) {
	rows, err := conn.QueryContext(ctx, "SELECT * FROM ("+query+"\n) q LIMIT 0")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	var columns []relation.Column
	for _, c := range types {
		// SQLite has called the second of two columns a by the name a:1.
		name, _, _ := strings.Cut(c.Name(), ":")
		if slices.ContainsFunc(columns, func(other relation.Column) bool { return strings.EqualFold(other.Name, name) }) {
			return nil, fmt.Errorf("the query has two columns %s: give one another name by AS", name)
		}
		columns = append(columns, newColumn(c.Name(), c.DatabaseTypeName()))
	}
	return columns, rows.Err()
}

// Prepare implements relation.Catalog.
func (d *database) Prepare(ctx context.Context, conn *sql.Conn, r *relation.Declaration) error {
	if len(r.Definitions) == 0 {
		return nil
	}
	if err := d.Begin(ctx, conn); err != nil {
		return err
	}
	_, err := conn.ExecContext(ctx, made(r))
	if err != nil {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		return err
	}
	return d.Commit(ctx, conn)
}
