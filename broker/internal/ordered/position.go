// Package ordered numbers what a storage holds in the order of values, such as the rows of a table or the entries of a
// stream whose ids are no int64: a position there is a value, and [broker.Positioner] says what becomes of it.
package ordered

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/leat-go/leat/broker"
)

// A Key holds the values that a row is ordered by, of which there is one at least, as texts that the storage reads back
// to the same values. Nil is no row.
type Key []string

// Equal reports whether two keys have the same texts.
func (k Key) Equal(other Key) bool { return slices.Equal(k, other) }

// String shows a key in errors.
func (k Key) String() string { return "(" + strings.Join(k, ", ") + ")" }

// A Position is a place in a stream's order that outlasts a run: what Rewind.Position holds, as JSON. The zero value is
// the beginning.
type Position struct {
	// At is the key of the row there; nil for the beginning.
	At Key `json:"at,omitempty"`
	// After says that the position is behind that row.
	After bool `json:"after,omitempty"`
	// Seen and Accounted are the keys of the last rows below Rewind.Seen and Rewind.Accounted; nil where those are not
	// behind At.
	Seen      Key `json:"seen,omitempty"`
	Accounted Key `json:"accounted,omitempty"`
	Origin
}

// An Origin says what a position is one of: in another one it means nothing.
type Origin struct {
	// Of says which rows there are in the partition, where a stream is divided by their values.
	Of string `json:"of,omitempty"`
	// By names the columns that the rows are ordered by. Nil, as earlier releases kept it, is not known.
	By []string `json:"by,omitempty"`
	// As says what the values of each of these are compared as, such as "number" or "text"; empty for what isn't known. Nil, as
	// earlier releases kept it, is not known either.
	As []string `json:"as,omitempty"`
	// From names the table or stream that is read, as "public.orders". It is empty for queries, and where it isn't known,
	// as earlier releases kept it.
	From string `json:"in,omitempty"`
}

// ReadByQuery says what to do where a table was only renamed, for [NewNumbering]. Positions of queries name nothing.
const ReadByQuery = "read it by a query, as query: select * from its new name, with an order"

func readPosition(text string) (p Position, err error) {
	if text == "" {
		return p, fmt.Errorf("it was kept by another storage; give the changed mill another name")
	}
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return p, fmt.Errorf("the position %q is damaged: %w", text, err)
	}
	return p, nil
}

// A Resumed rewind point is one that was kept, with what its position says.
type Resumed struct {
	Position
	Rewind *broker.Rewind
}

// Read reads what was kept of a node.
func (n *Numbering) Read(node *broker.Rewind) (Resumed, error) {
	p, err := readPosition(node.Position)
	if err == nil {
		err = n.check(p)
	}
	if err != nil {
		return Resumed{}, fmt.Errorf("node %s: %w", node.Node, err)
	}
	return Resumed{p, node}, nil
}

// ReadPosition reads a position, which is empty for the beginning.
func (n *Numbering) ReadPosition(position string) (Position, error) {
	if position == "" {
		return Position{}, nil
	}
	p, err := readPosition(position)
	if err == nil {
		err = n.check(p)
	}
	return p, err
}

// check refuses a position that was kept for other rows than those that are read, or for another order.
func (n *Numbering) check(p Position) error {
	switch {
	case p.From != "" && n.origin.From != "" && p.From != n.origin.From:
		return fmt.Errorf("its position was kept for %s, but %s is read now; give the changed mill another name, or begin "+
			"anew by leat positions FILE --reset; where %[1]s was only renamed, %[3]s", p.From, n.origin.From, n.ifRenamed)
	case p.By != nil && !slices.Equal(p.By, n.origin.By):
		return fmt.Errorf("it was kept for rows in the order of %s, which are in that of %s now; give the changed mill "+
			"another name, or, where a column was only renamed, read it by its old name, as by a query",
			strings.Join(p.By, ", "), strings.Join(n.origin.By, ", "))
	case p.At != nil && len(p.At) != len(n.origin.By):
		return fmt.Errorf("it was kept for another order than %s; give the changed mill another name",
			strings.Join(n.origin.By, ", "))
	case p.At != nil:
		return n.checkTypes(p)
	}
	return nil
}

// checkTypes refuses a position whose values were compared otherwise: as numbers 9 is below 10, and as texts above.
func (n *Numbering) checkTypes(p Position) error {
	for i := range min(len(p.As), len(n.origin.As)) {
		if was, is := p.As[i], n.origin.As[i]; was != "" && is != "" && was != is {
			return fmt.Errorf("it was kept when column %s was ordered as %s, and it is ordered as %s now: the type was changed, "+
				"and nobody knows which rows are behind (%s); begin anew by leat positions FILE --reset, or read a query "+
				"that casts it back", n.origin.By[i], was, is, strings.Join(p.At, ", "))
		}
	}
	return nil
}
