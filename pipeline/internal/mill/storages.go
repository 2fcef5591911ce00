package mill

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/file/avro"
	"github.com/leat-go/leat/broker/file/parquet"
	"github.com/leat-go/leat/broker/file/zstd"
	"github.com/leat-go/leat/broker/kafka"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/internal/format"
	"github.com/leat-go/leat/pipeline/internal/storage"
	"github.com/leat-go/leat/pipeline/topic"
)

// checkStorages refuses what can't be read or written together.
func checkStorages(d *description.Description, kinds []storage.Kind, master *Node, written []Written) error {
	for _, n := range master.All() {
		for _, w := range written {
			if err := checkInput(master, n, w.Stream); err != nil {
				return err
			}
		}
	}
	for _, w := range written {
		if err := checkOutput(d, w); err != nil {
			return err
		}
		if err := checkFollowed(master, w.Stream); err != nil {
			return err
		}
	}
	if err := checkReached(d, kinds); err != nil {
		return err
	}
	if err := checkWritten(written); err != nil {
		return err
	}
	if err := checkHandling(d); err != nil {
		return err
	}
	if err := checkOnError(d); err != nil {
		return err
	}
	return checkCommit(d, written)
}

// checkInput refuses a stream that can't be read beside the master's, or with the output.
func checkInput(master, n *Node, output Stream) error {
	at := n.Stream
	switch {
	case at.Several && file.CheckPattern(at.Name) != nil:
		return at.Text.Errorf("%s: %v", at.Text.Value, file.CheckPattern(at.Name))
	case at.Several && at.Reading.Follow:
		return at.Text.Errorf("the files of a pattern can't be followed, since their names don't tell which of them grows: " +
			"take follow out; where the output keeps positions, the next run reads what has come since, new files among it")
	case at.Several && output.IsFile() && file.Matches(at.Name, output.Name):
		return output.Text.Errorf("the pattern %s, which is read as %q, matches the output, so that the next run would read the "+
			"results: write them to another directory, or under another name", at.Text.Value, n.Name)
	case at.Avro != nil:
		return at.Avro.Name.Errorf("avro says how a file is written, but %q is read: take it out", n.Name)
	case at.Parquet != nil:
		return at.Text.Errorf("parquet says how a file is written, but %q is read: take it out", n.Name)
	case at.where() != master.Stream.where():
		return at.Text.Errorf("the streams that are read must be all in one storage, but %q is %s and %q %s: %s", master.Name,
			master.Stream.what(), n.Name, at.what(), bringTogether(at, master.Stream))
	case at.Stored != nil && at.Stored.OnlyWritten != nil:
		return at.Stored.OnlyWritten.Errorf("%s says how results are written, but %q is read: take it out",
			at.Stored.OnlyWritten.Value, n.Name)
	case at.where() != output.where():
		return nil
	case at.IsFile() && sameFile(at.Name, output.Name):
		return output.Text.Errorf("the file %s is read as %q, and results would replace it: write them to another file",
			at.Text.Value, n.Name)
	case !at.IsFile() && at.Name == output.Name:
		return output.Text.Errorf("the %s %q is read as %q, so results can't be written to it: they would be read again",
			at.noun(), at.Name, n.Name)
	}
	return nil
}

// bringTogether says how streams get into one storage.
func bringTogether(a, b Stream) string {
	if a.Topic && b.IsFile() || a.IsFile() && b.Topic {
		return "load the file into a topic, as by leat topic load --end FILE TOPIC"
	}
	return "copy one of them over by a pipeline file without a join"
}

// where names the storage of a stream; what says what the stream is, and noun what it is called there.
func (s Stream) where() string {
	switch {
	case s.Topic:
		return "kafka"
	case s.Stored != nil:
		return s.Storage
	}
	return "file"
}

func (s Stream) what() string {
	switch {
	case s.Topic:
		return "a topic"
	case s.Stored != nil:
		return "in " + s.Storage
	}
	return "a file"
}

func (s Stream) noun() string {
	if s.Topic {
		return "topic"
	}
	noun, _, _ := strings.Cut(s.Stored.Called, " ")
	return noun
}

