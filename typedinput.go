package leat

import (
	"fmt"
	"reflect"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/leat-go/leat/internal/mistake"
)

// An input is what the struct that a typed function gets looks like.
type input struct {
	tree *tree
	// row is the struct itself, where there is no window, and masters the list in it where there is one.
	row      *inputRow
	masters  *inputList
	injected []injectedField
}

// An injectedField is a field that has the same value in every call.
type injectedField struct {
	index int
	value reflect.Value
}

// An inputRow is a struct that holds an element of a node and its matches, by the indexes of its fields.
type inputRow struct {
	node *node
	// element is negative where the row is no struct of fields but the element itself.
	element int
	records []int
	// lists are in the order of the node's children.
	lists []*inputList
}

// An inputList is a field of a row that holds elements of a node.
type inputList struct {
	index int
	node  *node
	// row describes the list's elements; nil where they are elements of the stream.
	row *inputRow
}

// An inputReader reads the struct that a typed function gets. It collects mistakes in the builder.
type inputReader struct {
	*builder
	input *input
	// open holds the types of the structs that are being read, from the outside in.
	open []reflect.Type
}

// readInput reads the input; nil if there are mistakes in it, or if there is no broker to know its elements by.
func (b *builder) readInput() *input {
	before := len(b.mistakes)
	r := &inputReader{builder: b, input: &input{tree: &tree{}}}
	t := b.t.In(1).Elem()
	switch {
	case b.config.Source == nil && len(b.config.Joins) == 0: // elements can't be told from other types
	case b.isElement(t):
		r.wholeElement(t)
	case t.Kind() != reflect.Struct:
		b.mistakes.Add("the input (%s) is no struct; make it one that holds the master element: struct{ M }", mistake.ShortType(t))
	case len(b.config.Windows) > 0:
		r.windowed(t)
	default:
		r.input.row = r.row(t, field{StructField: reflect.StructField{Type: t}}, nil, nil)
	}
	if len(b.mistakes) > before || r.input.tree.master == nil {
		return nil
	}
	return r.input
}

// wholeElement reads an input that is the master element itself.
func (r *inputReader) wholeElement(t reflect.Type) {
	if len(r.config.Windows) > 0 {
		r.mistakes.Add("the input (%v) is an element, but a window hands the masters over as a list; "+
			"make it struct{ List []%v }", t, t)
		return
	}
	n := &node{element: t, copied: true, origin: fmt.Sprintf("the input (%v)", t)}
	r.add(n, nil)
	r.input.row = &inputRow{node: n, element: -1}
}

// A field is a field of the input, or of a struct in its lists.
type field struct {
	reflect.StructField
	// path leads to it from the input: "Next.Speeds". It is empty for the input itself.
	path string
}

func (f field) String() string {
	if f.path == "" {
		return fmt.Sprintf("the input (%s)", mistake.ShortType(f.Type))
	}
	return fmt.Sprintf("field %s (%s)", f.path, mistake.ShortType(f.Type))
}

// below returns a field of the struct that f holds.
func (f field) below(s reflect.StructField) field {
	if f.path == "" {
		return field{s, s.Name}
	}
	return field{s, f.path + "." + s.Name}
}

// node returns the node that is called like the field.
func (f field) node(element reflect.Type) *node {
	n := &node{element: element, name: f.Name, fieldPath: f.path, origin: f.String()}
	if tag := f.Tag.Get("leat"); tag != "" {
		n.name, n.tagged = tag, true
	}
	return n
}

// fields returns the fields of a struct that f holds, and says which can't be filled.
func (r *inputReader) fields(t reflect.Type, f field) []field {
	var fields []field
	for s := range t.Fields() {
		c := f.below(s)
		switch {
		case s.Name == "_":
		case s.IsExported():
			fields = append(fields, c)
		case s.Anonymous:
			r.mistakes.Add("%s: it isn't exported, so that it can't be filled; give it a name: %s %s",
				c, upperFirst(s.Name), mistake.ShortType(s.Type))
		default:
			r.mistakes.Add("%s: it isn't exported, so that it can't be filled; make it %s", c, upperFirst(s.Name))
		}
	}
	return fields
}

func upperFirst(name string) string {
	first, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(first)) + name[size:]
}

// fieldKind is what a field is for.
type fieldKind int

const (
	otherField fieldKind = iota
	elementField
	listField
	rowsField
	recordField
)

