package postgres

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/postgres/internal/pgoutput"
	"github.com/leat-go/leat/internal/quote"
)

// An elementMaker makes records of changes, for one reader.
type elementMaker struct {
	changes *changes
	// layouts are the tables as the server has described them last, and types their columns' types, by their numbers.
	layouts map[uint32]*layout
	types   map[uint32]*pgoutput.Type
	// buffer is what records are appended to.
	buffer []byte
}

// A layout is a table as it was when the changes that follow were made.
type layout struct {
	*pgoutput.Relation
	// wanted says that the table is one of the stream's.
	wanted bool
	types  []*pgoutput.Type
	// members are the columns' names, as they stand in an object, and key says which columns tell rows apart.
	members [][]byte
	key     []bool
}

func (t *layout) name() string { return t.Schema + "." + t.Relation.Name }

func newElementMaker(c *changes) *elementMaker {
	return &elementMaker{changes: c, layouts: map[uint32]*layout{}, types: map[uint32]*pgoutput.Type{}}
}

// relation takes note of what a table looks like from now on.
func (m *elementMaker) relation(ctx context.Context, r *pgoutput.Relation) error {
	t := &layout{Relation: r, wanted: m.changes.has(r)}
	m.layouts[r.ID] = t
	if !t.wanted {
		return nil
	}
	s := &lazySession{connector: m.changes.connector}
	defer s.close()
	var primary []string
	if r.Identity == 'f' { // all columns are said to be its key
		var err error
		if primary, err = s.primaryKey(ctx, r.ID); err != nil {
			return err
		}
	}
	for _, c := range r.Columns {
		kind, err := m.typeOf(ctx, s, c.Type)
		if err != nil {
			return err
		}
		t.types = append(t.types, kind)
		t.members = append(t.members, append(quote.Append(nil, c.Name), ':'))
		t.key = append(t.key, c.Key && (primary == nil || slices.Contains(primary, c.Name)))
	}
	return nil
}

// has reports whether a table is one of the stream's. One that was made anew has another number.
func (c *changes) has(r *pgoutput.Relation) bool {
	return slices.ContainsFunc(c.tables, func(t published) bool {
		return t.oid == strconv.FormatUint(uint64(r.ID), 10) || t.schema == r.Schema && t.name == r.Name
	})
}

func (m *elementMaker) layout(relation uint32) (*layout, error) {
	t, ok := m.layouts[relation]
	if !ok {
		return nil, finalError{fmt.Errorf("a change comes of the table with the number %d, which the server hasn't described",
			relation)}
	}
	return t, nil
}

// moves reports whether an update has changed the key of a row.
func (t *layout) moves(c *pgoutput.Change) bool {
	if c.Old == nil {
		return false
	}
	for i := range t.key {
		if t.key[i] && i < len(c.Old) && i < len(c.New) && c.New[i].Kind != pgoutput.Unchanged &&
			!bytes.Equal(c.Old[i].Text, c.New[i].Text) {
			return true
		}
	}
	return false
}

// known returns the row before a change as far as the server has told it. Where it has sent the key alone, all other
// columns are null in its message, which says nothing of the row's values.
func (t *layout) known(c *pgoutput.Change) []pgoutput.Value {
	if !c.OldIsKey {
		return c.Old
	}
	known := slices.Clone(c.Old)
	for i := range known {
		if i < len(t.key) && !t.key[i] {
			known[i] = pgoutput.Value{Kind: pgoutput.Unchanged}
		}
	}
	return known
}

