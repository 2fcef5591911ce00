package parquet

import (
	"fmt"
	"strings"

	"github.com/leat-go/leat/broker/file"
)

// Columns implements [file.Table]: the columns that are read. Types say what values mean, not how they lie in the file: an
// int32 and an int64 are both integers.
func (t *table) Columns() (columns []file.Column) {
	add := func(n *node) { columns = append(columns, file.Column{Name: n.name, Type: n.meaning()}) }
	for i := range t.members {
		add(t.members[i].node)
	}
	for _, f := range t.fields {
		add(f.node)
	}
	return columns
}

// meaning says what the values of a column, or of a group, are; it is empty where all are null.
func (n *node) meaning() string {
	switch {
	case n.isLeaf() && n.repeats != 0 && n.rep > 0:
		return "list of " + n.logical.String()
	case n.isLeaf():
		return n.logical.String()
	case n.shape == listing:
		return "list of " + n.element().meaning()
	case n.shape == mapping:
		pair := n.children[0].children
		return "map of " + pair[0].meaning() + " to " + pair[1].meaning()
	}
	members := make([]string, len(n.children))
	for i, c := range n.children {
		members[i] = fmt.Sprintf("%s: %s", c.name, c.meaning())
	}
	return "{" + strings.Join(members, ", ") + "}"
}

// String says what the values are; it is empty where all are null.
func (l logical) String() string {
	switch l.kind {
	case integer, unsigned:
		return "integer"
	case single32, double64, half16:
		return "floating point"
	case decimal:
		return "decimal"
	case boolean:
		return "boolean"
	case date:
		return "date"
	case clock:
		return "time of day"
	case timestamp:
		if l.instant {
			return "instant"
		}
		return "timestamp without a zone"
	case text, document:
		return "text"
	case uuid:
		return "UUID"
	case binaryBytes:
		return "bytes"
	case interval:
		return "interval"
	case nothing:
	}
	return ""
}
