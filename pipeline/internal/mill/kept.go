package mill

import (
	"context"
	"errors"
	"fmt"

	"github.com/leat-go/leat/broker"
)

// Kept is what keeps a mill's positions, opened to be looked at. It claims nothing: a run may be under way.
type Kept struct {
	// Input reads the streams.
	Input broker.Input
	// By is the storage that keeps the positions: kafka, postgres.
	By     string
	keeper broker.Keeper
	output broker.Output
}

// OpenKept opens what keeps the positions: the output's storage if it can, and that of the streams otherwise. Nothing is
// made that isn't there. It must be closed.
func (m *Mill) OpenKept(ctx context.Context, options *Options) (_ *Kept, err error) {
	cluster, err := m.Cluster()
	if err != nil {
		return nil, err
	}
	spec := m.Spec(m.Layout(cluster), options)
	job := &broker.Job{Name: spec.Name, Outputs: spec.Outputs, Looking: true, Logger: spec.Logger}
	for _, n := range spec.Master.Nodes() {
		job.Inputs = append(job.Inputs, n.Stream)
	}
	k := &Kept{By: m.Master.Stream.where()}
	if k.Input, err = spec.Source.OpenSource(ctx, job); err != nil {
		return nil, err
	}
	job.Partitions = k.Input.Partitions()
	if !m.Output.IsFile() {
		k.output, err = spec.Sink.OpenSink(ctx, job)
		switch {
		case errors.Is(err, broker.ErrNothingKept):
			k.By, k.keeper = m.Output.where(), nothing{}
			return k, nil
		case err != nil:
			return nil, errors.Join(err, k.Close())
		}
	}
	keeper, ok := k.output.(broker.Keeper)
	if k.keeper = keeper; ok {
		k.By = m.Output.where()
		return k, nil
	}
	if k.keeper, ok = k.Input.(broker.Keeper); !ok {
		return nil, errors.Join(m.Master.Stream.Text.Errorf("no positions are kept: from %s to %s every run starts at the "+
			"beginning", m.Master.Stream.where(), m.Output.where()), k.Close())
	}
	return k, nil
}

// Remove removes the positions. It is an error where they can't be removed.
func (k *Kept) Remove(ctx context.Context, m *Mill) error {
	remover, ok := k.keeper.(broker.Remover)
	if !ok {
		return fmt.Errorf("positions that %s keeps can't be removed: give the pipeline another name, by name: at the top of "+
			"%s, and its next run begins anew", k.By, m.File)
	}
	if err := remover.Remove(ctx); !errors.Is(err, broker.ErrNothingKept) {
		return err
	}
	return nil
}

// nothing is the keeper where nothing is kept yet.
type nothing struct{}

// Progress implements [broker.Keeper].
func (nothing) Progress(context.Context, int) (broker.Progress, error) { return broker.Progress{}, nil }

// Remove implements [broker.Remover].
func (nothing) Remove(context.Context) error { return nil }

// Close closes what was opened.
func (k *Kept) Close() error {
	err := k.Input.Close()
	if k.output != nil {
		err = errors.Join(err, k.output.Close())
	}
	return err
}

// Progress returns what is kept of a partition; without nodes where that is nothing.
func (k *Kept) Progress(ctx context.Context, partition int) (broker.Progress, error) {
	progress, err := k.keeper.Progress(ctx, partition)
	if errors.Is(err, broker.ErrNothingKept) {
		return broker.Progress{}, nil
	}
	return progress, err
}

// ProgressOf returns what is kept of a partition of a mill, whose streams it must be about.
func (k *Kept) ProgressOf(ctx context.Context, m *Mill, partition int) (broker.Progress, error) {
	progress, err := k.Progress(ctx, partition)
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
