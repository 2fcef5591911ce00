package campaign

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/leat-go/leat/crashtest/internal/workload"
)

// makeTables returns the statements that make the inputs and the output, with the types of their keys: key is what an input is
// ordered by, and place, of the output, the order in which results were written.
func makeTables(key, place string) (statements []string) {
	for _, name := range workload.Inputs() {
		statements = append(statements, fmt.Sprintf("CREATE TABLE %s (id %s, s int, n int, k bigint, l bigint)", name, key))
	}
	return append(statements, fmt.Sprintf(`CREATE TABLE %s (place %s, s int, n int, m text, "by" text)`, workload.Results,
		place))
}

// errConnection makes database/sql give a connection up.
var errConnection = driver.ErrBadConn

// insertRows returns a statement that adds elements to a table, and leaves out those that are there.
func insertRows(table string, first int, elements []*workload.Element) string {
	return "INSERT " + intoTable(table, first, elements) + " ON CONFLICT (id) DO NOTHING"
}

// intoTable is the part of an INSERT that names the table and the rows of elements. Their keys have gaps.
func intoTable(table string, first int, elements []*workload.Element) string {
	var s strings.Builder
	fmt.Fprintf(&s, "INTO %s (id, s, n, k, l) VALUES ", table)
	for i, e := range elements {
		if i > 0 {
			s.WriteByte(',')
		}
		fmt.Fprintf(&s, "(10 * %d, %d, %d, %d, %d)", first+i, e.Session, e.Number, e.Key, e.Link)
	}
	return s.String()
}

// A sqlOutput reads the results of a table.
type sqlOutput struct {
	db   *sql.DB
	seen int64
}

func (o *sqlOutput) next(ctx context.Context) (records []record, err error) {
	rows, err := o.db.QueryContext(ctx, fmt.Sprintf(
		`SELECT place, s, n, m, "by" FROM results WHERE place > %d ORDER BY place LIMIT 10000`, o.seen))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r workload.Result
		var place int64
		if err := rows.Scan(&place, &r.Session, &r.Number, &r.Matches, &r.By); err != nil {
			return nil, err
		}
		value, err := json.Marshal(r)
		if err != nil {
			return nil, err
		}
		records = append(records, record{place, value})
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if len(records) > 0 {
		o.seen = records[len(records)-1].offset
	}
	return records, nil
}

func (o *sqlOutput) close() {}
