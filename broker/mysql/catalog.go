package mysql

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
		if err != nil {
			return nil, err
		}
		return &relation.Description{Columns: columns}, tellsApart(ctx, conn, r, "("+r.Query+"\n) q", columns)
	}
	var name, kind string
	err := conn.QueryRowContext(ctx, "SELECT concat(table_schema, '.', table_name), table_type FROM information_schema.tables "+
		"WHERE table_schema = DATABASE() AND table_name = ?", r.Stream.Name).Scan(&name, &kind)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, d.missing(ctx, conn, r.Stream.Name)
	}
	if err != nil {
		return nil, err
	}
	t := &relation.Description{Name: name, IsTable: kind == "BASE TABLE"}
	if t.Columns, err = tableColumns(ctx, conn, r.Stream.Name); err != nil {
		return nil, err
	}
	if !t.IsTable {
		return t, tellsApart(ctx, conn, r, identifier(r.Stream.Name)+" q", t.Columns)
	}
	t.Keys, t.Primary, err = uniqueKeys(ctx, conn, r.Stream.Name)
	return t, err
}

// missing says that a table doesn't exist, and which one may be meant.
func (d *database) missing(ctx context.Context, conn *sql.Conn, name string) error {
	all, err := rows(ctx, conn, "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() "+
		"AND table_name NOT LIKE 'leat\\_%'")
	if err != nil {
		return err
	}
	var tables []string
	for _, r := range all {
		tables = append(tables, r[0])
	}
	return &relation.MissingTable{Name: name, Tables: tables,
		Remedy: fmt.Sprintf(", or the user has no right to it (GRANT SELECT ON %s TO %s)", identifier(name), d.grantee())}
}

// rows returns what a statement gives, as texts.
func rows(ctx context.Context, conn *sql.Conn, statement string, parameters ...any) (all [][]string, err error) {
	found, err := conn.QueryContext(ctx, statement, parameters...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = found.Close() }()
	columns, err := found.Columns()
	if err != nil {
		return nil, err
	}
	for found.Next() {
		texts, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range texts {
			into[i] = &texts[i]
		}
		if err := found.Scan(into...); err != nil {
			return nil, err
		}
		r := make([]string, len(columns))
		for i := range texts {
			r[i] = texts[i].String
		}
		all = append(all, r)
	}
	return all, found.Err()
}

// tableColumns returns the columns of a table or a view.
func tableColumns(ctx context.Context, conn *sql.Conn, table string) ([]relation.Column, error) {
	documents, err := documents(ctx, conn, table)
	if err != nil {
		return nil, err
	}
	all, err := rows(ctx, conn, "SELECT column_name, data_type, column_type, is_nullable, extra FROM "+
		"information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position", table)
	if err != nil {
		return nil, err
	}
	columns := make([]relation.Column, len(all))
	for i, r := range all {
		k := kind{name: strings.ToUpper(r[1]), unsigned: strings.Contains(r[2], "unsigned")}
		switch {
		case slices.Contains(documents, r[0]):
			k.name = "JSON"
		case r[2] == "tinyint(1)" || r[2] == "bit(1)":
			k.boolean = true
		}
		columns[i] = newColumn(r[0], k)
		columns[i].NotNull = r[3] == "NO"
		columns[i].Generated = strings.Contains(strings.ToUpper(r[4]), "GENERATED") &&
			!strings.Contains(strings.ToUpper(r[4]), "DEFAULT_GENERATED")
	}
	return columns, nil
}

// documents returns the columns that MariaDB calls JSON: texts with a constraint.
func documents(ctx context.Context, conn *sql.Conn, table string) (columns []string, err error) {
	var version string
	if err := conn.QueryRowContext(ctx, "SELECT version()").Scan(&version); err != nil ||
		!strings.Contains(version, "MariaDB") {
		return nil, err
	}
	all, err := rows(ctx, conn, "SELECT check_clause FROM information_schema.check_constraints WHERE constraint_schema = "+
		"DATABASE() AND table_name = ?", table)
	for _, r := range all {
		if name, ok := strings.CutPrefix(r[0], "json_valid(`"); ok {
			columns = append(columns, strings.TrimSuffix(name, "`)"))
		}
	}
	return columns, err
}

