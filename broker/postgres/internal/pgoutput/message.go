// Package pgoutput reads what PostgreSQL's output plugin of that name sends by logical replication, in version 1 of its
// protocol: transactions that are committed, one behind the other in the order of their commits, with the changes of
// each. Values become JSON, as row_to_json makes it.
package pgoutput

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// An LSN is a place in PostgreSQL's write-ahead log, counted in bytes.
type LSN uint64

// String returns the LSN as PostgreSQL writes it.
func (l LSN) String() string { return fmt.Sprintf("%X/%X", uint32(l>>32), uint32(l)) }

// ParseLSN reads an LSN as PostgreSQL writes it.
func ParseLSN(text string) (LSN, error) {
	var high, low uint32
	if _, err := fmt.Sscanf(text, "%X/%X", &high, &low); err != nil {
		return 0, fmt.Errorf("%q isn't a place in a write-ahead log: %w", text, err)
	}
	return LSN(high)<<32 | LSN(low), nil
}

// Begin comes before the changes of a transaction.
type Begin struct {
	// Commit is where the transaction's commit is logged; transactions come in its order.
	Commit LSN
	// Time is that of the commit.
	Time time.Time
}

// Commit comes behind the changes of a transaction.
type Commit struct {
	// End is behind what is logged of the transaction.
	End LSN
}

// A Relation says what a table looks like. It comes before the first change of the table on a connection, and again
// where that has changed.
type Relation struct {
	ID           uint32
	Schema, Name string
	// Identity is the table's REPLICA IDENTITY: 'd' for default, 'n' for nothing, 'f' for full, 'i' for an index.
	Identity byte
	Columns  []Column
}

// A Column is one of a relation.
type Column struct {
	Name string
	// Type is the number of the column's type.
	Type uint32
	// Key says that the column is part of the replica identity.
	Key bool
}

// An Op is what a change does.
type Op byte

// The kinds of changes.
const (
	Insert Op = 'I'
	Update Op = 'U'
	Delete Op = 'D'
)

// A Change is that of a row.
type Change struct {
	Op       Op
	Relation uint32
	// Old is the row before, or its key, where OldIsKey says so; nil where it wasn't sent. New is the row after; nil where
	// it was deleted.
	Old, New []Value
	OldIsKey bool
}

// A Truncate empties tables.
type Truncate struct {
	Relations []uint32
}

// A Value is that of a column.
type Value struct {
	Kind ValueKind
	// Text is the value as PostgreSQL writes it.
	Text []byte
}

// A ValueKind says what is known of a value.
type ValueKind byte

// The kinds of values. An Unchanged one is large, was not changed, and isn't sent.
const (
	Null      ValueKind = 'n'
	Unchanged ValueKind = 'u'
	Text      ValueKind = 't'
)

// A Parser reads messages. The zero value is ready; it is used by one goroutine at a time.
type Parser struct {
	change   Change
	old, new []Value
}

// epoch is what PostgreSQL counts microseconds from.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// Time returns the time of a number of microseconds as PostgreSQL counts them.
func Time(microseconds int64) time.Time {
	// Durations end after 292 years, so that seconds are added apart.
	return time.Unix(epoch.Unix()+microseconds/1e6, microseconds%1e6*1000).UTC()
}

// Microseconds is Time's reverse.
func Microseconds(t time.Time) int64 { return t.UnixMicro() - epoch.UnixMicro() }

// Parse returns the message that data hold: a *Begin, *Commit, *Relation, *Change or *Truncate; nil for what needs no
// attention. A change, with what it refers to, is valid until the next call, and as long as data are.
func (p *Parser) Parse(data []byte) (any, error) {
	if len(data) == 0 {
		return nil, errors.New("an empty message of logical replication")
	}
	r := &bytesReader{data: data[1:]}
	message := p.parse(data[0], r)
	if r.short {
		return nil, fmt.Errorf("a message of logical replication, %q, is cut off after %d bytes", data[0], len(data))
	}
	if message == nil && !bytes.ContainsRune([]byte("YOM"), rune(data[0])) { // types, origins, messages
		return nil, fmt.Errorf("an unknown message of logical replication, %q", data[0])
	}
	return message, nil
}

func (p *Parser) parse(kind byte, r *bytesReader) any {
	switch kind {
	case 'B':
		return &Begin{Commit: LSN(r.uint64()), Time: Time(int64(r.uint64()))}
	case 'C':
		r.next(9)
		return &Commit{End: LSN(r.uint64())}
	case 'R':
		return r.relation()
	case 'I', 'U', 'D':
		return p.parseChange(Op(kind), r)
	case 'T':
		t := &Truncate{}
		n := r.uint32()
		r.next(1) // CASCADE, RESTART IDENTITY
		for ; n > 0 && !r.short; n-- {
			t.Relations = append(t.Relations, r.uint32())
		}
		return t
	}
	return nil
}

func (p *Parser) parseChange(op Op, r *bytesReader) *Change {
	c := &p.change
	*c = Change{Op: op, Relation: r.uint32()}
	part := r.byte()
	if part == 'K' || part == 'O' {
		p.old = r.tuple(p.old[:0])
		c.Old, c.OldIsKey = p.old, part == 'K'
		if op == Delete {
			return c
		}
		part = r.byte()
	}
	if part != 'N' {
		r.short = true
	}
	p.new = r.tuple(p.new[:0])
	c.New = p.new
	return c
}

// A bytesReader takes a message apart.
type bytesReader struct {
	data []byte
	// short says that there was less than was asked for.
	short bool
}

var zeros [16]byte

func (r *bytesReader) next(n int) []byte {
	if n < 0 || n > len(r.data) {
		r.short, r.data = true, nil
		return zeros[:min(max(n, 0), len(zeros))]
	}
	taken := r.data[:n:n]
	r.data = r.data[n:]
	return taken
}

func (r *bytesReader) byte() byte     { return r.next(1)[0] }
func (r *bytesReader) uint16() uint16 { return binary.BigEndian.Uint16(r.next(2)) }
func (r *bytesReader) uint32() uint32 { return binary.BigEndian.Uint32(r.next(4)) }
func (r *bytesReader) uint64() uint64 { return binary.BigEndian.Uint64(r.next(8)) }

func (r *bytesReader) string() string {
	end := bytes.IndexByte(r.data, 0)
	if end < 0 {
		r.short = true
		return ""
	}
	return string(r.next(end + 1)[:end])
}

func (r *bytesReader) relation() *Relation {
	rel := &Relation{ID: r.uint32(), Schema: r.string(), Name: r.string(), Identity: r.byte()}
	for n := r.uint16(); n > 0 && !r.short; n-- {
		c := Column{Key: r.byte()&1 != 0, Name: r.string(), Type: r.uint32()}
		r.next(4) // the type's modifier, such as a length
		rel.Columns = append(rel.Columns, c)
	}
	return rel
}

func (r *bytesReader) tuple(into []Value) []Value {
	for n := r.uint16(); n > 0 && !r.short; n-- {
		v := Value{Kind: ValueKind(r.byte())}
		switch v.Kind {
		case Null, Unchanged:
		case Text:
			v.Text = r.next(int(int32(r.uint32())))
		default:
			r.short = true
		}
		into = append(into, v)
	}
	return into
}