// change fills a record with a change.
func (m *elementMaker) change(record *broker.Record, t *layout, c *pgoutput.Change, in *pgoutput.Begin) (err error) {
	row := c.New
	if row == nil {
		row = c.Old
	}
	before := t.known(c)
	if record.Key, err = m.object(t, row, before, keysOnly); err != nil {
		return err
	}
	if m.changes.relation.changes.rows {
		if c.Op == pgoutput.Delete {
			return nil
		}
		record.Value, err = m.object(t, c.New, before, allColumns)
		return err
	}
	begin := len(m.buffer)
	m.head(map[pgoutput.Op]string{pgoutput.Insert: "insert", pgoutput.Update: "update", pgoutput.Delete: "delete"}[c.Op], t)
	if err := m.before(t, c); err != nil {
		return err
	}
	m.buffer = append(m.buffer, `,"after":`...)
	if c.New == nil {
		m.buffer = append(m.buffer, "null"...)
	} else if _, err := m.object(t, c.New, before, allColumns); err != nil {
		return err
	}
	m.tail(in)
	record.Value = m.since(begin)
	return nil
}

// before appends the row before a change: as a whole, or its key.
func (m *elementMaker) before(t *layout, c *pgoutput.Change) (err error) {
	m.buffer = append(m.buffer, `,"before":`...)
	switch {
	case c.Op == pgoutput.Insert:
		m.buffer = append(m.buffer, "null"...)
	case c.Old == nil: // the key is the same
		_, err = m.object(t, c.New, nil, keysOnly)
	case c.OldIsKey:
		_, err = m.object(t, c.Old, nil, keysOnly)
	default:
		_, err = m.object(t, c.Old, nil, allColumns)
	}
	return err
}

// tombstone fills a record that says that there is no row with a key any more.
func (m *elementMaker) tombstone(record *broker.Record, t *layout, row []pgoutput.Value) (err error) {
	record.Key, err = m.object(t, row, nil, keysOnly)
	return err
}

// truncate fills a record that says that a table was emptied.
func (m *elementMaker) truncate(record *broker.Record, t *layout, in *pgoutput.Begin) {
	begin := len(m.buffer)
	m.head("truncate", t)
	m.buffer = append(m.buffer, `,"before":null,"after":null`...)
	m.tail(in)
	record.Value = m.since(begin)
}

func (m *elementMaker) head(op string, t *layout) {
	m.buffer = append(append(m.buffer, `{"op":"`...), op...)
	m.buffer = quote.Append(append(m.buffer, `","schema":`...), t.Schema)
	m.buffer = quote.Append(append(m.buffer, `,"table":`...), t.Relation.Name)
}

func (m *elementMaker) tail(in *pgoutput.Begin) {
	m.buffer = strconv.AppendUint(append(m.buffer, `,"lsn":`...), uint64(in.Commit), 10)
	m.buffer = in.Time.AppendFormat(append(m.buffer, `,"committed":"`...), "2006-01-02T15:04:05.999999Z07:00")
	m.buffer = append(m.buffer, `"}`...)
}

// since returns what was appended, so that nothing is appended to it.
func (m *elementMaker) since(begin int) []byte { return m.buffer[begin:len(m.buffer):len(m.buffer)] }

// Which columns of a row an object has.
const (
	allColumns = iota
	keysOnly
)

// object appends a row as an object. A large value that was not changed is taken from the row before, or left out.
func (m *elementMaker) object(t *layout, row, before []pgoutput.Value, which int) ([]byte, error) {
	begin := len(m.buffer)
	m.buffer = append(m.buffer, '{')
	for i, v := range row {
		if i >= len(t.members) {
			return nil, fmt.Errorf("a row of the table %s has %d columns, not the %d that the server has described", t.name(),
				len(row), len(t.members))
		}
		if v.Kind == pgoutput.Unchanged && i < len(before) {
			v = before[i]
		}
		if v.Kind == pgoutput.Unchanged || which == keysOnly && !t.key[i] {
			continue
		}
		if len(m.buffer) > begin+1 {
			m.buffer = append(m.buffer, ',')
		}
		m.buffer = append(m.buffer, t.members[i]...)
		if v.Kind == pgoutput.Null {
			m.buffer = append(m.buffer, "null"...)
			continue
		}
		var err error
		if m.buffer, err = t.types[i].Append(m.buffer, v.Text); err != nil {
			return nil, fmt.Errorf("column %s of table %s: %w", t.Columns[i].Name, t.name(), err)
		}
	}
	m.buffer = append(m.buffer, '}')
	return m.since(begin), nil
}
