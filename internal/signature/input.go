package signature

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/leat-go/leat/internal/mistake"
)

// An Input is what the struct that a typed function gets says.
type Input struct {
	// Row is the struct itself, where there is no window, and Masters the list in it where there is one.
	Row      *Row
	Masters  *List
	Injected []Injection
}

// An Injection is a field that has the same value in every call.
type Injection struct {
	Index int
	Value reflect.Value
}

// A Row is a struct that holds an element of a node and its matches, by the indexes of its fields.
type Row struct {
	Node Node
	// Element is negative where the row is no struct of fields but the element itself.
	Element int
	Records []int
	// Lists are in the order of the node's children.
	Lists []*List
}

// A List is a field of a row that holds elements of a node, or the only one, where Node.Single says so.
type List struct {
	Index int
	Node  Node
	// Row describes the list's elements; nil where they are elements of the stream.
	Row *Row
}

// A Node is what a field says of its node of the join tree.
type Node struct {
	Element reflect.Type
	// Name is the field's, or its tag's where Tagged.
	Name   string
	Tagged bool
	// Path leads to the field: "Next.Speeds". It is empty where the input is the master element itself.
	Path string
	// Origin names the field in mistakes: "field Next.Speeds ([]main.Speed)".
	Origin string
	// Copied says that the function gets copies of the elements.
	Copied bool
	// Single says that the field holds one element instead of a list, and Pointer that it is a pointer.
	Single, Pointer bool
}

// ReadInput reads the struct that a typed function gets. It returns nil if there are mistakes in it, or if there is no
// source to know its elements by.
func ReadInput(t reflect.Type, facts *Facts) (*Input, mistake.List) {
	r := &inputReader{Facts: facts, input: &Input{}}
	switch {
	case !r.Source && len(r.Joins) == 0: // elements can't be told from other types
	case r.isElement(t):
		r.wholeElement(t)
	case t.Kind() != reflect.Struct:
		r.mistakes.Add("the input (%s) is no struct; make it one that holds the master element: struct{ M }",
			mistake.ShortType(t))
	case r.Windowed:
		r.windowed(t)
	default:
		r.input.Row = r.row(t, field{StructField: reflect.StructField{Type: t}})
	}
	if len(r.mistakes) > 0 || r.input.Row == nil && r.input.Masters == nil {
		return nil, r.mistakes
	}
	return r.input, nil
}

// ReadResult reads what a typed function returns beside its error; nil where nothing is written.
func ReadResult(t reflect.Type, facts *Facts) *Result {
	if t == reflect.TypeFor[struct{}]() {
		return nil
	}
	r := facts.result(t)
	r.Type = t
	return &r
}

// Master returns the node of the master.
func (in *Input) Master() Node {
	if in.Masters != nil {
		return in.Masters.Node
	}
	return in.Row.Node
}

// An inputReader reads the struct that a typed function gets.
type inputReader struct {
	*Facts
	input    *Input
	mistakes mistake.List
	// open holds the types of the structs that are being read, from the outside in.
	open []reflect.Type
}

// wholeElement reads an input that is the master element itself.
func (r *inputReader) wholeElement(t reflect.Type) {
	if r.Windowed {
		r.mistakes.Add("the input (%v) is an element, but a window hands the masters over as a list; "+
			"make it struct{ List []%v }", t, t)
		return
	}
	r.input.Row = &Row{Node: Node{Element: t, Copied: true, Origin: fmt.Sprintf("the input (%v)", t)}, Element: -1}
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
			r.input.Masters = r.list(f)
		}
	}
	if masters.path == "" {
		r.mistakes.Add("%s: it has no field for the masters; add a list of elements that have a stream: the source has %s",
			input, r.InputText)
	}
}

