package parquet

import (
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// A shape is what the members of a group mean.
type shape int

const (
	single  shape = iota // a column, or a group that is an object
	listing              // the elements of a list
	mapping              // the keys and values of a map
)

// A node is a column of a file, or a group of them.
type node struct {
	name     string
	children []*node
	repeats  format.FieldRepetitionType
	shape    shape
	// def and rep are the levels from which on the node is there, and at which it repeats.
	def, rep uint8
	// leaf is the number of the first column in it.
	leaf int

	// The rest is a column's.
	physical format.Type
	length   int
	logical  logical
	// zoned says that times are written as instants, whatever they are.
	zoned bool
}

// isLeaf reports whether a node is a column.
func (n *node) isLeaf() bool { return n.children == nil }

// isFlat reports whether a node is a column with one value, or null, for each row.
func (n *node) isFlat() bool { return n.isLeaf() && n.rep == 0 }

// A schema is what columns a file has.
type schema struct {
	root   *node
	leaves []*node
}

// newSchema reads a schema.
func newSchema(elements []format.SchemaElement) (*schema, error) {
	s := &schema{}
	if len(elements) == 0 {
		return nil, damaged("it has no schema")
	}
	b := schemaBuilder{schema: s, rest: elements}
	root, err := b.node(nil, 0)
	if err != nil {
		return nil, err
	}
	if len(b.rest) > 0 {
		return nil, damaged("%d elements of its schema belong to no column", len(b.rest))
	}
	if root.isLeaf() {
		root.children = []*node{}
	}
	s.root = root
	return s, checkNames(root)
}

type schemaBuilder struct {
	*schema
	rest []format.SchemaElement
}

func (b *schemaBuilder) node(parent *node, depth int) (*node, error) {
	if len(b.rest) == 0 || depth > 64 {
		return nil, damaged("its schema can't be read")
	}
	e := b.rest[0]
	b.rest = b.rest[1:]
	n := &node{name: e.Name, leaf: len(b.leaves)}
	if parent != nil {
		n.repeats, n.def, n.rep = e.RepetitionType.V, parent.def, parent.rep
		switch n.repeats {
		case format.Repeated:
			n.def, n.rep = n.def+1, n.rep+1
		case format.Optional:
			n.def++
		case format.Required:
		default:
			return nil, damaged("the column %s has a repetition of type %d", n.name, n.repeats)
		}
	}
	if !e.NumChildren.Valid || e.NumChildren.V == 0 && e.Type.Valid {
		return n, b.leaf(n, &e)
	}
	if e.NumChildren.V < 0 || int(e.NumChildren.V) > len(b.rest) {
		return nil, damaged("the group %s has %d members by the schema", n.name, e.NumChildren.V)
	}
	n.children = []*node{}
	for range e.NumChildren.V {
		child, err := b.node(n, depth+1)
		if err != nil {
			return nil, err
		}
		n.children = append(n.children, child)
	}
	if parent != nil && len(n.children) == 0 {
		return nil, fmt.Errorf("the group %s has no columns, which isn't supported", n.name)
	}
	n.shape = shapeOf(n, &e)
	return n, nil
}

func (b *schemaBuilder) leaf(n *node, e *format.SchemaElement) (err error) {
	n.physical, n.length = e.Type.V, int(e.TypeLength.V)
	if n.physical == format.FixedLenByteArray && n.length <= 0 {
		return damaged("the column %s has values of %d bytes", n.name, n.length)
	}
	if n.logical, err = logicalOf(n, e); err != nil {
		return fmt.Errorf("column %s: %w", n.name, err)
	}
	b.leaves = append(b.leaves, n)
	return nil
}

// shapeOf tells what a group is.
func shapeOf(n *node, e *format.SchemaElement) shape {
	isList, isMap := false, false
	switch e.LogicalType.Value.(type) {
	case *format.ListType:
		isList = true
	case *format.MapType:
		isMap = true
	}
	if e.ConvertedType.Valid {
		isList = isList || e.ConvertedType.V == deprecated.List
		isMap = isMap || e.ConvertedType.V == deprecated.Map || e.ConvertedType.V == deprecated.MapKeyValue
	}
	if len(n.children) != 1 || n.children[0].repeats != format.Repeated || n.repeats == format.Repeated {
		return single
	}
	inner := n.children[0]
	switch {
	case isList:
		return listing
	case isMap && len(inner.children) == 2 && inner.children[0].isLeaf() && inner.children[0].repeats != format.Repeated:
		return mapping
	}
	return single
}

// element returns what a list's elements are, by the rules for those of older writers: the repeated member itself, or its
// only member.
func (n *node) element() *node {
	inner := n.children[0]
	if len(inner.children) != 1 || inner.name == "array" || inner.name == n.name+"_tuple" ||
		inner.children[0].repeats == format.Repeated {
		return inner
	}
	return inner.children[0]
}

// checkNames refuses a schema that has two members of one name.
func checkNames(n *node) error {
	names := map[string]bool{}
	for _, c := range n.children {
		if names[c.name] {
			return fmt.Errorf("two columns are named %q, so that no member could be told from the other", c.name)
		}
		names[c.name] = true
		if err := checkNames(c); err != nil {
			return err
		}
	}
	return nil
}

// checkChunks checks that a row group has a chunk for each column.
func (s *schema) checkChunks(f *footer) error {
	for i := range f.RowGroups {
		g := &f.RowGroups[i]
		if len(g.Columns) != len(s.leaves) {
			return damaged("row group %d has %d columns, and the schema %d", i, len(g.Columns), len(s.leaves))
		}
		for j, leaf := range s.leaves {
			m := &g.Columns[j].MetaData
			switch {
			case g.Columns[j].FilePath != "":
				return errors.New("its columns lie in other files, which isn't supported")
			case m.Type != leaf.physical:
				return damaged("row group %d has values of another type in column %s than the schema", i, leaf.name)
			case leaf.isFlat() && m.NumValues != g.NumRows || m.NumValues < g.NumRows:
				return damaged("row group %d has %d rows, and %d values in column %s", i, g.NumRows, m.NumValues, leaf.name)
			}
			if _, _, err := extent(m, f.end); err != nil {
				return fmt.Errorf("column %s: %w", leaf.name, err)
			}
		}
	}
	return nil
}

// extent returns where a column chunk lies.
func extent(m *format.ColumnMetaData, limit int64) (begin, end int64, err error) {
	begin = m.DataPageOffset
	if m.DictionaryPageOffset > 0 && m.DictionaryPageOffset < begin {
		begin = m.DictionaryPageOffset
	}
	if begin < 0 || m.TotalCompressedSize < 0 || begin > limit || m.TotalCompressedSize > limit-begin {
		return 0, 0, damaged("its values lie outside of the file by the footer")
	}
	return begin, begin + m.TotalCompressedSize, nil
}
