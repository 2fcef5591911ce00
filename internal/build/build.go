// Package build makes what the engine runs of a function and of what the options said. This file is the order in which
// that happens, and the order in which mistakes are reported; each phase is a room of its own, or a file of this one.
package build

import (
	"reflect"
	"strings"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/call"
	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/jointree"
	"github.com/leat-go/leat/internal/mistake"
	"github.com/leat-go/leat/internal/signature"
)

// Spec returns the spec of a mill. fn is a function, or a [call.Typed]. All mistakes are one error, so that a user sees
// them at once; what depends on something that is wrong already isn't looked at.
func Spec(fn any, m *declaration.Mill) (*engine.Spec, error) {
	f, err := functionOf(fn)
	if err != nil {
		return nil, err
	}
	m.CheckStreams()
	b := &builder{declared: m, function: f, inputs: m.Inputs(), sinkStreams: m.Outputs(), injector: call.NewInjector(m),
		mistakes: m.Mistakes}
	spec := b.build()
	return spec, b.mistakes.Err("leat.New: " + f.name + f.at.Suffix())
}

// A builder collects what a mill's spec is made of, and the mistakes.
type builder struct {
	declared *declaration.Mill
	function *function
	// inputs and sinkStreams are what the storages declare, and outputs what results are written to.
	inputs, sinkStreams declaration.Streams
	outputs             []broker.Stream
	injector            *call.Injector
	tree                *jointree.Tree
	mistakes            mistake.List
}

// A form is one of the two forms of functions: one with parameters, or a typed one over a struct. Its methods are
// called in their order.
type form interface {
	// read reads the signature, and returns the element type of the master; nil where nothing can be made of it.
	read(b *builder, facts *signature.Facts) (master reflect.Type)
	// joinTree returns the join tree; nil where there are mistakes.
	joinTree(b *builder, declared *jointree.Declared) *jointree.Tree
	// arguments finds what each parameter, or field, gets.
	arguments(b *builder)
	// results returns the results, without their error.
	results() []signature.Result
	// newFunction returns a constructor of functions for the engine.
	newFunction(b *builder, results []call.Result) func() engine.Function
}

// build goes through the phases. It returns nil where there is nothing to make a spec of.
func (b *builder) build() *engine.Spec {
	if b.declared.LacksSource() {
		b.mistakes.Add("there is no broker to read from; give leat.Broker, or leat.From and leat.To")
	}
	form := b.function.form

	// The signature says what is joined, and the window has to be of that.
	master := form.read(b, b.facts())
	window := b.window(master)
	if master == nil {
		return nil
	}

	// The joins and the signature make the tree. Its nodes find their streams, and their keys are compiled.
	if b.tree = form.joinTree(b, b.joins()); b.tree == nil {
		return nil
	}
	root := b.node(b.tree.Master)
	b.add(b.tree.CheckSorts(b.declared.Sorts))
	b.add(b.tree.CheckIdles(b.declared.Idles, b.declared.Sorts))
	b.add(b.tree.CheckSettings(b.declared.NodeSettings))

	// Each parameter gets its elements or its value, and nothing that was declared is left over.
	form.arguments(b)
	b.add(b.injector.Unused(b.function.taker))

	// Results, letters and unmatched elements find their streams.
	results := b.results(form.results())
	spec := b.settings()
	b.letters(spec)
	b.unmatched(spec)

	spec.Master, spec.Window, spec.Outputs = root, window, b.outputs
	if len(b.outputs) == 0 && b.declared.OneBroker() {
		spec.Sink = nil // the source keeps the positions; a storage can't write to no stream
	}
	spec.NewFunction = form.newFunction(b, results)
	return spec
}

func (b *builder) add(mistakes mistake.List) { b.mistakes = append(b.mistakes, mistakes...) }

// facts returns what the options and storages say of types.
func (b *builder) facts() *signature.Facts {
	m := b.declared
	facts := &signature.Facts{
		Record:    m.Public.Record,
		Source:    m.Source != nil,
		Inputs:    b.inputs.Types(),
		InputText: b.inputs.String(),
		Outputs:   b.sinkStreams.Types(),
		Windowed:  len(m.Windows) > 0,
		Inject:    b.injector.Value,
	}
	if facts.Windowed {
		facts.WindowOver = m.Windows[0].Master
	}
	for _, j := range m.Joins {
		facts.Joins = append(facts.Joins, signature.Join{Left: j.Left, Right: j.Right, TakesOne: j.Take != engine.TakeAll})
	}
	for _, p := range m.Provided {
		facts.Provided = append(facts.Provided, p.Value.Type())
	}
	return facts
}

// joins returns what the tree is made of.
func (b *builder) joins() *jointree.Declared {
	m := b.declared
	return &jointree.Declared{Joins: m.Joins, Windowed: len(m.Windows) > 0, Source: m.Source != nil, Inputs: b.inputs}
}

// settings returns a spec with what is taken from the options as it is.
func (b *builder) settings() *engine.Spec {
	m := b.declared
	name := m.Name
	if name == "" {
		_, name, _ = strings.Cut(b.function.name, ".")
		name = strings.NewReplacer("(", "", ")", "", "*", "").Replace(name)
	}
	return &engine.Spec{
		Name:        name,
		Source:      m.Source,
		Sink:        m.Sink,
		Concurrency: m.Concurrency,
		Pace:        m.Pace,
		Verify:      m.Verify,
		OnDisorder:  m.OnDisorder,
		OnDecode:    m.OnDecode,
		OnError:     m.OnError,
		Observers:   m.Observers,
		Logger:      m.Logger.WithGroup("leat").With("mill", name),
	}
}
