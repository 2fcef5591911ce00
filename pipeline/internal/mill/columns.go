package mill

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"github.com/leat-go/leat/broker"
	"github.com/leat-go/leat/broker/file"
	"github.com/leat-go/leat/internal/engine"
)

// NameColumns tells an output that has columns those of the master's file, where elements of it are the results as they are: if
// there is none, nothing else has their names.
func (m *Mill) NameColumns(ctx context.Context, spec *engine.Spec, at Layout) {
	output, reads := &spec.Outputs[0], at.Inputs[m.Master]
	hasColumns := at.Output.IsFile() && !at.Output.isAvroFile() && (file.HasCells(*output) || file.IsTable(*output))
	if !hasColumns || len(m.Emit) > 0 || m.Window != nil || !reads.IsFile() || reads.IsReadOnce() || reads.Reading.Follow {
		return
	}
	for _, child := range m.Master.Children {
		if !child.isAbsent() {
			return // its matches are in the results, and no cell holds them
		}
	}
	// What is wrong with the file is told by the run.
	output.Members, _ = columnsOf(ctx, spec.Source, stream(reads, m.Master.Name, m.Master.Codec, at.Session))
}

// columnsOf returns the names of a file's columns; none where it has none.
func columnsOf(ctx context.Context, source broker.Source, of broker.Stream) (names []string, err error) {
	job := &broker.Job{Inputs: []broker.Stream{of}, Logger: slog.New(slog.DiscardHandler)}
	input, err := source.OpenSource(ctx, job)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, input.Close()) }()
	reader, err := input.Reader(ctx, 0, 0, 0)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	if _, err := reader.Read(ctx); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return file.Columns(reader), nil
}
