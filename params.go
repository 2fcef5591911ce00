package leat

import (
	"context"
	"reflect"
	"slices"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/engine"
)

// A parameter is a parameter of the function: it makes the argument for each call.
type parameter interface {
	// argument returns what makes the argument, with memory of its own: it is used by one goroutine.
	argument() argument
}

// An argument makes an argument of the type of the parameter.
type argument func(ctx context.Context, call *engine.Call) reflect.Value

// parameters reads the function's parameters, and checks that every node has one.
func (b *builder) parameters(root *engine.Node) []parameter {
	parameters := make([]parameter, b.t.NumIn())
	before := len(b.mistakes)
	for i := range parameters {
		parameters[i] = b.parameter(i, root)
	}
	if len(b.mistakes) == before {
		for _, n := range b.tree.nodes[1:] {
			b.checkTaken(n)
		}
	}
	b.checkProvided()
	return parameters
}

func (b *builder) parameter(i int, root *engine.Node) parameter {
	t := b.t.In(i)
	switch {
	case b.t.IsVariadic() && i == b.t.NumIn()-1:
		b.mistakes.Add("%s: a variadic parameter can't be joined; make it %s", b.parameterText(i), b.fit(t))
		return nil
	case t == contextType:
		if i > 0 {
			b.mistakes.Add("%s: the context must be the first parameter", b.parameterText(i))
		}
		return contextParameter{}
	case i == b.master:
		if len(b.config.Windows) > 0 {
			return mastersParameter{t, root.Stream}
		}
		return masterParameter{t.Kind() == reflect.Pointer}
	case b.config.ProvidedOf(t) != nil:
		return b.injected(i)
	case element(t) == recordType, t.Kind() == reflect.Slice && element(t.Elem()) == recordType:
		return b.recordParameter(i, root.Stream.Name)
	case t.Kind() == reflect.Slice && b.isElement(element(t.Elem())):
		return b.matchesParameter(i, root)
	case t.Kind() == reflect.Map && b.isMatchMap(t):
		return b.matchMapParameter(i, root)
	case b.isElement(element(t)):
		return b.singleElement(i)
	}
	return b.injected(i)
}

// contextParameter gets the run's context.
type contextParameter struct{}

func (contextParameter) argument() argument {
	var last context.Context
	var value reflect.Value
	return func(ctx context.Context, _ *engine.Call) reflect.Value {
		if ctx != last {
			kept := ctx // ctx itself would be allocated in each call
			last, value = ctx, reflect.ValueOf(&kept).Elem()
		}
		return value
	}
}

// masterParameter gets the master element or a pointer to it.
type masterParameter struct{ pointer bool }

func (p masterParameter) argument() argument {
	return func(_ context.Context, call *engine.Call) reflect.Value {
		return elementValue(&call.Masters[0], p.pointer)
	}
}

// mastersParameter gets the masters of a window.
type mastersParameter struct {
	t      reflect.Type
	stream broker.Stream
}

func (p mastersParameter) argument() argument {
	lists := newLists(p.stream, p.t)
	return func(_ context.Context, call *engine.Call) reflect.Value {
		return lists.of(call.Masters)
	}
}

// recordParameter gets the records of the masters.
type recordParameter struct {
	stream string
	list   bool
}

func (p recordParameter) argument() argument {
	return func(_ context.Context, call *engine.Call) reflect.Value {
		if !p.list {
			var record Record
			fillRecord(&record, p.stream, call.Partition, &call.Masters[0])
			return reflect.ValueOf(record)
		}
		records := make([]Record, len(call.Masters))
		for i := range records {
			fillRecord(&records[i], p.stream, call.Partition, &call.Masters[i])
		}
		return reflect.ValueOf(records)
	}
}

func (b *builder) recordParameter(i int, stream string) parameter {
	fit := recordType
	if len(b.config.Windows) > 0 {
		fit = reflect.SliceOf(recordType)
	}
	if t := b.t.In(i); t != fit {
		why := "the master's record comes as a value"
		switch {
		case len(b.config.Windows) > 0:
			why = "a window has a record for each of its masters"
		case t.Kind() == reflect.Slice:
			why = "without a window there is one record"
		}
		b.mistakes.Add("%s: %s; make it %v", b.parameterText(i), why, fit)
	}
	return recordParameter{stream, len(b.config.Windows) > 0}
}