// uniqueKeys returns the columns of each index that tells all rows apart, the primary key first. One over a part of a
// column, or an expression, doesn't tell.
func uniqueKeys(ctx context.Context, conn *sql.Conn, table string) (keys [][]string, primary bool, err error) {
	all, err := rows(ctx, conn, "SELECT index_name, column_name, sub_part FROM information_schema.statistics WHERE "+
		"table_schema = DATABASE() AND table_name = ? AND non_unique = 0 ORDER BY index_name <> 'PRIMARY', index_name, "+
		"seq_in_index", table)
	if err != nil {
		return nil, false, err
	}
	for i := 0; i < len(all); {
		var key []string
		whole, index := true, all[i][0]
		for ; i < len(all) && all[i][0] == index; i++ {
			key = append(key, all[i][1])
			whole = whole && all[i][1] != "" && all[i][2] == ""
		}
		if whole {
			keys = append(keys, key)
			primary = primary || index == "PRIMARY"
		}
	}
	return keys, primary, nil
}

// resultColumns returns the columns of a query.
func resultColumns(ctx context.Context, conn *sql.Conn, query string) ([]relation.Column, error) {
	found, err := conn.QueryContext(ctx, "SELECT * FROM ("+query+"\n) q LIMIT 0")
	if err != nil {
		return nil, err
	}
	defer func() { _ = found.Close() }()
	types, err := found.ColumnTypes()
	if err != nil {
		return nil, err
	}
	columns := make([]relation.Column, len(types))
	for i, c := range types {
		name, unsigned := strings.CutPrefix(c.DatabaseTypeName(), "UNSIGNED ")
		columns[i] = newColumn(c.Name(), kind{name: name, unsigned: unsigned})
		nullable, known := c.Nullable()
		columns[i].NotNull = known && !nullable
	}
	return columns, found.Err()
}

// tellsApart refuses a view or a query in the order of texts whose collation takes different ones for equal: no index
// says that it tells rows apart. Most take "a" and "a " for equal, so that the second would be passed over where the first
// ends a page.
func tellsApart(ctx context.Context, conn *sql.Conn, r *relation.Declaration, from string, columns []relation.Column) error {
	for _, name := range r.Order {
		i := slices.IndexFunc(columns, func(c relation.Column) bool { return strings.EqualFold(c.Name, name) })
		if i < 0 || !columns[i].Type.(kind).isText() {
			continue
		}
		var version, collation string
		var padded bool
		err := conn.QueryRowContext(ctx, fmt.Sprintf("SELECT version(), COLLATION(v), v = 'a ' FROM (SELECT q.%s AS v FROM %s "+
			"WHERE 1 = 0 UNION ALL SELECT 'a') x", identifier(name), from)).Scan(&version, &collation, &padded)
		if err != nil {
			return err
		}
		if padded || !strings.HasSuffix(collation, "_bin") && collation != "binary" {
			exact := "utf8mb4_0900_bin"
			if strings.Contains(version, "MariaDB") {
				exact = "utf8mb4_nopad_bin"
			}
			return fmt.Errorf("its order: two rows whose %s is different, if only in blanks at its end, may be equal, since "+
				"its collation is %s: SELECT %[1]s COLLATE %[3]s AS %[1]s", name, collation, exact)
		}
	}
	return nil
}

// Prepare implements relation.Catalog.
func (d *database) Prepare(ctx context.Context, conn *sql.Conn, r *relation.Declaration) error {
	if len(r.Definitions) > 0 {
		definitions := slices.Clone(r.Definitions)
		if r.Conflict != nil && !strings.Contains(strings.ToUpper(strings.Join(definitions, " ")), "PRIMARY KEY") {
			definitions = append(definitions, "PRIMARY KEY ("+identifiers(r.Conflict)+")")
		}
		if _, err := conn.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS "+identifier(r.Stream.Name)+" ("+
			strings.Join(definitions, ", ")+") ENGINE=InnoDB"); err != nil {
			return err
		}
	}
	return transactional(ctx, conn, r.Stream.Name)
}

// transactional refuses a table whose engine has no transactions: what is written there stays where a commit fails.
func transactional(ctx context.Context, conn *sql.Conn, table string) error {
	all, err := rows(ctx, conn, "SELECT t.engine FROM information_schema.tables t JOIN information_schema.engines e ON "+
		"e.engine = t.engine WHERE t.table_schema = DATABASE() AND t.table_name = ? AND coalesce(e.transactions, '') <> 'YES'",
		table)
	if err == nil && len(all) > 0 {
		err = fmt.Errorf("its engine %s has no transactions, so that results would stay where a commit fails; ALTER TABLE %s "+
			"ENGINE=InnoDB", all[0][0], identifier(table))
	}
	return err
}
