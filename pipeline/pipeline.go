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
// The joined element is the master's object with one more member for each child stream, named after the stream: the
// list of its matches, each again with its own children. An element that has a member of that name already is an error:
// give the stream another name. With a window it is an object with one member, named after the master: the list of the
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
// A stream may lie in another storage, {postgres: {table: orders}}, where the member of that name at the top says how it
// is reached, and [Load] is given the storage. The records of a topic may be in Avro, Protobuf, or JSON with the id of its
// schema, {topic: orders, format: avro}, where [Load] is given the format.
//
// The streams that are read lie all in one storage; the output lies in any. From topics to a topic results are there
// exactly once. A run ends at the end-of-stream marks, and the next one goes on behind them. [Pipeline.Demo] tries all
// that without a server. docs/pipeline.md has the other members of kafka.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/internal/plan"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/diagnosis"
	"github.com/leat-go/leat/pipeline/internal/format"
	"github.com/leat-go/leat/pipeline/internal/mill"
	"github.com/leat-go/leat/pipeline/internal/storage"
	"github.com/leat-go/leat/pipeline/topic"
)

// A Pipeline is a mill described in a file. Make one with [Load] or [Parse]. It is not changed by running, may be run
// again, and is safe for concurrent use.
type Pipeline struct {
	description *description.Description
	storages    []Storage
	formats     []Format
	mill        *mill.Mill
}

// A Storage is a kind of storage that pipeline files may name beside files and Kafka. Each is made by a package of its
// own, such as pipeline/postgres, so that a program carries only the drivers that it uses. It is safe for concurrent use.
type Storage = storage.Kind

// A Format is a format that the records of topics may have in pipeline files beside JSON. Each is made by a package of its
// own: pipeline/avro, pipeline/protobuf and pipeline/jsonschema. It is safe for concurrent use.
type Format = format.Kind

// A Part is a [Storage] or a [Format].
type Part interface {
	// Name is what pipeline files call it.
	Name() string
}

// Load reads the pipeline file at path, which may name files, Kafka, and the storages and formats given. Relative paths in
// it are relative to its directory. ${NAME} and ${NAME:-default} in its values are environment variables. What is wrong with
// the file's contents is an [*Error].
func Load(path string, parts ...Part) (*Pipeline, error) {
	return LoadSet(path, nil, parts...)
}

// LoadSet is like [Load], with members of the file set by settings: PATH=VALUE, where a path consists of names of members
// and numbers of list items, from zero, with dots between them, as in streams.orders.file=orders.csv and
// join.0.within={before: 5, after: 0}. A value that begins with a bracket, a brace or a quote is YAML, all else a text.
func LoadSet(path string, settings []string, parts ...Part) (*Pipeline, error) {
	p, err := newPipeline(parts)
	if err != nil {
		return nil, err
	}
	d, err := description.Load(path, settings, names(p.storages)...)
	return p.build(d, err)
}

// Parse is like [Load] with the file's contents given; name is the file's path, which need not exist.
func Parse(name string, data []byte, parts ...Part) (*Pipeline, error) {
	p, err := newPipeline(parts)
	if err != nil {
		return nil, err
	}
	d, err := description.Parse(name, data, names(p.storages)...)
	return p.build(d, err)
}

func names(storages []Storage) (names []string) {
	for _, s := range storages {
		names = append(names, s.Name())
	}
	return names
}

// newPipeline returns a pipeline that knows its parts.
func newPipeline(parts []Part) (*Pipeline, error) {
	p := &Pipeline{}
	for _, part := range parts {
		switch kind := part.(type) {
		case Storage:
			p.storages = append(p.storages, kind)
		case Format:
			p.formats = append(p.formats, kind)
		default:
			return nil, fmt.Errorf("a %T is neither a storage nor a format of pipeline files", part)
		}
	}
	return p, nil
}

func (p *Pipeline) build(d *description.Description, err error) (*Pipeline, error) {
	if err != nil {
		return nil, err
	}
	p.description = d
	p.mill, err = p.ownMill()
	if err != nil {
		return nil, err
	}
	return p, nil
}

// ownMill returns a mill that nobody else uses, so that more expressions can be compiled for its elements.
func (p *Pipeline) ownMill() (*mill.Mill, error) {
	return mill.Build(p.description, p.storages, p.formats)
}

