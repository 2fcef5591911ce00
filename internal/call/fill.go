package call

import (
	"reflect"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/jointree"
	"github.com/leat-go/leat/internal/signature"
)

// A filler fills the input of a typed function for a call. It finds the fields by reflection when it is made, and keeps
// pointers to them.
type filler interface {
	fill(call *engine.Call)
}

// An Input is the input of a typed function, with the tree that it mirrors.
type Input struct {
	*signature.Input
	Master *jointree.Node
	Public *declaration.Public
}

// filler returns what fills v, an input that can be set, and fills in what is injected.
func (in *Input) filler(v reflect.Value) filler {
	for _, f := range in.Injected {
		v.Field(f.Index).Set(f.Value)
	}
	m := maker{in.Public}
	if in.Masters != nil {
		return mastersFiller{m.list(in.Masters, in.Master, v.Field(in.Masters.Index))}
	}
	return &masterFiller{m.row(in.Row, in.Master, v)}
}

// masterFiller fills the input where there is no window.
type masterFiller struct{ row rowFiller }

func (f *masterFiller) fill(call *engine.Call) { f.row.fill(&call.Masters[0], call.Partition) }

// mastersFiller fills the list of masters that an input holds with a window.
type mastersFiller struct{ list listFiller }

func (f mastersFiller) fill(call *engine.Call) { f.list.fill(call.Masters, call.Partition) }

// A rowFiller fills a struct with an element and its matches.
type rowFiller struct {
	stream  string
	element broker.Filler
	// records are pointers to the fields for the element's record, and fillRecord fills them.
	records    []any
	fillRecord func(record any, stream string, partition int, e *engine.Element)
	lists      []listFiller
}

// A maker makes what fills the parts of an input.
type maker struct{ *declaration.Public }

// row returns what fills v, a struct for an element of a node.
func (m maker) row(r *signature.Row, n *jointree.Node, v reflect.Value) rowFiller {
	f := rowFiller{stream: n.Stream.Name, fillRecord: m.FillRecord, lists: make([]listFiller, len(r.Lists))}
	if r.Element < 0 {
		f.element = n.Stream.Filler(elementVariable(v, n.Stream))
		return f
	}
	f.element = n.Stream.Filler(elementVariable(v.Field(r.Element), n.Stream))
	for _, i := range r.Records {
		f.records = append(f.records, v.Field(i).Addr().Interface())
	}
	for i, l := range r.Lists {
		f.lists[i] = m.list(l, n.Children[i], v.Field(l.Index))
	}
	return f
}

// elementVariable returns the pointer to a variable that elements of a stream, or lists of them, go to.
func elementVariable(v reflect.Value, s broker.Stream) any {
	if v.Kind() == reflect.Slice && v.Type() != s.Type {
		// The list may have a type of its own, such as "type Speeds []Speed".
		return v.Addr().Convert(reflect.PointerTo(reflect.SliceOf(v.Type().Elem()))).Interface()
	}
	return v.Addr().Interface()
}

func (r *rowFiller) fill(e *engine.Element, partition int) {
	r.element.Add(e.Value)
	for _, record := range r.records {
		r.fillRecord(record, r.stream, partition, e)
	}
	for i, list := range r.lists {
		list.fill(e.Matches[i], partition)
	}
}

// clear empties the struct, so that it holds no old elements.
func (r *rowFiller) clear() {
	r.element.Begin(0)
	for _, record := range r.records {
		reflect.ValueOf(record).Elem().SetZero()
	}
	for _, list := range r.lists {
		list.fill(nil, 0)
	}
}

// A listFiller fills a list with elements, and with their matches where it is one of structs.
type listFiller interface {
	fill(elements []engine.Element, partition int)
}

// list returns what fills v, a list of elements of a node.
func (m maker) list(l *signature.List, n *jointree.Node, v reflect.Value) listFiller {
	switch {
	case l.Row != nil && l.Node.Single:
		return m.single(l, n, v)
	case l.Row == nil:
		return elementsFiller{n.Stream.Filler(elementVariable(v, n.Stream))}
	}
	return &rowsFiller{maker: m, row: l.Row, node: n, variable: v, all: reflect.Zero(v.Type())}
}

// elementsFiller fills a list of elements.
type elementsFiller struct{ broker.Filler }

func (f elementsFiller) fill(elements []engine.Element, _ int) {
	f.Begin(len(elements))
	for i := range elements {
		f.Add(elements[i].Value)
	}
}

// rowsFiller fills a list of structs. It uses its memory, and the pointers into it, again in each call.
type rowsFiller struct {
	maker    maker
	row      *signature.Row
	node     *jointree.Node
	variable reflect.Value
	// all is a list of the structs that there is memory for, and rows fill them. The first used ones hold elements of the
	// last call.
	all  reflect.Value
	rows []rowFiller
	used int
}

func (f *rowsFiller) fill(elements []engine.Element, partition int) {
	n := len(elements)
	if n > len(f.rows) {
		f.grow(max(n, 2*len(f.rows)))
	}
	for i := n; i < f.used; i++ {
		f.rows[i].clear()
	}
	f.used = n
	for i := range elements {
		f.rows[i].fill(&elements[i], partition)
	}
	f.variable.Set(f.all)
	f.variable.SetLen(n)
}

// grow makes new structs, and finds their fields.
func (f *rowsFiller) grow(n int) {
	f.all = reflect.MakeSlice(f.variable.Type(), n, n)
	f.rows, f.used = make([]rowFiller, n), 0
	for i := range f.rows {
		f.rows[i] = f.maker.row(f.row, f.node, f.all.Index(i))
	}
}

// singleFiller fills a struct with the only match and its own, or a pointer to one.
type singleFiller struct {
	row rowFiller
	// variable gets memory, a pointer to the struct, or nil where there is no match. It isn't valid where the struct is
	// filled itself.
	variable, memory reflect.Value
}

func (m maker) single(l *signature.List, n *jointree.Node, v reflect.Value) listFiller {
	if v.Kind() != reflect.Pointer {
		return &singleFiller{row: m.row(l.Row, n, v)}
	}
	memory := reflect.New(v.Type().Elem())
	return &singleFiller{m.row(l.Row, n, memory.Elem()), v, memory}
}

func (f *singleFiller) fill(elements []engine.Element, partition int) {
	if len(elements) == 0 {
		f.row.clear()
	} else {
		f.row.fill(&elements[0], partition)
	}
	switch {
	case !f.variable.IsValid():
	case len(elements) == 0:
		f.variable.SetZero()
	default:
		f.variable.Set(f.memory)
	}
}
