package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/leat-go/leat/broker/postgres/internal/pgoutput"
	"github.com/leat-go/leat/internal/quote"
	"github.com/leat-go/leat/internal/suggest"
)

// A column is one of a table or of a query's result.
type column struct {
	name string
	// member is the name as it stands in a JSON object, with a colon.
	member []byte
	// kind is the name of its type, ready for a CAST. It has no length: a value that is too long must not be cut.
	kind string
	// array says that a list is one of PostgreSQL's, and document that values are JSON.
	array, document, binary, instantless bool
	// reads makes JSON of the column's text; nil where the server does.
	reads *pgoutput.Type
	// castless says that what the server gives for the column is what a cast to text makes of it, too.
	castless bool
	notNull  bool
	// byStart says that its default is drawn when the transaction begins, as now() is.
	byStart bool
}

// identifier quotes a name.
func identifier(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// quoted quotes a text, where there are no parameters.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// identifiers quotes names, with commas between them.
func identifiers(names []string) string { return prefixed("", names) }

// prefixed quotes names behind the name of their table, with commas between them.
func prefixed(prefix string, names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = prefix + identifier(n)
	}
	return strings.Join(quoted, ", ")
}

// qualified quotes the name of a table, which may have its schema before a dot.
func qualified(name string) string {
	if schema, table, ok := strings.Cut(name, "."); ok {
		return identifier(schema) + "." + identifier(table)
	}
	return identifier(name)
}

// names returns the columns' names.
func names(columns []column) []string {
	all := make([]string, len(columns))
	for i := range columns {
		all[i] = columns[i].name
	}
	return all
}

// comparedAs returns what the columns' values are compared as: the types of one family have one order.
func comparedAs(columns []column) []string {
	families := map[string]string{"int2": "number", "int4": "number", "int8": "number", "numeric": "number",
		"float4": "float", "float8": "float", "text": "text", "varchar": "text", "bpchar": "text", "name": "text"}
	all := make([]string, len(columns))
	for i, c := range columns {
		kind := strings.Trim(strings.TrimPrefix(c.kind, "pg_catalog."), `"`) // keywords such as numeric are quoted
		all[i] = cmp.Or(families[kind], kind)
	}
	return all
}

// find returns the column with a name, and which names there are where none has it.
func find(columns []column, name string) (column, error) {
	i := slices.IndexFunc(columns, func(c column) bool { return c.name == name })
	if i >= 0 {
		return columns[i], nil
	}
	all := names(columns)
	return column{}, fmt.Errorf("there is no column %s%s; there are %s", name, suggest.Name(name, all),
		strings.Join(all, ", "))
}

// oid returns the number of a table, "" where it doesn't exist, and its kind.
func (s *session) oid(ctx context.Context, name string) (oid, kind string, err error) {
	all, err := s.rows(ctx, "SELECT c.oid::text, c.relkind::text FROM pg_class c WHERE c.oid = to_regclass($1)",
		qualified(name))
	if err != nil || len(all) == 0 {
		return "", "", err
	}
	return string(all[0][0]), string(all[0][1]), nil
}

// nameOf returns the name of a table with its schema, by its number.
func (s *session) nameOf(ctx context.Context, oid string) (string, error) {
	all, err := s.rows(ctx, "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON "+
		"n.oid = c.relnamespace WHERE c.oid = $1::oid", oid)
	switch {
	case err != nil:
		return "", err
	case len(all) == 0:
		return "", errors.New("it was dropped just now")
	}
	return string(all[0][0]), nil
}

// makeTable makes a table that doesn't exist. purpose says what it is for, to who may not make it.
func (s *session) makeTable(ctx context.Context, name, sql, purpose string) error {
	err := s.run(ctx, sql)
	var refused *pgconn.PgError
	switch {
	case !errors.As(err, &refused):
		return err
	case slices.Contains([]string{"23505", "42P07", "42710"}, refused.Code):
		return nil // another run has just made it
	}
	remedy := ""
	if refused.Code == "42501" {
		remedy = s.mayNotMake(ctx, name, sql, purpose)
	}
	return described("the table "+name, refused, remedy)
}

// mayNotMake is what mends it that a table may not be made.
func (s *session) mayNotMake(ctx context.Context, name, sql, purpose string) string {
	return fmt.Sprintf("%s: GRANT CREATE ON SCHEMA %s TO %s, or have its owner run %s", purpose, s.schemaOf(ctx, name),
		s.grantee, sql)
}

// schemaOf is the schema that a table would be made in, as statements name it.
func (s *session) schemaOf(ctx context.Context, name string) string {
	if schema, _, named := strings.Cut(name, "."); named {
		return identifier(schema)
	}
	current, err := s.texts(ctx, "SELECT current_schema()")
	if err != nil || current[0] == "" {
		return "…"
	}
	return identifier(current[0])
}

// missing says that a table doesn't exist, and which one may be meant.
func (s *session) missing(ctx context.Context, name string) error {
	all, err := s.rows(ctx, `SELECT CASE WHEN pg_table_is_visible(oid) THEN relname::text ELSE
		relnamespace::regnamespace::text || '.' || relname END
		FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND relnamespace::regnamespace::text NOT IN
			('pg_catalog', 'information_schema') AND relname NOT LIKE 'leat\_%'`)
	if err != nil {
		return err
	}
	var tables []string
	for _, r := range all {
		table := string(r[0])
		if strings.HasSuffix(table, "."+name) {
			return fmt.Errorf("there is no table %s in the schemas of search_path, did you mean %s?", name, table)
		}
		tables = append(tables, table)
	}
	path, err := s.texts(ctx, "SELECT current_setting('search_path')")
	switch {
	case err != nil:
		return err
	case strings.Contains(name, "."):
		return fmt.Errorf("there is no table %s%s", name, suggest.Few(name, tables))
	case suggest.Nearest(name, tables) != "":
		return fmt.Errorf("there is no table %s in the schemas of search_path (%s)%s", name, path[0], suggest.Name(name, tables))
	}
	return fmt.Errorf("there is no table %s in the schemas of search_path (%s); one of another schema is named with it, as "+
		"audit.orders%s", name, path[0], suggest.Few(name, tables))
}

