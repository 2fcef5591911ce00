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
		if b.config.sink != nil && !b.hasOutput(element) {
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
	root := b.joinRoot()
	first := b.firstElement(windowed)
	switch {
	case wrong != nil && windowed && (root == nil || wrong == root):
		b.mistakes.add("%s: a window hands the masters over as a list; make it []%v", b.parameterText(at), b.t.In(at))
	case wrong != nil && !windowed && (root == nil || wrong == root):
		b.mistakes.add("%s: without a window each master comes alone; make it %v, "+
			"or add leat.Window, leat.WindowEvery or leat.WindowCount", b.parameterText(at), b.t.In(at).Elem())
	case root != nil && windowed:
		b.mistakes.add("no parameter takes the masters, which the joins start from; add one of type []%v", root)
	case root != nil:
		b.mistakes.add("no parameter takes the master, which the joins start from; add one of type %v", root)
	case b.config.source == nil: // that is the mistake
	case first >= 0:
		b.mistakes.add("%s: the source has no stream of it; it has %s", b.parameterText(first), streamList(b.inputs))
	default:
		b.mistakes.add("no parameter takes the master element; add one of a type that has a stream: the source has %s",
			streamList(b.inputs))
	}
}

// joinRoot returns the type that is on the left of joins but never on the right; nil unless there is exactly one.
func (b *builder) joinRoot() reflect.Type {
	var root reflect.Type
	for _, j := range b.config.joins {
		isRight := slices.ContainsFunc(b.config.joins, func(other *join) bool { return other.right == j.left })
		switch {
		case isRight || j.left == root:
		case root != nil:
			return nil
		default:
			root = j.left
		}
	}
	return root
}

// firstElement returns the index of the first parameter that has the form of a master; -1 where there is none.
func (b *builder) firstElement(windowed bool) int {
	for i := range b.t.NumIn() {
		t := b.t.In(i)
		if windowed && t.Kind() == reflect.Slice {
			t = t.Elem()
		} else if windowed {
			continue
		}
		if t = element(t); t.Kind() == reflect.Struct && t != recordType && t != element(loggerType) {
			return i
		}
	}
	return -1
}

// parameterText names a parameter, as "parameter 2 ([]main.Video)".
func (b *builder) parameterText(i int) string {
	t := typeText(b.t.In(i))
	if b.t.IsVariadic() && i == b.t.NumIn()-1 {
		t = "..." + typeText(b.t.In(i).Elem())
	}
	return fmt.Sprintf("parameter %d (%s)", i+1, t)
}