// Options are the options of a run. The zero value is good for use.
type Options struct {
	// Logger gets what the run logs; nil stands for [slog.Default].
	Logger *slog.Logger
	// Stdin and Stdout are what the path "-" means; nil stands for [os.Stdin] and [os.Stdout].
	Stdin  io.Reader
	Stdout io.Writer
	// Instance is the name of this process in Kafka's group, see package broker/kafka; empty for none. It must be empty
	// where no stream is a topic.
	Instance string
	// Verify reads streams that end by themselves, such as files, to their ends when nothing more can be joined, and fails
	// the run where an element there can't be decoded or is out of order.
	Verify bool
	// Limit ends the session once there are so many results, as a function does that returns leat.EndOfStream: where
	// positions are kept, the next run passes over the rest of the session. Zero stands for no limit. Where the
	// streams have several partitions there may be a few more: those of calls that were under way.
	Limit int64
	// Monitor, if it isn't nil, shows how far the run has come. It serves one run.
	Monitor *Monitor
	// mostSorted is how much Check reads of a file that is put in order as a whole; zero for sample.MostSorted.
	mostSorted int
}

// ofMill returns the options that a mill has.
func (o *Options) ofMill() *mill.Options {
	return &mill.Options{Logger: o.Logger, Stdin: o.Stdin, Stdout: o.Stdout, Instance: o.Instance, Verify: o.Verify}
}

// Run runs the pipeline until its streams have ended. It returns nil then; ctx's error after a clean stop; and the
// error that stopped it otherwise, with stream, partition and offset of the element that it is about.
func (p *Pipeline) Run(ctx context.Context, options Options) error {
	if options.Instance != "" && !p.UsesKafka() {
		return errors.New("an instance has a name in Kafka's group, but no stream of this pipeline is a topic")
	}
	cluster, err := p.mill.Cluster()
	if err != nil {
		return err
	}
	return p.run(ctx, p.mill.Layout(cluster), options)
}

// run runs the pipeline with its streams where the layout says.
func (p *Pipeline) run(ctx context.Context, at mill.Layout, options Options) error {
	return p.start(ctx, at, options, nil)
}

// start runs the pipeline, whose description may be changed before.
func (p *Pipeline) start(ctx context.Context, at mill.Layout, options Options, change func(*engine.Spec)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	at.Session = p.mill.Session(ctx)
	var err error
	if at.AvroSchema, err = p.mill.AvroSchema(); err != nil {
		return err
	}
	monitor := options.Monitor
	if monitor == nil {
		monitor = &Monitor{}
	}
	monitor.mill.Store(p.mill)
	monitor.topics.Store(at.Inputs[p.mill.Master].Topic)
	monitor.stats.TimeCalls, monitor.stats.KeepRecent = monitor.Watched, monitor.Watched
	spec := p.mill.Spec(at, options.ofMill())
	if options.Limit > 0 {
		limit(spec, options.Limit)
	}
	if change != nil {
		change(spec)
	}
	return diagnosis.AddHint(p.mill.Locate(engine.Run(ctx, spec, &monitor.stats)))
}

// Stopped says what becomes of the results of a run that was stopped from outside.
func (p *Pipeline) Stopped() string { return p.mill.Stopped() }

// WritesStdout reports whether results go to standard output.
func (p *Pipeline) WritesStdout() bool { return p.mill.Output.IsStandard() }

// WritesCells reports whether results are written as rows of cells, such as CSV.
func (p *Pipeline) WritesCells() bool {
	return p.mill.Output.CSV != nil
}

// KeepsPositions reports whether the next run goes on behind this one: the output's storage keeps positions, or that of
// the streams does.
func (p *Pipeline) KeepsPositions() bool {
	return !p.mill.Output.IsFile() || !p.mill.Master.Stream.IsFile()
}

// ReadsKafka reports whether the streams that are read are topics.
func (p *Pipeline) ReadsKafka() bool { return p.mill.ReadsTopics() }

// UsesKafka reports whether any stream is a topic.
func (p *Pipeline) UsesKafka() bool { return p.mill.UsesTopics() }

// Plan describes the pipeline's join tree: it prints it as text, Mermaid and DOT.
func (p *Pipeline) Plan() plan.Plan {
	// A plan needs no password.
	return plan.Of(p.mill.Spec(p.mill.Layout(&topic.Cluster{}), &mill.Options{}))
}
