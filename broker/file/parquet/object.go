package parquet

import (
	"fmt"

	"github.com/parquet-go/parquet-go/format"

	"github.com/leat-go/leat/internal/quote"
)

// This file makes JSON objects of rows.

// An assembler makes the objects of the rows of a row group. Columns that aren't read have no chunk.
type assembler struct {
	members []property
	chunks  []*chunk
	// nested are those of the columns of which a row may have several values.
	nested []*chunk
	// limit is how long an object may be.
	limit int
	err   error
}

// A property is a member of the objects that are made.
type property struct {
	*node
	// head is the member's name with its quotes and a colon.
	head []byte
}

func newMember(n *node, name string) property {
	return property{n, append(quote.Append(nil, name), ':')}
}

// errLimit is the error of an object that is longer than it may be.
var errLimit = fmt.Errorf("the row is too long")

// append appends the object of the next row.
func (a *assembler) append(dst []byte) ([]byte, error) {
	begin := len(dst)
	dst = append(dst, '{')
	for i, m := range a.members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, m.head...)
		if m.isFlat() {
			dst = a.leaf(dst, m.node)
		} else {
			dst = a.value(dst, m.node)
		}
		if len(dst)-begin > a.limit {
			a.fail(errLimit)
		}
		if a.err != nil {
			return dst, a.err
		}
	}
	dst = append(dst, '}')
	for _, c := range a.nested {
		if c.has() && c.repAt() != 0 {
			a.fail(c.fail(damaged("a row has more values than in the columns beside it")))
		}
		if c.err != nil {
			a.fail(c.fail(c.err))
		}
	}
	return dst, a.err
}

func (a *assembler) fail(err error) {
	if a.err == nil {
		a.err = err
	}
}

// value appends what is of a node in the entries at hand, and passes over these.
func (a *assembler) value(dst []byte, n *node) []byte {
	first := a.chunks[n.leaf]
	if !first.has() {
		if first.err == nil {
			first.err = damaged("it ends too early")
		}
		a.fail(first.fail(first.err))
		return dst
	}
	switch {
	case n.repeats == format.Repeated:
		return a.list(dst, n, n)
	case n.repeats == format.Optional && first.defAt() < n.def:
		a.passAll(n)
		return append(dst, "null"...)
	}
	return a.present(dst, n)
}

// present appends what is of a node that is there.
func (a *assembler) present(dst []byte, n *node) []byte {
	switch {
	case n.isLeaf():
		return a.leaf(dst, n)
	case n.shape == listing:
		return a.list(dst, n.children[0], n.element())
	case n.shape == mapping:
		return a.mapping(dst, n.children[0])
	}
	dst = append(dst, '{')
	for i, c := range n.children {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(quote.Append(dst, c.name), ':')
		if dst = a.value(dst, c); a.err != nil {
			return dst
		}
	}
	return append(dst, '}')
}

// list appends the elements of a repeated node.
func (a *assembler) list(dst []byte, repeated, element *node) []byte {
	dst = append(dst, '[')
	begin := len(dst)
	a.each(repeated, func() {
		if len(dst) > begin {
			dst = append(dst, ',')
		}
		if element == repeated {
			dst = a.present(dst, element)
		} else {
			dst = a.value(dst, element)
		}
		if len(dst)-begin > a.limit {
			a.fail(errLimit)
		}
	})
	return append(dst, ']')
}

// mapping appends the entries of a map as an object.
func (a *assembler) mapping(dst []byte, entries *node) []byte {
	dst = append(dst, '{')
	begin := len(dst)
	a.each(entries, func() {
		if len(dst) > begin {
			dst = append(dst, ',')
		}
		at := len(dst)
		dst = a.value(dst, entries.children[0])
		if len(dst) > at && dst[at] != '"' { // a name is a text
			dst = append(append(append(dst[:at:at], '"'), dst[at:]...), '"')
		}
		dst = append(dst, ':')
		if a.err == nil {
			dst = a.value(dst, entries.children[1])
		}
		if len(dst)-begin > a.limit {
			a.fail(errLimit)
		}
	})
	return append(dst, '}')
}

// each calls visit for each element of a repeated node.
func (a *assembler) each(n *node, visit func()) {
	first := a.chunks[n.leaf]
	if first.defAt() < n.def {
		a.passAll(n)
		return
	}
	for a.err == nil {
		before := first.unread()
		visit()
		if first.unread() == before {
			a.fail(first.fail(damaged("an element of a list has no value")))
		}
		if a.err != nil || !first.has() || first.repAt() < n.rep {
			return
		}
	}
}

// unread returns how many entries were not passed over.
func (c *chunk) unread() int64 { return c.left + int64(c.entries-c.entry) }

// passAll passes over an entry of all columns in a node.
func (a *assembler) passAll(n *node) {
	if !n.isLeaf() {
		for _, c := range n.children {
			a.passAll(c)
		}
		return
	}
	if c := a.chunks[n.leaf]; c.has() {
		c.pass()
	} else {
		a.fail(c.fail(damaged("it ends too early")))
	}
}

func (a *assembler) leaf(dst []byte, n *node) []byte {
	c := a.chunks[n.leaf]
	var err error
	switch {
	case !c.has():
		err = damaged("it ends too early")
	case c.defAt() < n.def:
		dst = append(dst, "null"...)
	case n.isText():
		text := c.values.text(c.value)
		if len(text) > a.limit {
			err = errLimit
			break
		}
		dst, err = n.appendText(dst, text)
	default:
		dst, err = n.appendNumber(dst, c.values.numbers[c.value])
	}
	if err != nil {
		if c.err != nil {
			err = c.err
		}
		a.fail(c.fail(err))
		return dst
	}
	c.pass()
	return dst
}
