package mill

import (
	"io"
	"log/slog"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/pipeline/internal/format"
	"github.com/leat-go/leat/pipeline/internal/object"
)

// Options are the options of a run. The zero value is good for use.
type Options struct {
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

// Spec makes the engine's description, with streams where the layout says.
func (m *Mill) Spec(at Layout, options *Options) *engine.Spec {
	nodes := map[*Node]broker.Stream{}
	typed := map[*Node]cameIn{}
	for _, n := range m.Master.All() {
		s := stream(at.Inputs[n], n.Name, n.Codec, at.Session)
		s.Follow, s.DataTimeout = at.Inputs[n].Reading.Follow, at.Inputs[n].Reading.DataTimeout
		if keys := n.keyDecoder(at.Inputs[n], at.Session); keys != nil {
			s.Codec, typed[n] = keyedCodec{s.Codec, keys}, object.CameInBy(keys.decode)
		}
		m.need(n, &s)
		nodes[n] = s
	}
	logger := options.Logger
	if logger == nil {
		logger = slog.Default()
	}
	spec := &engine.Spec{
		Name:        m.Name,
		Master:      m.Master.spec(nodes, typed),
		NewFunction: m.NewFunction,
		Window:      m.Window.spec(),
		Verify:      options.Verify,
		Logger:      logger,
	}
	m.setHandling(spec, at)
	m.setStorages(spec, at, options)
	return spec
}

// output returns how the output is declared to its storage: the members of emit are the columns of a file that has some.
func (m *Mill) output(layout Layout) broker.Stream {
	at := layout.Output
	s := stream(at, "", object.Codec{}, layout.Session)
	m.declare(&s, at, layout.Session)
	if at.isAvroFile() {
		s.Format = m.avroOptions(at.Avro, layout.AvroSchema)
	}
	if at.IsFile() && file.IsTable(s) {
		for _, member := range m.Emit {
			s.Members = append(s.Members, member.Name)
		}
	}
	if !at.IsFile() || !file.HasCells(s) || len(m.Emit) == 0 {
		return s
	}
	d, _ := s.Format.(file.Dialect)
	if d.Columns == nil {
		for _, member := range m.Emit {
			d.Columns = append(d.Columns, member.Name)
		}
		s.Format = d
	}
	return s
}

// Declared returns how a node's stream is declared to its storage.
func (n *Node) Declared() broker.Stream { return stream(n.Stream, n.Name, n.Codec, nil) }

func stream(at Stream, name string, c object.Codec, session *format.Session) broker.Stream {
	if at.Value != nil {
		c = c.Of(at.Value.In(session))
	}
	s := broker.NewStream[object.Object](at.Name)
	s.As = name
	if s.Where = at.Text.Location(); s.Where == "" && at.IsFile() {
		s.Type = nil // messages name the file, which no pipeline file declares
	}
	s.Several = at.Several
	s.MaxElement = at.Reading.MaxElement
	if at.CSV != nil {
		s.Format = *at.CSV
	}
	if at.Parquet != nil {
		s.Format = *at.Parquet
	}
	if at.Reading.Tombstones {
		s.Tombstones = object.TombstoneCodec{Codec: c, Keys: at.keyCodec(session)}
	}
	s.Codec = c
	return s
}

// A cameIn tells elements the records that they came in.
type cameIn func(elements []any, records []broker.Record, partition int)

func (n *Node) spec(streams map[*Node]broker.Stream, typed map[*Node]cameIn) *engine.Node {
	spec := &engine.Node{Name: n.Name, Stream: streams[n], On: n.On, Sort: n.Sort, Copied: true}
	if n.Stream.Reading.Idle != nil {
		spec.Idle = engine.IdleAfter(n.Stream.Reading.Idle.After)
	}
	if n.where != nil {
		spec.AddWhere(n.TakesPart, n.where.String())
	}
	if n.records.Asked {
		spec.CameIn = object.CameIn
	}
	if typed[n] != nil {
		spec.CameIn = typed[n]
	}
	if n.Join != nil {
		n.options.Describe(spec)
		spec.NewEdge = n.newEdge
	}
	for _, child := range n.Children {
		spec.Children = append(spec.Children, child.spec(streams, typed))
	}
	return spec
}

// NewFunction makes the function for one goroutine.
func (m *Mill) NewFunction() engine.Function {
	var f engine.Function = &joiner{master: m.Master, window: m.Window != nil}
	if m.Emit != nil {
		f = newEmitter(m.Emit)
	}
	if m.where != nil {
		f = &conditional{f, m.where.Clone()}
	}
	return f
}

// CanFail reports whether the function may fail.
func (m *Mill) CanFail() bool { return m.Emit != nil || m.where != nil }