// list reads the field of a list.
func (r *inputReader) list(f field) *List {
	l := &List{Index: f.Index[0]}
	if f.Type.Kind() != reflect.Slice {
		return r.single(f, l)
	}
	t := f.Type.Elem()
	switch {
	case r.kind(f.Type) == listField:
		l.Node = f.node(t)
	case t.Kind() == reflect.Pointer:
		r.mistakes.Add("%s: structs that hold elements come as values; make it []%s", f, mistake.ShortType(t.Elem()))
	default:
		if l.Row = r.row(t, f); l.Row != nil {
			l.Node = l.Row.Node
		}
	}
	return l
}

// single reads a field of one element, or of the struct that holds it beside its matches.
func (r *inputReader) single(f field, l *List) *List {
	if r.kind(f.Type) == elementField {
		l.Node = f.node(f.Type)
	} else if l.Row = r.row(element(f.Type), f); l.Row != nil {
		l.Node = l.Row.Node
	}
	l.Node.Single, l.Node.Pointer = true, f.Type.Kind() == reflect.Pointer
	if l.Row != nil {
		l.Row.Node = l.Node
	}
	return l
}

// row reads a struct of type t, the input or what a list f holds. Its node is called like the list, and that of the
// input like the field of its element.
func (r *inputReader) row(t reflect.Type, f field) *Row {
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
	row := &Row{Element: own.Index[0]}
	if f.path == "" {
		row.Node = own.node(own.Type)
	} else {
		r.untagged(own)
		row.Node = f.node(own.Type)
	}
	for _, c := range fields {
		if c.path != own.path {
			r.member(c, row, f.path == "")
		}
	}
	return row
}

// ownElement returns the field of a struct that holds its element; the zero field where there is none. Others may hold
// its matches, at joins that take one.
func (r *inputReader) ownElement(fields []field) field {
	var own field
	for _, c := range fields {
		if r.kind(c.Type) != elementField {
			continue
		}
		if own.path == "" || r.takesOne(element(own.Type)) && !r.takesOne(element(c.Type)) {
			own = c
		}
	}
	for _, c := range fields {
		if r.kind(c.Type) == elementField && c.path != own.path && !r.takesOne(element(c.Type)) {
			r.mistakes.Add("%s: the element beside it is %s, whose matches come as a list; make it []%v", c, own, c.Type)
		}
	}
	return own
}

// member reads a field of a row other than that of its element. Only those of the input itself may be injected.
func (r *inputReader) member(f field, row *Row, outer bool) {
	switch r.kind(f.Type) {
	case listField, rowsField, rowField:
		row.Lists = append(row.Lists, r.list(f))
	case elementField: // ownElement has said where it is none of a match
		if r.takesOne(element(f.Type)) {
			row.Lists = append(row.Lists, r.list(f))
		}
	case recordField:
		r.untagged(f)
		if f.Type != r.Record {
			r.mistakes.Add("%s: an element has one record, which comes as a value; make it leat.Record", f)
		}
		row.Records = append(row.Records, f.Index[0])
	case otherField:
		if outer {
			r.inject(f)
			return
		}
		r.mistakes.Add("%s: only the fields of the input itself are injected; move it there, "+
			"or add a stream of %v: the source has %s", f, listedType(f.Type), r.InputText)
	}
}

// untagged checks that a field that is no node has no tag.
func (r *inputReader) untagged(f field) {
	if tag, ok := f.Tag.Lookup("leat"); ok {
		r.mistakes.Add("%s: the tag `leat:%q` is for the node of a list, or of the master; leave it out", f, tag)
	}
}

// inject finds the value of a field that isn't about elements.
func (r *inputReader) inject(f field) {
	r.untagged(f)
	switch {
	case f.Type == contextType:
		r.mistakes.Add("%s: the context is the function's first parameter; leave the field out", f)
		return
	case f.Type.Kind() == reflect.Map && r.isMatchMap(f.Type) && !r.isProvided(f.Type):
		r.mistakes.Add("%s: matches come as a list beside their element; put %s into the struct that holds %s",
			f, f.Type.Elem(), f.Type.Key())
		return
	}
	value, err := r.Inject(f.Type)
	if err != nil {
		r.mistakes.Add("%s: %w", f, err)
		return
	}
	r.input.Injected = append(r.input.Injected, Injection{f.Index[0], value})
}
