package avrojson

import (
	avrolib "github.com/twmb/avro"

	"github.com/leat-go/leat/internal/jsontree"
)

// Adopt takes what another schema says of the members that are known by name, and of all where none is, as far as results
// could have led to it: so a member that was seen to have fractions, or values at all, isn't narrowed again by results that
// have none yet.
func (in *Inference) Adopt(schema *avrolib.Schema) {
	root := schema.Root()
	if root.Type != "record" {
		return
	}
	all := len(in.root.members) == 0
	for i := range root.Fields {
		f := &root.Fields[i]
		if all {
			in.root.member(f.Name)
		}
		adopted := &kindOf{}
		if m := in.root.members[f.Name]; m != nil && adopted.take(&f.Type) {
			m.merge(adopted)
		}
	}
}

// take reports whether a type is one that results could have led to, and takes it then.
func (k *kindOf) take(n *avrolib.SchemaNode) bool {
	if n.LogicalType != "" {
		return false
	}
	switch n.Type {
	case "union":
		return len(n.Branches) == 2 && n.Branches[0].Type == "null" && k.take(&n.Branches[1])
	case "null":
	case "boolean":
		k.kind = jsontree.Bool
	case "long":
		k.kind = jsontree.Number
	case "double":
		k.kind, k.fraction = jsontree.Number, true
	case "string":
		k.kind = jsontree.Text
	case "array":
		k.kind, k.items = jsontree.List, &kindOf{}
		return n.Items != nil && k.items.take(n.Items)
	case "record":
		k.kind = jsontree.Object
		for i := range n.Fields {
			if !k.member(n.Fields[i].Name).take(&n.Fields[i].Type) {
				return false
			}
		}
	default:
		return false
	}
	return true
}

// merge widens what is known by what else is known. What is of another kind stays as it is.
func (k *kindOf) merge(other *kindOf) {
	if other.kind == jsontree.Null || k.kind != jsontree.Null && k.kind != other.kind {
		return
	}
	k.kind, k.fraction = other.kind, k.fraction || other.fraction
	if other.items != nil {
		if k.items == nil {
			k.items = &kindOf{}
		}
		k.items.merge(other.items)
	}
	for _, name := range other.names {
		k.member(name).merge(other.members[name])
	}
}
