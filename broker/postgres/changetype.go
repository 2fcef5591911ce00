package postgres

import (
	"context"
	"strconv"

	"github.com/leat-go/leat/broker/postgres/internal/pgoutput"
)

// A lazySession is a connection that is made when something is asked.
type lazySession struct {
	connector *connector
	session   *session
}

func (l *lazySession) rows(ctx context.Context, sql string, parameters ...string) (_ []row, err error) {
	if l.session == nil {
		if l.session, err = l.connector.connect(ctx); err != nil {
			return nil, err
		}
	}
	return l.session.rows(ctx, sql, parameters...)
}

func (l *lazySession) close() { _ = l.session.close() }

// primaryKey returns the columns of a table's primary key; nil where it has none.
func (l *lazySession) primaryKey(ctx context.Context, table uint32) (columns []string, err error) {
	all, err := l.rows(ctx, `SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid
		AND a.attnum = ANY (i.indkey::int2[]) WHERE i.indrelid = $1::oid AND i.indisprimary`, number(table))
	for _, r := range all {
		columns = append(columns, string(r[0]))
	}
	return columns, err
}

func number(oid uint32) string { return strconv.FormatUint(uint64(oid), 10) }

// typeOf returns a type by its number. Values of one that is gone, or not known here, are strings.
func (m *elementMaker) typeOf(ctx context.Context, s *lazySession, oid uint32) (*pgoutput.Type, error) {
	if t := pgoutput.Builtin(oid); t != nil {
		return t, nil
	}
	if t, ok := m.types[oid]; ok {
		return t, nil
	}
	t := &pgoutput.Type{}
	m.types[oid] = t // before those that it is made of: a composite type may have a list of itself
	if err := m.look(ctx, s, oid, t); err != nil {
		delete(m.types, oid)
		return nil, err
	}
	return t, nil
}

// look finds out what a type is made of.
func (m *elementMaker) look(ctx context.Context, s *lazySession, oid uint32, t *pgoutput.Type) error {
	all, err := s.rows(ctx, `SELECT t.typtype, t.typcategory, t.typbasetype::text, t.typelem::text, t.typrelid::text,
		coalesce(e.typdelim, ',') FROM pg_type t LEFT JOIN pg_type e ON e.oid = t.typelem WHERE t.oid = $1::oid`, number(oid))
	if err != nil || len(all) == 0 {
		return err
	}
	r := all[0]
	below := func(column int) (*pgoutput.Type, error) {
		n, err := strconv.ParseUint(string(r[column]), 10, 32)
		if err != nil {
			return nil, err
		}
		return m.typeOf(ctx, s, uint32(n))
	}
	switch kind, category := string(r[0]), string(r[1]); {
	case kind == "d":
		base, err := below(2)
		if err != nil {
			return err
		}
		*t = *base
	case category == "A" && string(r[3]) != "0":
		if t.Element, err = below(3); err != nil {
			return err
		}
		t.Kind, t.Delimiter = pgoutput.Array, r[5][0]
	case kind == "c":
		t.Kind = pgoutput.Composite
		t.Fields, err = m.fields(ctx, s, string(r[4]))
	}
	return err
}

// fields returns those of a composite type.
func (m *elementMaker) fields(ctx context.Context, s *lazySession, relation string) (fields []pgoutput.Field, err error) {
	all, err := s.rows(ctx, `SELECT attname, atttypid::text FROM pg_attribute WHERE attrelid = $1::oid AND attnum > 0
		AND NOT attisdropped ORDER BY attnum`, relation)
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		n, err := strconv.ParseUint(string(r[1]), 10, 32)
		if err != nil {
			return nil, err
		}
		t, err := m.typeOf(ctx, s, uint32(n))
		if err != nil {
			return nil, err
		}
		fields = append(fields, pgoutput.Field{Name: string(r[0]), Type: t})
	}
	return fields, nil
}