const columnsOf = `SELECT a.attname, quote_ident(n.nspname) || '.' || quote_ident(t.typname), b.typcategory,
	b.typname, a.attnotnull,
	coalesce(pg_get_expr(d.adbin, d.adrelid), '')
	FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_namespace n ON n.oid = t.typnamespace
	JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
	LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
	WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`

// columns returns the columns of a table, by its number.
func (s *session) columns(ctx context.Context, oid string) ([]column, error) {
	all, err := s.rows(ctx, columnsOf, oid)
	if err != nil {
		return nil, err
	}
	columns := make([]column, len(all))
	for i, r := range all {
		columns[i] = newColumn(string(r[0]), string(r[1]), string(r[2]), string(r[3]))
		columns[i].notNull = string(r[4]) == "t"
		columns[i].byStart = isDrawnAtStart(string(r[5]))
	}
	return columns, nil
}

// newColumn makes a column of its name and type, and the category and name of the type below a domain.
func newColumn(name, kind, category, base string) column {
	return column{
		name:        name,
		member:      append(quote.Append(nil, name), ':'),
		kind:        kind,
		array:       category == "A",
		document:    base == "json" || base == "jsonb",
		binary:      base == "bytea",
		instantless: base == "timestamp",
		reads:       readings[base],
		castless:    slices.Contains([]string{"int2", "int4", "int8", "numeric", "text", "varchar", "uuid"}, base),
	}
}

// readings holds the types whose texts are made JSON here; of the others the server makes it. A bytea comes as base64.
var readings = map[string]*pgoutput.Type{
	"int2": {Kind: pgoutput.Number}, "int4": {Kind: pgoutput.Number}, "int8": {Kind: pgoutput.Number},
	"numeric": {Kind: pgoutput.Number}, "float4": {Kind: pgoutput.Number}, "float8": {Kind: pgoutput.Number},
	"bool": {Kind: pgoutput.Bool}, "json": {Kind: pgoutput.Document}, "jsonb": {Kind: pgoutput.Document},
	"text": {}, "varchar": {}, "bpchar": {}, "uuid": {}, "bytea": {},
}

// expression is what is selected for the column.
func (c *column) expression() string {
	value := "q." + identifier(c.name)
	switch {
	case c.binary:
		return "translate(encode(" + value + ", 'base64'), chr(10), '')"
	case c.instantless:
		value += " AT TIME ZONE 'UTC'"
	}
	if c.reads == nil {
		return "to_json(" + value + ")::text"
	}
	return value
}

// appendJSON appends what the server gives for the column; nil is null.
func (c *column) appendJSON(to, text []byte) ([]byte, error) {
	switch {
	case text == nil:
		return append(to, "null"...), nil
	case c.reads == nil:
		return append(to, text...), nil
	}
	return c.reads.Append(to, text)
}

// isDrawnAtStart reports whether a column's default is the time at which its transaction began.
func isDrawnAtStart(expression string) bool {
	e := strings.ToLower(expression)
	for _, clock := range []string{"now()", "transaction_timestamp()", "current_timestamp", "localtimestamp",
		"current_date", "current_time",
		"localtime"} {
		if strings.Contains(e, clock) {
			return true
		}
	}
	return false
}

// resultColumns returns the columns of a query.
func (s *session) resultColumns(ctx context.Context, query string) ([]column, error) {
	d, err := s.Prepare(ctx, "", "SELECT * FROM ("+query+"\n) q", nil)
	if err != nil {
		return nil, err
	}
	var columns []column
	for _, f := range d.Fields {
		all, err := s.rows(ctx, `SELECT quote_ident(n.nspname) || '.' || quote_ident(t.typname), b.typcategory, b.typname
			FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
			JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END WHERE t.oid =
				$1::oid`, fmt.Sprint(f.DataTypeOID))
		if err != nil {
			return nil, err
		}
		if len(all) == 0 {
			return nil, fmt.Errorf("the type of column %s is unknown", f.Name)
		}
		if slices.Contains(names(columns), f.Name) {
			return nil, fmt.Errorf("the query has two columns %s: give one another name by AS", f.Name)
		}
		columns = append(columns, newColumn(f.Name, string(all[0][0]), string(all[0][1]), string(all[0][2])))
	}
	return columns, nil
}

// uniqueKeys returns the columns of each index of a table that tells all rows apart, the primary key first.
func (s *session) uniqueKeys(ctx context.Context, oid string) (keys [][]string, primary bool, err error) {
	all, err := s.rows(ctx, `SELECT i.indisprimary, string_agg(a.attname, chr(31) ORDER BY k.n)
		FROM pg_index i CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, n)
		JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
		WHERE i.indrelid = $1::oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
			AND k.n <= i.indnkeyatts
		GROUP BY i.indexrelid, i.indisprimary ORDER BY i.indisprimary DESC`, oid)
	for i, r := range all {
		primary = primary || i == 0 && string(r[0]) == "t"
		keys = append(keys, strings.Split(string(r[1]), "\x1f"))
	}
	return keys, primary, err
}
