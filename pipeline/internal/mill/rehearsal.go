package mill

import (
	"context"
	"path/filepath"
	"reflect"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/codec"
	"github.com/leat-go/leat/pipeline/internal/object"
	"github.com/leat-go/leat/pipeline/internal/storage"
)

// ResultEncoder returns what encodes the results of the function for a storage that is no file and no Kafka.
func ResultEncoder() (codec.Encode, error) {
	return object.Codec{}.Encoder(reflect.TypeFor[object.Object]())
}

// RehearsesOutput reports whether the output's storage can tell before a run what it would refuse of results.
func (m *Mill) RehearsesOutput() bool {
	if m.Output.Stored == nil {
		return false
	}
	undisclosed := storage.Setup{Dir: filepath.Dir(m.File), Undisclosed: true}
	s, err := m.connections[m.Output.Storage].Broker(&undisclosed)
	_, ok := s.(broker.Rehearser)
	return err == nil && ok
}

// Rehearse has the storage that a run writes to, or that keeps its positions, look at what would make it fail, and try
// results, as [broker.Rehearser] says; and Kafka look at what a run takes to read topics. The options' logger is told of a
// storage that is waited for; nil stands for [slog.Default].
func (m *Mill) Rehearse(
	ctx context.Context, results [][]byte, partitions int, options *Options,
) (advice []string, refused int, err error) {
	cluster, err := m.Cluster()
	if err != nil {
		return nil, -1, err
	}
	spec := m.Spec(m.Layout(cluster), &Options{Logger: options.Logger, Instance: options.Instance})
	job := func() *broker.Job {
		return &broker.Job{Name: m.Name, Looking: true, Partitions: partitions, Logger: spec.Logger}
	}
	if m.ReadsTopics() {
		reads := job()
		for _, n := range spec.Master.Nodes() {
			reads.Inputs = append(reads.Inputs, n.Stream)
		}
		if m.Output.Topic {
			reads.Outputs = spec.Outputs
		}
		if advice, refused, err = spec.Source.(broker.Rehearser).Rehearse(ctx, reads, nil); err != nil || m.Output.Topic {
			return advice, refused, err
		}
	}
	sink, writes := broker.Sink(nil), job()
	switch {
	case !m.Output.IsFile():
		sink, writes.Outputs = spec.Sink, spec.Outputs
	case m.Master.Stream.Stored != nil:
		sink = spec.Source.(broker.Storage)
	}
	var all []broker.Result
	for _, value := range results {
		if writes.Outputs != nil {
			all = append(all, broker.Result{Value: value})
		}
	}
	if s, ok := sink.(broker.Rehearser); ok {
		more, refused, err := s.Rehearse(ctx, writes, all)
		return append(advice, more...), refused, err
	}
	return advice, -1, nil
}