// checkOutput refuses an output whose members say how it is read.
func checkOutput(d *description.Description, w Written) error {
	if stored := w.Stream.Stored; stored != nil && stored.OnlyRead != nil {
		return stored.OnlyRead.Errorf("%s says what is read, and how, but results are written to %q: take it out",
			stored.OnlyRead.Value, w.Name.Value)
	}
	if w.Stream.Several {
		return w.Stream.Text.Errorf("results go to one file, and %s is a pattern of several, since it has * or ? in it: give "+
			"the file a name without", w.Stream.Text.Value)
	}
	if err := w.Stream.checkAvro(); err != nil {
		return err
	}
	for _, stream := range d.Streams {
		switch {
		case stream.Name.Value != w.Name.Value:
		case stream.ParquetAt != nil && !strings.HasSuffix(strings.ToLower(stream.Address.Value), ".parquet"):
			return stream.ParquetAt.Errorf("parquet says how a Parquet file is written, and the name of this one ends " +
				"otherwise: name it .parquet, or take parquet out")
		case stream.ReadingAt != nil:
			return stream.ReadingAt.Errorf("%s says how a stream is read, but results are written to %q: take it out",
				stream.ReadingAt.Value, stream.Name.Value)
		case stream.Demo.Value != "":
			return stream.Demo.Errorf("results are written to the stream %q, so nothing is loaded into it: take demo out",
				stream.Name.Value)
		}
	}
	return nil
}

// checkReached refuses streams of storages that the file doesn't say how to reach, and storages without streams.
func checkReached(d *description.Description, kinds []storage.Kind) error {
	used := map[string]bool{}
	for _, stream := range d.Streams {
		if used[stream.Storage] = true; stream.Topic {
			used["kafka"] = true
		}
		switch {
		case stream.Topic && d.Kafka == nil:
			return stream.Address.Errorf("%q is a topic, but the file doesn't say where Kafka is: add "+
				"kafka: {brokers: [localhost:9092]}", stream.Address.Value)
		case stream.Storage != "" && d.Storages[stream.Storage] == nil:
			return stream.Address.Errorf("%q is in %s, but the file doesn't say how that is reached: add, at its top, %s",
				stream.Name.Value, stream.Storage, kindOf(kinds, stream.Storage).Example())
		}
	}
	if d.Kafka != nil && !used["kafka"] {
		return d.Kafka.Name.Errorf("no stream is a topic, so Kafka isn't used: take kafka out, or give streams as " +
			"{topic: NAME}")
	}
	for _, k := range kinds {
		if section := d.Storages[k.Name()]; section != nil && !used[k.Name()] {
			return section.Name.Errorf("no stream is in %s: take it out, or give streams as {%[1]s: {…}}", k.Name())
		}
	}
	return nil
}

// checkFollowed refuses an output file where no session ends.
func checkFollowed(master *Node, output Stream) error {
	endless := true
	for _, n := range master.All() {
		r := n.Stream.Reading
		endless = endless && r.Follow && r.DataTimeout == 0
	}
	if endless && output.appearsAtEnd() {
		return output.Text.Errorf("an output file appears when the session ends, but all streams are followed for ever: "+
			"write to standard output, {file: \"-\"}, which gets results as they come, as in leat run FILE > %s, "+
			"or give a stream a data_timeout", filepath.Base(output.Text.Value))
	}
	return nil
}

// ReadsTopics reports whether the streams that are read are topics.
func (m *Mill) ReadsTopics() bool { return m.Master.Stream.Topic }

// UsesTopics reports whether any stream is a topic.
func (m *Mill) UsesTopics() bool { return m.Kafka != nil }

// UsesStorages reports whether any stream lies in a storage other than files and Kafka.
func (m *Mill) UsesStorages() bool { return len(m.connections) > 0 }

// Cluster returns how to reach Kafka, with certificates and passwords; nil where it isn't used.
func (m *Mill) Cluster() (*topic.Cluster, error) {
	if m.Kafka == nil {
		return nil, nil
	}
	return clusterOf(m.Kafka, filepath.Dir(m.File))
}

