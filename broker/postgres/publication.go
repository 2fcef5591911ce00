package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// A published table is one whose changes are read.
type published struct {
	oid          string
	schema, name string
	// identity is the table's REPLICA IDENTITY, see pgoutput.Relation; keyed says that it names rows.
	identity string
	keyed    bool
}

func (p published) qualified() string { return identifier(p.schema) + "." + identifier(p.name) }

const publishedTable = `SELECT c.oid::text, n.nspname, c.relname, c.relreplident, c.relkind, c.relpersistence,
	(c.relreplident = 'f' OR EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND
		(c.relreplident = 'd' AND i.indisprimary OR c.relreplident = 'i' AND i.indisreplident)))::text
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1)`

// publishedTables finds the tables that changes are read of.
func (s *session) publishedTables(ctx context.Context, names []string) ([]published, error) {
	var tables []published
	for _, name := range names {
		all, err := s.rows(ctx, publishedTable, qualified(name))
		if err != nil {
			return nil, err
		}
		if len(all) == 0 {
			return nil, s.missing(ctx, name)
		}
		r := all[0]
		if kind := string(r[4]); kind != "r" && kind != "p" {
			return nil, fmt.Errorf("%s isn't a table: only tables have changes", name)
		}
		if string(r[5]) != "p" {
			return nil, fmt.Errorf("table %s is temporary or unlogged: its changes aren't in the log that they are read from; "+
				"ALTER TABLE %s SET LOGGED", name, qualified(name))
		}
		tables = append(tables, published{string(r[0]), string(r[1]), string(r[2]), string(r[3]), string(r[6]) == "true"})
	}
	return tables, nil
}

// openPublication makes the publication where it doesn't exist, and checks that it has the tables.
func (c *changes) openPublication(ctx context.Context, s *session) error {
	found, err := s.rows(ctx, "SELECT pubupdate OR pubdelete FROM pg_publication WHERE pubname = $1", c.publication)
	if err != nil {
		return err
	}
	made := len(found) == 0
	if made || string(found[0][0]) == "t" {
		if err := c.checkIdentities(); err != nil {
			return err
		}
	}
	if made {
		if err := c.makePublication(ctx, s); err != nil {
			return err
		}
	}
	return c.checkPublication(ctx, s)
}

// checkIdentities refuses tables whose updates and deletes can't be published. The server would refuse them from then
// on, in whatever program changes the table.
func (c *changes) checkIdentities() error {
	for _, t := range c.tables {
		if !t.keyed {
			return fmt.Errorf("table %s has no replica identity, so that an UPDATE or DELETE of it would fail once it is "+
				"published: ALTER TABLE %s ADD PRIMARY KEY (…), or REPLICA IDENTITY FULL; or publish inserts only: CREATE "+
				"PUBLICATION … FOR TABLE %[2]s WITH (publish = 'insert, truncate'), and name it by postgres.Publication",
				t.name, t.qualified())
		}
	}
	return nil
}

func (c *changes) tableList() string {
	all := make([]string, len(c.tables))
	for i, t := range c.tables {
		all[i] = t.qualified()
	}
	return strings.Join(all, ", ")
}

// mayPublish tells whether the user may make a publication of tables, given by their oids.
const mayPublish = `SELECT has_database_privilege(current_database(), 'CREATE') AND
	(SELECT bool_and(pg_has_role(relowner, 'USAGE')) FROM pg_class WHERE oid = ANY ($1::oid[]))`

// advisePublication says what a run would be refused for: the publication doesn't exist, and the user may not make it.
func (c *changes) advisePublication(ctx context.Context, s *session) ([]string, error) {
	found, err := s.rows(ctx, "SELECT 1 FROM pg_publication WHERE pubname = $1", c.publication)
	if err != nil || len(found) > 0 {
		return nil, err
	}
	all := make([]string, len(c.tables))
	for i, t := range c.tables {
		all[i] = t.oid
	}
	may, err := s.rows(ctx, mayPublish, "{"+strings.Join(all, ",")+"}")
	if err != nil || string(may[0][0]) == "t" {
		return nil, err
	}
	return []string{fmt.Sprintf("postgres: %s: a run can't make the publication: %s; or have somebody who may %s", c.describe(),
		publishing, c.createPublication())}, nil
}

// publishing is what making a publication takes.
const publishing = "it takes CREATE on the database, and to own the tables"

func (c *changes) createPublication() string {
	return fmt.Sprintf("CREATE PUBLICATION %s FOR TABLE %s WITH (publish_via_partition_root = true)",
		identifier(c.publication), c.tableList())
}

func (c *changes) makePublication(ctx context.Context, s *session) error {
	slot, err := s.findSlot(ctx, c.slot)
	if err != nil {
		return err
	}
	if slot != nil && !c.relation.changes.temporary {
		return fmt.Errorf("the publication %s doesn't exist, but the slot %s does: what the slot has kept can't be read "+
			"without the publication of that time; if it may be lost, SELECT pg_drop_replication_slot('%[2]s')",
			c.publication, c.slot)
	}
	statement := c.createPublication()
	err = s.run(ctx, statement)
	var refused *pgconn.PgError
	switch {
	case err == nil:
		c.logger.Info("the publication was made", "stream", c.stream.Name, "publication", c.publication,
			"tables", c.tableList())
	case errors.As(err, &refused) && refused.Code == "42710":
		return nil // another run has just made it
	case errors.As(err, &refused) && refused.Code == "42501":
		return described(c.describe(), refused, publishing+"; or have somebody who may "+statement)
	}
	return err
}

// checkPublication checks that a publication has the tables.
func (c *changes) checkPublication(ctx context.Context, s *session) error {
	all, err := s.rows(ctx, `SELECT (quote_ident(schemaname) || '.' || quote_ident(tablename))::regclass::oid::text
		FROM pg_publication_tables WHERE pubname = $1`, c.publication)
	if err != nil {
		return err
	}
	has := map[string]bool{}
	for _, r := range all {
		has[string(r[0])] = true
	}
	var without []string
	for _, t := range c.tables {
		if !has[t.oid] {
			without = append(without, t.qualified())
		}
	}
	if len(without) == 0 {
		return nil
	}
	list := strings.Join(without, ", ")
	return fmt.Errorf("the publication %s doesn't have %s: ALTER PUBLICATION %s ADD TABLE %s, or, where it has the "+
		"partitions of a table, ALTER PUBLICATION %[3]s SET (publish_via_partition_root = true)", c.publication, list,
		identifier(c.publication), list)
}
