package mill

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/broker/file/zstd"
	"github.com/leat-go/leat/broker/kafka"
	"github.com/leat-go/leat/internal/engine"
	"github.com/leat-go/leat/pipeline/internal/description"
	"github.com/leat-go/leat/pipeline/topic"
)

// checkStorages refuses what can't be read or written together.
func checkStorages(d *description.Description, master *Node, output Stream) error {
	topics := output.Topic
	for _, n := range master.All() {
		at := n.Stream
		topics = topics || at.Topic
		switch {
		case at.Topic && !master.Stream.Topic:
			return at.Text.Errorf("the streams that are read must be all files or all topics, but %q is a file and %q a topic: "+
				"load the file into a topic, as by leat topic load --end FILE TOPIC", master.Name, n.Name)
		case !at.Topic && master.Stream.Topic:
			return at.Text.Errorf("the streams that are read must be all files or all topics, but %q is a topic and %q a file: "+
				"load the file into a topic, as by leat topic load --end FILE TOPIC", master.Name, n.Name)
		case at.Topic && output.Topic && at.Name == output.Name:
			return output.Text.Errorf("the topic %q is read as %q, so results can't be written to it: they would be read again",
				at.Name, n.Name)
		case !at.Topic && !output.Topic && sameFile(at.Name, output.Name):
			return output.Text.Errorf("the file %s is read as %q, and results would replace it: write them to another file",
				at.Text.Value, n.Name)
		}
	}
	if err := checkFollowed(master, output); err != nil {
		return err
	}
	for _, stream := range d.Streams {
		if stream.Topic && d.Kafka == nil {
			return stream.Address.Errorf("%q is a topic, but the file doesn't say where Kafka is: add "+
				"kafka: {brokers: [localhost:9092]}", stream.Address.Value)
		}
		if stream.ReadingAt != nil && stream.Name.Value == d.Output.Value {
			return stream.ReadingAt.Errorf("%s says how a stream is read, but results are written to %q: take it out",
				stream.ReadingAt.Value, stream.Name.Value)
		}
		if stream.Demo.Value != "" && stream.Name.Value == d.Output.Value {
			return stream.Demo.Errorf("results are written to the stream %q, so nothing is loaded into it: take demo out",
				stream.Name.Value)
		}
	}
	if d.Kafka != nil && !topics {
		return d.Kafka.Name.Errorf("no stream is a topic, so Kafka isn't used: take kafka out, or give streams as " +
			"{topic: NAME}")
	}
	return nil
}

// checkFollowed refuses outputs that don't go with files that are followed.
func checkFollowed(master *Node, output Stream) error {
	endless := true
	for _, n := range master.All() {
		r := n.Stream.Reading
		if r.Follow && output.Topic {
			return n.Stream.Text.Errorf("the file %s is followed, and results written to a topic: that would be one commit "+
				"with the position in the file, which means nothing to the next run once the file is rotated; load it "+
				"into a topic, as by tail -F %s | leat topic load - TOPIC, and join that", n.Stream.Text.Value,
				n.Stream.Text.Value)
		}
		endless = endless && r.Follow && r.DataTimeout == 0
	}
	files := file.New()
	if endless && files.GuaranteeFor([]broker.Stream{{Name: output.Name}}) == broker.AtEnd {
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
	// Cluster is nil where no stream is a topic.
	Cluster *topic.Cluster
}

// Layout returns where the pipeline file says that the streams are.
func (m *Mill) Layout(cluster *topic.Cluster) Layout {
	at := Layout{map[*Node]Stream{}, m.Output, cluster}
	for _, n := range m.Master.All() {
		at.Inputs[n] = n.Stream
	}
	return at
}

// setStorages sets the source and the sink of a description whose streams are set.
func (m *Mill) setStorages(spec *engine.Spec, at Layout, options *Options) {
	var inputs []broker.Stream
	for _, n := range spec.Master.Nodes() {
		inputs = append(inputs, n.Stream)
	}
	reads, writes := at.Inputs[m.Master].Topic, at.Output.Topic
	if reads == writes {
		storage := m.storage(reads, append(inputs, spec.Outputs...), at.Cluster, options)
		spec.Source, spec.Sink = storage, storage
		return
	}
	spec.Source = m.storage(reads, inputs, at.Cluster, options)
	spec.Sink = m.storage(writes, spec.Outputs, at.Cluster, options)
	if !writes {
		spec.Sink = onePartition{spec.Sink}
	}
}

func (m *Mill) storage(topics bool, streams []broker.Stream, cluster *topic.Cluster, options *Options) broker.Storage {
	if topics {
		all := append(cluster.Options(), kafka.Streams(streams...))
		if m.Kafka != nil {
			all = append(all, m.Kafka.Options...)
		}
		if options.Instance != "" {
			all = append(all, kafka.Instance(options.Instance))
		}
		return kafka.New(cluster.Brokers, all...)
	}
	files := []file.Option{zstd.Files(), file.Streams(streams...)}
	if options.Stdin != nil {
		files = append(files, file.Stdin(options.Stdin))
	}
	if options.Stdout != nil {
		files = append(files, file.Stdout(options.Stdout))
	}
	return file.New(files...)
}

// onePartition is a sink of files behind a source of topics: what joins in several partitions has no order among each
// other that a file could keep.
type onePartition struct{ broker.Sink }

// OpenSink implements [broker.Sink].
func (s onePartition) OpenSink(ctx context.Context, job *broker.Job) (broker.Output, error) {
	if job.Partitions > 1 {
		return nil, fmt.Errorf("output %s: a file takes the results of one partition, but the topics that are read have %d: "+
			"write to a topic, and to a file from there by leat topic dump", job.Outputs[0].Name, job.Partitions)
	}
	return s.Sink.OpenSink(ctx, job)
}

// GuaranteeFor implements [broker.Guarantor].
func (s onePartition) GuaranteeFor(outputs []broker.Stream) broker.Guarantee {
	return broker.GuaranteeOf(s.Sink, outputs)
}