// matchesParameter gets the matches of the master at some of its children.
type matchesParameter struct {
	t        reflect.Type
	stream   broker.Stream
	children []int
}

func (p matchesParameter) argument() argument {
	lists := newLists(p.stream, p.t)
	return func(_ context.Context, call *engine.Call) reflect.Value {
		return lists.matches(&call.Masters[0], p.children)
	}
}

func (b *builder) matchesParameter(i int, root *engine.Node) parameter {
	t := b.t.In(i)
	right, master := element(t.Elem()), b.tree.master
	children := master.below(right)
	if len(b.config.Windows) > 0 || len(children) == 0 {
		b.mistakes.Add("%s: %s", b.parameterText(i), b.misplacedList(t))
		return nil
	}
	for _, c := range children {
		master.children[c].taken = true
	}
	return matchesParameter{t, root.Children[children[0]].Stream, children}
}

// misplacedList says why a parameter can't get a list.
func (b *builder) misplacedList(t reflect.Type) string {
	master, right := b.tree.master, element(t.Elem())
	n := b.joined(right)
	switch {
	case n == nil && right == master.element:
		return "the masters come by " + b.masterText + " already; for a self-join add a join with leat.Named, " +
			"or give the right node a type of its own"
	case n == nil && len(b.config.Windows) > 0:
		return b.noJoin(master.element, right) + ", and make it " + b.fit(t)
	case n == nil:
		return b.noJoin(master.element, right)
	case n.parent == master:
		return "with a window the matches of each master are needed; make it " + b.fit(t)
	}
	return right.String() + " is joined to " + n.parent.String() + ", not to the master; make it " + b.fit(t)
}

// joined returns the first node of an element type that is on the right of a join; nil where there is none.
func (b *builder) joined(right reflect.Type) *node {
	i := slices.IndexFunc(b.tree.nodes, func(n *node) bool { return n.element == right && n.parent != nil })
	if i < 0 {
		return nil
	}
	return b.tree.nodes[i]
}

// fit returns the type of a parameter that gets the matches which come in lists: the list itself, or a map of them. What isn't
// joined yet is taken for joined to the master.
func (b *builder) fit(list reflect.Type) string {
	parent := b.tree.master
	if n := b.joined(element(list.Elem())); n != nil {
		parent = n.parent
	}
	if parent == b.tree.master && len(b.config.Windows) == 0 {
		return list.String()
	}
	return mapText(parent.element, list)
}

// noJoin says that no join has matches of right for left.
func (b *builder) noJoin(left, right reflect.Type) string {
	if b.config.Source != nil && !b.inputs.Has(right) {
		return "no join has " + right.String() + " on its right, and the source has no stream of it; add both"
	}
	return "no join has " + right.String() + " on its right; add " + b.exampleJoin(left, right)
}

func (b *builder) exampleJoin(left, right reflect.Type) string {
	return "leat.Join(func(" + left.String() + ") K, func(" + right.String() + ") K)"
}

// singleElement says why a parameter can't get a single element.
func (b *builder) singleElement(i int) parameter {
	t := b.t.In(i)
	if element(t) == b.tree.master.element {
		b.mistakes.Add("%s: the master comes by %s already; leave one out", b.parameterText(i), b.masterText)
		return nil
	}
	join := ""
	if b.joined(element(t)) == nil {
		join = ", and add " + b.exampleJoin(b.tree.master.element, element(t)) + ", since no join has it on its right"
	}
	b.mistakes.Add("%s: an element is joined with any number of matches, which come as a list; make it %s%s",
		b.parameterText(i), b.fit(reflect.SliceOf(t)), join)
	return nil
}

// checkTaken checks that the elements of a node reach the function.
func (b *builder) checkTaken(n *node) {
	if n.taken {
		return
	}
	b.mistakes.Add("%s: no parameter takes %s; add one of type %s, or leave the join out",
		n.join.Option, n, b.fit(reflect.SliceOf(n.element)))
}
