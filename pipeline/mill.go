package pipeline

import (
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/object"
	"github.com/leat-go/leat/pipeline/topic"
)

// A mill is what a description becomes: the join tree with its compiled keys, the window, and what is written.
type mill struct {
	// name is the file's without its ending, and file its path.
	name, file string
	master     *node
	output     site
	// outputName is the name of the stream that results go to.
	outputName string
	window     *window
	emit       []emitted
	kafka      *description.Kafka // nil where no stream is a topic
}

// window is the window of a pipeline: key is nil unless it has one.
type window struct {
	text description.Window
	key  *expression.Program
}

// build makes a mill. The phases come in the order in which a file's mistakes are told: names and the tree, keys, the window, emit.
func build(d *description.Description) (*mill, error) {
	base := filepath.Base(d.File)
	m := &mill{name: strings.TrimSuffix(base, filepath.Ext(base)), file: d.File, kafka: d.Kafka, outputName: d.Output.Value}
	var err error
	if m.master, m.output, err = newTree(d); err != nil {
		return nil, err
	}
	var streams []string
	for _, n := range m.master.all() {
		streams = append(streams, n.name)
	}
	for _, n := range m.master.all()[1:] {
		if err := n.compileKeys(streams); err != nil {
			return nil, err
		}
	}
	if err := m.compileWindow(d.Window); err != nil {
		return nil, err
	}
	if err := m.compileEmit(d.Emit); err != nil {
		return nil, err
	}
	for _, n := range m.master.all() {
		n.seal()
	}
	return m, nil
}

func (m *mill) compileWindow(w *description.Window) (err error) {
	if w == nil {
		return nil
	}
	m.window = &window{text: *w}
	if w.Key != nil {
		if err := m.onlyMaster(*w.Key); err != nil {
			return err
		}
		if m.window.key, err = expression.Compile(w.Key.Value, m.master.scope()); err != nil {
			return w.Key.Locate(err, 0)
		}
	}
	return nil
}

// onlyMaster refuses a window's key that is about another stream than the master.
func (m *mill) onlyMaster(key description.Text) error {
	root, err := expression.Parse(key.Value)
	if err != nil {
		return key.Locate(err, 0)
	}
	for _, name := range namesIn(root) {
		for _, n := range m.master.all()[1:] {
			if n.name == name.Value {
				return key.ErrorAt(name.Location().From, "a window is made of elements of the master, so it "+
					"can use %s, but not %s", m.master.name, n.name)
			}
		}
	}
	return nil
}

func (m *mill) compileEmit(members []description.EmitMember) error {
	for _, member := range members {
		program, err := expression.CompileRaw(member.Value.Value, callScope{m.master, m.window != nil})
		if err != nil {
			return member.Value.Locate(err, 0)
		}
		m.emit = append(m.emit, emitted{member.Name.Value, program})
	}
	return nil
}

// millOptions are the options of a run. The zero value is good for use.
type millOptions struct {
	// Logger gets what the run logs; nil stands for [slog.Default].
	Logger *slog.Logger
	// Stdin and Stdout are what the path "-" means; nil stands for [os.Stdin] and [os.Stdout].
	Stdin  io.Reader
	Stdout io.Writer
	// Instance is the name of this process in Kafka's group; empty for none.
	Instance string
	// Verify reads streams that end by themselves to their ends.
	Verify bool
}

// spec makes the engine's description, with streams where the layout says.
func (m *mill) spec(at layout, options *millOptions) *engine.Spec {
	nodes := map[*node]broker.Stream{}
	for _, n := range m.master.all() {
		s := stream(at.inputs[n], n.name, n.codec)
		s.Follow, s.DataTimeout = at.inputs[n].reading.Follow, at.inputs[n].reading.DataTimeout
		nodes[n] = s
	}
	logger := options.Logger
	if logger == nil {
		logger = slog.Default()
	}
	spec := &engine.Spec{
		Name:        m.name,
		Master:      m.master.spec(nodes),
		Outputs:     []broker.Stream{stream(at.output, "", object.Codec{})},
		NewFunction: m.function,
		Window:      m.window.spec(),
		Verify:      options.Verify,
		Logger:      logger,
	}
	m.setStorages(spec, at, options)
	return spec
}

func stream(at site, name string, c object.Codec) broker.Stream {
	s := broker.NewStream[object.Object](at.name)
	s.As = name
	s.Where = at.text.Location()
	s.MaxElement = at.reading.MaxElement
	if at.reading.Tombstones {
		s.Tombstones = object.TombstoneCodec{Codec: c}
	}
	s.Codec = c
	return s
}

func (n *node) spec(streams map[*node]broker.Stream) *engine.Node {
	spec := &engine.Node{Name: n.name, Stream: streams[n], On: n.on}
	if n.join != nil {
		spec.Unique = n.join.Unique
		spec.NewEdge = n.newEdge
	}
	for _, child := range n.children {
		spec.Children = append(spec.Children, child.spec(streams))
	}
	return spec
}

// newEdge makes the edge to the parent for one task.
func (n *node) newEdge() engine.Edge {
	left, right := expression.PairOf(n.left, n.right)
	left, right = engine.Nullable(left, expression.Key.IsNull), engine.Nullable(right, expression.Key.IsNull)
	return engine.KeyEdge(left, right, expression.Compare, n.join.Unique)()
}

// function makes the function for one goroutine.
func (m *mill) function() engine.Function {
	if m.emit == nil {
		return &joiner{master: m.master, window: m.window != nil}
	}
	return newEmitter(m.emit)
}

func (w *window) spec() *engine.Window {
	switch {
	case w == nil:
		return nil
	case w.key != nil:
		return &engine.Window{NewKey: w.newKey, Text: "by " + w.key.String()}
	case w.text.Every > 0:
		return &engine.Window{Every: w.text.Every, Text: fmt.Sprintf("every %v", w.text.Every)}
	}
	return &engine.Window{Count: w.text.Count, Text: fmt.Sprintf("of %d", w.text.Count)}
}

// newKey makes the function that tells for one task whether a master begins another window.
func (w *window) newKey() func(master any) (changed bool, err error) {
	key := expression.Single(w.key)
	var last expression.Key
	return func(master any) (bool, error) {
		next, err := key(master)
		if err != nil {
			return false, err
		}
		changed := last.Kind() != expression.Unknown && expression.Compare(last, next) != 0
		last = next
		return changed, nil
	}
}

// stopped says what becomes of the results of a run that was stopped from outside.
func (m *mill) stopped() string {
	spec := m.spec(m.layout(&topic.Cluster{}), &millOptions{}) // no password is needed
	switch {
	case m.output.topic:
		return "what was finished is committed, and the next run goes on behind it"
	case broker.GuaranteeOf(spec.Sink, spec.Outputs) == broker.AtEnd:
		return fmt.Sprintf("nothing was written to %s, and the next run begins where this one did", m.output.name)
	case m.readsTopics():
		return "what was written stays, and the next run goes on there, or a little before"
	}
	return "what was written stays, and the next run begins at the start"
}