// A Layout is where the streams of a run are: where the pipeline file says, or where a demonstration has them.
type Layout struct {
	Inputs map[*Node]Stream
	Output Stream
	// Others are where the other streams are that are written, as the mill has them.
	Others []Stream
	// Cluster is nil where no stream is a topic.
	Cluster *topic.Cluster
	// AvroSchema is the schema that the pipeline file gives for an output that is an Avro file, see [Mill.AvroSchema].
	AvroSchema string
	// Session is that of the formats of topics; nil where nothing is opened.
	Session *format.Session
}

// Layout returns where the pipeline file says that the streams are.
func (m *Mill) Layout(cluster *topic.Cluster) Layout {
	at := Layout{Inputs: map[*Node]Stream{}, Output: m.Output, Cluster: cluster}
	for _, w := range m.Others {
		at.Others = append(at.Others, w.Stream)
	}
	for _, n := range m.Master.All() {
		at.Inputs[n] = n.Stream
	}
	return at
}

// setStorages sets the source and the sink of a description whose streams are set.
func (m *Mill) setStorages(spec *engine.Spec, at Layout, options *Options) {
	var inputs []storage.Declared
	for i, n := range m.Master.All() {
		inputs = append(inputs, storage.Declared{Stream: spec.Master.Nodes()[i].Stream, Stored: at.Inputs[n].Stored})
	}
	outputs := []storage.Declared{{Stream: spec.Outputs[0], Stored: at.Output.Stored}}
	for i, other := range at.Others {
		outputs = append(outputs, storage.Declared{Stream: spec.Outputs[i+1], Stored: other.Stored})
	}
	reads, writes := at.Inputs[m.Master], at.Output
	if reads.where() == writes.where() {
		both := m.storage(reads, append(inputs, outputs...), at.Cluster, options)
		spec.Source, spec.Sink = both, both
		return
	}
	spec.Source = m.storage(reads, inputs, at.Cluster, options)
	spec.Sink = m.storage(writes, outputs, at.Cluster, options)
	if writes.IsFile() {
		spec.Sink = onePartition{spec.Sink}
	}
}

// storage returns the storage that a stream lies in, with the streams that lie there.
func (m *Mill) storage(of Stream, declared []storage.Declared, cluster *topic.Cluster, options *Options) broker.Storage {
	if of.Stored != nil {
		return m.newStored(of.Storage, declared)
	}
	var streams []broker.Stream
	for _, d := range declared {
		streams = append(streams, d.Stream)
	}
	if of.Topic {
		return m.kafka(streams, cluster, options)
	}
	files := []file.Option{zstd.Files(), parquet.Files(), avro.Files(), file.Globs(), file.Following(), file.NeededColumns(),
		file.Streams(streams...)}
	if m.handsOn() {
		files = append(files, file.HandOnColumns())
	}
	if options.Stdin != nil {
		files = append(files, file.Stdin(options.Stdin))
	}
	if options.Stdout != nil {
		files = append(files, file.Stdout(options.Stdout))
	}
	return file.New(files...)
}

func (m *Mill) kafka(streams []broker.Stream, cluster *topic.Cluster, options *Options) broker.Storage {
	if cluster == nil {
		cluster = &topic.Cluster{} // it isn't opened: somebody looks at files
	}
	all := append(cluster.Options(), kafka.Streams(streams...))
	if m.Kafka != nil {
		all = append(all, m.Kafka.Options...)
	}
	if options.Instance != "" {
		all = append(all, kafka.Instance(options.Instance))
	}
	return kafka.New(cluster.Brokers, all...)
}

// onePartition is a sink of files behind a source that may have partitions: what joins in several partitions has no
// order among each other that a file could keep.
type onePartition struct{ broker.Sink }

// OpenSink implements [broker.Sink].
func (s onePartition) OpenSink(ctx context.Context, job *broker.Job) (broker.Output, error) {
	if job.Partitions > 1 {
		return nil, fmt.Errorf("output %s: a file takes the results of one partition, but the streams that are read have %d: "+
			"write to a topic, and to a file from there by leat topic dump", job.Outputs[0].Name, job.Partitions)
	}
	return s.Sink.OpenSink(ctx, job)
}

// GuaranteeFor implements [broker.Guarantor].
func (s onePartition) GuaranteeFor(outputs []broker.Stream) broker.Guarantee {
	return broker.GuaranteeOf(s.Sink, outputs)
}
