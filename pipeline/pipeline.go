// Package pipeline runs mills that are described in a YAML file instead of Go:
//
//	streams:                                  # every stream by its name; paths are relative to this file
//	  prev:  {file: robot-locations.json}
//	  next:  {file: robot-locations.json}
//	  speed: {file: robot-speed.json}
//	master: prev
//	join:
//	  - {left: prev, right: next, on: "prev.time + 10 == next.time"}
//	# window: "floor(prev.time / 30)"         # optional; also {every: 20s} and {count: 3}; a join may say unique: true
//	output: speed
//	emit:                                     # optional; without it the joined element itself is written
//	  time_from: prev.time
//	  time_to: next[0].time
//	  speed: "((next[0].x - prev.x) ** 2 + (next[0].y - prev.y) ** 2) ** 0.5"
//
// The joined element is the master's object with one more member for each child stream, named after the stream: the list
// of its matches, each again with its own children. An element that has a member of that name already is an error: give
// the stream another name. With a window it is an object with one member, named after the master: the list of the
// window's joined elements. Numbers keep their digits and members their order, in joined elements as in members of emit
// that are nothing but a path.
//
// Expressions are those of github.com/expr-lang/expr, with exact numbers: whole numbers never overflow, / divides
// exactly, and numbers compare as numbers whether they came out whole or floating. In emit, the master goes by its name
// (with a window: the list of its elements), each stream joined to it is the list of its matches, and streams further
// down are members of their parents: next[0].video[2].x. An item may be counted from the end, as in next[-1]. A member
// that is missing is an error, unless the expression provides for it: prev.x ?? 0.
//
// A path "-" is standard input or output. What the ends of file names mean is described in package broker/file.
//
// A stream may be a Kafka topic, {topic: robot-locations}, where the member kafka says how to reach Kafka:
//
//	kafka: {brokers: [localhost:9092]}
//
// The streams that are read are all files or all topics; the output is either. From topics to a topic results are there
// exactly once. A run ends at the end-of-stream marks, and the next one goes on behind them. [Pipeline.Demo] tries all that
// without a server. docs/pipeline.md has the other members of kafka.
package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/expression"
	"github.com/leat-go/leat/internal/plan"
	"github.com/leat-go/leat/pipeline/internal/object"
	"github.com/leat-go/leat/pipeline/topic"
)

// A Pipeline is a mill described in a file. Make one with [Load] or [Parse]. It is not changed by running, may be run
// again, and is safe for concurrent use.
type Pipeline struct {
	name   string
	dir    string // the file's
	file   string // its path
	text   []byte
	master *node
	output site
	// outputName is the name of the stream that results go to.
	outputName string
	window     *window
	emit       []emitted
	kafka      *kafkaText // nil where no stream is a topic
}

// window is the window of a pipeline: key is nil unless it has one.
type window struct {
	text windowText
	key  *expression.Program
}

// Load reads the pipeline file at path. Relative paths in it are relative to its directory. What is wrong with the file's
// contents is an [*Error].
func Load(path string) (*Pipeline, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, data)
}

// Parse is like [Load] with the file's contents given; name is the file's path, which need not exist.
func Parse(name string, data []byte) (*Pipeline, error) {
	data = bytes.TrimPrefix(data, []byte("\uFEFF")) // some editors begin a file with a byte order mark
	s := newSource(name, data[:min(len(data), maxFile)])
	d, err := s.describe(data)
	if err != nil {
		return nil, err
	}
	base := filepath.Base(name)
	p := &Pipeline{name: strings.TrimSuffix(base, filepath.Ext(base)), dir: filepath.Dir(name), file: name,
		text: bytes.Clone(data), kafka: d.kafka, outputName: d.output.value}
	if p.master, p.output, err = d.tree(s, p.dir); err != nil {
		return nil, err
	}
	var streams []string
	for _, n := range p.master.all() {
		streams = append(streams, n.name)
	}
	for _, n := range p.master.all()[1:] {
		if err := n.compileKeys(streams); err != nil {
			return nil, err
		}
	}
	if err := p.compileWindow(d.window); err != nil {
		return nil, err
	}
	if err := p.compileEmit(d.emit); err != nil {
		return nil, err
	}
	for _, n := range p.master.all() {
		n.seal()
	}
	return p, nil
}

func (p *Pipeline) compileWindow(w *windowText) (err error) {
	if w == nil {
		return nil
	}
	p.window = &window{text: *w}
	if w.key != nil {
		if err := p.onlyMaster(*w.key); err != nil {
			return err
		}
		if p.window.key, err = expression.Compile(w.key.value, p.master.scope()); err != nil {
			return w.key.locate(err, 0)
		}
	}
	return nil
}

// onlyMaster refuses a window's key that is about another stream than the master.
func (p *Pipeline) onlyMaster(key text) error {
	root, err := expression.Parse(key.value)
	if err != nil {
		return key.locate(err, 0)
	}
	for _, name := range namesIn(root) {
		for _, n := range p.master.all()[1:] {
			if n.name == name.Value {
				return key.source.errorAt(key.place(name.Location().From), "a window is made of elements of the master, so it "+
					"can use %s, but not %s", p.master.name, n.name)
			}
		}
	}
	return nil
}

