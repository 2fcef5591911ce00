package mill

import (
	"context"
	"errors"
	"fmt"

	"github.com/leat-go/leat/broker"
)

// Kept is what keeps a mill's positions, opened to be looked at. It claims nothing: a run may be under way.
type Kept struct {
	// Input reads the streams, and Keeper keeps the positions.
	Input  broker.Input
	Keeper broker.Keeper
	// By is the storage that keeps them: kafka, postgres.
	By     string
	output broker.Output
}

// OpenKept opens what keeps the positions, as a run does: the output's storage if it can, and that of the streams
// otherwise. It must be closed.
func (m *Mill) OpenKept(ctx context.Context, options *Options) (_ *Kept, err error) {
	cluster, err := m.Cluster()
	if err != nil {
		return nil, err
	}
	spec := m.Spec(m.Layout(cluster), options)
	job := &broker.Job{Name: spec.Name, Outputs: spec.Outputs, Logger: spec.Logger}
	for _, n := range spec.Master.Nodes() {
		job.Inputs = append(job.Inputs, n.Stream)
	}
	k := &Kept{By: m.Master.Stream.where()}
	if k.Input, err = spec.Source.OpenSource(ctx, job); err != nil {
		return nil, err
	}
	job.Partitions = k.Input.Partitions()
	if !m.Output.IsFile() {
		if k.output, err = spec.Sink.OpenSink(ctx, job); err != nil {
			return nil, errors.Join(err, k.Close())
		}
	}
	keeper, ok := k.output.(broker.Keeper)
	if k.Keeper = keeper; ok {
		k.By = m.Output.where()
		return k, nil
	}
	if k.Keeper, ok = k.Input.(broker.Keeper); !ok {
		return nil, errors.Join(m.Master.Stream.Text.Errorf("no positions are kept: from %s to %s every run starts at the "+
			"beginning", m.Master.Stream.where(), m.Output.where()), k.Close())
	}
	return k, nil
}

// Close closes what was opened.
func (k *Kept) Close() error {
	err := k.Input.Close()
	if k.output != nil {
		err = errors.Join(err, k.output.Close())
	}
	return err
}

// Progress returns what is kept of a partition; without nodes where that is nothing.
func (k *Kept) Progress(ctx context.Context, m *Mill, partition int) (broker.Progress, error) {
	progress, err := k.Keeper.Progress(ctx, partition)
	if err != nil || len(progress.Nodes) == 0 {
		return progress, err
	}
	nodes := m.Master.All()
	for i := range progress.Nodes {
		if len(progress.Nodes) != len(nodes) || progress.Nodes[i].Node != nodes[i].Name {
			return progress, fmt.Errorf("the positions that are kept of %q in partition %d are those of another pipeline, "+
				"with other streams: give this one a name of its own", m.Name, partition)
		}
	}
	return progress, nil
}
