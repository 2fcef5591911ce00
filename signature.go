package leat

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"slices"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/engine"
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
	config *config
	fn     reflect.Value
	t      reflect.Type
	name   string // the function's, with its package
	at     place

	// inputs and sinkStreams are what the brokers declare, and outputs what results are written to.
	inputs, sinkStreams, outputs []broker.Stream
	tree                         *tree
	// master is the index of the parameter of the master, and masterText names it.
	master     int
	masterText string

	mistakes mistakes
}

func newBuilder(fn any, c *config) (*builder, error) {
	b := &builder{config: c, fn: reflect.ValueOf(fn), mistakes: c.mistakes}
	if fn == nil {
		return nil, fmt.Errorf("leat.New: a function is needed, got nil")
	}
	b.t = b.fn.Type()
	if b.t.Kind() != reflect.Func {
		return nil, fmt.Errorf("leat.New: a function is needed, got a value of type %v", b.t)
	}
	if b.fn.IsNil() {
		return nil, fmt.Errorf("leat.New: the function, a %v, is nil", b.t)
	}
	b.name, b.at = functionPlace(b.fn)
	if c.source != nil {
		b.inputs = c.source.Streams()
	}
	if c.sink != nil {
		b.sinkStreams = c.sink.Streams()
	}
	return b, nil
}

// build returns the spec; nil if there are mistakes.
func (b *builder) build() *engine.Spec {
	if b.config.source == nil && !b.config.given["Broker"] && !b.config.given["From"] {
		b.mistakes.add("there is no broker to read from; give leat.Broker, or leat.From and leat.To")
	}
	if b.t.IsVariadic() {
		last := b.t.NumIn() - 1
		b.mistakes.add("%s: a variadic parameter can't be joined; make it %v", b.parameterText(last), b.t.In(last))
		return nil
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
	root := b.spec(b.tree, b.tree.master)
	parameters := b.parameters(root)
	results, failing := b.results()
	name := b.config.name
	if name == "" {
		name = millName(b.name)
	}
	spec := &engine.Spec{
		Name:        name,
		Source:      b.config.source,
		Sink:        b.config.sink,
		Master:      root,
		Window:      window,
		Concurrency: b.config.concurrency,
		OnDisorder:  b.config.onDisorder.policy(),
		OnDecode:    b.config.onDecode.policy(),
		OnError:     b.config.onError.policy(),
		Logger:      b.config.logger.WithGroup("leat").With("mill", name),
	}
	b.letters(spec)
	spec.Outputs = b.outputs
	spec.NewFunction = newFunction(b.fn, parameters, results, failing)
	return spec
}

// letters finds the stream of letters where a policy needs it.
func (b *builder) letters(spec *engine.Spec) {
	policies := map[string]engine.Policy{
		"OnDisorder": spec.OnDisorder, "OnDecodeError": spec.OnDecode, "OnError": spec.OnError,
	}
	for _, option := range []string{"OnDisorder", "OnDecodeError", "OnError"} {
		if policies[option].Kind != engine.DeadLetter {
			continue
		}
		element := reflect.TypeFor[Letter]()
		if !b.hasOutput(element) {
			b.mistakes.add("leat.%s(leat.DeadLetter): the sink has no stream for letters; declare one of %v in it, "+
				"for example jsonfile.File[leat.Letter](\"letters.jsonl\")", option, element)
			continue
		}
		spec.Letter = letter
		spec.LetterOutput = b.output(element, "leat."+option+"(leat.DeadLetter)")
	}
}

// findMaster finds the parameter of the master, and returns its element type; nil where there is none.
//
// It is the first one that is an element, or a list of one where there is a window. What counts as an element is what
// has a stream or is joined; everything else may be meant to be injected.
func (b *builder) findMaster() reflect.Type {
	windowed := len(b.config.windows) > 0
	var wrong reflect.Type // would be the master, but for being a list or none
	at := -1
	for i := range b.t.NumIn() {
		t := b.t.In(i)
		single := element(t)
		var listed reflect.Type
		if t.Kind() == reflect.Slice {
			listed = element(t.Elem())
		}
		right, other := single, listed
		if windowed {
			right, other = listed, single
		}
		if right != nil && b.isElement(right) {
			return b.setMaster(i, right)
		}
		if wrong == nil && other != nil && b.isElement(other) {
			wrong, at = other, i
		}
	}
	b.noMaster(wrong, at, windowed)
	return nil
}

func (b *builder) setMaster(i int, element reflect.Type) reflect.Type {
	b.master, b.masterText = i, b.parameterText(i)
	return element
}

func (b *builder) isElement(t reflect.Type) bool {
	return t != recordType && (b.hasInput(t) || slices.ContainsFunc(b.config.joins, func(j *join) bool {
		return j.left == t || j.right == t
	}))
}

// noMaster says why there is no master: wrong is an element that comes as a list or not, but should be the other.
func (b *builder) noMaster(wrong reflect.Type, at int, windowed bool) {
	isRight := slices.ContainsFunc(b.config.joins, func(j *join) bool { return j.right == wrong })
	switch {
	case wrong != nil && windowed:
		b.mistakes.add("%s: a window hands the masters over as a list; make it []%v", b.parameterText(at), b.t.In(at))
	case wrong != nil && !isRight:
		b.mistakes.add("%s: without a window each master comes alone; make it %v, "+
			"or add leat.Window, leat.WindowEvery or leat.WindowCount", b.parameterText(at), b.t.In(at).Elem())
	case b.config.source == nil:
	default:
		b.mistakes.add("no parameter takes the master element: the first one%s must be of a type that has a stream, %s; "+
			"the source has %s", b.afterContext(), b.masterShape(windowed), streamList(b.inputs))
	}
}

func (b *builder) afterContext() string {
	if b.t.NumIn() > 0 && b.t.In(0) == contextType {
		return " after the context"
	}
	return ""
}

// masterShape gives an example of the master's parameter.
func (b *builder) masterShape(windowed bool) string {
	example := "M"
	for _, j := range b.config.joins {
		if !slices.ContainsFunc(b.config.joins, func(other *join) bool { return other.right == j.left }) {
			example = j.left.String()
		}
	}
	if example == "M" && len(b.inputs) > 0 {
		example = b.inputs[0].Type.String()
	}
	if windowed {
		example = "[]" + example
	}
	return "for example " + example
}

// parameterText names a parameter, as "parameter 2 ([]main.Video)".
func (b *builder) parameterText(i int) string {
	t := b.t.In(i).String()
	if b.t.IsVariadic() && i == b.t.NumIn()-1 {
		t = "..." + b.t.In(i).Elem().String()
	}
	return fmt.Sprintf("parameter %d (%s)", i+1, t)
}