func (p *Pipeline) compileEmit(members []emitText) error {
	for _, m := range members {
		program, err := expression.CompileRaw(m.value.value, callScope{p.master, p.window != nil})
		if err != nil {
			return m.value.locate(err, 0)
		}
		p.emit = append(p.emit, emitted{m.name.value, program})
	}
	return nil
}

// Options are the options of a run. The zero value is good for use.
type Options struct {
	// Logger gets what the run logs; nil stands for [slog.Default].
	Logger *slog.Logger
	// Stdin and Stdout are what the path "-" means; nil stands for [os.Stdin] and [os.Stdout].
	Stdin  io.Reader
	Stdout io.Writer
	// Instance is the name of this process in Kafka's group, see package broker/kafka; empty for none. It must be empty where no
	// stream is a topic.
	Instance string
	// Verify reads streams that end by themselves, such as files, to their ends when nothing more can be joined, and fails the
	// run where an element there can't be decoded or is out of order.
	Verify bool
	// Monitor, if it isn't nil, shows how far the run has come. It serves one run.
	Monitor *Monitor
}

// Run runs the pipeline until its streams have ended. It returns nil then; ctx's error after a clean stop; and the error
// that stopped it otherwise, with stream, partition and offset of the element that it is about.
func (p *Pipeline) Run(ctx context.Context, options Options) error {
	if options.Instance != "" && p.kafka == nil {
		return errors.New("an instance has a name in Kafka's group, but no stream of this pipeline is a topic")
	}
	cluster, err := p.cluster()
	if err != nil {
		return err
	}
	return p.run(ctx, p.layout(cluster), options)
}

// run runs the pipeline with its streams where the layout says.
func (p *Pipeline) run(ctx context.Context, at layout, options Options) error {
	monitor := options.Monitor
	if monitor == nil {
		monitor = &Monitor{}
	}
	monitor.topics.Store(at.inputs[p.master].topic)
	monitor.stats.TimeCalls, monitor.stats.KeepRecent = monitor.Watched, monitor.Watched
	return hinted(engine.Run(ctx, p.spec(at, options), &monitor.stats))
}

// Stopped says what becomes of the results of a run that was stopped from outside.
func (p *Pipeline) Stopped() string {
	spec := p.spec(p.layout(&topic.Cluster{}), Options{}) // no password is needed
	switch {
	case p.output.topic:
		return "what was finished is committed, and the next run goes on behind it"
	case broker.GuaranteeOf(spec.Sink, spec.Outputs) == broker.AtEnd:
		return fmt.Sprintf("nothing was written to %s, and the next run begins where this one did", p.output.name)
	case p.ReadsKafka():
		return "what was written stays, and the next run goes on there, or a little before"
	}
	return "what was written stays, and the next run begins at the start"
}

// WritesStdout reports whether results go to standard output.
func (p *Pipeline) WritesStdout() bool { return !p.output.topic && p.output.name == standard }

// Plan describes the pipeline's join tree: it prints it as text, Mermaid and DOT.
func (p *Pipeline) Plan() plan.Plan {
	// A plan needs no password.
	return plan.Of(p.spec(p.layout(&topic.Cluster{}), Options{}))
}

// spec makes the engine's description, with streams where the layout says.
func (p *Pipeline) spec(at layout, options Options) *engine.Spec {
	nodes := map[*node]broker.Stream{}
	for _, n := range p.master.all() {
		s := stream(at.inputs[n], n.name, n.codec)
		s.Follow, s.DataTimeout = at.inputs[n].reading.follow, at.inputs[n].reading.dataTimeout
		nodes[n] = s
	}
	logger := options.Logger
	if logger == nil {
		logger = slog.Default()
	}
	spec := &engine.Spec{
		Name:        p.name,
		Master:      p.master.spec(nodes),
		Outputs:     []broker.Stream{stream(at.output, "", object.Codec{})},
		NewFunction: p.function,
		Window:      p.window.spec(),
		Verify:      options.Verify,
		Logger:      logger,
	}
	p.setStorages(spec, at, options)
	return spec
}

func stream(at site, name string, c object.Codec) broker.Stream {
	s := broker.NewStream[object.Object](at.name)
	s.As = name
	s.Where = at.text.where()
	s.MaxElement = at.reading.maxElement
	if at.reading.tombstones {
		s.Tombstones = object.TombstoneCodec{Codec: c}
	}
	s.Codec = c
	return s
}

func (n *node) spec(streams map[*node]broker.Stream) *engine.Node {
	spec := &engine.Node{Name: n.name, Stream: streams[n], On: n.on}
	if n.join != nil {
		spec.Unique = n.join.unique
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
	return engine.KeyEdge(left, right, expression.Compare, n.join.unique)()
}

// function makes the function for one goroutine.
func (p *Pipeline) function() engine.Function {
	if p.emit == nil {
		return &joiner{master: p.master, window: p.window != nil}
	}
	return newEmitter(p.emit)
}

func (w *window) spec() *engine.Window {
	switch {
	case w == nil:
		return nil
	case w.key != nil:
		return &engine.Window{NewKey: w.newKey, Text: "by " + w.key.String()}
	case w.text.every > 0:
		return &engine.Window{Every: w.text.every, Text: fmt.Sprintf("every %v", w.text.every)}
	}
	return &engine.Window{Count: w.text.count, Text: fmt.Sprintf("of %d", w.text.count)}
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