func (r *inputReader) kind(t reflect.Type) fieldKind {
	listed := t
	if t.Kind() == reflect.Slice {
		listed = t.Elem()
	}
	switch {
	case r.config.ProvidedOf(t) != nil:
		return otherField
	case element(t) == recordType, element(listed) == recordType:
		return recordField
	case r.isElement(element(t)):
		return elementField
	case t.Kind() != reflect.Slice:
		return otherField
	case r.isElement(element(listed)):
		return listField
	case r.isRow(element(listed)):
		return rowsField
	}
	return otherField
}

// isRow reports whether a type is that of a struct for an element and its matches, or would be meant to be.
func (b *builder) isRow(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && (t.Name() == "" || b.holdsElements(t))
}

// holdsElements reports whether a struct has fields of elements or lists of them.
func (b *builder) holdsElements(t reflect.Type) bool {
	for s := range t.Fields() {
		if b.isElement(element(s.Type)) || s.Type.Kind() == reflect.Slice && b.isElement(element(s.Type.Elem())) {
			return true
		}
	}
	return false
}

// windowed reads an input for a window.
func (r *inputReader) windowed(t reflect.Type) {
	input := field{StructField: reflect.StructField{Type: t}}
	var masters field
	for _, f := range r.fields(t, input) {
		switch kind := r.kind(f.Type); {
		case kind == elementField:
			r.singleMaster(f, t)
			return
		case kind == recordField:
			r.mistakes.Add("%s: with a window each master has a record; put a leat.Record beside the master "+
				"into the structs of its list", f)
		case kind == otherField:
			r.inject(f)
		case masters.path != "":
			r.mistakes.Add("%s: the masters come by %s already; put the matches of each master beside it, "+
				"into the structs of that list", f, masters)
		default:
			masters = f
			r.input.masters = r.list(f, nil)
		}
	}
	if masters.path == "" {
		r.mistakes.Add("%s: it has no field for the masters; add a list of elements that have a stream: the source has %s",
			input, r.inputs)
	}
}

// singleMaster says how an input of type t, with a window, has the masters that f should hold.
func (r *inputReader) singleMaster(f field, t reflect.Type) {
	for s := range t.Fields() {
		if kind := r.kind(s.Type); kind == listField || kind == rowsField {
			r.mistakes.Add("%s: a window hands the masters over as a list; make it one of structs that hold "+
				"each master beside its matches: struct{ List []struct{ %v; %s %s } }", f, f.Type, s.Name, mistake.ShortType(s.Type))
			return
		}
	}
	r.mistakes.Add("%s: a window hands the masters over as a list; make it []%v", f, f.Type)
}

// list reads the field of a list, whose elements are joined to those of parent; to none in the list of masters.
func (r *inputReader) list(f field, parent *node) *inputList {
	n := f.node(nil)
	l := &inputList{index: f.Index[0], node: n}
	t := f.Type.Elem()
	switch {
	case r.kind(f.Type) == listField:
		n.element, n.copied = element(t), t.Kind() != reflect.Pointer
		r.add(n, parent)
	case t.Kind() == reflect.Pointer:
		r.mistakes.Add("%s: structs that hold elements come as values; make it []%s", f, mistake.ShortType(t.Elem()))
	default:
		l.row = r.row(t, f, n, parent)
	}
	return l
}

// add adds a node to the tree.
func (r *inputReader) add(n, parent *node) {
	r.input.tree.nodes = append(r.input.tree.nodes, n)
	if parent == nil {
		r.input.tree.master, r.masterText = n, n.origin
		return
	}
	n.parent = parent
	parent.children = append(parent.children, n)
}

// row reads a struct of type t, the input or what a list f holds. Its element is one of n; if that isn't given, of a node
// that is called like the element's field.
func (r *inputReader) row(t reflect.Type, f field, n, parent *node) *inputRow {
	if slices.Contains(r.open, t) {
		r.mistakes.Add("%s: it is in a %s itself, but a join tree has an end; make a type for each level",
			f, mistake.ShortType(t))
		return nil
	}
	r.open = append(r.open, t)
	defer func() { r.open = r.open[:len(r.open)-1] }()

	before := len(r.mistakes)
	fields := r.fields(t, f)
	own := r.ownElement(fields)
	if own.path == "" {
		if len(r.mistakes) == before {
			r.noElement(f, fields)
		}
		return nil
	}
	if n == nil {
		n = own.node(nil)
	} else {
		r.untagged(own)
	}
	n.element, n.copied = element(own.Type), own.Type.Kind() != reflect.Pointer
	r.add(n, parent)
	row := &inputRow{node: n, element: own.Index[0]}
	for _, c := range fields {
		if c.path != own.path {
			r.member(c, row, f.path == "")
		}
	}
	return row
}

