package leat

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"strings"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/declaration"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/mistake"
)

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
	loggerType  = reflect.TypeFor[*slog.Logger]()
	recordType  = reflect.TypeFor[Record]()
)

// A builder reads a function's signature and makes a mill's spec of it. All mistakes are collected, so that a user sees
// them at once; what depends on something that is wrong already isn't looked at.
type builder struct {
	config *declaration.Mill
	// typed is set for a function made by Typed.
	typed typedFunction
	fn    reflect.Value
	t     reflect.Type
	name  string // the function's, with its package
	at    mistake.Place

	// inputs and sinkStreams are what the brokers declare, and outputs what results are written to.
	inputs, sinkStreams declaration.Streams
	outputs             []broker.Stream
	tree                *tree
	// master is the index of the parameter of the master, and masterText names it.
	master     int
	masterText string

	mistakes mistake.List
}

func newBuilder(fn any, c *declaration.Mill) (*builder, error) {
	b := &builder{config: c}
	if t, ok := fn.(TypedFunc); ok {
		if t.fn == nil {
			return nil, fmt.Errorf("leat.New: a function is needed, got an empty leat.TypedFunc; make one by leat.Typed")
		}
		b.typed, fn = t.fn, t.fn.function()
	}
	if fn == nil {
		return nil, fmt.Errorf("leat.New: a function is needed, got nil")
	}
	b.fn = reflect.ValueOf(fn)
	b.t = b.fn.Type()
	if b.t.Kind() != reflect.Func {
		return nil, fmt.Errorf("leat.New: a function is needed, got a value of type %v", b.t)
	}
	if b.fn.IsNil() {
		return nil, fmt.Errorf("leat.New: the function, a %v, is nil", b.t)
	}
	b.name, b.at = mistake.Function(b.fn)
	c.CheckStreams()
	b.inputs, b.sinkStreams, b.mistakes = c.Inputs(), c.Outputs(), c.Mistakes
	return b, nil
}

// build returns the spec; nil if there are mistakes.
func (b *builder) build() *engine.Spec {
	if b.config.LacksSource() {
		b.mistakes.Add("there is no broker to read from; give leat.Broker, or leat.From and leat.To")
	}
	if b.typed != nil {
		return b.buildTyped()
	}
	master := b.findMaster()
	window := b.window(master)
	if master == nil {
		return nil
	}
	b.tree = b.newTree(master)
	if b.tree == nil {
		return nil
	}
	spec := b.settings()
	spec.Window = window
	spec.Master = b.spec(b.tree, b.tree.master)
	parameters := b.parameters(spec.Master)
	results, failing := b.results()
	b.letters(spec)
	b.unmatched(spec)
	spec.Outputs = b.outputs
	spec.NewFunction = newFunction(b.fn, parameters, results, failing)
	return spec
}

// millName returns the mill's name for a function that is called name.
func millName(name string) string {
	_, name, _ = strings.Cut(name, ".")
	return strings.NewReplacer("(", "", ")", "", "*", "").Replace(name)
}

// settings returns a spec with what is taken from the options as it is.
func (b *builder) settings() *engine.Spec {
	name := b.config.Name
	if name == "" {
		name = millName(b.name)
	}
	return &engine.Spec{
		Name:        name,
		Source:      b.config.Source,
		Sink:        b.config.Sink,
		Concurrency: b.config.Concurrency,
		Verify:      b.config.Verify,
		OnDisorder:  b.config.OnDisorder,
		OnDecode:    b.config.OnDecode,
		OnError:     b.config.OnError,
		Observers:   b.config.Observers,
		Logger:      b.config.Logger.WithGroup("leat").With("mill", name),
	}
}

// parameterText names a parameter, as "parameter 2 ([]main.Video)".
func (b *builder) parameterText(i int) string {
	t := mistake.Type(b.t.In(i))
	if b.t.IsVariadic() && i == b.t.NumIn()-1 {
		t = "..." + mistake.Type(b.t.In(i).Elem())
	}
	return fmt.Sprintf("parameter %d (%s)", i+1, t)
}