// ownElement returns the field of a struct that holds its element; the zero field where there is none.
func (r *inputReader) ownElement(fields []field) field {
	var own field
	for _, c := range fields {
		switch {
		case r.kind(c.Type) != elementField:
		case own.path == "":
			own = c
		default:
			r.mistakes.Add("%s: the element beside it is %s, whose matches come as a list; make it []%v", c, own, c.Type)
		}
	}
	return own
}

// noElement says that a struct has no field of an element.
func (r *inputReader) noElement(f field, fields []field) {
	if f.path == "" {
		r.noMasterField(f, fields)
		return
	}
	r.mistakes.Add("%s: its structs have no field for the element whose matches they hold; "+
		"embed one that has a stream: the source has %s", f, r.inputs)
}

// noMasterField says why an input has no field of the master.
func (r *inputReader) noMasterField(f field, fields []field) {
	root := r.joinRoot()
	i := slices.IndexFunc(fields, func(c field) bool { return c.Type.Kind() == reflect.Struct && c.Type != recordType })
	masters := r.listedMasters(fields, root)
	switch {
	case masters.path != "":
		fit := "make it " + mistake.ShortType(masters.Type.Elem())
		if r.kind(masters.Type) == rowsField {
			fit = "put the fields of its structs into the input itself"
		}
		r.mistakes.Add("%s: without a window each master comes alone; %s, "+
			"or add leat.Window, leat.WindowEvery or leat.WindowCount", masters, fit)
	case root != nil:
		r.mistakes.Add("%s: it has no field for the master, which the joins start from; embed %v", f, root)
	case r.config.Source == nil: // that is the mistake
	case i >= 0:
		r.mistakes.Add("%s: the source has no stream of it; it has %s", fields[i], r.inputs)
	default:
		r.mistakes.Add("%s: it has no field for the master element; embed one that has a stream: the source has %s",
			f, r.inputs)
	}
}

// listedMasters returns the field of the only list in an input, if it may be meant for the masters; root is the type that
// the joins start from, or nil.
func (r *inputReader) listedMasters(fields []field, root reflect.Type) field {
	lists := slices.DeleteFunc(slices.Clone(fields), func(c field) bool {
		return r.kind(c.Type) != listField && r.kind(c.Type) != rowsField
	})
	if len(lists) != 1 {
		return field{}
	}
	t := element(lists[0].Type.Elem())
	if r.kind(lists[0].Type) == rowsField {
		for s := range t.Fields() {
			if r.kind(s.Type) == elementField {
				t = element(s.Type)
				break
			}
		}
	}
	if root != nil && t != root {
		return field{}
	}
	return lists[0]
}

// member reads a field of a row other than that of its element. Only those of the input itself may be injected.
func (r *inputReader) member(f field, row *inputRow, outer bool) {
	switch r.kind(f.Type) {
	case listField, rowsField:
		row.lists = append(row.lists, r.list(f, row.node))
	case elementField: // ownElement has said what is wrong
	case recordField:
		r.untagged(f)
		if f.Type != recordType {
			r.mistakes.Add("%s: an element has one record, which comes as a value; make it leat.Record", f)
		}
		row.records = append(row.records, f.Index[0])
	case otherField:
		if outer {
			r.inject(f)
			return
		}
		r.mistakes.Add("%s: only the fields of the input itself are injected; move it there, "+
			"or add a stream of %v: the source has %s", f, listedType(f.Type), r.inputs)
	}
}

// untagged checks that a field that is no node has no tag.
func (r *inputReader) untagged(f field) {
	if tag, ok := f.Tag.Lookup("leat"); ok {
		r.mistakes.Add("%s: the tag `leat:%q` is for the node of a list, or of the master; leave it out", f, tag)
	}
}

// listedType returns the element type of a list, or that of a single element.
func listedType(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return element(t)
}

// inject finds the value of a field that isn't about elements.
func (r *inputReader) inject(f field) {
	r.untagged(f)
	switch {
	case f.Type == contextType:
		r.mistakes.Add("%s: the context is the function's first parameter; leave the field out", f)
		return
	case f.Type.Kind() == reflect.Map && r.isMatchMap(f.Type) && r.config.ProvidedOf(f.Type) == nil:
		r.mistakes.Add("%s: matches come as a list beside their element; put %s into the struct that holds %s",
			f, f.Type.Elem(), f.Type.Key())
		return
	}
	value, err := r.resolve(f.Type)
	if err != nil {
		r.mistakes.Add("%s: %w", f, err)
		return
	}
	r.input.injected = append(r.input.injected, injectedField{f.Index[0], value})
}
